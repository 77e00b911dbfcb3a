"""The documents lead somewhere, leave nothing out, and agree with the code that they describe."""

from __future__ import annotations

import ast
import itertools
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from adapters.dynamodb import enrolling_keys, figures_keys, keys, learner_keys, ledger_keys, outbox_keys
from adapters.timestamps import iso
from domain.figures import FigureKey
from domain.ledger import SchoolCalendar
from domain.payment_decisions import decide
from domain.payment_sync import StoredPayment, SyncPolicy, next_step
from domain.payments.events import (
    CheckoutApproved,
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutOpened,
    CheckoutPaid,
    EventKind,
    PaymentDeclined,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.reversals import DisputeState, DisputeStatus, PaymentState, RefundState, RefundStatus
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import TRANSITIONS, Status, Transition
from domain.services.sync_payment import after_step
from tests.support.factories import NOW, a_session
from tests.support.sources import ROOT, tree, where

FOLDERS = ("docs", "frontend", "scripts", "tests")
PAGES = sorted([*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))])
ARCHITECTURE = ROOT / "docs" / "architecture.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE_LINK = re.compile(r"\[`([A-Za-z_.]+)`\]\(([^)\s]+\.py)\)")
ARROW = re.compile(r"^\s*(\w+) --> (\w+): (.+)$", re.MULTILINE)

# -- links ------------------------------------------------------------------------------------------------------------


def dead_links(page: Path, text: str) -> list[str]:
    """Links to files that do not exist, or to headings that the file does not have."""
    inside = (link for link in LINK.findall(text) if "://" not in link)
    return [link for link in inside if not _is_there(page, *link.partition("#")[::2])]


