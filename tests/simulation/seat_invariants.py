"""What must hold of seats after every commit."""

from __future__ import annotations

from adapters.memory.store import Store
from domain.audit import AuditAction
from domain.payments.states import LIVE
from tests.simulation.world import require

_COUNTED_ANEW = frozenset({AuditAction.SEATS_RECOUNTED, AuditAction.CAPACITY_CHANGED})


def check_seats(store: Store, gone: frozenset[str]) -> None:
    """The counters are what they count; nobody has a seat that is not there, but by money that came late, on record.

    ``gone`` are courses that somebody took away for a while, with their counters.
    """
    for course in store.courses.values():
        if course.capacity is None or course.course_id in gone:
            continue
        seated = {one.user_id for one in store.enrollments.values() if one.seat and one.course_id == course.course_id}
        enrolled = len(seated)
        claims = [one for one in store.claims.values() if one.course_id == course.course_id]
        held = sum(one.is_held for one in claims)
        twice = {one.user_id for one in claims if one.is_held} & seated
        require(not twice, "a seat is held beside the one that is taken", course, twice)
        # The recount also counts those whom others enrolled, without a seat of their own.
        recounted = any(one.action in _COUNTED_ANEW and one.course_id == course.course_id for one in store.audit)
        exact = course.seats_taken == enrolled + held
        require(exact or (recounted and course.seats_taken > enrolled + held), "a counter of seats is wrong", course)
        require(course.waiting == len(claims) - held, "a counter of a line is wrong", course, claims)
        over = sum(
            one.action is AuditAction.SEAT_OVER_CAPACITY and one.course_id == course.course_id for one in store.audit
        )
        require(enrolled + held <= course.capacity + over, "more seats are taken than there are", course, over)


def check_checkouts_have_seats(store: Store, damaged_locks: frozenset[tuple[str, str]]) -> None:
    """Who can pay has a seat; but for who lost the lock by hand."""
    for place, session_id in store.checkout_locks.items():
        user_id, course_id = place
        session = store.sessions.get((user_id, session_id))
        if session is None or session.status not in LIVE or not session.seat or place in damaged_locks:
            continue
        if place in store.enrollments or place in store.ended:
            continue  # enrolled by other means meanwhile: that took the seat, and this checkout is to be closed
        claim = store.claims.get((course_id, user_id))
        require(claim is not None and claim.is_held, "a checkout is open without a seat", session, claim)
