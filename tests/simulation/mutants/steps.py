"""Wrong changes to the order of steps, and to what is asked of the provider."""

from __future__ import annotations

from tests.simulation.mutant import (
    CANCEL,
    CATCH_UP,
    CHECKOUT,
    RECEIVE,
    REPAIR,
    SETTLEMENT,
    STRATEGIES,
    Edit,
    Mutant,
    mutant,
)

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Release by our own clock",
        REPAIR,
        "        try:\n            event = gateway.look_up(session).event\n",
        "        if session.should_close(now):\n"
        "            self.settle.release(session, Status.EXPIRED)\n"
        "            return ReconcileResult(outcome=ReconcileOutcome.RELEASED, session=session)\n"
        "        try:\n            event = gateway.look_up(session).event\n",
    ),
    mutant(
        "Release a session whose request was never answered, without asking",
        REPAIR,
        "        checkout = search_checkout(gateway, session)\n        if (checkout is None or",
        "        checkout = None\n        if (checkout is None or",
        test="tests/use_cases/schedule/test_reconcile_session_unanswered.py::test_an_old_payment_is_found_by_its_reference",
    ),
    mutant(
        "Believe the keys of another account that there is no checkout",
        "domain/ports/payment_gateway.py",
        "return gateway.find_checkout(session) if gateway.account().opened(session) else Search.NOT_POSSIBLE",
        "return gateway.find_checkout(session)",
        test="tests/use_cases/schedule/test_reconcile_other_account.py"
        "::test_the_keys_of_another_account_do_not_say_that_there_is_no_checkout",
    ),
    mutant(
        "Look only at sessions that know their checkout",
        REPAIR,
        "            return self._unattached(session)\n",
        "            return self._deferred(session)\n",
    ),
    mutant(
        "Never close what is past its time",
        REPAIR,
        "            event = gateway.close_checkout(session).event\n",
        "            event = gateway.look_up(session).event\n",
    ),
    mutant(
        "Reconcile what the index shows, without reading the session again",
        REPAIR,
        "session = self.sessions.find(user_id, payment_session_id)\n        if session is None:\n"
        "            return None\n",
        "shown = self.sessions.due(before=self.clock.now(), at_most=300)\n"
        "        session = next((one for one in shown if one.payment_session_id == payment_session_id), None)\n"
        "        if session is None:\n            return None\n",
        equivalent="Reading again saves questions to the provider, no more: settling reads for itself, and every write "
        "names the statuses it expects and unlearns nothing, so that an old picture is refused or does no harm.",
    ),
    mutant(
        "A fresh idempotency key for each request",
        "tests/simulation/gateway.py",
        "return self._created(session, buyer, session.customer_id, session.payment_session_id)",
        'return self._created(session, buyer, session.customer_id, f"{session.payment_session_id}:{self.world.calls}")',
    ),
    mutant(
        "Show the checkout without comparing its price",
        CHECKOUT,
        "        if checkout.amount != session.total:\n",
        "        if False:\n",
    ),
    mutant(
        "Take a refusal of the repeated request for the end, without searching",
        CHECKOUT,
        "found = None if is_new else search_checkout(gateway, session)",
        "found = None",
        equivalent="Seldom caught, and no money is at stake: a checkout that was never attached was never shown, so "
        "nobody can pay it. Without the search it stays open at the provider until it runs out, which only a race "
        "between a refused and an accepted request of one session brings about.",
    ),
    mutant(
        "Cancel here without closing at the provider",
        CHECKOUT,
        "        return self.settle(gateway.close_checkout(session).event)\n",
        "        self.settle.release(session, Status.CANCELLED)\n        return session\n",
    ),
    mutant(
        "Take a silent provider for a cancelled checkout",
        CANCEL,
        "                session = self.sessions.find(identity.user_id, payment_session_id) or session\n",
        "                from domain.payments.states import Status\n"
        "                self.checkout_service.settle.release(session, Status.CANCELLED)\n"
        "                return Cancelled(session)\n",
    ),
    mutant(
        "Say that the payment came first where the provider only refused to close",
        CANCEL,
        "        if session.status in PAYABLE:\n            return Cancelling(session)\n",
        "",
        test="tests/use_cases/student/test_cancel_payment.py"
        "::test_fault_152_a_checkout_that_the_provider_will_not_close_now_is_being_cancelled",
    ),
    mutant(
        "Forget the cancel request when the provider is silent",
        CHECKOUT,
        "                self.unit_of_work.commit((ChangeSession(frozenset({session.status}), requested),))\n",
        "                pass\n",
        test="tests/use_cases/student/test_cancel_payment.py::test_while_the_provider_is_down_the_cancel_request_is_recorded",
    ),
    mutant(
        "Begin anew although a payment is under way",
        STRATEGIES,
        "                raise PaymentProcessing\n",
        "                return Vacant()\n",
    ),
    mutant(
        "Acknowledge although queueing failed",
        RECEIVE,
        "            self._emit(Signal.EVENT_NOT_KEPT, event, reason)\n            raise\n",
        "            self._emit(Signal.EVENT_NOT_KEPT, event, reason)\n            return Receipt.QUEUED\n",
    ),
    mutant(
        "Acknowledge although settling failed",
        RECEIVE,
        "        return self._queued(event, reason)\n",
        "        return Receipt.QUEUED\n",
    ),
    mutant(
        "Look into the store before the signature is proven",
        RECEIVE,
        "        event = self._verified(provider, body, headers)\n",
        '        self.process.settle.sessions.find("u1", "ps_000001")\n'
        "        event = self._verified(provider, body, headers)\n",
    ),
    Mutant(
        "Take an unknown outcome for done",
        (
            Edit(
                SETTLEMENT,
                "    PaymentSessionUnknown,\n    StudentNotFound,\n",
                "    PaymentSessionUnknown,\n    StorageUnavailable,\n    StudentNotFound,\n",
            ),
            Edit(
                SETTLEMENT,
                "            except TransactionConflict as conflict:\n                if attempt",
                "            except StorageUnavailable:\n                break\n"
                "            except TransactionConflict as conflict:\n                if attempt",
            ),
        ),
    ),
    mutant(
        "Give up when somebody else moved the session",
        SETTLEMENT,
        "            return self._decide(first.session, event)\n",
        "            return Decision(transition=Transition.STAY, session=first.session)\n",
        test="tests/use_cases/provider/test_settle_payment_races.py::test_fault_70_a_payment_overtaken_by_the_release_is_late_money",
    ),
    mutant(
        "Drop money for a course the student is in already",
        SETTLEMENT,
        "            return self._review(event, reason)\n",
        "            if reason is not ReviewReason.ALREADY_ENROLLED:\n"
        "                return self._review(event, reason)\n"
        "            return Decision(transition=Transition.STAY, session=self._read(event))\n",
    ),
    mutant(
        "Drop money of a deleted student",
        SETTLEMENT,
        "            return self._review(event, reason)\n",
        "            if reason is not ReviewReason.STUDENT_DELETED:\n"
        "                return self._review(event, reason)\n"
        "            return Decision(transition=Transition.STAY, session=self._read(event))\n",
    ),
    mutant(
        "Catch up with nothing",
        CATCH_UP,
        "return tuple(self._differences((*missed, *completed)))",
        "return tuple(self._differences(()))",
    ),
)
