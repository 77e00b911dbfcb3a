"""Seats: who waits for one and for whom one is held, in a dictionary, and the counters of the courses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from adapters.memory.plan import Plan, nothing, plan
from adapters.memory.store import Store
from domain.courses import Course
from domain.errors import (
    CapacityTooLow,
    ChangedMeanwhile,
    CheckoutInProgress,
    CourseFull,
    CourseNotFound,
    DomainError,
    InvalidValue,
    SeatLapsed,
    SeatsFree,
    WaitlistFull,
)
from domain.paging import Page
from domain.ports.seat_claims import SeatClaimRepo
from domain.seats import MOST_WAITING, ClaimState, SeatClaim
from domain.transactions.writes import (
    ChangeCapacity,
    CorrectSeats,
    DropClaim,
    FreeSeat,
    HoldSeat,
    JoinWaitlist,
    OccupyHeldSeat,
    RequireSeatHeld,
    TakeSeat,
)

_COUNTERS = ("seats_taken", "waiting", "seat_moves")
_CURSOR = re.compile(r"(held|waiting)[.]\d{20}[.][A-Za-z0-9_-]{1,64}")


@plan.register
def _join(write: JoinWaitlist, store: Store) -> Plan:
    claim = write.claim
    course = store.courses.get(claim.course_id)
    if _key(claim) in store.claims:
        return ChangedMeanwhile()
    if course is None or course.capacity is None or (course.seats_taken < course.capacity and not course.waiting):
        return SeatsFree()
    if course.waiting >= MOST_WAITING:
        return WaitlistFull()
    return _all(_put(store, claim), _count(store, course, waiting=1))


@plan.register
def _hold(write: HoldSeat, store: Store) -> Plan:
    claim, before = write.claim, write.before
    course = store.courses.get(claim.course_id)
    if store.claims.get(_key(claim)) != before:
        return ChangedMeanwhile()
    if course is None or course.capacity is None or course.seats_taken >= course.capacity:
        return CourseFull()
    if before is not None:
        return _all(_put(store, claim), _count(store, course, taken=1, waiting=-1)) if course.waiting else CourseFull()
    if course.waiting and not write.ahead:
        return CourseFull()
    return _all(_put(store, claim), _count(store, course, taken=1))


@plan.register
def _drop(write: DropClaim, store: Store) -> Plan:
    claim = write.claim
    course = store.courses.get(claim.course_id)
    if store.claims.get(_key(claim)) != claim:
        return ChangedMeanwhile()
    lock = store.checkout_locks.get((claim.user_id, claim.course_id))
    if claim.is_held and lock is not None:
        return CheckoutInProgress(lock)
    if course is None:
        return CourseNotFound()
    taken, waiting = (-1, 0) if claim.is_held else (0, -1)
    if course.seats_taken + taken < 0 or course.waiting + waiting < 0:
        return ChangedMeanwhile()
    return _all(lambda: _remove(store, claim), _count(store, course, taken=taken, waiting=waiting))


@plan.register
def _require(write: RequireSeatHeld, store: Store) -> Plan:
    return nothing if _is_held(store, write.course_id, write.user_id) else SeatLapsed()


@plan.register
def _occupy(write: OccupyHeldSeat, store: Store) -> Plan:
    if not _is_held(store, write.course_id, write.user_id):
        return SeatLapsed()
    return lambda: _remove(store, store.claims[write.course_id, write.user_id])


@plan.register
def _take(write: TakeSeat, store: Store) -> Plan:
    if _is_held(store, write.course_id, write.user_id):
        return ChangedMeanwhile()
    course = store.courses.get(write.course_id)
    if course is None:
        return CourseNotFound()
    if not write.over_capacity and (course.capacity is None or course.seats_taken >= course.capacity):
        return CourseFull()
    return _count(store, course, taken=1)


@plan.register
def _free(write: FreeSeat, store: Store) -> Plan:
    course = store.courses.get(write.course_id)
    if course is None or course.seats_taken < 1:
        return ChangedMeanwhile()
    return _count(store, course, taken=-1)


@plan.register
def _change_capacity(write: ChangeCapacity, store: Store) -> Plan:
    before, after = write.before, write.after
    found = store.courses.get(before.course_id)
    if found is None:
        return CourseNotFound()
    begins = before.capacity is None
    if found.capacity != before.capacity or (begins and not _same_counters(found, before)):
        return ChangedMeanwhile()
    changed = evolve(found, capacity=after.capacity)
    if begins:
        changed = evolve(changed, seats_taken=after.seats_taken, waiting=after.waiting)
    if changed.capacity is not None and changed.seats_taken > changed.capacity:
        return CapacityTooLow(changed.seats_taken)
    return lambda: store.courses.__setitem__(found.course_id, changed)


@plan.register
def _correct(write: CorrectSeats, store: Store) -> Plan:
    found = store.courses.get(write.before.course_id)
    if found is None or not _same_counters(found, write.before):
        return ChangedMeanwhile()
    corrected = evolve(found, seats_taken=write.after.seats_taken, waiting=write.after.waiting)
    return lambda: store.courses.__setitem__(found.course_id, corrected)


@frozen
class MemorySeatClaimRepo(SeatClaimRepo):
    """Reads claims from the store."""

    store: Store

    def find(self, course_id: str, user_id: str) -> SeatClaim | None:
        """The student's claim in this course."""
        return self.store.claims.get((course_id, user_id))

    def position(self, claim: SeatClaim) -> int:
        """Which in line a waiting claim is."""
        ahead = [one for one in self.in_line(claim.course_id, at_most=MOST_WAITING) if _order(one) < _order(claim)]
        return len(ahead) + 1

    def in_line(self, course_id: str, *, at_most: int) -> tuple[SeatClaim, ...]:
        """Those who wait for a seat of the course."""
        waiting = [one for one in self._all() if one.course_id == course_id and one.state is ClaimState.WAITING]
        return tuple(sorted(waiting, key=_order)[:at_most])

    def held(self, course_id: str) -> tuple[SeatClaim, ...]:
        """The seats of the course that are held now."""
        return tuple(sorted((one for one in self._all() if one.course_id == course_id and one.is_held), key=_until))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[SeatClaim]:
        """Up to ``limit`` claims of the course; the cursor names the last one given."""
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise InvalidValue("The cursor is not valid.")
        found = {_place(one): one for one in self._all() if one.course_id == course_id}
        left = [place for place in sorted(found) if place > (cursor or "")]
        page = left[:limit]
        return Page(tuple(found[place] for place in page), page[-1] if len(left) > limit else None)

    def lapsed(self, *, before: datetime, at_most: int) -> tuple[SeatClaim, ...]:
        """The seats that were held until before then."""
        over = [one for one in self._all() if one.held_until is not None and one.held_until < before]
        return tuple(sorted(over, key=_until)[:at_most])

    def courses_waited_for(self, *, at_most: int) -> tuple[str, ...]:
        """The ids of courses that somebody waits for."""
        return tuple(sorted({one.course_id for one in self._all() if one.state is ClaimState.WAITING})[:at_most])

    def _all(self) -> list[SeatClaim]:
        with self.store.lock:
            return list(self.store.claims.values())


