"""Students, in memory and in DynamoDB."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from attrs import evolve

from domain.errors import StudentNotFound
from domain.transactions.writes import SaveCustomerId
from tests.support.aws.backends import Backend
from tests.support.factories import a_student, later


@pytest.mark.parametrize("user_id", ["user-1", "", "user-1#METADATA", "user-1\n"])
def test_nobody_is_found_before_they_are_seen(storage: Backend, user_id: str) -> None:
    """Unknown and impossible ids find nobody."""
    assert storage.students.find(user_id) is None


def test_a_student_is_read_as_they_were_added(storage: Backend) -> None:
    """Everything known about a new student comes back."""
    student = a_student(customers=MappingProxyType({"stripe": "cus_1", "other": "o-1"}))
    assert storage.students.add(student) == student
    assert storage.students.find("user-1") == student


def test_a_student_may_have_no_address(storage: Backend) -> None:
    """A sign-in without an e-mail address makes a student without one."""
    storage.students.add(a_student(email="", sign_up_method=None))
    assert storage.students.find("user-1") == a_student(email="", sign_up_method=None)


def test_adding_again_keeps_whoever_is_there(storage: Backend) -> None:
    """The first record wins, and is what the second call gets."""
    first = storage.students.add(a_student())
    assert storage.students.add(a_student(name="Impostor", created_at=later())) == first
    assert storage.students.find("user-1") == first


def test_renaming_changes_the_name_alone(storage: Backend) -> None:
    """A stale copy of the student cannot undo what others wrote."""
    student = storage.students.add(a_student())
    storage.commit(SaveCustomerId("user-1", "stripe", "cus_1"))
    storage.students.rename(evolve(student, name="Samira", email="other@example.com", updated_at=later()))
    expected = evolve(student, name="Samira", updated_at=later(), customers=MappingProxyType({"stripe": "cus_1"}))
    assert storage.students.find("user-1") == expected


def test_renaming_makes_no_student(storage: Backend) -> None:
    """Nobody comes into being by being renamed."""
    with pytest.raises(StudentNotFound):
        storage.students.rename(a_student())
    assert storage.students.find("user-1") is None


def test_the_first_customer_id_stays(storage: Backend) -> None:
    """A student's customer id is kept once per provider."""
    storage.students.add(a_student())
    storage.commit(SaveCustomerId("user-1", "stripe", "cus_1"))
    storage.commit(SaveCustomerId("user-1", "stripe", "cus_2"))
    storage.commit(SaveCustomerId("user-1", "other", "o-1"))
    storage.commit(SaveCustomerId("user-1", "stripe", None))
    student = storage.students.find("user-1")
    assert student is not None
    assert dict(student.customers) == {"stripe": "cus_1", "other": "o-1"}


@pytest.mark.parametrize("customer_id", ["cus_1", None])
def test_fault_58_a_customer_is_not_kept_for_nobody(storage: Backend, customer_id: str | None) -> None:
    """A payment never makes a ghost student."""
    (refusal,) = storage.conflicts(SaveCustomerId("user-1", "stripe", customer_id))
    assert isinstance(refusal, StudentNotFound)