def _is_there(page: Path, path: str, heading: str) -> bool:
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not heading or heading in {
        _slug(line) for line in re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
    }


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files and headings of this repository exist."""
    assert dead_links(page, page.read_text("utf-8")) == []


def test_dead_links_would_be_noticed() -> None:
    """Control: a missing file and a missing heading are found; external addresses are not checked."""
    text = "[a](docs/nowhere.md) [b](CONTRIBUTING.md#nothing) [c](#layout) [d](https://example.com/x) [e](docs)"
    assert dead_links(ROOT / "README.md", text) == ["docs/nowhere.md", "CONTRIBUTING.md#nothing"]


# -- names of code ----------------------------------------------------------------------------------------------------


def wrong_names(page: Path, text: str) -> list[str]:
    """Links with a name of code to a Python file that does not define the name; a path names its own file."""
    links = [(name, (page.parent / path).resolve()) for name, path in CODE_LINK.findall(text)]
    return [name for name, path in links if not path.exists() or name not in _names_for(path)]


def _names_for(path: Path) -> set[str]:
    return {str(path.relative_to(ROOT))} | set(_defined(tree(path).body))


def _defined(body: list[ast.stmt], prefix: str = "") -> list[str]:
    found = []
    for node in body:
        match node:
            case ast.ClassDef(name=name, body=members):
                found += [prefix + name, *_defined(members, f"{prefix}{name}.")]
            case ast.FunctionDef(name=name):
                found.append(prefix + name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.append(prefix + name)
            case _:
                pass
    return found


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_name_of_code_is_defined_where_the_link_leads(page: Path) -> None:
    """Whoever follows a link to a class or a function finds it in that file."""
    assert wrong_names(page, page.read_text("utf-8")) == []


def test_wrong_names_would_be_noticed() -> None:
    """Control: a name that has gone, and a method that another class has."""
    text = (
        "[`decide`](../domain/payment_decisions.py) [`gone`](../domain/payment_decisions.py) "
        "[`Decision.commit`](../domain/payment_decisions.py) [`x`](../domain/gone.py)"
    )
    assert wrong_names(ARCHITECTURE, text) == ["gone", "Decision.commit", "x"]


# -- the state diagram ------------------------------------------------------------------------------------------------

CANCEL = "cancel requested"
_CONDITIONS = {(): [False, True], (CANCEL,): [True], (f"no {CANCEL}",): [False]}


def diagram(text: str) -> set[tuple[str, str, bool, str]]:
    """The arrows as (state, event kind, whether a cancel request is stored, next state)."""
    drawn: dict[tuple[str, str, bool], str] = {}
    arrows = [(start, label.split(", "), end) for start, end, label in ARROW.findall(text)]
    for start, (kinds, *condition), end in sorted(arrows, key=lambda arrow: len(arrow[1])):
        for kind in kinds.split(" or "):
            drawn |= {(start, kind, requested): end for requested in _CONDITIONS[tuple(condition)]}
    return {(*arrow, end) for arrow, end in drawn.items() if arrow[1] in set(EventKind)}


def transitions() -> set[tuple[str, str, bool, str]]:
    """What the code does in each state, without those that change nothing."""
    found = set()
    for (status, kind), requested in itertools.product(TRANSITIONS, (False, True)):
        session = a_session(
            status=status,
            provider_session_id=None if status is Status.CREATING else "cs_1",
            cancel_requested_at=NOW if requested else None,
        )
        after = _after(session, kind)
        changes = after is not status or TRANSITIONS[status, kind] is Transition.RECORD_DECLINE
        found |= {(status.value, kind.value, requested, after.value)} if changes else set()
    return found


def _after(session: PaymentSession, kind: EventKind) -> Status:
    if TRANSITIONS[session.status, kind] is Transition.OPEN:
        return session.opened("cs_1", NOW).status
    return decide(session, _event(session, kind), NOW).session.status


def _event(session: PaymentSession, kind: EventKind) -> PaymentEvent:
    fields = {
        "provider": session.provider,
        "event_id": "evt_1",
        "event_type": "test",
        "user_id": session.user_id,
        "course_id": session.course_id,
        "payment_session_id": session.payment_session_id,
        "provider_session_id": "cs_1",
        "livemode": session.livemode,
    }
    if kind is EventKind.DECLINED:
        return PaymentDeclined(**fields, decline_code="card_declined")  # type: ignore[arg-type]
    if kind is EventKind.APPROVED:
        return CheckoutApproved(**fields, amount=session.total)  # type: ignore[arg-type]
    simple: dict[EventKind, type[PaymentEvent]] = {
        EventKind.OPENED: CheckoutOpened,
        EventKind.PENDING: PaymentPending,
        EventKind.FAILED: PaymentFailed,
        EventKind.EXPIRED: CheckoutExpired,
        EventKind.CANCELLED: CheckoutCancelled,
    }
    if kind is EventKind.PAID:
        return CheckoutPaid(**fields, amount=session.total)  # type: ignore[arg-type]
    return simple[kind](**fields)  # type: ignore[arg-type]


def test_the_state_diagram_is_what_the_code_does() -> None:
    """Every arrow between states is drawn, and no other."""
    assert diagram(ARCHITECTURE.read_text("utf-8")) == transitions()


def test_a_wrong_arrow_would_be_noticed() -> None:
    """Control: one arrow more, one less, one to another state."""
    text = ARCHITECTURE.read_text("utf-8")
    for wrong in (
        text.replace("    completed --> [*]\n", "    completed --> failed: failed\n"),
        text.replace("    open --> processing: pending\n", ""),
        text.replace("    open --> open: declined\n", ""),
        text.replace("processing --> failed: failed", "processing --> expired: failed"),
        text.replace(f"expired or cancelled, {CANCEL}", f"expired, {CANCEL}"),
    ):
        assert wrong != text
        assert diagram(wrong) != transitions()


def synced_arrows(text: str) -> set[tuple[str, str]]:
    """The arrows of the diagram that are syncs, as (state, next state)."""
    return {(start, end) for start, end, label in ARROW.findall(text) if label == "sync"}


def syncs() -> set[tuple[str, str]]:
    """What syncing does to sessions in every paid state, for refunds and disputes of each outcome, one and two of them,
    whether the student has the enrollment that was paid for, another one, or none, and gets another one meanwhile.
    """
    calendar = SchoolCalendar()
    policies = [SyncPolicy(access_during_dispute=keep, calendar=calendar) for keep in (True, False)]
    found = set()
    paid = [_paid(*each) for each in itertools.product((Status.COMPLETED, Status.REVIEW), (None, "own", "other"))]
    for policy, stored, first, second, meanwhile in itertools.product(policies, paid, STATES, STATES, (False, True)):
        found |= _moves(stored, (first, second), policy, enrolled_meanwhile=meanwhile)
    return found


def _paid(status: Status, enrolled: str | None) -> StoredPayment:
    session = a_session(
        status=status,
        provider_session_id="cs_1",
        provider_payment_id="pi_1",
        received=14999,
        received_currency="usd",
        review_reason=ReviewReason.AMOUNT_MISMATCH if status is Status.REVIEW else None,
    )
    own = session.enrollment()
    enrollment = {None: None, "own": own, "other": evolve(own, payment=None)}[enrolled]
    return StoredPayment(session=session, reversals=(), enrollment=enrollment, ended=None)


def _moves(
    stored: StoredPayment, states: tuple[PaymentState, ...], policy: SyncPolicy, *, enrolled_meanwhile: bool
) -> set[tuple[str, str]]:
    """From where to where the session goes while the provider's payment has these states, one after the other."""
    found = set()
    for number, state in enumerate(states):
        at = NOW + timedelta(days=number)
        if number and enrolled_meanwhile and stored.enrollment is None:
            stored = evolve(stored, enrollment=evolve(stored.session.enrollment(), payment=None))
        while (step := next_step(stored, state, policy, at)) is not None:
            before, stored = stored.session.status, after_step(stored, step)
            found |= {(before.value, stored.session.status.value)} if before is not stored.session.status else set()
    return found


