"""Every few minutes: compare every session that is due with the provider, so that nobody depends on a webhook."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from domain.errors import StorageUnavailable, reason_of
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Gauge, Signal, Telemetry
from domain.services.reconcile_session import ReconcileOutcome, ReconcileResult, ReconcileSession

BATCH = 300
"""Sessions reconciled in one run, with about one call to the provider each."""

MOST_REVIEWS = 200


@frozen(kw_only=True)
class Report:
    """What one run did. ``failed`` sessions are found again by the next run."""

    results: tuple[ReconcileResult, ...] = ()
    failed: tuple[str, ...] = field(default=())
    in_review: int = 0

    def count(self, outcome: ReconcileOutcome) -> int:
        """How many sessions had this outcome."""
        return sum(result.outcome is outcome for result in self.results)


@frozen(kw_only=True)
class Reconcile:
    """Compares sessions that are due with the provider, the longest waiting first. Safe to run twice at once."""

    sessions: PaymentSessionRepo
    reconcile_session: ReconcileSession
    clock: Clock
    telemetry: Telemetry

    def __call__(self, *, time_budget: timedelta) -> Report:
        """One run, which begins with no further session once its time budget is used up.

        Raises:
            StorageUnavailable: not even the list of what is due can be read.
        """
        started = self.clock.now()
        due = self.sessions.due(before=started, at_most=BATCH)
        results: list[ReconcileResult] = []
        failed: list[PaymentSession] = []
        for session in due:
            if self.clock.now() - started >= time_budget:
                break
            try:
                result = self.reconcile_session(session.user_id, session.payment_session_id)
            except Exception as error:  # noqa: BLE001 - one session must not stop the run for all others
                failed.append(session)
                self._emit_failed(session, error)
                self._defer(session, error)
            else:
                results += [result] if result else []
                self._emit_enrolled(result)
        report = Report(
            results=tuple(results),
            failed=tuple(session.payment_session_id for session in failed),
            in_review=self._measure(len(due), failed),
        )
        self.telemetry.emit(Signal.RECONCILED, reason="partly" if failed else "wholly")
        return report

    def _measure(self, due: int, failed: list[PaymentSession]) -> int:
        waiting = self.sessions.in_review(at_most=MOST_REVIEWS)
        now = self.clock.now()
        # A session past its end that cannot be settled may be paid: until it is known not to be, its student is
        # waiting.
        # Reviews are a gauge of their own: one that waits for a person must not hide the next student who waits.
        overdue = [session.expires_at for session in failed if session.is_live and session.expires_at <= now]
        since = min(overdue, default=now)
        self.telemetry.measure(Gauge.SESSIONS_DUE, due)
        self.telemetry.measure(Gauge.SESSIONS_IN_REVIEW, len(waiting))
        self.telemetry.measure(Gauge.OLDEST_UNENROLLED_SECONDS, int((now - since).total_seconds()))
        return len(waiting)

    def _defer(self, session: PaymentSession, error: Exception) -> None:
        """Keep sessions that fail every time from standing before all others.

        Where storage fails, all keep their place, and so does one that cannot even be read.
        """
        if isinstance(error, StorageUnavailable):
            return
        try:
            self.reconcile_session.defer(session)
        except Exception as another:  # noqa: BLE001 - one session must not stop the run for all others
            if reason_of(another) != reason_of(error):
                self._emit_failed(session, another)

    def _emit_enrolled(self, result: ReconcileResult | None) -> None:
        """Say that it was this run, and no webhook, that enrolled somebody."""
        if result and result.outcome is ReconcileOutcome.SETTLED and result.session.status is Status.COMPLETED:
            self.telemetry.emit(
                Signal.ENROLLED_BY_RECONCILIATION,
                provider=result.session.provider,
                payment_session_id=result.session.payment_session_id,
            )

    def _emit_failed(self, session: PaymentSession, error: Exception) -> None:
        self.telemetry.emit(
            Signal.RECONCILE_FAILED,
            reason=reason_of(error),
            provider=session.provider,
            user_id=session.user_id,
            payment_session_id=session.payment_session_id,
        )
