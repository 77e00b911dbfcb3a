"""The table of mutants: each is one way to get the money wrong that somebody might think of."""

from __future__ import annotations

from tests.simulation.mutant import (
    CANCEL,
    CATCH_UP,
    CHECKOUT,
    COUPON_WRITES,
    ENROLLMENT_WRITES,
    ENROLLMENTS,
    PAYMENTS,
    RECEIVE,
    REPAIR,
    SESSION_WRITES,
    SETTLEMENT,
    SETTLING,
    STRATEGIES,
    TRANSACTIONS,
    Edit,
    Mutant,
    mutant,
)

_COMMIT = "                    self.unit_of_work.commit(decision.writes)\n"
_MARKER = """                    marks = [write for write in decision.writes if type(write).__name__ == "RecordEvent"]
                    if marks:
                        self.unit_of_work.commit(tuple(marks))
                    self.unit_of_work.commit(tuple(write for write in decision.writes if write not in marks))
"""

_IN_TRANSACTIONS = (
    mutant(
        "Split the transaction: each write on its own",
        SETTLEMENT,
        _COMMIT,
        "                    for write in decision.writes:\n"
        "                        self.unit_of_work.commit((write,))\n",
    ),
    Mutant(
        "Marker before effect: record the event first, and let the record be the gate",
        (
            Edit(SETTLEMENT, _COMMIT, _MARKER),
            Edit(
                SESSION_WRITES,
                "    return partial(store.events.__setitem__",
                "    if (write.provider, write.event_id) in store.events:\n        return CheckoutReplaced()\n"
                "    return partial(store.events.__setitem__",
            ),
        ),
    ),
    mutant(
        "Reserve without looking whether the student is enrolled",
        TRANSACTIONS,
        "        RequireNotEnrolled(session.user_id, session.course_id),\n",
        "",
    ),
    mutant("Reserve without a guard", TRANSACTIONS, "        OpenGuard(session),\n", ""),
    mutant(
        "Take a coupon without counting it",
        TRANSACTIONS,
        "        *(() if limit is None else (TakeCoupon(held, limit, session.created_at),)),\n",
        "",
    ),
    mutant(
        "Count a coupon without noting the student's use",
        TRANSACTIONS,
        "        HoldCouponUse(session, held, redeemed),\n",
        "",
    ),
    mutant(
        "Attach without a condition on the status",
        TRANSACTIONS,
        "(ChangeSession(frozenset({Status.CREATING, Status.OPEN}), opened), PointToSession(opened))",
        "(ChangeSession(frozenset(Status), opened), PointToSession(opened))",
    ),
    mutant(
        "Complete without enrolling",
        TRANSACTIONS,
        "        ChangeSession(LIVE, paid),\n        AddEnrollment(paid.enrollment()),\n",
        "        ChangeSession(LIVE, paid),\n",
    ),
    mutant(
        "Forget the guard when completing",
        TRANSACTIONS,
        "        CloseGuard(paid),\n",
        "",
    ),
    mutant(
        "Forget to redeem the coupon use when completing",
        TRANSACTIONS,
        "        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),\n",
        "",
    ),
    mutant(
        "Return the coupon although it was redeemed",
        TRANSACTIONS,
        "        *((RedeemCouponUse(paid, paid.coupon),) if paid.coupon else ()),\n",
        "        *((RedeemCouponUse(paid, paid.coupon), ReturnCoupon(paid.coupon)) if paid.coupon else ()),\n",
    ),
    mutant(
        "Forget the guard when releasing",
        TRANSACTIONS,
        "        CloseGuard(over),\n",
        "",
    ),
    mutant(
        "Forget to return the coupon when releasing",
        TRANSACTIONS,
        "        *((ReturnCoupon(over.coupon),) if over.coupon and over.coupon.counted else ()),\n",
        "",
    ),
    mutant(
        "Forget the student's coupon use when releasing",
        TRANSACTIONS,
        "        *((DropCouponUse(over, over.coupon),) if over.coupon else ()),\n",
        "",
    ),
    mutant(
        "Release whatever the session's status",
        TRANSACTIONS,
        "        ChangeSession(LIVE, over),\n",
        "        ChangeSession(frozenset(Status), over),\n",
    ),
    mutant(
        "Complete whatever the session's status",
        TRANSACTIONS,
        "        ChangeSession(LIVE, paid),\n",
        "        ChangeSession(frozenset(Status), paid),\n",
    ),
    mutant(
        "Enroll while the money is still on its way",
        TRANSACTIONS,
        '        _record(news, session, "processing", at),\n',
        '        _record(news, session, "processing", at),\n        AddEnrollment(session.enrollment()),\n',
    ),
    mutant(
        "Forget to redeem the coupon of money in review",
        TRANSACTIONS,
        "        *((RedeemCouponUse(session, session.coupon),) if held and session.coupon else ()),\n",
        "",
    ),
    mutant(
        "Let the student pay again while money is in review",
        TRANSACTIONS,
        '        _record(news, session, f"review:{reason.value}", at),\n',
        '        _record(news, session, f"review:{reason.value}", at),\n        CloseGuard(session),\n',
    ),
    mutant(
        "Complete late money without enrolling",
        TRANSACTIONS,
        "        ChangeSession(RELEASED, paid),\n        AddEnrollment(paid.enrollment()),\n",
        "        ChangeSession(RELEASED, paid),\n",
    ),
    mutant(
        "Leave the guard when a person has decided",
        TRANSACTIONS,
        "        *((CloseGuard(done),) if ours else ()),\n",
        "",
    ),
)

