"""Interest in courses and certificates, in memory and in DynamoDB."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.certificates import Certificate
from domain.errors import InvalidValue
from domain.interest import Interest
from domain.paging import every_page
from tests.support.aws.backends import Backend, DynamoBackend
from tests.support.factories import NOW, later

_SAM = Interest(course_id="course-1", email="sam@example.com", at=NOW)
_CERTIFICATE = Certificate(
    number="7F3K-9M2P-QX4T-1B8C",
    user_id="user-1",
    course_id="course-1",
    student_name="Sam",
    course_name="AWS Cloud Mastery",
    completed_at=NOW,
    issued_at=later(),
)


def _asked(storage: Backend, course_id: str = "course-1") -> tuple[Interest, ...]:
    """Everybody who asked for the course, on one page."""
    page = storage.interest.page(course_id, limit=100)
    assert page.cursor is None
    return page.entries


def test_interest_is_kept_by_course(storage: Backend) -> None:
    """Each course has its own list."""
    kim = evolve(_SAM, email="kim@example.com", at=later())
    for interest in (kim, _SAM, evolve(_SAM, course_id="course-2")):
        storage.interest.add(interest)
    assert set(_asked(storage)) == {_SAM, kim}
    assert _asked(storage, "course-3") == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_interest_comes_in_pages(storage: Backend, limit: int) -> None:
    """Each once and in the same order; the last page says that it is the last; who is added meanwhile hides nobody."""
    everybody = {evolve(_SAM, email=f"sam-{number}@example.com") for number in range(7)}
    for one in everybody:
        storage.interest.add(one)
    storage.interest.add(evolve(_SAM, course_id="course-2"))
    seen: list[Interest] = []
    for page in every_page(lambda cursor: storage.interest.page("course-1", limit=limit, cursor=cursor)):
        seen += page.entries
        if page.cursor is not None:
            assert len(page.entries) == limit
            storage.interest.remove("course-1", page.entries[-1].email)
    assert len(seen) == len(set(seen))
    assert set(seen) == everybody


@pytest.mark.parametrize("cursor", ["", "x", "SU5URVJFU1Qj", "Q09VUlNFI2NvdXJzZS0y", "%", "é", "a" * 2_000])
def test_no_other_text_is_a_cursor(storage: Backend, cursor: str) -> None:
    """It names no partition, and what no page gave is refused."""
    storage.interest.add(_SAM)
    with pytest.raises(InvalidValue):
        storage.interest.page("course-1", limit=5, cursor=cursor)


def test_the_first_time_somebody_asked_stays(storage: Backend) -> None:
    """Asking again changes nothing."""
    storage.interest.add(_SAM)
    storage.interest.add(evolve(_SAM, at=later()))
    assert _asked(storage) == (_SAM,)


def test_an_address_is_forgotten(storage: Backend) -> None:
    """Nothing of it is left; forgetting what is not there changes nothing."""
    storage.interest.add(_SAM)
    storage.interest.remove("course-1", "kim@example.com")
    assert _asked(storage) == (_SAM,)
    storage.interest.remove("course-1", _SAM.email)
    storage.interest.remove("course-1", _SAM.email)
    assert _asked(storage) == ()


def test_an_address_is_in_no_key(dynamo: DynamoBackend) -> None:
    """Keys are logged where an item cannot be read; addresses are not."""
    dynamo.interest.add(_SAM)
    [item] = [item for item in dynamo._all() if str(item["SK"]).startswith("INTEREST#")]
    assert "@" not in f"{item['PK']}{item['SK']}"
    assert "sam" not in f"{item['PK']}{item['SK']}"


def test_interest_that_cannot_be_read_hides_no_other(dynamo: DynamoBackend) -> None:
    """It is left out and reported to operations."""
    dynamo.put({"PK": "COURSE#course-1", "SK": "INTEREST#x", "courseId": "course-1", "email": "no address"})
    dynamo.interest.add(_SAM)
    assert _asked(dynamo) == (_SAM,)
    assert len(dynamo.telemetry.emitted) == 1


def test_a_certificate_is_found_by_student_and_by_number(storage: Backend) -> None:
    """As it was added; others have none."""
    assert storage.certificates.of_enrollment("user-1", "course-1") is None
    assert storage.certificates.add(_CERTIFICATE) == _CERTIFICATE
    assert storage.certificates.of_enrollment("user-1", "course-1") == _CERTIFICATE
    assert storage.certificates.find(_CERTIFICATE.number) == _CERTIFICATE
    assert storage.certificates.of_enrollment("user-2", "course-1") is None
    assert storage.certificates.find("0000-0000-0000-0000") is None


def test_a_course_is_certified_once(storage: Backend) -> None:
    """The first number stays good, and is what a second call gets."""
    storage.certificates.add(_CERTIFICATE)
    second = evolve(_CERTIFICATE, number="1111-2222-3333-4444", student_name="Samira")
    assert storage.certificates.add(second) == _CERTIFICATE
    assert storage.certificates.find(second.number) is None


def test_it_is_known_who_asked(storage: Backend) -> None:
    """By course and address."""
    storage.interest.add(_SAM)
    assert storage.interest.has("course-1", _SAM.email)
    assert not storage.interest.has("course-1", "kim@example.com")
    assert not storage.interest.has("course-2", _SAM.email)


def test_a_certificate_is_deleted(storage: Backend) -> None:
    """Of this student and course alone; deleting what is not there changes nothing."""
    other = evolve(_CERTIFICATE, course_id="course-2", number="8F3K-9M2P-QX4T-1B8C")
    for one in (_CERTIFICATE, other):
        storage.certificates.add(one)
    for _ in range(2):
        storage.certificates.remove("user-1", "course-1")
    assert storage.certificates.of_enrollment("user-1", "course-1") is None
    assert storage.certificates.find(_CERTIFICATE.number) is None
    assert storage.certificates.of_enrollment("user-1", "course-2") == other
