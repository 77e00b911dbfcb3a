"""Wrong changes to what events mean."""

from __future__ import annotations

from tests.simulation.mutant import ENROLLMENTS, SESSION, SETTLING, STATES, Mutant, mutant

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Take every payment reported for a session in review for the one that it stands for",
        SESSION,
        "        return known == reported and (known is not None or not self.is_other_checkout(event))\n",
        "        return known == reported or self.status is Status.REVIEW\n",
    ),
    mutant(
        "Tell payments apart by their checkouts alone",
        SESSION,
        "        return known == reported and (known is not None or not self.is_other_checkout(event))\n",
        "        return not self.is_other_checkout(event)\n",
    ),
    mutant(
        "Name a second payment after its event",
        SESSION,
        "_payment_id(event) or event.provider_session_id or event.event_id",
        "event.event_id",
    ),
    mutant(
        "Skip the amount check",
        SESSION,
        "return None if event.amount == self.total else ReviewReason.AMOUNT_MISMATCH",
        "return None",
    ),
    mutant(
        "Compare the amount and not the currency",
        SESSION,
        "return None if event.amount == self.total else ReviewReason.AMOUNT_MISMATCH",
        "same = event.amount is not None and event.amount.amount == self.total.amount\n"
        "        return None if same else ReviewReason.AMOUNT_MISMATCH",
    ),
    mutant(
        "Skip the reference check",
        SESSION,
        "if event.course_id != self.course_id or event.reference not in (None, self.payment_session_id):",
        "if event.course_id != self.course_id:",
    ),
    mutant(
        "Skip the check of the course",
        SESSION,
        "if event.course_id != self.course_id or event.reference not in (None, self.payment_session_id):",
        "if event.reference not in (None, self.payment_session_id):",
    ),
    mutant(
        "Take play money for real",
        SESSION,
        "        if event.livemode != self.livemode:\n            return ReviewReason.OTHER_MODE\n",
        "",
    ),
    mutant(
        "Enroll when the provider charged nothing",
        SESSION,
        "return None if self.total.is_zero else ReviewReason.UNEXPECTED_FREE",
        "return None",
    ),
    mutant(
        "Drop money that comes after the release",
        STATES,
        "_AFTER_RELEASE = {**dict.fromkeys(EventKind, Transition.STAY), EventKind.PAID: Transition.LATE}",
        "_AFTER_RELEASE = dict.fromkeys(EventKind, Transition.STAY)",
    ),
    mutant(
        "Let a slow payment that failed stay under way",
        STATES,
        "(Status.PROCESSING, EventKind.FAILED): Transition.FAIL",
        "(Status.PROCESSING, EventKind.FAILED): Transition.STAY",
    ),
    mutant(
        "Take a pending payment for a failed one",
        STATES,
        "    EventKind.PENDING: Transition.PROCESS,\n",
        "    EventKind.PENDING: Transition.FAIL,\n",
    ),
    mutant(
        "Forget the cancel request",
        SESSION,
        "return self.cancel_requested_at is not None or at >= self.expires_at",
        "return at >= self.expires_at",
    ),
    mutant(
        "Settle a payment reported alone before its checkout is known",
        SETTLING,
        "if event.provider_session_id is None and session.provider_session_id is None:",
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
    mutant(
        "Acknowledge a decline without keeping why",
        SETTLING,
        "    if session.decline_code == declined.decline_code:\n",
        "    if session.is_live:\n",
    ),
)