def _key(claim: SeatClaim) -> tuple[str, str]:
    return claim.course_id, claim.user_id


def _order(claim: SeatClaim) -> tuple[datetime, str]:
    return claim.joined_at, claim.user_id


def _until(claim: SeatClaim) -> tuple[datetime, str]:
    return claim.held_until or claim.joined_at, claim.user_id


def _place(claim: SeatClaim) -> str:
    at, user_id = _until(claim)
    return f"{claim.state.value}.{at:%Y%m%d%H%M%S%f}.{user_id}"


def _is_held(store: Store, course_id: str, user_id: str) -> bool:
    claim = store.claims.get((course_id, user_id))
    return claim is not None and claim.is_held


def _same_counters(found: Course, read: Course) -> bool:
    return all(getattr(found, name) == getattr(read, name) for name in _COUNTERS)


def _put(store: Store, claim: SeatClaim) -> Callable[[], None]:
    return lambda: store.claims.__setitem__(_key(claim), claim)


def _remove(store: Store, claim: SeatClaim) -> None:
    del store.claims[_key(claim)]


def _count(store: Store, course: Course, *, taken: int = 0, waiting: int = 0) -> Callable[[], None]:
    changed = evolve(
        course,
        seats_taken=course.seats_taken + taken,
        waiting=course.waiting + waiting,
        seat_moves=course.seat_moves + 1,
    )
    return lambda: store.courses.__setitem__(course.course_id, changed)


def _all(*changes: Plan) -> Plan:
    def change() -> None:
        for one in changes:
            if not isinstance(one, DomainError):
                one()

    return change