_IN_DECISIONS = (
    mutant(
        "Skip the amount check",
        PAYMENTS,
        "return None if news.amount == self.total else ReviewReason.AMOUNT_MISMATCH",
        "return None",
    ),
    mutant(
        "Compare the amount and not the currency",
        PAYMENTS,
        "return None if news.amount == self.total else ReviewReason.AMOUNT_MISMATCH",
        "same = news.amount is not None and news.amount.amount == self.total.amount\n"
        "        return None if same else ReviewReason.AMOUNT_MISMATCH",
    ),
    mutant(
        "Skip the reference check",
        PAYMENTS,
        "if news.course_id != self.course_id or news.reference not in (None, self.payment_session_id):",
        "if news.course_id != self.course_id:",
    ),
    mutant(
        "Skip the check of the course",
        PAYMENTS,
        "if news.course_id != self.course_id or news.reference not in (None, self.payment_session_id):",
        "if news.reference not in (None, self.payment_session_id):",
    ),
    mutant(
        "Take play money for real",
        PAYMENTS,
        "        if news.livemode != self.livemode:\n            return ReviewReason.OTHER_MODE\n",
        "",
    ),
    mutant(
        "Enroll when the provider charged nothing",
        PAYMENTS,
        "return None if self.total.is_zero else ReviewReason.UNEXPECTED_FREE",
        "return None",
    ),
    mutant(
        "Drop money that comes after the release",
        PAYMENTS,
        "_AFTER_RELEASE = {**dict.fromkeys(Fact, Move.STAY), Fact.PAID: Move.LATE}",
        "_AFTER_RELEASE = dict.fromkeys(Fact, Move.STAY)",
    ),
    mutant(
        "Let a slow payment that failed stay under way",
        PAYMENTS,
        "(Status.PROCESSING, Fact.FAILED): Move.FAIL",
        "(Status.PROCESSING, Fact.FAILED): Move.STAY",
    ),
    mutant(
        "Take a pending payment for a failed one",
        PAYMENTS,
        "    Fact.PENDING: Move.PROCESS,\n",
        "    Fact.PENDING: Move.FAIL,\n",
    ),
    mutant(
        "Forget the wish to cancel",
        PAYMENTS,
        "return self.cancel_requested_at is not None or at >= self.expires_at",
        "return at >= self.expires_at",
    ),
    mutant(
        "Settle a payment reported alone before its checkout is known",
        SETTLING,
        "if news.provider_session_id is None and session.provider_session_id is None:",
        "if False:",
        equivalent="Nobody can pay a checkout before its secret leaves, and it leaves only after its id is attached: a "
        "payment without a known checkout never comes. The line is for a provider that would break this.",
    ),
    mutant(
        "Let progress fall",
        ENROLLMENTS,
        "progress = max(self.progress, step.progress or 0)",
        "progress = step.progress or 0",
    ),
)

