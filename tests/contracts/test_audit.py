"""Audit records, in memory and in DynamoDB: by month, by person, by what they are about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from adapters.dynamodb.audit import MOST_EXAMINED
from domain.audit import ActorRole, AuditAction, AuditRecord, AuditSubject
from domain.errors import InvalidValue
from domain.paging import every_page
from domain.transactions.writes import AddAuditRecord
from tests.support.aws.backends import Backend
from tests.support.factories import NOW, later
from tests.support.reversal_factories import an_audit_record

SAM = AuditSubject(user_id="user-1")
SPRING = AuditSubject(coupon_code="SPRING")
COURSE = AuditSubject(course_id="course-1")
SCHOOL = AuditSubject()
MONTH = NOW.date()


def _keep(storage: Backend, **changes: Any) -> AuditRecord:
    record = an_audit_record(**changes)
    storage.commit(AddAuditRecord(record))
    return record


def _about(subject: AuditSubject) -> dict[str, Any]:
    fields = {"user_id": subject.user_id, "coupon_code": subject.coupon_code, "course_id": subject.course_id}
    action = AuditAction.SALES_CLOSED if subject == SCHOOL else AuditAction.COUPON_CHANGED
    return {**fields, "action": action}


def _months(storage: Backend, month: date = MONTH, by: str | None = None, limit: int = 2) -> list[list[str]]:
    """The ids on each page of a month."""
    pages = every_page(lambda cursor: storage.audit.of_month(month, by=by, limit=limit, cursor=cursor))
    return [[record.audit_id for record in page.entries] for page in pages]


def test_nobody_has_done_anything(storage: Backend) -> None:
    """Empty pages, without a next one."""
    assert storage.audit.of_month(MONTH, limit=5).entries == ()
    for subject in (SAM, SPRING, COURSE, SCHOOL):
        assert storage.audit.about(subject, limit=5).entries == ()


@pytest.mark.parametrize("role", [None, *ActorRole])
@pytest.mark.parametrize("subject", [SAM, SPRING, COURSE, SCHOOL])
def test_a_record_is_read_as_it_was_made(storage: Backend, subject: AuditSubject, role: ActorRole | None) -> None:
    """Everything about it, also from before roles were kept, by its month and by its subject; under nothing else."""
    changed = {"before": {"active": True, "until": None}, "after": {"active": False, "uses": 3, "courses": ["a"]}}
    record = _keep(storage, role=role, **_about(subject), **changed)
    assert storage.audit.of_month(MONTH, limit=5).entries == (record,)
    assert storage.audit.about(subject, limit=5).entries == (record,)
    for other in {SAM, SPRING, COURSE, SCHOOL} - {subject}:
        assert storage.audit.about(other, limit=5).entries == ()


def test_the_newest_comes_first_page_by_page(storage: Backend) -> None:
    """Each once; records of one millisecond by their ids; the last page says that it is the last."""
    for number in (3, 1, 5, 2, 4):
        _keep(storage, audit_id=f"au_{number}", at=later(number))
    _keep(storage, audit_id="au_5b", at=later(5))
    whole = [["au_5b", "au_5"], ["au_4", "au_3"], ["au_2", "au_1"]]
    assert _months(storage) == whole
    assert _months(storage, limit=6) == [[one for page in whole for one in page]]
    first = storage.audit.about(SAM, limit=4)
    assert [record.audit_id for record in first.entries] == ["au_5b", "au_5", "au_4", "au_3"]
    rest = storage.audit.about(SAM, limit=4, cursor=first.cursor)
    assert [record.audit_id for record in rest.entries] == ["au_2", "au_1"]
    assert rest.cursor is None


def test_what_happens_between_two_pages_moves_nothing(storage: Backend) -> None:
    """A record made meanwhile is on no later page, and none is shown twice."""
    for number in range(4):
        _keep(storage, audit_id=f"au_{number}", at=later(number))
    first = storage.audit.of_month(MONTH, limit=2)
    _keep(storage, audit_id="au_9", at=later(9))
    rest = storage.audit.of_month(MONTH, limit=9, cursor=first.cursor)
    assert [record.audit_id for record in rest.entries] == ["au_1", "au_0"]


def test_a_month_ends_where_the_next_begins(storage: Backend) -> None:
    """To the millisecond, in UTC."""
    for number, at in enumerate(
        (
            datetime(2025, 12, 31, 23, 59, 59, 999000, UTC),
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 2, 1, tzinfo=UTC),
        )
    ):
        _keep(storage, audit_id=f"au_{number}", at=at)
    found = [
        _months(storage, date(2025, 12, 9)),
        _months(storage, date(2026, 1, 31)),
        _months(storage, date(2026, 2, 1)),
    ]
    assert found == [[["au_0"]], [["au_1"]], [["au_2"]]]


def test_what_one_person_did(storage: Backend) -> None:
    """Only theirs, page by page, and only of an exact name."""
    for number in range(5):
        _keep(storage, audit_id=f"au_{number}", at=later(number), by="admin-1" if number % 2 else "admin-2")
    _keep(storage, audit_id="au_other", by="admin-22")
    assert [one for page in _months(storage, by="admin-2") for one in page] == ["au_4", "au_2", "au_0"]
    assert all(len(page) <= 2 for page in _months(storage, by="admin-2"))
    assert _months(storage, by="admin") == [[]]
    assert MOST_EXAMINED >= 100


@pytest.mark.parametrize(
    "cursor", ["", "x", "after-au_9", "MjAyNi0wMS0xNQ", "%00", "MjAyNi0wMS0xNVQxMjowMDowMC4yNTBaI2F1X1w"]
)
def test_a_cursor_that_no_page_gave_is_refused(storage: Backend, cursor: str) -> None:
    """Rather than read from somewhere else."""
    _keep(storage)
    with pytest.raises(InvalidValue):
        storage.audit.of_month(MONTH, limit=2, cursor=cursor)
    with pytest.raises(InvalidValue):
        storage.audit.about(SAM, limit=2, cursor=cursor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": None},
        {"coupon_code": "SPRING"},
        {"course_id": "course-1"},
        {"user_id": None, "coupon_code": "SPRING", "course_id": "course-1"},
        {"user_id": "user#1"},
    ],
)
def test_a_record_is_about_one_subject(wrong: dict[str, Any]) -> None:
    """About none only where the school as a whole can be meant."""
    with pytest.raises(InvalidValue):
        an_audit_record(**wrong)