def _state(*, refund: RefundStatus | None = None, dispute: tuple[DisputeStatus, int] | None = None) -> PaymentState:
    refunds = (
        RefundState(provider_reversal_id="re_1", refund_id=None, amount=14999, currency="usd", status=refund)
        if refund
        else None
    )
    disputes = (
        DisputeState(provider_reversal_id="du_1", amount=14999, currency="usd", status=dispute[0], withdrawn=dispute[1])
        if dispute
        else None
    )
    return PaymentState(
        provider_payment_id="pi_1",
        received=14999,
        currency="usd",
        livemode=False,
        refunds=(refunds,) if refunds else (),
        disputes=(disputes,) if disputes else (),
    )


STATES = (
    _state(),
    *(_state(refund=status) for status in RefundStatus if status is not RefundStatus.REQUESTED),
    _state(dispute=(DisputeStatus.OPEN, 14999)),
    _state(dispute=(DisputeStatus.LOST, 14999)),
    _state(dispute=(DisputeStatus.WON, 0)),
)


def test_the_syncs_of_the_diagram_are_what_the_code_does() -> None:
    """Every move that a refund or dispute makes is drawn, and no other."""
    text = ARCHITECTURE.read_text("utf-8")
    assert synced_arrows(text) == syncs()
    assert synced_arrows(text.replace("    reversed --> review: sync\n", "")) != syncs()


# -- the items of the table -------------------------------------------------------------------------------------------

USER, COURSE, SESSION, CODE = "userId", "courseId", "sessionId", "code"


def described_items(text: str) -> dict[str, tuple[str, ...]]:
    """The rows of the table of items: PK, SK, GSI1PK and GSI1SK by the item's name, without the angle brackets."""
    section = text.partition("## The items of the table")[2].partition("\n## ")[0]
    rows = [
        [cell.strip(" `") for cell in row.strip("|").split("|")]
        for row in section.splitlines()
        if "#" in row or "`SCHOOL`" in row
    ]
    return {row[0]: tuple(re.sub(r"[<>]", "", cell) for cell in row[1:]) for row in rows if len(row) == 5}


