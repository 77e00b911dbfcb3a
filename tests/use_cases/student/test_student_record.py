"""What the school knows of a student follows their sign-in; what a person set, or a purchase taught, stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve

from domain.errors import InvalidValue
from domain.payments.states import Status
from domain.students import NewName, printable
from tests.support.factories import NOW, a_course, a_student
from tests.support.memory.misbehaving import WithoutCustomers
from tests.support.memory.school import SAM, School


def signed_in(school: School, **claims: Any) -> None:
    """The student enrolls in a free course with this sign-in."""
    school.enroll(evolve(SAM, **claims), "free-1")


def test_fault_116_an_address_changed_at_the_sign_in_is_stored() -> None:
    """Receipts go to the new one from now on; name and customers stay."""
    school = School()
    known = a_student(name="Sam the Great", customers=MappingProxyType({"stripe": "cus_1"}))
    school.store.students["user-1"] = known
    school.wait(days=1)
    signed_in(school, email="new@example.com")
    student = school.store.students["user-1"]
    assert (student.email, student.name, student.customer_at("stripe")) == ("new@example.com", "Sam the Great", "cus_1")
    assert (student.created_at, student.updated_at) == (NOW, school.clock.now())


def test_fault_116_an_address_that_nobody_has_verified_replaces_none() -> None:
    """Anybody could have typed it."""
    school = School()
    school.store.students["user-1"] = a_student()
    signed_in(school, email="evil@example.com", email_verified=False)
    assert school.store.students["user-1"] == a_student()


@pytest.mark.parametrize("email", ["", "sam@example.com"])
def test_a_sign_in_that_knows_nothing_better_writes_nothing(email: str) -> None:
    """Nor one without an address; a name that the student gave themselves is the better one."""
    school = School()
    school.store.students["user-1"] = a_student(name="Samuel")
    school.wait(days=1)
    signed_in(school, email=email)
    assert school.store.students["user-1"] == a_student(name="Samuel")


def test_fault_116_a_partial_record_is_completed() -> None:
    """Another back end wrote the id alone: address and name come from the sign-in."""
    school = School()
    school.store.students["user-1"] = a_student(email="", name="", email_verified=False)
    signed_in(school)
    student = school.store.students["user-1"]
    assert (student.email, student.name, student.email_verified) == ("sam@example.com", "Sam", True)


def test_fault_116_a_partial_record_takes_an_address_that_is_not_verified_yet() -> None:
    """Better than none, and known not to be proven."""
    school = School()
    school.store.students["user-1"] = a_student(email="", email_verified=False)
    signed_in(school, email_verified=False)
    student = school.store.students["user-1"]
    assert (student.email, student.email_verified) == ("sam@example.com", False)


# -- the provider's customer ------------------------------------------------------------------------------------------


def test_fault_115_a_customer_deleted_at_the_provider_is_forgotten() -> None:
    """The next purchase names none, and stores the one that it makes."""
    school = School()
    school.offer(a_course(course_id="course-2"))
    school.store.students["user-1"] = a_student(customers=MappingProxyType({"stripe": "cus_gone", "other": "cus_x"}))
    school.gateway = WithoutCustomers(school.provider)
    school.start()
    assert dict(school.store.students["user-1"].customers) == {"other": "cus_x"}
    school.gateway = school.provider
    assert school.start(course_id="course-2").session.customer_id is None
    school.settle(school.provider.pay("ps_000002"))
    assert school.store.students["user-1"].customer_at("stripe") == "cus_000002"


def test_fault_115_a_customer_learned_meanwhile_is_kept() -> None:
    """Only the one that is gone is forgotten."""
    school = School()
    school.store.students["user-1"] = a_student(customers=MappingProxyType({"stripe": "cus_gone"}))
    school.start()
    school.store.students["user-1"] = a_student(customers=MappingProxyType({"stripe": "cus_new"}))
    school.gateway = WithoutCustomers(school.provider)
    session = school.session("ps_000001")
    school.store.sessions["user-1", "ps_000001"] = evolve(session, provider_session_id=None, status=Status.CREATING)
    school.wait(minutes=2)
    school.reconcile()
    assert school.store.students["user-1"].customer_at("stripe") == "cus_new"


@pytest.mark.parametrize(
    "misleading", ["Sam\x00", "Sam\nRoot", "\u202emaS", "Sam\u2066x", "Sam\u2028x", "\x1b[31mSam", "Sam\ud800"]
)
def test_fault_134_a_name_cannot_mislead_whoever_reads_it(misleading: str) -> None:
    """Line breaks, control characters and turned writing are refused, and left out of what a sign-in says."""
    with pytest.raises(InvalidValue):
        NewName(name=misleading)
    school = School()
    signed_in(school, name=misleading)
    assert printable(school.store.students["user-1"].name) == school.store.students["user-1"].name


@pytest.mark.parametrize("name", ["Zoë O’Neill", "李小龙", "محمد", "שרה", "नीलम", "می\u200cخواهم", "Sam 👩‍👧"])
def test_names_of_the_world_are_names(name: str) -> None:
    """Joiners belong to writing and stay."""
    assert NewName(name=f" {name} ").name == name
