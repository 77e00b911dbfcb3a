"""The school's courses: created, changed, priced, opened and closed; with a record of each, and never half."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from attrs import evolve

from domain.audit import AuditAction, AuditRecord
from domain.courses import Course, ProviderPrice
from domain.enrollment_requests import AwaitingPayment, Enrolled
from domain.errors import (
    AmountTooSmall,
    ChangedMeanwhile,
    CourseExists,
    CourseNotFound,
    InvalidValue,
    ProviderUnavailable,
    SalesClosed,
)
from domain.money import Money
from domain.use_cases.office.change_price import ChangePrice
from domain.use_cases.office.manage_courses import (
    ChangeCourseTerms,
    CloseSales,
    CourseChanges,
    CreateCourse,
)
from tests.support.factories import AUTHOR, PROVIDER, a_course
from tests.support.memory.misbehaving import Interrupted
from tests.support.memory.school import KIM, SAM, School

CHEAP = Money(9900, "usd")


def change(school: School, seen: CourseChanges | None = None, **changes: Any) -> Course:
    """An administrator changes the course."""
    return school.use_case(ChangeCourseTerms)("course-1", CourseChanges(**changes), AUTHOR, seen=seen)


def reprice(school: School, price: Money = CHEAP) -> Course:
    """An administrator changes the price."""
    return school.use_case(ChangePrice)("course-1", price, AUTHOR)


def close(school: School, *, closed: bool = True) -> None:
    """An administrator closes or opens the course."""
    school.use_case(CloseSales).of_course("course-1", AUTHOR, closed=closed)


def close_all(school: School, *, closed: bool = True) -> None:
    """An administrator closes or opens the whole school."""
    school.use_case(CloseSales).of_school(AUTHOR, closed=closed)


def records(school: School) -> list[tuple[AuditAction, dict[str, object], dict[str, object]]]:
    """What was recorded."""
    assert all((one.by, one.reason) == (AUTHOR.by, AUTHOR.reason) for one in school.store.audit)
    return [(one.action, dict(one.before), dict(one.after)) for one in school.store.audit]


# -- creating and changing --------------------------------------------------------------------------------------------


def test_a_course_is_created_once() -> None:
    """And recorded once, with what it is."""
    school = School()
    made = a_course(course_id="new-1", name="New", price=CHEAP, provider_prices=MappingProxyType({}))
    assert school.use_case(CreateCourse)(made, AUTHOR) == school.store.courses["new-1"] == made
    [(action, before, after)] = records(school)
    assert (action, before) == (AuditAction.COURSE_CREATED, {})
    assert (after["name"], after["price"], after["currency"]) == ("New", 9900, "usd")
    with pytest.raises(CourseExists):
        school.use_case(CreateCourse)(made, AUTHOR)
    assert len(school.store.audit) == 1


@pytest.mark.parametrize("wrong", [{"pricing_model": "subscription"}, {"name": " "}])
def test_a_course_that_could_not_be_sold_is_not_created(wrong: dict[str, Any]) -> None:
    """Neither created nor changed into it."""
    school = School()
    with pytest.raises(InvalidValue):
        school.use_case(CreateCourse)(a_course(course_id="new-1", **wrong), AUTHOR)
    with pytest.raises(InvalidValue):
        change(school, **wrong)
    assert not school.store.audit


def test_what_is_given_changes_and_the_rest_stays() -> None:
    """The record has the changed fields only, before and after."""
    school = School()
    before = school.store.courses["course-1"]
    changed = change(school, name="Better", coming_soon=True)
    assert changed == school.store.courses["course-1"] == evolve(before, name="Better", coming_soon=True)
    assert records(school) == [
        (AuditAction.COURSE_CHANGED, {"name": before.name, "comingSoon": False}, {"name": "Better", "comingSoon": True})
    ]


def test_repeating_a_change_changes_and_records_nothing() -> None:
    """Also of what the author saw before."""
    school = School()
    for _ in range(3):
        change(school, name="Better", seen=CourseChanges(name="AWS Cloud Mastery"))
    assert len(school.store.audit) == 1


def test_a_course_that_is_not_there_cannot_be_changed() -> None:
    """Whatever is asked of it."""
    school = School(store=type(School().store)())
    for action in (lambda: change(school, name="x"), lambda: reprice(school), lambda: close(school)):
        with pytest.raises(CourseNotFound):
            action()


def test_two_administrators_cannot_undo_each_other() -> None:
    """Neither within minutes, by what they saw, nor within milliseconds, by what was read."""
    school = School()
    change(school, name="Theirs")
    with pytest.raises(ChangedMeanwhile):
        change(school, name="Mine", seen=CourseChanges(name="AWS Cloud Mastery"))
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: change(rival, name="Faster")])
    with pytest.raises(ChangedMeanwhile):
        change(school, name="Mine")
    assert school.store.courses["course-1"].name == "Faster"


def test_changes_of_different_fields_are_both_kept() -> None:
    """They are no conflict."""
    school = School()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: change(rival, instructor="Kim")])
    change(school, name="Mine")
    course = school.store.courses["course-1"]
    assert (course.name, course.instructor) == ("Mine", "Kim")


def test_a_long_curriculum_is_not_copied_into_the_record() -> None:
    """That it changed is enough."""
    school = School()
    change(school, curriculum=({"title": "x" * 3000},))
    [(_, _, after)] = records(school)
    assert after == {"curriculum": "(long)"}


# -- prices -----------------------------------------------------------------------------------------------------------


def test_a_new_price_is_at_the_provider_before_it_is_sold() -> None:
    """The course names a price that exists there, of that amount."""
    school = School()
    changed = reprice(school)
    price_id = changed.price_at(PROVIDER).price_id
    assert price_id is not None
    assert (changed.price, school.prices.prices[price_id]) == (CHEAP, CHEAP)
    [(action, before, after)] = records(school)
    assert action is AuditAction.COURSE_REPRICED
    assert (before["price"], after["price"]) == (14_999, 9_900)
    assert before["stripePriceId"] != after["stripePriceId"] == price_id


def test_a_checkout_opened_before_keeps_its_price() -> None:
    """The next one is at the new price."""
    school = School()
    first = school.start().session.payment_session_id
    reprice(school)
    assert school.session(first).total.amount == 14_999
    second = school.start(KIM).session.payment_session_id
    session = school.session(second, KIM)
    assert (session.total, session.provider_price_id) == (
        CHEAP,
        school.store.courses["course-1"].price_at(PROVIDER).price_id,
    )


def test_while_the_provider_is_silent_nothing_changes() -> None:
    """The old price is sold; repeating it makes no second price there."""
    school = School()
    before = school.store.courses["course-1"]

    def fail() -> None:
        raise ProviderUnavailable

    school.prices.before_answer = fail
    with pytest.raises(ProviderUnavailable):
        reprice(school)
    assert school.store.courses["course-1"] == before
    assert not school.store.audit
    school.start()
    school.prices.before_answer = lambda: None
    reprice(school)
    assert len(school.prices.prices) == 1


def test_at_every_moment_a_checkout_can_be_opened() -> None:
    """Between the provider's price and ours as well: there is no moment in which what we say and it charges differ."""
    school = School()
    opened: list[str] = []
    rival = school.rival()
    school.unit_of_work = Interrupted(
        school.unit_of_work, [lambda: opened.append(rival.start(KIM).session.payment_session_id)]
    )
    reprice(school)
    assert school.session(opened[0], KIM).total.amount == 14_999


