"""The numbers that the documents give are those of the code."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.connections import IDLE
from adapters.dynamodb import writes_payment_sessions
from adapters.events.scheduled import TIME_BUDGET
from adapters.http.webhooks import LARGEST
from adapters.idempotency import KEPT_FOR, LEASE
from adapters.settings import Settings
from adapters.stripe.api import TIMEOUT
from adapters.stripe.limits import LIMITS
from domain import messages
from domain.payments.lifetimes import CAPTURE_GRACE, MAX_CAPTURES, checkout_lifetime, repeatable_for
from domain.seats import HELD_WHILE_ENROLLING, OFFERED_FOR
from domain.services.enrollment_strategies import MAX_OPEN_CHECKOUTS
from domain.services.reconcile_session import CREATION_GRACE, OTHER_ACCOUNT_GRACE
from domain.transactions.rate_limits import PER_ADDRESS, PER_EXPORT, PER_STUDENT
from domain.use_cases.provider.receive_event import ATTEMPTS
from domain.use_cases.schedule.close_days import SLOW_PAYMENTS
from domain.use_cases.schedule.reconcile import BATCH
from domain.use_cases.student.open_lesson import LIFETIME
from scripts.stack.aws_resources import MAX_RECEIVES
from tests.support.sources import ROOT

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
WORDS = {"one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "forty": 40, "sixty": 60}
ARCHITECTURE, SECURITY, API, FAULTS = (
    "docs/architecture.md",
    "docs/security.md",
    "docs/api.md",
    "tests/faults/faults.md",
)
OUTBOX = "docs/decisions/0023-messages-leave-by-an-outbox.md"
SEATS = "docs/decisions/0026-a-seat-is-held-before-it-is-sold.md"
KEYS = "docs/decisions/0027-answers-are-kept-under-idempotency-keys.md"
RECONCILING = "docs/decisions/0003-reconcile-every-four-minutes.md"
SETTINGS = {field.name: field.default for field in Settings.__attrs_attrs__}

SAID = [
    (SECURITY, r"at most (\w+) KB", LARGEST / 1024),
    (ARCHITECTURE, r"exact bytes on, at most (\w+) KB", LARGEST / 1024),
    (FAULTS, r"Body > (\w+) KB", LARGEST / 1024),
    (SECURITY, r"\| (\w+) coupon codes a minute", PER_STUDENT),
    (FAULTS, r"per user (\w+)/min", PER_STUDENT),
    (SECURITY, r"\| (\w+) coupon validations a minute", PER_ADDRESS),
    (FAULTS, r"per address (\w+)/min", PER_ADDRESS),
    (SECURITY, r"\| (\w+) new checkouts an hour", SETTINGS["checkouts_per_student"]),
    (SECURITY, r"\| (\w+) requests a minute that open", SETTINGS["checkouts_per_address"]),
    (SECURITY, r"an hour \(`CHECKOUTS_PER_STUDENT`\), (\w+) open at once", MAX_OPEN_CHECKOUTS),
    (ARCHITECTURE, r"At most (\w+) checkouts may be open", MAX_OPEN_CHECKOUTS),
    (SECURITY, r"`POST /api/students/me/export`, (\w+) times in an hour", PER_EXPORT),
    (API, r"For (\w+) hours the same request", KEPT_FOR / HOUR),
    (ARCHITECTURE, r"idempotency key \(kept (\w+) hours\)", KEPT_FOR / HOUR),
    (FAULTS, r"after (\w+) s the next repetition acts", LEASE / SECOND),
    (ARCHITECTURE, r"or past its end by (\w+) minutes, is never captured", CAPTURE_GRACE / MINUTE),
    (ARCHITECTURE, r"After (\w+) failed attempts", ATTEMPTS),
    (ARCHITECTURE, r"after (\w+) receives it is a dead letter", MAX_RECEIVES),
    (ARCHITECTURE, r"A reconciliation,\*\* every (\w+) minutes", SETTINGS["reconcile_rate"]),
    (ARCHITECTURE, r"lists up to (\w+) sessions", BATCH),
    (ARCHITECTURE, r"starts none after (\w+) seconds", TIME_BUDGET / SECOND),
    (ARCHITECTURE, r"a session younger than (\w+) minute is left alone", CREATION_GRACE / MINUTE),
    (ARCHITECTURE, r"From (\w+) hours on, when Stripe may have forgotten", repeatable_for(LIMITS) / HOUR),
    ("docs/decisions/0002-checkout-lifetime.md", r"stays open for (\w+) minutes", checkout_lifetime(LIMITS) / MINUTE),
    (FAULTS, r"cannot ask for is released (\w+) h after its end", OTHER_ACCOUNT_GRACE / HOUR),
    ("CHANGELOG.md", r"held for the first in line for (\w+) hours", OFFERED_FOR / HOUR),
    (ARCHITECTURE, r"settled event \(kept (\w+) days\)", writes_payment_sessions._EVENTS_KEPT / DAY),
    (FAULTS, r"ends after (\w+)\+8 s as a whole", TIMEOUT[0]),
    (FAULTS, r"ends after 3\+(\w+) s as a whole", TIMEOUT[1]),
    (RECONCILING, r"by number \((\w+) sessions\)", BATCH),
    (RECONCILING, r"by time \((\w+) seconds\)", TIME_BUDGET / SECOND),
    ("docs/decisions/0013-rate-limit-in-the-transaction.md", r"at most (\w+) attempts a minute", PER_STUDENT),
    ("docs/decisions/0020-http-over-the-standard-library.md", r"reused after (\w+) silent seconds", IDLE),
    ("docs/decisions/0021-figures-are-folds-of-closed-days.md", r"anew for (\w+) weeks", SLOW_PAYMENTS / WEEK),
    ("docs/decisions/0022-capture-after-approval.md", r"after (\w+) declined captures", MAX_CAPTURES),
    (OUTBOX, r"by a lease of (\w+) minutes", messages.LEASE / MINUTE),
    (OUTBOX, r"4 ... (\w+) minutes", messages.LONGEST_PAUSE / MINUTE),
    (OUTBOX, r"after (\w+) days, or where", messages.GIVE_UP / DAY),
    (
        "docs/decisions/0026-a-seat-is-held-before-it-is-sold.md",
        r"seat for (\w+) minutes",
        HELD_WHILE_ENROLLING / MINUTE,
    ),
    (
        "docs/decisions/0027-answers-are-kept-under-idempotency-keys.md",
        r"claim ends after (\w+) seconds",
        LEASE / SECOND,
    ),
    ("docs/beside.md", r"An address is good for (\w+) hours", LIFETIME / HOUR),
]
"""Where a number is said, and what it is in the code."""


def said(page: str, sentence: str) -> float:
    """The number in the sentence, which the page has once."""
    [number] = re.findall(sentence, (ROOT / page).read_text("utf-8"))
    return WORDS[number] if number in WORDS else float(number)


@pytest.mark.parametrize(("page", "sentence", "value"), SAID, ids=[sentence for _, sentence, _ in SAID])
def test_what_a_document_says_is_so(page: str, sentence: str, value: float | str) -> None:
    """Whoever changes the one changes the other; a limit is not widened in silence."""
    number = float(value.removeprefix("rate(").removesuffix(" minutes)")) if isinstance(value, str) else value
    assert said(page, sentence) == number


def test_numbers_are_read_in_digits_and_in_words(tmp_path: Path) -> None:
    """Control: another number is another value, and a sentence that is gone is an error."""
    page = tmp_path / "page.md"
    page.write_text("At most five checkouts, 300 sessions.", "utf-8")
    assert (said(str(page), r"most (\w+) checkouts"), said(str(page), r"(\w+) sessions")) == (5, 300)
    with pytest.raises(ValueError, match="not enough values"):
        said(str(page), r"(\w+) students")
