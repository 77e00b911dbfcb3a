"""Wrong changes to what becomes of money that goes back."""

from __future__ import annotations

from tests.simulation.mutant import (
    BOOKKEEPING,
    CARRY_OUT,
    ENROLLMENT_WRITES,
    EVENTS,
    LEDGER_WRITES,
    PAYMENT_SYNC,
    PROVE,
    REFUND,
    REPAY,
    REPORTED,
    REVERSAL_TRANSACTIONS,
    REVERSALS,
    SESSION_WRITES,
    SYNC,
    Mutant,
    mutant,
)

_REVIEWS = "tests/use_cases/office/test_resolve_review.py"
_SYNCED = "tests/use_cases/provider/test_sync_payment.py"
_REPORTED = "tests/use_cases/provider/test_sync_reported.py"
_PROOF = "tests/use_cases/schedule/test_prove_ledger.py"
_OFFICE = "tests/use_cases/office/test_manage_enrollments.py"
_REFUNDS = "tests/use_cases/office/test_refund_at_provider.py"
_ACCOUNTS = "tests/use_cases/schedule/test_reconcile_other_account.py"

_SUMS = "if found is None or _reversed(found) != _reversed(write.before):"

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Take every refund of the provider for a new one",
        PAYMENT_SYNC,
        "        if reversal.provider_reversal_id == refund.provider_reversal_id:\n            return reversal\n",
        "        pass\n",
    ),
    mutant(
        "Do not know our own refund by its id",
        PAYMENT_SYNC,
        '    own = known.get(refund.refund_id or "")\n',
        "    own = None\n",
    ),
    mutant(
        "Record a refund of ours that a restore lost under the provider's id",
        PAYMENT_SYNC,
        "reversal_id=own_id if own_id is not None and is_lost else refund.provider_reversal_id,",
        "reversal_id=refund.provider_reversal_id,",
    ),
    mutant(
        "Add what a reversal counts without taking off what it counted",
        PAYMENT_SYNC,
        "    sums = before.reversed_sums.without(known) if known else before.reversed_sums\n",
        "    sums = before.reversed_sums\n",
    ),
    mutant(
        "Leave a payment completed when nothing of it is kept",
        PAYMENT_SYNC,
        'return evolve(after, status=Status.REVERSED, review_reason=after.review_reason), access, ""',
        'return after, access, ""',
    ),
    mutant(
        "Leave the student in the course when the money is gone",
        PAYMENT_SYNC,
        "        return AccessChange(end=end, previous=stored.ended)\n",
        "        return AccessChange()\n",
    ),
    mutant(
        "End whatever enrollment the student has",
        PAYMENT_SYNC,
        "return self.enrollment is not None and self.enrollment.payment_session_id == self.session.payment_session_id",
        "return self.enrollment is not None",
    ),
    mutant(
        "Never give access back",
        PAYMENT_SYNC,
        '        return _back_to_completed(after), AccessChange(reinstate=own_ended), ""\n',
        '        return _back_to_completed(after), AccessChange(), ""\n',
    ),
    mutant(
        "Give access back while money is in review",
        PAYMENT_SYNC,
        "    if session.status is Status.REVIEW:\n        return after",
        "    if False:\n        return after",
    ),
    mutant(
        "Stay reversed when a dispute is won and access suspended",
        PAYMENT_SYNC,
        '    return _back_to_completed(after), _ended_access(stored, after, at), ""\n',
        '    return after, _ended_access(stored, after, at), ""\n',
    ),
    mutant(
        "Complete a payment again whose refund failed, without enrolling",
        PAYMENT_SYNC,
        "    if session.status is not Status.REVERSED or was_revoked:\n",
        "    if True:\n",
    ),
    mutant(
        "Leave a review decided whose refund failed",
        PAYMENT_SYNC,
        "    if _was_refunded_in_vain(after):\n",
        "    if False:\n",
        test=f"{_REVIEWS}::test_a_refund_that_failed_at_once_leaves_the_decision_open",
    ),
    mutant(
        "Forget that a refund was asked for",
        PAYMENT_SYNC,
        "    if any(one.is_requested for one in reversals):\n        return at\n",
        "",
    ),
    mutant(
        "Never ask again about a dispute or a pending refund",
        PAYMENT_SYNC,
        "    return at + SYNC_INTERVAL if any(one.may_change for one in reversals) else None\n",
        "    return None\n",
    ),
    mutant(
        "Ignore a changed setting until the provider reports something",
        PAYMENT_SYNC,
        "    return access_step(stored, policy, at) or _due_step(stored, at)\n",
        "    return _due_step(stored, at)\n",
    ),
    mutant(
        "Sync what was read in halves",
        SYNC,
        "            if not stored.is_consistent:\n",
        "            if False:\n",
        test=f"{_SYNCED}::test_fault_102_a_payment_that_was_written_while_it_was_read_is_read_again",
    ),
    mutant(
        "Take a sync that lost a race for done",
        SYNC,
        "            if not self.commit(step):\n                return None\n",
        "            if not self.commit(step):\n                return stored\n",
        test=f"{_SYNCED}::test_fault_102_progress_saved_while_the_refund_ends_the_enrollment_is_kept",
    ),
    mutant(
        "Ask for a refund again without looking first",
        "domain/services/reconcile_session.py",
        "        stored = self.sync(session.user_id, session.payment_session_id)\n",
        "        stored = self.sync.read(session.user_id, session.payment_session_id)\n",
    ),
    mutant(
        "Drop a refused refund without taking it off the sums",
        PAYMENT_SYNC,
        "    sums = session.reversed_sums.without(refund)\n",
        "    sums = session.reversed_sums\n",
    ),
    mutant(
        "Never drop a refund that the provider refused for good",
        CARRY_OUT,
        "        except RefundRejected as rejected:\n            return self._dropped(refund, rejected.reason)\n",
        "        except RefundRejected:\n            return stored\n",
    ),
    mutant(
        "Ask for a refund that is not on record",
        REFUND,
        "            requested = self._request(stored, refund, order)\n",
        "            self.carry_out.gateways.named(stored.session.provider).refund(stored.session, refund)\n"
        "            requested = self._request(stored, refund, order)\n",
        test=f"{_REFUNDS}::test_fault_97_killed_between_two_steps_the_refund_is_finished_once",
    ),
    mutant(
        "Refund more than is left",
        REFUND,
        "        if amount > session.refundable:\n            raise RefundTooLarge",
        "        if amount < 0:\n            raise RefundTooLarge",
    ),
    mutant(
        "Refund what is asked for already",
        "domain/payments/session.py",
        "return max(self.kept - self.reversed_sums.refund_requested, 0)",
        "return max(self.kept, 0)",
    ),
    mutant(
        "Take a report for settled without asking the provider",
        REPORTED,
        "            self.sync(session.user_id, session.payment_session_id)\n",
        "            self.sync.read(session.user_id, session.payment_session_id)\n",
    ),
    mutant(
        "Lose a report that a second payment overtakes",
        REPORTED,
        "        booked = self._booked(report)\n        if booked is None:\n",
        "        booked = None\n        if booked is None:\n",
        test=f"{_REPORTED}::test_a_report_that_a_second_payment_overtakes_syncs_that_one",
    ),
    mutant(
        "Leave access as it is where our keys cannot ask for the payment",
        SYNC,
        "            if step is not None:\n                self.commit(step)\n            raise\n",
        "            raise\n",
        test=f"{_ACCOUNTS}::test_a_changed_setting_takes_effect_on_payments_that_our_keys_cannot_ask_for",
    ),
    mutant(
        "Take sums that went and came back for the sums that were read",
        "adapters/memory/writes_payment_sessions.py",
        "    return session.status, session.reversed_sums, session.resolution, session.updated_at\n",
        "    return session.status, session.reversed_sums, session.resolution\n",
        test=f"{_SYNCED}::test_fault_99_a_refund_that_came_and_went_meanwhile_is_stored_once",
    ),
    mutant(
        "Let money that was booked late make up for money that was not booked",
        "domain/use_cases/schedule/prove_ledger.py",
        "return [entry.amount for entry in recent] == [movement.amount for movement in moved]",
        "return _sum_of(recent) == _sum_of(moved)",
        test=f"{_PROOF}::test_fault_120_what_was_booked_late_does_not_make_up_for_what_was_not_booked",
    ),
    mutant(
        "Set a bar beside an enrollment that is active again",
        "domain/transactions/reversals.py",
        "        RequireNotEnrolled(enrollment.user_id, enrollment.course_id),\n",
        "",
        test=f"{_OFFICE}::test_who_was_let_in_again_meanwhile_is_put_out_with_the_bar",
    ),
    mutant(
        "Release a slow payment in another account like a checkout that nobody paid",
        "domain/services/reconcile_session.py",
        "        if session.status is Status.PROCESSING:\n            # Money",
        "        if session.status is Status.REVIEW:\n            # Money",
        test=f"{_ACCOUNTS}::test_fault_111_money_on_its_way_there_is_for_a_person",
    ),
    mutant(
        "Forget what was paid for an enrollment that another has superseded",
        SYNC,
        "        return evolve(stored, superseded=own[-1] if own else None)\n",
        "        return stored\n",
        test=f"{_SYNCED}::test_fault_101_a_dispute_won_after_the_second_enrollment_ended_goes_to_a_person",
    ),
    mutant(
        "Book nothing for money that goes back",
        REVERSAL_TRANSACTIONS,
        "        SaveReversal(reversal, known),\n        *((AddLedgerEntry(entry),) if entry else ()),\n",
        "        SaveReversal(reversal, known),\n",
    ),
    mutant(
        "Change the sums without storing the reversal",
        REVERSAL_TRANSACTIONS,
        "        SaveReversal(reversal, known),\n        *((AddLedgerEntry(entry),) if entry else ()),\n",
        "        *((AddLedgerEntry(entry),) if entry else ()),\n",
    ),
    mutant(
        "Keep the coupon use of a payment that was refunded, and give its count back",
        REVERSAL_TRANSACTIONS,
        "        *((ReleaseCouponUse(after, coupon, redeemed=True),) if coupon and by_refunds_alone else ()),\n",
        "",
    ),
    mutant(
        "Keep the lock of a review that was refunded",
        REVERSAL_TRANSACTIONS,
        "        *((ReleaseCheckoutLock(after),) if before.status is Status.REVIEW else ()),\n",
        "",
    ),
    mutant(
        "Let a reinstatement slip past a refund",
        REVERSAL_TRANSACTIONS,
        "            writes.append(RequireNoEnrollmentOf(after.user_id, after.course_id, after.payment_session_id))\n",
        "            pass\n",
        test=f"{_OFFICE}::test_fault_102_refunded_in_the_moment_of_the_reinstatement_nobody_is_enrolled_without_money",
    ),
    mutant(
        "Reinstate without looking at the money",
        REVERSAL_TRANSACTIONS,
        "        *((RequireSumsUnchanged(session),) if session else ()),\n",
        "",
        test=f"{_OFFICE}::test_fault_102_reinstated_in_the_moment_of_the_refund_nobody_is_enrolled_without_money",
    ),
    mutant(
        "Count a refund that failed",
        REVERSALS,
        "        return self.amount if self.status in _HOLDING else 0\n",
        "        return self.amount\n",
    ),
    mutant(
        "Take a lost dispute for an undecided one",
        REVERSALS,
        'return "charged_back" if self.status is DisputeStatus.LOST else "disputed"',
        'return "disputed"',
    ),
    mutant(
        "Book what went back as money that came in",
        BOOKKEEPING,
        "    difference = (before.counted if before else 0) - after.counted\n",
        "    difference = after.counted - (before.counted if before else 0)\n",
    ),
    mutant("Change sums whatever they are now", SESSION_WRITES, _SUMS, "if found is None:"),
    mutant(
        "Undo a refund by the next change of the session",
        SESSION_WRITES,
        '        "reversed_sums": found.reversed_sums,\n',
        "",
        equivalent="A second line of defence: whoever changes a paid session without its sums asks for its status, "
        "sums and decision to be as read.",
    ),
    mutant(
        "Count a refund of unknown origin beside the one that was asked for",
        PAYMENT_SYNC,
        "return None if refund.origin_known else _request_alike(refund, known)",
        "return None",
        test="tests/unit/domain/test_payment_sync.py::test_a_refund_of_unknown_origin_is_the_one_that_was_requested",
    ),
    mutant(
        "Forget what came in a currency that is never sold in",
        EVENTS,
        "        return self.received, self.received_currency\n",
        "        return None, None\n",
        test=f"{_SYNCED}::test_money_in_a_currency_never_sold_in_counts_for_one_session_at_once",
    ),
    mutant(
        "Book no seat with the sale of any decision",
        REVERSAL_TRANSACTIONS,
        "seat = int(before.status is Status.COMPLETED and not seat_is_booked)",
        "seat = int(before.status is Status.COMPLETED and before.resolution is None)",
        test="tests/use_cases/office/test_backfill_payments.py::test_a_decision_of_before_gets_its_seat_with_the_sale",
    ),
    mutant(
        "Overwrite a reversal that somebody else wrote",
        LEDGER_WRITES,
        "        return ReversalConflict(found)\n",
        "        pass\n",
    ),
    mutant(
        "Overwrite a ledger entry",
        LEDGER_WRITES,
        "        return EntryExists(found)\n",
        "        pass\n",
    ),
    mutant(
        "End an enrollment as it was read, whatever was learned since",
        ENROLLMENT_WRITES,
        "if found is None or _as_read(found) != _as_read(ended.enrollment) or",
        "if found is None or",
    ),
    mutant(
        "Forget an enrollment that had ended before",
        ENROLLMENT_WRITES,
        "        if latest is not None:\n            store.earlier_ended",
        "        if False:\n            store.earlier_ended",
    ),
    mutant(
        "Take old movements for booked, whatever they say",
        PROVE,
        "return [entry.amount for entry in recent] == [movement.amount for movement in moved]",
        "return any(entry.recorded_at < since for entry in entries) or _sum_of(entries) == _sum_of(group)",
        test=f"{_PROOF}::test_fault_120_what_comes_back_of_an_old_refund_is_found",
    ),
    mutant(
        "Never sync what the provider moved and we have not booked",
        PROVE,
        "            stored = self._synced(reference) if reference else None\n",
        "            stored = self.sync.read(reference.user_id, reference.payment_session_id) if reference else None\n",
    ),
    mutant(
        "Repay by hand what a bank has withdrawn",
        REPAY,
        "amount > session.refundable - session.reversed_sums.disputed",
        "amount > session.refundable",
    ),
)
