"""Students, in memory and in DynamoDB."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve

from domain.errors import StudentNotFound
from domain.transactions.writes import DeleteStudent, ForgetCustomer, RequireStudent, SaveCustomerId
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


def test_many_students_are_found_at_once(storage: Backend) -> None:
    """Those who are known, however many are asked for; unknown and impossible ids find nobody."""
    ids = [f"user-{number}" for number in range(103)]
    for user_id in ids:
        storage.students.add(a_student(user_id=user_id))
    found = storage.students.find_many([*ids, "user-5", "nobody", "", "user-1#METADATA"])
    assert found == {user_id: a_student(user_id=user_id) for user_id in ids}
    assert storage.students.find_many([]) == {}


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


def test_a_customer_that_the_provider_deleted_is_forgotten(storage: Backend) -> None:
    """The next payment may bring another id; ids at other providers stay."""
    storage.students.add(a_student(customers=MappingProxyType({"stripe": "cus_1", "other": "o-1"})))
    storage.commit(ForgetCustomer("user-1", "stripe", "cus_1"))
    storage.commit(SaveCustomerId("user-1", "stripe", "cus_2"))
    student = storage.students.find("user-1")
    assert student is not None
    assert dict(student.customers) == {"stripe": "cus_2", "other": "o-1"}


@pytest.mark.parametrize(("user_id", "provider"), [("user-1", "stripe"), ("user-1", "other"), ("user-2", "stripe")])
def test_only_the_customer_that_is_gone_is_forgotten(storage: Backend, user_id: str, provider: str) -> None:
    """Another id, which a payment may have brought meanwhile, stays; nobody comes into being."""
    storage.students.add(a_student(customers=MappingProxyType({"stripe": "cus_2"})))
    (conflict,) = storage.conflicts(ForgetCustomer(user_id, provider, "cus_1"))
    assert isinstance(conflict, StudentNotFound)


def test_what_the_sign_in_knows_better_is_stored(storage: Backend) -> None:
    """A changed address reaches the record, and nothing else of it changes."""
    known = storage.students.add(a_student(customers=MappingProxyType({"stripe": "cus_1"})))
    completed = evolve(known, email="new@example.com", email_verified=True, updated_at=later())
    stale = evolve(completed, name="Impostor", customers=MappingProxyType({}), created_at=later(), sign_up_method=None)
    assert storage.students.complete(stale) == completed
    assert storage.students.find("user-1") == completed


@pytest.mark.parametrize("known", [{"name": ""}, {"email": "", "email_verified": False}])
def test_what_a_record_lacks_is_completed(storage: Backend, known: dict[str, Any]) -> None:
    """A name and an address are stored where there was none."""
    storage.students.add(a_student(**known))
    completed = a_student(updated_at=later())
    assert storage.students.complete(completed) == completed
    assert storage.students.find("user-1") == completed


def test_a_record_without_an_address_is_completed_without_one(storage: Backend) -> None:
    """A sign-in that has none either adds a name alone."""
    storage.students.add(a_student(email="", name="", email_verified=False))
    completed = a_student(email="", email_verified=False, updated_at=later())
    assert storage.students.complete(completed) == completed


@pytest.mark.parametrize("changes", [{}, {"email": "", "name": "", "email_verified": False}])
def test_completing_whoever_is_gone_adds_them(storage: Backend, changes: dict[str, Any]) -> None:
    """Deleted a moment ago and signed in: they are a student again."""
    assert storage.students.complete(a_student(**changes)) == a_student(**changes)
    assert storage.students.find("user-1") == a_student(**changes)


@pytest.mark.parametrize("customer_id", ["cus_1", None])
def test_fault_58_a_customer_is_not_kept_for_nobody(storage: Backend, customer_id: str | None) -> None:
    """A payment never makes a ghost student."""
    (refusal,) = storage.conflicts(SaveCustomerId("user-1", "stripe", customer_id))
    assert isinstance(refusal, StudentNotFound)


def test_nothing_is_given_to_nobody(storage: Backend) -> None:
    """A transaction that needs the student conflicts without one, and changes nothing of theirs."""
    assert isinstance(storage.conflicts(RequireStudent("user-1"))[0], StudentNotFound)
    storage.students.add(a_student())
    storage.commit(RequireStudent("user-1"))
    assert storage.students.find("user-1") == a_student()


def test_a_deleted_student_is_gone(storage: Backend) -> None:
    """With everything on their record; deleting nobody is an error."""
    storage.students.add(a_student(customers=MappingProxyType({"stripe": "cus_1"})))
    storage.students.add(a_student(user_id="user-2", email="kim@example.com"))
    storage.commit(DeleteStudent("user-1"))
    assert storage.students.find("user-1") is None
    assert storage.students.by_email("sam@example.com") == ()
    assert storage.students.find("user-2") is not None
    [conflict] = storage.conflicts(DeleteStudent("user-1"))
    assert isinstance(conflict, StudentNotFound)
