"""Claims of seats as items of their students, and in the index by when they lapse or where they are in line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice

from attrs import frozen

from adapters.dynamodb import enrolling_keys
from adapters.dynamodb.attributes import readable, reading
from adapters.dynamodb.codec import Item
from adapters.dynamodb.cursors import claim_in, cursor_after
from adapters.dynamodb.table import Table
from adapters.timestamps import iso
from domain.identifiers import is_id
from domain.paging import Page
from domain.ports.seat_claims import SeatClaimRepo
from domain.ports.telemetry import Telemetry
from domain.seats import MOST_WAITING, ClaimState, SeatClaim


def claim_item(claim: SeatClaim) -> Item:
    """The item of a claim."""
    return {
        **enrolling_keys.seat_claim(claim.user_id, claim.course_id).attributes,
        **_index(claim),
        "userId": claim.user_id,
        "courseId": claim.course_id,
        "state": claim.state.value,
        "joinedAt": iso(claim.joined_at),
        "heldUntil": iso(claim.held_until) if claim.held_until else None,
        "offered": claim.offered or None,
    }


def claim_from_item(item: Item) -> SeatClaim:
    """The claim in an item.

    Raises:
        RecordUnreadable: it is none.
    """
    with reading("seat claim", item) as stored:
        return SeatClaim(
            course_id=stored.text("courseId"),
            user_id=stored.text("userId"),
            state=ClaimState(stored.text("state")),
            joined_at=stored.timestamp("joinedAt"),
            held_until=stored.maybe_timestamp("heldUntil"),
            offered=stored.boolean("offered"),
        )


def _index(claim: SeatClaim) -> dict[str, str]:
    if claim.held_until is not None:
        return enrolling_keys.held_index(claim.course_id, claim.user_id, claim.held_until)
    return enrolling_keys.waiting_index(claim.course_id, claim.user_id, claim.joined_at)


@frozen
class DynamoSeatClaimRepo(SeatClaimRepo):
    """Reads claims from the table."""

    table: Table
    telemetry: Telemetry

    def find(self, course_id: str, user_id: str) -> SeatClaim | None:
        """The student's claim in this course."""
        known = is_id(course_id) and is_id(user_id)
        item = self.table.get(enrolling_keys.seat_claim(user_id, course_id)) if known else None
        return claim_from_item(item) if item else None

    def position(self, claim: SeatClaim) -> int:
        """Which in line a waiting claim is."""
        first, last = enrolling_keys.line_before(claim.course_id, claim.user_id, claim.joined_at)
        ahead = self.table.index_between(enrolling_keys.SEATS, first, last)
        return sum(item["userId"] != claim.user_id for item in islice(ahead, MOST_WAITING)) + 1

    def in_line(self, course_id: str, *, at_most: int) -> tuple[SeatClaim, ...]:
        """Those who wait for a seat of the course, in one page of the index."""
        first, last = enrolling_keys.line_of(course_id)
        items = self.table.index_between(enrolling_keys.SEATS, first, last, page_size=at_most)
        return tuple(islice(self._claims(items), at_most))

    def held(self, course_id: str) -> tuple[SeatClaim, ...]:
        """The seats of the course that are held now."""
        return tuple(self._held(course_id, *enrolling_keys.every_held()))

    def of_course(self, course_id: str, *, limit: int, cursor: str | None) -> Page[SeatClaim]:
        """Up to ``limit`` claims of the course; the cursor hides the state, the time and the student of the last."""
        is_held, at, user_id = claim_in(cursor) if cursor is not None else (True, "", "")
        if not is_id(course_id):
            return Page((), None)
        held, line = enrolling_keys.every_held(), enrolling_keys.line_of(course_id)
        if cursor is not None and is_held:
            held = enrolling_keys.held_behind(course_id, user_id, at)
        elif cursor is not None:
            line = enrolling_keys.line_behind(course_id, user_id, at)
        waiting = self._claims(self.table.index_between(enrolling_keys.SEATS, *line, page_size=limit + 1))
        found = list(islice(chain(self._held(course_id, *held) if is_held else (), waiting), limit + 1))
        page = tuple(found[:limit])
        return Page(page, _cursor(page[-1]) if len(found) > limit else None)

    def lapsed(self, *, before: datetime, at_most: int) -> tuple[SeatClaim, ...]:
        """The seats that were held until before then."""
        first, last = enrolling_keys.held_before(before)
        items = self.table.index_between(enrolling_keys.SEATS, first, last, page_size=at_most)
        return tuple(islice(self._claims(items), at_most))

    def courses_waited_for(self, *, at_most: int) -> tuple[str, ...]:
        """The ids of courses that somebody waits for: from one course to the next, a query for each."""
        found: list[str] = []
        after = enrolling_keys.first_line()
        while len(found) < at_most:
            page = self.table.index_page(after, limit=1)
            if not page.items or not enrolling_keys.is_in_line(page.items[0]):
                break
            found.append(str(page.items[0]["courseId"]))
            after = enrolling_keys.after_line_of(found[-1])
        return tuple(found)

    def _held(self, course_id: str, first: str, last: str) -> Iterator[SeatClaim]:
        items = self.table.index_between(enrolling_keys.SEATS, first, last)
        return (one for one in self._claims(items) if one.course_id == course_id)

    def _claims(self, items: Iterator[Item]) -> Iterator[SeatClaim]:
        for item in items:
            yield from readable((item,), claim_from_item, self.telemetry)


def _cursor(claim: SeatClaim) -> str:
    return cursor_after(f"{claim.state.value}#{iso(claim.held_until or claim.joined_at)}#{claim.user_id}")
