"""Wrong changes to what the office changes and invites to, an operator rebuilds, and messages say."""

from __future__ import annotations

from tests.simulation.mutant import (
    COUPON_WRITES,
    DELIVER,
    ERASE,
    INVITATION_WRITES,
    INVITATIONS,
    INVITED,
    REBUILD,
    REBUILDING,
    RESTORE,
    Mutant,
    mutant,
)

_COUPONS = "tests/use_cases/office/test_manage_coupons.py"
_REBUILDS = "tests/use_cases/office/test_rebuild_payments.py"
_INVITED = "tests/use_cases/student/test_enroll_by_invitation.py"
_ERASED = "tests/use_cases/student/test_erase_student.py"
_MESSAGES = "tests/use_cases/schedule/test_deliver_messages.py"

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Write back all terms of a coupon as they were read",
        COUPON_WRITES,
        "    changed = evolve(found, **{name: getattr(write.after, name) for name in names})\n",
        "    changed = evolve(found, **{name: getattr(write.after, name) for name in _TERMS})\n",
        test=f"{_COUPONS}::test_fault_110_a_coupon_switched_off_meanwhile_stays_off",
    ),
    mutant(
        "Change a term that another administrator has changed meanwhile",
        COUPON_WRITES,
        "    if any(getattr(found, name) != getattr(write.before, name) for name in compared):\n",
        "    if False:\n",
        test=f"{_COUPONS}::test_fault_110_of_two_changes_of_the_same_term_the_second_is_told",
    ),
    mutant(
        "Leave the customer of somebody deleted once the provider was silent",
        ERASE,
        "    maps = [*known, *(one for one in recorded if isinstance(one, Mapping))]\n",
        "    maps = [*known, *(one for one in recorded if isinstance(one, Mapping) and not one)]\n",
        test=f"{_ERASED}::test_a_silent_provider_is_asked_again",
    ),
    mutant(
        "Rebuild what another stage has sold",
        REBUILD,
        "        if checkout.stage not in (None, self.stage):\n",
        "        if False:\n",
        test=f"{_REBUILDS}::test_fault_124_another_stages_checkout_is_left_alone",
    ),
    mutant(
        "Rebuild what a deleted person has paid",
        REBUILD,
        "        if self.students.find(event.user_id) is None:\n",
        "        if False:\n",
        test=f"{_REBUILDS}::test_fault_107_a_deleted_persons_payment_stays_deleted",
    ),
    mutant(
        "Rebuild around a session that was given up, and leave its money",
        REBUILD,
        "given_up = session.status in RELEASED and isinstance(checkout.event, CheckoutPaid)",
        "given_up = False",
        test=f"{_REBUILDS}::test_fault_150_a_payment_that_was_given_up_after_a_restore_is_settled",
    ),
    mutant(
        "Restore a lost session and not what its refunds still need",
        RESTORE,
        "            due_at=session.updated_at,\n",
        "",
    ),
    mutant(
        "Restore a lost session as completed though its refund had failed",
        RESTORE,
        "ReviewReason.REFUND_FAILED if own[-1].cause is EndCause.REFUNDED else None",
        "None",
        test=f"{_REBUILDS}::test_fault_151_money_of_a_refund_that_failed_waits_for_a_person_again",
    ),
    mutant(
        "Restore a lost session without what went back of it",
        RESTORE,
        "            reversed_sums=ReversedSums.of(reversals),\n",
        "",
    ),
    mutant(
        "Restore a lost session by another session's sale",
        REBUILD,
        "        if (sale.user_id, sale.payment_session_id) != (event.user_id, event.payment_session_id):\n",
        "        if False:\n",
        test=f"{_REBUILDS}::test_a_payment_that_is_sold_for_another_session_is_not_restored",
    ),
    mutant(
        "Rebuild whatever was paid as if it were what was agreed",
        REBUILD,
        "if event.amount is None or agreed != event.amount.amount or checkout.currency != event.amount.currency:",
        "if event.amount is None:",
        test=f"{_REBUILDS}::test_fault_107_a_payment_that_is_not_as_agreed_goes_to_a_person",
    ),
    mutant(
        "Rebuild a payment and not what went back of it",
        REBUILD,
        "self.sync(session.user_id, session.payment_session_id)\n        return _outcome(checkout, RebuildOutcome.IN",
        "return _outcome(checkout, RebuildOutcome.IN",
        test=f"{_REBUILDS}::test_fault_107_refunds_and_disputes_come_back_too",
    ),
    mutant(
        "Rebuild when only asked what would be rebuilt",
        REBUILD,
        "        if not apply:\n",
        "        if False:\n",
        test=f"{_REBUILDS}::test_asking_first_writes_nothing",
    ),
    mutant(
        "Rebuild without booking the sale",
        REBUILDING,
        '        *_book(bookkeeping.sale(session, calendar, outcome="rebuilt", seat=1)),\n',
        "",
        test=f"{_REBUILDS}::test_fault_107_a_paid_student_is_enrolled_again_and_not_sold_the_course_twice",
    ),
    mutant(
        "Rebuild without counting the coupon use",
        REBUILDING,
        "        *_use(session, coupon),\n",
        "",
        test=f"{_REBUILDS}::test_the_coupon_use_is_counted_again",
    ),
    mutant(
        "Forget a message before it is delivered",
        DELIVER,
        "        try:\n            recipient = self._recipient(message)\n",
        "        self.outbox.delete(message)\n        try:\n            recipient = self._recipient(message)\n",
        test=f"{_MESSAGES}::test_fault_87_and_125_a_worker_that_is_killed_loses_no_message",
    ),
    mutant(
        "Deliver again by a channel that has delivered",
        DELIVER,
        "                if recipient is not None and channel not in message.delivered:\n",
        "                if recipient is not None:\n",
        test=f"{_MESSAGES}::test_fault_125_a_channel_that_is_down_is_tried_again_later_and_later",
    ),
    mutant(
        "Let a message that fails stand before the others",
        DELIVER,
        "        self.outbox.postpone(message, message.postponed(now))\n",
        "        pass\n",
        test=f"{_MESSAGES}::test_fault_125_poison_messages_do_not_stand_before_the_others",
    ),
    mutant(
        "Try an address that was refused again and again",
        DELIVER,
        "            problem, is_final = error.code, True\n",
        "            problem, is_final = error.code, False\n",
        test=f"{_MESSAGES}::test_fault_125_an_address_that_is_refused_is_laid_aside_at_once",
    ),
    mutant(
        "Take an invitation that somebody else has used meanwhile",
        INVITATION_WRITES,
        "    if store.invitations.get(key) != write.before:\n",
        "    if False:\n",
        test=f"{_INVITED}::test_fault_139_who_was_faster_has_it",
    ),
    mutant(
        "Enroll with an invitation and leave it open",
        INVITED,
        "        self._use_invitation(request)\n",
        "        self.require(request)\n",
        test=f"{_INVITED}::test_fault_139_of_many_one_has_the_invitation",
    ),
    mutant(
        "Believe that an address is somebody's who has not verified it",
        INVITATIONS,
        "if student.email_verified and student.email else (by_id,)",
        "if student.email else (by_id,)",
        test=f"{_INVITED}::test_fault_140_an_address_that_is_not_verified_counts_for_nothing",
    ),
    mutant(
        "Let an invitation be used again after an enrollment that ended",
        INVITATIONS,
        "        return ended_enrollment_of is None or ended_enrollment_of < self.used_at\n",
        "        return True\n",
        test=f"{_INVITED}::test_fault_141_an_invitation_is_good_for_one_enrollment",
    ),
)
