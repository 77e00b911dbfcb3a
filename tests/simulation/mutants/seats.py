"""Wrong changes to how seats are counted, tried in courses with few of them."""

from __future__ import annotations

from attrs import evolve

from tests.simulation.mutant import HOLD_SEAT, SEAT_ENTRIES, SEAT_WRITES, SEATING, WAIT_FOR_SEAT, Mutant, mutant
from tests.simulation.variant import Variant

_SEATS = "tests/use_cases/student/test_seats.py::"
_LINE = "tests/use_cases/student/test_waitlist.py::"

_MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "Open a checkout without a seat that is held",
        SEATING,
        "return _Step(who=who, ways=(RequireSeatHeld(*who),), may_fail=False)",
        "return None",
    ),
    mutant(
        "Enroll without using up the seat that was held",
        SEATING,
        "if is_paid else (OccupyHeldSeat(*who),)",
        "if is_paid else ()",
    ),
    mutant(
        "Keep the seat of an enrollment that has ended",
        SEATING,
        "ways=(FreeSeat(who[1]),)",
        "ways=()",
    ),
    mutant(
        "Give an enrollment back without a seat",
        SEATING,
        "return _Step(who=who, ways=_held_or_anyhow(*who), may_fail=True)",
        "return None",
    ),
    mutant(
        "Leave the seat held that was held for the student in the moment in which they were let in",
        SEATING,
        "if isinstance(self.ways[0], TakeSeat) and isinstance(why[0], ChangedMeanwhile):",
        "if isinstance(self.ways[0], TakeSeat) and isinstance(why[0], TransactionConflict):",
        test=_SEATS + "test_who_is_let_in_while_they_are_given_a_seat_has_one_seat",
    ),
    mutant(
        "Take a seat over capacity although one is free",
        SEATING,
        "return (OccupyHeldSeat(user_id, course_id), free, over)",
        "return (OccupyHeldSeat(user_id, course_id), over)",
        test=_SEATS + "test_late_money_takes_a_seat_that_is_free",
    ),
    mutant(
        "Offer a seat while nobody may enroll",
        HOLD_SEAT,
        "if free > 0 and not self._is_open(course):",
        "if free < 0 and not self._is_open(course):",
        test=_LINE + "test_nobody_loses_their_place_while_nobody_may_enroll",
    ),
    mutant(
        "Leave no record of a seat over capacity",
        SEATING,
        "self.plain.commit((*writes, *counted, *(AddAuditRecord(self._record(step)) for step in over)))",
        "self.plain.commit((*writes, *counted))",
    ),
    mutant(
        "Count a seat in a transaction of its own",
        SEATING,
        "self.plain.commit((*writes, *counted, *(",
        "self.plain.commit(writes)\n                self.plain.commit((*counted, *(",
    ),
    mutant(
        "Enroll for free without a seat of one's own",
        SEAT_ENTRIES,
        "enrollment = evolve(enrollment, seat=True)",
        "enrollment = evolve(enrollment, seat=False)",
        test=_SEATS + "test_an_enrollment_given_back_has_a_seat_again",
    ),
    mutant(
        "Hold a seat that is not there",
        SEAT_WRITES,
        "if course is None or course.capacity is None or course.seats_taken >= course.capacity:\n"
        "        return CourseFull()\n"
        "    if before",
        "if course is None or course.capacity is None:\n        return CourseFull()\n    if before",
    ),
    mutant(
        "Serve the line with seats without shortening it",
        SEAT_WRITES,
        "_count(store, course, taken=1, waiting=-1)",
        "_count(store, course, taken=1)",
    ),
    mutant(
        "Take the seat from under an open checkout",
        SEAT_WRITES,
        "    if claim.is_held and lock is not None:\n",
        "    if False and lock is not None:\n",
    ),
    mutant(
        "Forget to count a seat that lapsed",
        SEAT_WRITES,
        "taken, waiting = (-1, 0) if claim.is_held else (0, -1)",
        "taken, waiting = (0, 0) if claim.is_held else (0, -1)",
    ),
    mutant(
        "Drop a claim to a seat as it was read, whatever became of it",
        SEAT_WRITES,
        "    if store.claims.get(_key(claim)) != claim:\n",
        "    if _key(claim) not in store.claims:\n",
        test=_SEATS + "test_a_claim_that_changed_meanwhile_is_left_alone",
    ),
    mutant(
        "Take a seat of a course that is full",
        SEAT_WRITES,
        "    if not write.over_capacity and (course.capacity is None or course.seats_taken >= course.capacity):\n",
        "    if course.capacity is None:\n",
    ),
    mutant(
        "Let the office take seats away that are taken",
        SEAT_WRITES,
        "    if changed.capacity is not None and changed.seats_taken > changed.capacity:\n",
        "    if changed.capacity is not None and changed.seats_taken > 1000:\n",
    ),
    mutant(
        "Correct the counter of seats though it moved meanwhile",
        SEAT_WRITES,
        "    if found is None or not _same_counters(found, write.before):\n",
        "    if found is None:\n",
        test=_SEATS + "test_a_counter_that_moved_while_it_was_counted_is_not_corrected",
    ),
    mutant(
        "Let a newcomer take a seat ahead of the line",
        SEAT_WRITES,
        "    if course.waiting and not write.ahead:\n        return CourseFull()\n",
        "",
        test=_LINE + "test_the_line_is_served_in_order",
    ),
    mutant(
        "Let who waits take a seat out of turn",
        HOLD_SEAT,
        "            if found is not None and not ahead:\n                raise CourseFull\n",
        "",
        test=_LINE + "test_the_line_is_served_in_order",
    ),
    mutant(
        "Offer a seat to who is enrolled already",
        HOLD_SEAT,
        "course_name=course.name), RequireNotEnrolled(claim.user_id, course_id)\n",
        "course_name=course.name)\n",
        test=_LINE + "test_who_is_enrolled_by_other_means_leaves_the_line",
    ),
    mutant(
        "Hold a seat for who has been enrolled meanwhile",
        HOLD_SEAT,
        "self._commit(HoldSeat(held, found, ahead=ahead), RequireNotEnrolled(user_id, course.course_id))",
        "self._commit(HoldSeat(held, found, ahead=ahead))",
        test=_SEATS + "test_no_seat_is_held_for_who_has_been_enrolled_meanwhile",
    ),
    mutant(
        "Let who is enrolled wait for a seat",
        WAIT_FOR_SEAT,
        "commit((JoinWaitlist(joined), RequireNotEnrolled(student.user_id, course_id)))",
        "commit((JoinWaitlist(joined),))",
        test=_LINE + "test_who_is_enrolled_in_that_moment_does_not_wait",
    ),
    mutant(
        "Let a free enrollment have a seat over capacity",
        SEATING,
        "ways = _held_or_anyhow(*who) if is_paid else (OccupyHeldSeat(*who),)",
        "ways = _held_or_anyhow(*who)",
        test=_SEATS + "test_nobody_enrolls_for_free_over_capacity",
    ),
    mutant(
        "Correct counters that moved and came back while they were counted",
        "adapters/memory/seats.py",
        '_COUNTERS = ("seats_taken", "waiting", "seat_moves")',
        '_COUNTERS = ("seats_taken", "waiting")',
        test=_SEATS + "test_a_counter_that_moved_and_came_back_while_it_was_counted_is_not_corrected",
    ),
)
MUTANTS = tuple(evolve(one, variant=Variant.SEATS) for one in _MUTANTS)
