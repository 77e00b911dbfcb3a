"""Wrong changes to what news mean."""

from __future__ import annotations

from tests.simulation.mutant import ENROLLMENTS, PAYMENTS, SETTLING, Mutant, mutant

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Take every payment told of a session in review for the one that it stands for",
        PAYMENTS,
        "            return known == told\n",
        "            return known == told or self.status is Status.REVIEW\n",
    ),
    mutant(
        "Tell payments apart by their checkouts alone",
        PAYMENTS,
        "        if known is not None and told is not None:\n            return known == told\n",
        "",
    ),
    mutant(
        "Name a second payment after its event",
        PAYMENTS,
        "_payment_id(news) or news.provider_session_id or news.event_id",
        "news.event_id",
    ),
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