_IN_STEPS = (
    mutant(
        "Release by our own clock",
        REPAIR,
        "        news = gateway.look_up(session).news\n",
        "        if session.wants_closing(now):\n"
        "            self.settle.release(session, Status.EXPIRED)\n"
        "            return Look(finding=Finding.RELEASED, session=session)\n"
        "        news = gateway.look_up(session).news\n",
    ),
    mutant(
        "Release a session whose request was never answered, without asking",
        REPAIR,
        "        checkout = gateway.find_checkout(session)\n        if checkout is None and",
        "        checkout = None\n        if checkout is None and",
    ),
    mutant(
        "Look only at sessions that know their checkout",
        REPAIR,
        "            return self._unattached(session)\n",
        "            return self._postponed(session)\n",
    ),
    mutant(
        "Never close what is past its time",
        REPAIR,
        "            news = gateway.close_checkout(session).news\n",
        "            news = gateway.look_up(session).news\n",
    ),
    mutant(
        "Reconcile what the index shows, without reading the session again",
        REPAIR,
        "session = self.sessions.find(user_id, payment_session_id)\n        if session is None or not session.is_live",
        "shown = self.sessions.due(before=self.clock.now(), at_most=300)\n"
        "        session = next((one for one in shown if one.payment_session_id == payment_session_id), None)\n"
        "        if session is None or not session.is_live",
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
        "found = None if is_new else gateway.find_checkout(session)",
        "found = None",
        equivalent="Seldom caught, and no money is at stake: a checkout that was never attached was never shown, so "
        "nobody can pay it. Without the search it stays open at the provider until it runs out, which only a race "
        "between a refused and an accepted request of one session brings about.",
    ),
    mutant(
        "Cancel here without closing at the provider",
        CHECKOUT,
        "        return self.settle(gateway.close_checkout(session).news)\n",
        "        self._release(session)\n        return session\n",
    ),
    mutant(
        "Take a silent provider for a cancelled checkout",
        CANCEL,
        "                session = self.sessions.find(identity.user_id, payment_session_id) or session\n",
        "                self.desk._release(session)\n                return Cancelled(session)\n",
    ),
    mutant(
        "Forget the wish to cancel when the provider is silent",
        CHECKOUT,
        "                self.unit_of_work.commit((ChangeSession(frozenset({session.status}), wished),))\n",
        "                pass\n",
    ),
    mutant(
        "Begin anew although a payment is under way",
        STRATEGIES,
        "                raise PaymentProcessing\n",
        "                return None\n",
        equivalent="The guard of the payment under way refuses the new reservation: no second checkout comes to be, "
        "the student only hears that the checkout is busy. What students hear is for the tests of the stories.",
    ),
    mutant(
        "Acknowledge although queueing failed",
        RECEIVE,
        "            self._tell(Signal.EVENT_NOT_KEPT, news, reason)\n            raise\n",
        "            self._tell(Signal.EVENT_NOT_KEPT, news, reason)\n            return Receipt.QUEUED\n",
    ),
    mutant(
        "Acknowledge although settling failed",
        RECEIVE,
        "        return self._queued(news, reason)\n",
        "        return Receipt.QUEUED\n",
    ),
    mutant(
        "Look into the store before the signature is proven",
        RECEIVE,
        "        message = self._verified(provider, body, headers)\n",
        '        self.settle.sessions.find("u1", "ps_000001")\n'
        "        message = self._verified(provider, body, headers)\n",
    ),
    Mutant(
        "Take an unknown outcome for done",
        (
            Edit(SETTLEMENT, "    PaymentSessionUnknown,\n", "    PaymentSessionUnknown,\n    StorageUnavailable,\n"),
            Edit(
                SETTLEMENT,
                "            except TransactionRefused as refused:\n                if attempt",
                "            except StorageUnavailable:\n                break\n"
                "            except TransactionRefused as refused:\n                if attempt",
            ),
        ),
    ),
    mutant(
        "Give up when somebody else moved the session",
        SETTLEMENT,
        "                return self._decide(found, news)\n",
        "                return Decision(move=Move.STAY, session=found)\n",
    ),
    mutant(
        "Drop money for a course the student is in already",
        SETTLEMENT,
        "                return self._review(news, ReviewReason.ALREADY_ENROLLED)\n",
        "                return Decision(move=Move.STAY, session=self._read(news))\n",
    ),
    mutant(
        "Drop money of a deleted student",
        SETTLEMENT,
        "                return self._review(news, ReviewReason.STUDENT_DELETED)\n",
        "                return Decision(move=Move.STAY, session=self._read(news))\n",
    ),
    mutant(
        "Catch up with nothing",
        CATCH_UP,
        "return tuple(self._differences((*missed, *completed)))",
        "return tuple(self._differences(()))",
    ),
)