def stored_items() -> dict[str, tuple[str, ...]]:
    """The same of what the code makes; a shard is written as its range, a time by its attribute."""

    def row(key: keys.Key, index: dict[str, str] | None = None, written: str = "", shown: str = "") -> tuple[str, ...]:
        cells = (key.pk, key.sk, index["GSI1PK"] if index else "", index["GSI1SK"] if index else "")
        return tuple(cell.replace(written, shown) if written else cell for cell in cells)

    session = keys.payment_session(USER, SESSION)
    due = keys.due_index(SESSION, NOW)
    due_numbers = {keys.due_index(f"{SESSION}{number}", NOW)["GSI1PK"] for number in range(200)}
    assert due_numbers == {f"DUE#{number}" for number in range(8)}
    entry = ledger_keys.entry("provider", "paymentId", "SALE")
    booked = ledger_keys.entry_index(entry, NOW.date(), NOW)
    audit = ledger_keys.audit_index(NOW, "auditId")
    month, day = iso(NOW)[:7], NOW.date().isoformat()

    parts = {"month": f"#{month}", "day": day, "at": iso(NOW)}

    def dated(cells: tuple[str, ...], **names: str) -> tuple[str, ...]:
        for part, shown in names.items():
            cells = tuple(cell.replace(parts[part], shown) for cell in cells)
        return cells

    def figures(key: keys.Key) -> tuple[str, ...]:
        return tuple(cell.replace(month, "month") for cell in dated(row(key), day="day"))

    sold = FigureKey(day=NOW.date(), course_id=COURSE, provider="provider", currency="currency", coupon_code=None)
    ended = keys.ended_enrollment(USER, COURSE)
    earlier = keys.earlier_ended_enrollment(USER, COURSE, NOW)
    return {
        "student": row(keys.student(USER), keys.student_index(USER)),
        "course": row(keys.course(COURSE), keys.course_index(COURSE)),
        "enrollment": row(keys.enrollment(USER, COURSE), keys.enrollment_index(USER, COURSE)),
        "ended enrollment": row(ended, keys.ended_index(USER, COURSE, NOW), iso(NOW), "endedAt"),
        "ended enrollment, earlier": row(earlier, None, iso(NOW), "enrolledAt"),
        "payment session, to be reconciled": row(session, {**due, "GSI1PK": "DUE#0-7"}, iso(NOW), "dueAt"),
        "payment session, awaiting a decision": row(session, keys.review_index(SESSION, NOW), iso(NOW), "updatedAt"),
        "payment session, otherwise": dated(
            row(session, keys.sessions_index(SESSION, NOW)), at="createdAt", month="#month"
        ),
        "reversal (refund, dispute, repayment)": row(keys.reversal(USER, SESSION, "reversalId")),
        "dispute, undecided": row(
            keys.reversal(USER, SESSION, "reversalId"), keys.dispute_index("reversalId", NOW), iso(NOW), "respondBy"
        ),
        "ledger entry": tuple(
            cell.replace("SALE", "entryId")
            for cell in dated(row(entry, booked), at="recordedAt", day="bookedOn", month="#month")
        ),
        "message to be delivered": tuple(
            re.sub(r"OUTBOX#\d", "OUTBOX#0-7", cell)
            for cell in row(outbox_keys.message("messageId", NOW), None, iso(NOW), "dueAt")
        ),
        "message laid aside": row(outbox_keys.laid_aside("messageId")),
        "figures of a day, by course, provider and currency": figures(figures_keys.figures(sold)),
        "... of what was sold with a coupon": figures(figures_keys.figures(evolve(sold, coupon_code=CODE))),
        "checkouts of a day, by course": figures(figures_keys.funnel(NOW.date(), COURSE)),
        "closed day": figures(figures_keys.closed_day(NOW.date())),
        "audit record about a student": dated(
            row(ledger_keys.audit_record(keys.student(USER).pk, NOW, "auditId"), audit), at="at", month="#month"
        ),
        "audit record about a coupon": dated(
            row(ledger_keys.audit_record(keys.coupon(CODE).pk, NOW, "auditId"), audit), at="at", month="#month"
        ),
        "audit record about a course": dated(
            row(ledger_keys.audit_record(keys.course(COURSE).pk, NOW, "auditId"), audit), at="at", month="#month"
        ),
        "audit record about the school": dated(
            row(ledger_keys.audit_record(keys.school().pk, NOW, "auditId"), audit), at="at", month="#month"
        ),
        "school": row(keys.school()),
        "certificate": row(learner_keys.certificate(USER, COURSE), learner_keys.certificate_index("number")),
        "place in line for a seat": row(
            enrolling_keys.seat_claim(USER, COURSE),
            enrolling_keys.waiting_index(COURSE, USER, NOW),
            iso(NOW),
            "joinedAt",
        ),
        "seat held for a student": row(
            enrolling_keys.seat_claim(USER, COURSE), enrolling_keys.held_index(COURSE, USER, NOW), iso(NOW), "heldUntil"
        ),
        "invitation to a course": row(enrolling_keys.invitation(COURSE, "hash")),
        "interest in an announced course": row(learner_keys.interest(COURSE, "hash")),
        "checkout lock": row(keys.checkout_lock(USER, COURSE)),
        "provider reference": row(keys.provider_reference("provider", "checkoutId")),
        "coupon": row(keys.coupon(CODE), keys.coupon_index(CODE)),
        "coupon counter of a shard": row(keys.coupon_shard(CODE, 77), None, "77", "00-99"),
        "coupon use": row(keys.coupon_use(USER, CODE), keys.coupon_use_index(USER, CODE, 77), "77", "00-99"),
        "settled event (kept 35 days)": row(keys.event("provider", "eventId")),
        "request with an idempotency key (kept 24 hours)": row(enrolling_keys.idempotent_request("hash")),
        "rate limit counter of a minute": row(keys.attempts("subject", "action", 77), None, "77", "minute"),
    }