def test_of_two_prices_at_once_one_is_refused() -> None:
    """And the other one stands, with its own price at the provider."""
    school = School()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: reprice(rival, Money(5000, "usd"))])
    with pytest.raises(ChangedMeanwhile):
        reprice(school)
    course = school.store.courses["course-1"]
    assert course.price == Money(5000, "usd")
    assert len(school.store.audit) == 1


def test_a_price_is_what_a_provider_can_charge() -> None:
    """Below its minimum nothing could be sold."""
    school = School()
    with pytest.raises(AmountTooSmall):
        reprice(school, Money(49, "usd"))
    assert not school.prices.prices


def test_the_same_price_again_is_nothing_new() -> None:
    """No second price at the provider, no second record."""
    school = School()
    reprice(school)
    reprice(school)
    assert (len(school.prices.prices), len(school.store.audit)) == (1, 1)


def test_a_course_that_is_not_linked_is_priced_here_alone() -> None:
    """Its checkouts carry the price themselves."""
    school = School()
    school.offer(evolve(school.store.courses["course-1"], provider_prices=MappingProxyType({})))
    assert reprice(school).provider_prices == {}
    assert not school.prices.prices
    assert school.start().session.total == CHEAP


def test_a_provider_without_a_catalogue_keeps_its_names() -> None:
    """There is nothing to publish."""
    school = School()
    other = ProviderPrice(product_id="p-1")
    school.offer(evolve(school.store.courses["course-1"], provider_prices=MappingProxyType({"other": other})))
    assert reprice(school).provider_prices == {"other": other}