_IN_CONDITIONS = (
    mutant(
        "Change a session whatever its status",
        SESSION_WRITES,
        "if found is None or found.status not in write.expected or not _same_sale(found, write.session):",
        "if found is None or not _same_sale(found, write.session):",
    ),
    mutant(
        "Change a session whatever its price, course, mode and checkout",
        SESSION_WRITES,
        "if found is None or found.status not in write.expected or not _same_sale(found, write.session):",
        "if found is None or found.status not in write.expected:",
        equivalent="Price, course and mode of a session never change, and every decision compared the checkout on "
        "the session it read. Between reading and writing an id can only be learned, and the idempotency key lets "
        "there be one checkout to learn of.",
    ),
    mutant(
        "Decide about money in review twice",
        SESSION_WRITES,
        "    if found is None or not found.awaits_decision:\n",
        "    if found is None:\n",
    ),
    mutant(
        "Unlearn what a stale writer did not know",
        SESSION_WRITES,
        "    return evolve(following, **merged)\n",
        "    return following\n",
    ),
    mutant(
        "Open a second guard",
        SESSION_WRITES,
        "        return CheckoutInProgress(found)\n",
        "        pass\n",
    ),
    mutant(
        "Close somebody else's guard",
        SESSION_WRITES,
        "        return CheckoutReplaced()\n",
        "        pass\n",
    ),
    mutant(
        "Overwrite an enrollment",
        ENROLLMENT_WRITES,
        "    if found := store.enrollments.get(key):\n        return AlreadyEnrolled(found)\n",
        "",
    ),
    mutant(
        "Overwrite progress made meanwhile",
        ENROLLMENT_WRITES,
        "found is None or (found.progress, found.total_time_spent) != (before.progress, before.total_time_spent)",
        "found is None",
    ),
    mutant(
        "Enroll a student who was deleted",
        ENROLLMENT_WRITES,
        "        return StudentNotFound()\n",
        "        return nothing\n",
    ),
    mutant(
        "Take a coupon beyond its limit",
        COUPON_WRITES,
        "    if any(limit is not None and uses >= limit for limit in limits):\n        return CouponExhausted()\n",
        "",
    ),
    mutant(
        "Take a coupon by the limit that was read, whatever it is now",
        COUPON_WRITES,
        "    limits = (write.limit, coupon.shard_limit(held.shard) if coupon else None)\n",
        "    limits = (write.limit,)\n",
    ),
    mutant(
        "Let a student use a coupon twice",
        COUPON_WRITES,
        "    if key in store.coupon_uses:\n        return CouponAlreadyUsed()\n",
        "",
    ),
    mutant(
        "Release or redeem somebody else's coupon use",
        COUPON_WRITES,
        "ours = use is not None and use.payment_session_id == session.payment_session_id and not use.redeemed",
        "ours = use is not None",
        equivalent="The same transaction asks for the session to be live, and a live session holds its student's use "
        "of its coupon: while it does, nobody else can, since a student has one use of each.",
    ),
    mutant(
        "Lower a coupon's limit below its uses",
        COUPON_WRITES,
        "        if limit is not None and _uses(changed.hold(shard), store) > limit:\n"
        "            return CouponLimitTooLow()\n",
        "",
    ),
    mutant(
        "Return a coupon that counts nothing",
        COUPON_WRITES,
        "partial(_count, store, write.coupon, uses - 1) if uses > 0 else CouponUseChanged()",
        "partial(_count, store, write.coupon, uses - 1)",
        equivalent="A second line of defence: a use is returned only together with the student's own held use, in "
        "one transaction, and each held use was counted once. Of two returns the second is refused by its use.",
    ),
)

MUTANTS: tuple[Mutant, ...] = (*_IN_TRANSACTIONS, *_IN_DECISIONS, *_IN_STEPS, *_IN_CONDITIONS)
"""Every mutant, by where it changes the code."""
