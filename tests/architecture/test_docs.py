"""The documents lead somewhere, leave nothing out, and agree with the code that they describe."""

from __future__ import annotations

import ast
import itertools
import re
import tomllib
from pathlib import Path

import pytest

from adapters.dynamodb import keys, ledger_keys
from adapters.timestamps import iso
from domain.payment_decisions import decide
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutOpened,
    CheckoutPaid,
    EventKind,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
)
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import TRANSITIONS, Status, Transition
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


def diagram(text: str) -> set[tuple[str, str, bool, str]]:
    """The arrows as (state, event kind, whether a cancel request is stored, next state)."""
    drawn: dict[tuple[str, str, bool], str] = {}
    arrows = [(start, label.split(", "), end) for start, end, label in ARROW.findall(text)]
    for start, (kinds, *condition), end in sorted(arrows, key=lambda arrow: len(arrow[1])):
        for kind in kinds.split(" or "):
            drawn |= {
                (start, kind, requested): end for requested in ([True] if condition == [CANCEL] else [False, True])
            }
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
        found |= {(status.value, kind.value, requested, after.value)} if after is not status else set()
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
        text.replace("processing --> failed: failed", "processing --> expired: failed"),
        text.replace(f"expired or cancelled, {CANCEL}", f"expired, {CANCEL}"),
    ):
        assert wrong != text
        assert diagram(wrong) != transitions()


# -- the items of the table -------------------------------------------------------------------------------------------

USER, COURSE, SESSION, CODE = "userId", "courseId", "sessionId", "code"


def described_items(text: str) -> dict[str, tuple[str, ...]]:
    """The rows of the table of items: PK, SK, GSI1PK and GSI1SK by the item's name, without the angle brackets."""
    section = text.partition("## The items of the table")[2].partition("\n## ")[0]
    rows = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in section.splitlines() if "#" in row]
    return {row[0]: tuple(re.sub(r"[<>]", "", cell) for cell in row[1:]) for row in rows if len(row) == 5}


def stored_items() -> dict[str, tuple[str, ...]]:
    """The same of what the code makes; a shard is written as its range, a time by its attribute."""

    def row(key: keys.Key, index: dict[str, str] | None = None, names: dict[str, str] | None = None) -> tuple[str, ...]:
        cells: tuple[str, ...] = (key.pk, key.sk, index["GSI1PK"] if index else "", index["GSI1SK"] if index else "")
        for written, shown in (names or {}).items():
            cells = tuple(cell.replace(written, shown) for cell in cells)
        return cells

    session = keys.payment_session(USER, SESSION)
    due = keys.due_index(SESSION, NOW)
    due_numbers = {keys.due_index(f"{SESSION}{number}", NOW)["GSI1PK"] for number in range(200)}
    assert due_numbers == {f"DUE#{number}" for number in range(8)}
    shard, month, today = {"77": "00-99"}, f"{NOW:%Y-%m}", f"{NOW:%Y-%m-%d}"
    at_month = {iso(NOW): "at", month: "month"}
    entry = ledger_keys.entry("provider", "paymentId", "entryId")
    reversal = keys.reversal(USER, SESSION, "reversalId")
    return {
        "student": row(keys.student(USER), keys.student_index(USER)),
        "course": row(keys.course(COURSE), keys.course_index(COURSE)),
        "enrollment": row(keys.enrollment(USER, COURSE), keys.enrollment_index(USER, COURSE)),
        "ended enrollment": row(
            keys.ended_enrollment(USER, COURSE), keys.ended_index(USER, COURSE, NOW), {iso(NOW): "endedAt"}
        ),
        "ended enrollment, earlier": row(
            keys.earlier_ended_enrollment(USER, COURSE, NOW), None, {iso(NOW): "enrolledAt"}
        ),
        "payment session, to be reconciled": row(session, {**due, "GSI1PK": "DUE#0-7"}, {iso(NOW): "dueAt"}),
        "payment session, awaiting a decision": row(session, keys.review_index(SESSION, NOW), {iso(NOW): "updatedAt"}),
        "payment session, otherwise": row(
            session, keys.sessions_index(SESSION, NOW), {iso(NOW): "createdAt", month: "month"}
        ),
        "reversal (refund, dispute, repayment)": row(reversal),
        "ledger entry": row(
            entry,
            ledger_keys.entry_index(entry, NOW.date(), NOW),
            {iso(NOW): "recordedAt", today: "bookedOn", month: "month"},
        ),
        "audit record about a student": row(
            ledger_keys.audit_record(USER, NOW, "auditId"), ledger_keys.audit_index(NOW, "auditId"), at_month
        ),
        "audit record about a coupon": row(
            ledger_keys.coupon_audit_record(CODE, NOW, "auditId"), ledger_keys.audit_index(NOW, "auditId"), at_month
        ),
        "checkout lock": row(keys.checkout_lock(USER, COURSE)),
        "provider reference": row(keys.provider_reference("provider", "checkoutId")),
        "coupon": row(keys.coupon(CODE), keys.coupon_index(CODE)),
        "coupon counter of a shard": row(keys.coupon_shard(CODE, 77), None, shard),
        "coupon use": row(keys.coupon_use(USER, CODE), keys.coupon_use_index(USER, CODE, 77), shard),
        "settled event (kept 35 days)": row(keys.event("provider", "eventId")),
        "rate limit counter of a minute": row(keys.attempts("subject", "action", 77), None, {"77": "minute"}),
    }


def test_the_items_of_the_table_are_those_of_the_code() -> None:
    """Whoever looks into the table finds each item under the key that the document names."""
    assert described_items(ARCHITECTURE.read_text("utf-8")) == stored_items()


def test_every_function_that_makes_a_key_is_described() -> None:
    """A new kind of item joins the table: all functions of the keys that return a Key were called above."""
    makers = {
        node.name
        for name in ("keys", "ledger_keys")
        for node in tree(ROOT / "adapters" / "dynamodb" / f"{name}.py").body
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
    for number, page in enumerate(pages, start=1):
        text = page.read_text("utf-8")
        assert text.startswith(f"# {number:04d}. "), where(page)
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