def test_the_items_of_the_table_are_those_of_the_code() -> None:
    """Whoever looks into the table finds each item under the key that the document names."""
    assert described_items(ARCHITECTURE.read_text("utf-8")) == stored_items()


def test_every_function_that_makes_a_key_is_described() -> None:
    """A new kind of item joins the table: all functions of the keys that return a Key were called above."""
    makers = {
        node.name
        for module in (ROOT / "adapters" / "dynamodb").glob("*keys.py")
        for node in tree(module).body
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "Key"
    }
    called = set(re.findall(r"keys\.(\w+)\(", Path(__file__).read_text("utf-8")))
    assert makers - {"key_of"} <= called


# -- the rest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ReviewReason)
def test_the_runbook_knows_every_reason_for_a_review(reason: ReviewReason) -> None:
    """Whoever has to decide about money finds what happened and what is usually done."""
    assert f"| `{reason.value}` |" in (ROOT / "docs" / "runbook.md").read_text("utf-8")


def test_the_changelog_has_the_version() -> None:
    """The newest release in the changelog is the version of the project, and has a date."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]? - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert released[0] == version
    assert changelog.index("## [Unreleased]") < changelog.index(version)


def test_every_decision_has_its_sections_and_is_listed() -> None:
    """Nygard's form: date, status, context, decision, alternatives, consequences, and a row in the list."""
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert len({page.name[:4] for page in pages}) == len(pages), "two pages have one number"
    for page in pages:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {page.name[:4]}. "), where(page)
        assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE), where(page)
        sections = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert sections == ["Status", "Context", "Decision", "Alternatives", "Consequences"], where(page)
        assert f"]({page.name})" in listed


def test_the_page_of_the_simulation_names_its_modules() -> None:
    """Each file in its table of parts exists."""
    text = (ROOT / "docs" / "simulation.md").read_text("utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = [name for cell in cells for name in re.findall(r"`([\w/]+(?:\.py|/))`", cell)]
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / "simulation" / name).exists()] == []


# -- security ----------------------------------------------------------------------------------------------------------

SECURITY = ROOT / "docs" / "security.md"


def test_every_test_that_the_table_of_requirements_names_is_there() -> None:
    """A file with tests in it, or a folder of them; and every requirement names one, or says that there is none."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in SECURITY.read_text("utf-8").splitlines()
        if re.match(r"\| V\d", line)
    ]
    assert len(rows) > 20
    for requirement, _, tests in rows:
        named = re.findall(r"`(tests/[^`]+)`", tests)
        assert named or tests == "-", requirement
        for name in named:
            files = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).glob("test_*.py"))
            assert files, name
            assert all("def test_" in file.read_text("utf-8") for file in files), name
