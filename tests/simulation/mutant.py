"""What a mutant is: one wrong change to the money code, as exact text."""

from __future__ import annotations

from attrs import frozen

from tests.simulation.variant import DEFAULT, Variant

SETTLEMENT = "domain/services/settle_payment.py"
CHECKOUT = "domain/services/checkout.py"
REPAIR = "domain/services/reconcile_session.py"
STRATEGIES = "domain/services/enrollment_strategies.py"
TRANSACTIONS = "domain/transactions/payments.py"
SETTLING = "domain/payment_decisions.py"
EVENTS = "domain/payments/events.py"
SESSION = "domain/payments/session.py"
STATES = "domain/payments/states.py"
ENROLLMENTS = "domain/enrollments.py"
PAYMENT_SYNC = "domain/payment_sync.py"
SYNC = "domain/services/sync_payment.py"
CARRY_OUT = "domain/services/carry_out_refunds.py"
REFUND = "domain/services/refund_payment.py"
REPORTED = "domain/services/sync_reported.py"
REVERSAL_TRANSACTIONS = "domain/transactions/reversals.py"
REVERSALS = "domain/payments/reversals.py"
PROVE = "domain/use_cases/schedule/prove_ledger.py"
REPAY = "domain/use_cases/office/record_repayment.py"
REBUILD = "domain/use_cases/office/rebuild_payments.py"
RESTORE = "domain/services/restore_session.py"
REBUILDING = "domain/transactions/rebuilding.py"
ERASE = "domain/use_cases/student/erase_student.py"
DELIVER = "domain/use_cases/schedule/deliver_messages.py"
INVITED = "domain/services/enroll_by_invitation.py"
SEATING = "domain/services/seating.py"
SEAT_ENTRIES = "domain/services/seats.py"
HOLD_SEAT = "domain/services/hold_seat.py"
WAIT_FOR_SEAT = "domain/use_cases/student/wait_for_seat.py"
SEAT_WRITES = "adapters/memory/seats.py"
INVITATIONS = "domain/invitations.py"
INVITATION_WRITES = "adapters/memory/invitations.py"
ANNOUNCING = "domain/transactions/announcing.py"
BOOKKEEPING = "domain/transactions/bookkeeping.py"
LEDGER_WRITES = "adapters/memory/writes_ledger.py"
RECEIVE = "domain/use_cases/provider/receive_event.py"
CANCEL = "domain/use_cases/student/cancel_payment.py"
RECONCILE = "domain/use_cases/schedule/reconcile.py"
REQUESTS = "domain/enrollment_requests.py"
CATCH_UP = "domain/use_cases/schedule/catch_up.py"
SESSION_WRITES = "adapters/memory/writes_payment_sessions.py"
COUPON_WRITES = "adapters/memory/writes_coupons.py"
ENROLLMENT_WRITES = "adapters/memory/writes_enrollments.py"


@frozen
class Edit:
    """One replacement: ``old`` stands in the file exactly once."""

    path: str
    old: str
    new: str


@frozen
class Mutant:
    """A wrong change and what it is.

    ``equivalent`` argues why nobody could notice it, where that is so. ``test`` is a plain test that notices it, by the
    id that pytest gives it, where histories seldom do. ``variant``: the histories that it is tried in.
    """

    what: str
    edits: tuple[Edit, ...]
    equivalent: str = ""
    test: str = ""
    variant: Variant = DEFAULT


def mutant(what: str, path: str, old: str, new: str, *, equivalent: str = "", test: str = "") -> Mutant:
    """A mutant of one edit."""
    return Mutant(what, (Edit(path, old, new),), equivalent, test)
