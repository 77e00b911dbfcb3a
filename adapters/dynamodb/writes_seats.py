"""Writes about seats: claims, and the counters of the courses, which move together."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.dynamodb import enrolling_keys, keys
from adapters.dynamodb.codec import Item
from adapters.dynamodb.expressions import ABSENT, PRESENT, Condition
from adapters.dynamodb.operations import Operation, Refusal, check, delete, operation, put, update
from adapters.dynamodb.seats import claim_item
from domain.courses import Course
from domain.errors import (
    CapacityTooLow,
    ChangedMeanwhile,
    CheckoutInProgress,
    CourseFull,
    CourseNotFound,
    DomainError,
    SeatLapsed,
    SeatsFree,
    WaitlistFull,
)
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

_HAS_SEAT = "attribute_exists(#capacity) AND (attribute_not_exists(#seatsTaken) OR #seatsTaken < #capacity)"
_NOBODY_WAITS = "(attribute_not_exists(#waiting) OR #waiting <= :nobody)"
_STATE = ("state", "joinedAt", "heldUntil")


@operation.register
def _join(write: JoinWaitlist) -> tuple[Operation, ...]:
    full = "(#seatsTaken >= #capacity OR #waiting > :nobody)"
    room = "(attribute_not_exists(#waiting) OR #waiting < :most)"
    return (
        put(claim_item(write.claim), ABSENT, _changed),
        _counted(
            write.claim.course_id,
            f"attribute_exists(#capacity) AND {full} AND {room}",
            _not_joined,
            waiting=1,
            values={":nobody": 0, ":most": MOST_WAITING},
        ),
    )


@operation.register
def _hold(write: HoldSeat) -> tuple[Operation, ...]:
    claim, before = write.claim, write.before
    as_read = _as_read(before) if before else Condition().also(ABSENT)
    if before is not None:
        condition, values, waiting = f"{_HAS_SEAT} AND #waiting > :nobody", {":nobody": 0}, -1
    elif write.ahead:
        condition, values, waiting = _HAS_SEAT, {}, 0
    else:
        condition, values, waiting = f"{_HAS_SEAT} AND {_NOBODY_WAITS}", {":nobody": 0}, 0
    return (
        put(claim_item(claim), as_read.expression, _changed, values=as_read.values),
        _counted(claim.course_id, condition, _full, taken=1, waiting=waiting, values=values),
    )


@operation.register
def _drop(write: DropClaim) -> tuple[Operation, ...]:
    claim = write.claim
    key, as_read = enrolling_keys.seat_claim(claim.user_id, claim.course_id), _as_read(claim)
    gone = delete(key, condition=as_read.expression, values=as_read.values, conflict=_changed)
    if not claim.is_held:
        return gone, _counted(claim.course_id, "#waiting > :nobody", _gone, waiting=-1, values={":nobody": 0})
    return (
        gone,
        check(keys.checkout_lock(claim.user_id, claim.course_id), ABSENT, _in_progress),
        _counted(claim.course_id, "#seatsTaken > :nobody", _gone, taken=-1, values={":nobody": 0}),
    )


@operation.register
def _require(write: RequireSeatHeld) -> Operation:
    key = enrolling_keys.seat_claim(write.user_id, write.course_id)
    return check(key, "#state = :held", _lapsed, values={":held": ClaimState.HELD.value})


@operation.register
def _occupy(write: OccupyHeldSeat) -> Operation:
    key = enrolling_keys.seat_claim(write.user_id, write.course_id)
    return delete(key, condition="#state = :held", values={":held": ClaimState.HELD.value}, conflict=_lapsed)


@operation.register
def _take(write: TakeSeat) -> tuple[Operation, ...]:
    key = enrolling_keys.seat_claim(write.user_id, write.course_id)
    return (
        check(key, f"{ABSENT} OR #state <> :held", _changed, values={":held": ClaimState.HELD.value}),
        _counted(write.course_id, PRESENT if write.over_capacity else _HAS_SEAT, _full, taken=1),
    )


@operation.register
def _free(write: FreeSeat) -> Operation:
    return _counted(write.course_id, "#seatsTaken > :nobody", _changed, taken=-1, values={":nobody": 0})


@operation.register
def _change_capacity(write: ChangeCapacity) -> Operation:
    before, after = write.before, write.after
    key, condition = keys.course(before.course_id), Condition().also(PRESENT).same("capacity", before.capacity)
    if before.capacity is None:
        _same_counters(condition, before)
        values: dict[str, object] = {
            ":capacity": after.capacity,
            ":taken": after.seats_taken,
            ":line": after.waiting,
        }
        # Counted anew: what is counted is known before anything is asked.
        if after.capacity is not None and after.seats_taken > after.capacity:
            condition.also(ABSENT)
        expression = "SET #capacity = :capacity, #seatsTaken = :taken, #waiting = :line"
    elif after.capacity is None:
        values, expression = {}, "REMOVE #capacity"
    else:
        values, expression = {":capacity": after.capacity}, "SET #capacity = :capacity"
        condition.also("(attribute_not_exists(#seatsTaken) OR #seatsTaken <= :capacity)")
    return update(
        key,
        expression,
        condition=condition.expression,
        values=values | condition.values,
        conflict=_capacity_conflict(write),
    )


@operation.register
def _correct(write: CorrectSeats) -> Operation:
    condition = _same_counters(Condition().also(PRESENT), write.before)
    return update(
        keys.course(write.before.course_id),
        "SET #seatsTaken = :taken, #waiting = :line",
        condition=condition.expression,
        values={":taken": write.after.seats_taken, ":line": write.after.waiting} | condition.values,
        conflict=_changed,
    )


def _counted(
    course_id: str,
    condition: str,
    conflict: Refusal,
    *,
    taken: int = 0,
    waiting: int = 0,
    values: Mapping[str, object] | None = None,
) -> Operation:
    steps = {"seatsTaken": taken, "waiting": waiting, "seatMoves": 1}
    moved = {name: step for name, step in steps.items() if step}
    return update(
        keys.course(course_id),
        "ADD " + ", ".join(f"#{name} :by_{name}" for name in moved),
        condition=condition,
        values={**{f":by_{name}": step for name, step in moved.items()}, **(values or {})},
        conflict=conflict,
    )


def _as_read(claim: SeatClaim) -> Condition:
    item, condition = claim_item(claim), Condition()
    for name in _STATE:
        condition.same(name, item[name])
    return condition


def _same_counters(condition: Condition, course: Course) -> Condition:
    counters = {"seatsTaken": course.seats_taken, "waiting": course.waiting, "seatMoves": course.seat_moves}
    for name, counted in counters.items():
        condition.same(name, counted, absent=0)
    return condition


def _not_joined(found: Item | None) -> DomainError:
    waiting = found.get("waiting", 0) if found else 0
    return WaitlistFull() if isinstance(waiting, int) and waiting >= MOST_WAITING else SeatsFree()


def _changed(_found: Item | None) -> DomainError:
    return ChangedMeanwhile()


def _gone(found: Item | None) -> DomainError:
    return ChangedMeanwhile() if found else CourseNotFound()


def _full(found: Item | None) -> DomainError:
    return CourseFull() if found else CourseNotFound()


def _lapsed(_found: Item | None) -> DomainError:
    return SeatLapsed()


def _in_progress(found: Item | None) -> DomainError:
    return CheckoutInProgress(str(found["paymentSessionId"]) if found else "")


def _capacity_conflict(write: ChangeCapacity) -> Refusal:
    def conflict(found: Item | None) -> DomainError:
        if found is None:
            return CourseNotFound()
        before, wanted = write.before.capacity, write.after.capacity
        taken = write.after.seats_taken if before is None else found.get("seatsTaken", 0)
        is_same = found.get("capacity") == before
        if is_same and wanted is not None and isinstance(taken, int) and taken > wanted:
            return CapacityTooLow(taken)
        return ChangedMeanwhile()

    return conflict