# -- closing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shut", [close, close_all])
def test_nobody_new_enrolls_while_sales_are_closed(shut: Any) -> None:
    """Neither by paying nor for free; once they are opened again, as before."""
    school = School()
    shut(school)
    with pytest.raises(SalesClosed):
        school.start()
    if shut is close_all:
        with pytest.raises(SalesClosed):
            school.enroll(course_id="free-1")
    assert not school.store.sessions
    shut(school, closed=False)
    school.start()


def test_a_closed_course_closes_no_other() -> None:
    """The free one is open."""
    school = School()
    close(school)
    assert isinstance(school.enroll(course_id="free-1"), Enrolled)


def test_who_is_paying_already_may_finish() -> None:
    """Their checkout is shown again and its payment enrolls; another one is not opened for them."""
    school = School()
    first = school.start().session.payment_session_id
    close_all(school)
    assert isinstance(school.enroll(), AwaitingPayment)
    with pytest.raises(SalesClosed):
        school.enroll(ui_mode="hosted")
    assert school.session(first).is_live
    school.settle(school.provider.pay(first))
    assert school.enrollment() is not None
    assert isinstance(school.enroll(), Enrolled)


def test_the_office_may_still_give_an_enrollment() -> None:
    """Closing sales binds buyers."""
    school = School()
    school.store.students[SAM.user_id] = SAM.as_student(school.clock.now())
    close_all(school)
    assert school.grant().source == "grant"


def test_closing_is_recorded_once() -> None:
    """Who, when and why; repeating it changes nothing."""
    school = School()
    for _ in range(2):
        close_all(school)
        close(school)
    done = [(one.action, one.course_id, one.subject.is_school) for one in school.store.audit]
    assert done == [(AuditAction.SALES_CLOSED, None, True), (AuditAction.SALES_CLOSED, "course-1", False)]
    assert (school.store.school.by, school.store.school.reason) == (AUTHOR.by, AUTHOR.reason)
    close_all(school, closed=False)
    assert school.store.audit[-1].action is AuditAction.SALES_OPENED


def test_of_two_who_close_the_school_one_is_refused() -> None:
    """And one record is made."""
    school = School()
    rival = school.rival()
    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: close_all(rival)])
    with pytest.raises(ChangedMeanwhile):
        close_all(school)
    assert len(school.store.audit) == 1


def test_records_are_never_without_a_subject() -> None:
    """The control of what the others compare."""
    school = School()
    close(school)
    [record] = school.store.audit
    assert isinstance(record, AuditRecord)
    assert record.subject.course_id == "course-1"
