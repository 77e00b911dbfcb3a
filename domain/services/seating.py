"""Seats are counted in the transactions that take and free them."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.audit import AuditAction, AuditRecord
from domain.errors import ChangedMeanwhile, DomainError
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.identifiers import IdGenerator
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.writes import (
    AcquireCheckoutLock,
    AddAuditRecord,
    AddEnrollment,
    ChangeSession,
    EndEnrollment,
    FreeSeat,
    OccupyHeldSeat,
    ReinstateEnrollment,
    RequireSeatHeld,
    ResolveSession,
    TakeSeat,
    Write,
)

SYSTEM = "system"
ATTEMPTS = 5

Writes = tuple[Write, ...]


@frozen(kw_only=True)
class _Step:
    """What a write means for a seat: the ways to count it, in the order in which they are tried.

    ``who`` is the student and the course. After the last way nothing is counted, where ``may_fail``; else the
    transaction conflicts.
    """

    who: tuple[str, str]
    ways: Writes
    may_fail: bool

    def after(self, conflict: TransactionConflict) -> _Step | None:
        """The step without the way that has failed; None where nothing is left and the transaction conflicts."""
        refusals = zip(conflict.conflicts, conflict.writes, strict=False)
        why = [refusal for refusal, write in refusals if write in self.ways[:1]]
        if not why:
            return self
        if isinstance(self.ways[0], TakeSeat) and isinstance(why[0], ChangedMeanwhile):
            # Since the first way was tried, a seat was held for them: that one is theirs.
            return evolve(self, ways=_held_or_anyhow(*self.who))
        rest = self.ways[1:]
        return _Step(who=self.who, ways=rest, may_fail=self.may_fail) if rest or self.may_fail else None


@frozen(kw_only=True)
class SeatingUnitOfWork(UnitOfWork):
    """Commits writes together with what they mean for the seats of a course with a capacity.

    A checkout may only be opened, and a student only be enrolled, with a seat that is held for them. Money that has
    arrived enrolls in any case: where the seat has passed on, a free one is taken, and where there is none, one more
    than there are, with an audit record and an alarm. Writes about courses without a capacity pass as they are.
    """

    plain: UnitOfWork
    clock: Clock
    ids: IdGenerator
    telemetry: Telemetry

    def commit(self, writes: Writes) -> None:
        """All the writes and their seats, or none."""
        steps = _steps(writes)
        if not steps:
            self.plain.commit(writes)
            return
        for attempt in attempts(ATTEMPTS):
            counted = tuple(step.ways[0] for step in steps if step.ways)
            over = [step for step in steps if step.ways and _is_over(step.ways[0])]
            try:
                self.plain.commit((*writes, *counted, *(AddAuditRecord(self._record(step)) for step in over)))
            except TransactionConflict as conflict:
                _raise_others(conflict, counted)
                left = [step.after(conflict) for step in steps]
                if attempt.is_last or None in left:
                    raise
                steps = [step for step in left if step is not None]
            else:
                self._emit(steps, over)
                return

    def _record(self, step: _Step) -> AuditRecord:
        user_id, course_id = step.who
        return AuditRecord(
            audit_id=self.ids.audit_id(),
            course_id=course_id,
            action=AuditAction.SEAT_OVER_CAPACITY,
            by=SYSTEM,
            at=self.clock.now(),
            reason="Paid or given back when every seat was taken.",
            after={"userId": user_id},
        )

    def _emit(self, steps: list[_Step], over: list[_Step]) -> None:
        for step in over:
            self.telemetry.emit(Signal.SEAT_OVER_CAPACITY, user_id=step.who[0], course_id=step.who[1])
        for step in steps:
            if not step.ways:
                self.telemetry.emit(
                    Signal.DIFFERENCE_FOUND, reason="seat_counter", user_id=step.who[0], course_id=step.who[1]
                )


def _raise_others(conflict: TransactionConflict, counted: Writes) -> None:
    """Whatever else stands in the way decides; seats are counted when it does not any more."""
    pairs = tuple(zip(conflict.conflicts, conflict.writes, strict=False))
    others: list[tuple[DomainError, Write]] = [(error, write) for error, write in pairs if write not in counted]
    if others or not pairs:
        errors, writes = tuple(error for error, _ in others), tuple(write for _, write in others)
        raise (TransactionConflict(errors, writes) if others else conflict) from conflict


def _is_over(way: Write) -> bool:
    return isinstance(way, TakeSeat) and way.over_capacity


def _steps(writes: Writes) -> list[_Step]:
    """What the writes mean for seats. Money has arrived where a session that was stored before changes with them."""
    is_paid = any(isinstance(write, ChangeSession | ResolveSession) for write in writes)
    return [step for write in writes if (step := _step(write, is_paid=is_paid)) is not None]


def _step(write: Write, *, is_paid: bool) -> _Step | None:
    match write:
        case AcquireCheckoutLock(session=session) if session.seat:
            who = (session.user_id, session.course_id)
            return _Step(who=who, ways=(RequireSeatHeld(*who),), may_fail=False)
        case AddEnrollment(enrollment=enrollment) if enrollment.seat:
            who = (enrollment.user_id, enrollment.course_id)
            ways = _held_or_anyhow(*who) if is_paid else (OccupyHeldSeat(*who),)
            return _Step(who=who, ways=ways, may_fail=is_paid)
        case ReinstateEnrollment(ended=ended) if ended.enrollment.seat:
            who = (ended.enrollment.user_id, ended.enrollment.course_id)
            # A seat that is held for them meanwhile is theirs: nobody has one held and one taken at once.
            return _Step(who=who, ways=_held_or_anyhow(*who), may_fail=True)
        case EndEnrollment(ended=ended) if ended.enrollment.seat:
            who = (ended.enrollment.user_id, ended.enrollment.course_id)
            return _Step(who=who, ways=(FreeSeat(who[1]),), may_fail=True)
        case _:
            return None


def _held_or_anyhow(user_id: str, course_id: str) -> Writes:
    """The seat that is held for the student, else a free one, else one more than there are."""
    free, over = TakeSeat(user_id, course_id), TakeSeat(user_id, course_id, over_capacity=True)
    return (OccupyHeldSeat(user_id, course_id), free, over)
