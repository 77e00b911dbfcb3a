"""What happens at the provider besides: banks decide, and somebody does what nobody should."""

from __future__ import annotations

from domain.money import Money
from domain.payments.reversals import DisputeStatus, RefundStatus
from tests.simulation import provider as stripe
from tests.simulation.bank import OTHER_CURRENCY, WITHDRAWN, SimulatedPayment
from tests.simulation.provider import SimulatedCheckout
from tests.simulation.school import School

MOST_DISPUTES = 2
_INQUIRY, _OPEN, _WON, _LOST, _CLOSED = DisputeStatus
_NEXT = {_INQUIRY: (_OPEN, _CLOSED), _OPEN: (_WON, _LOST, _LOST), _WON: (_LOST,), _LOST: (_WON,), _CLOSED: (_OPEN,)}


class ProviderIncidents:
    """Banks, and people with too many rights at the provider."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world

    def decide_slow_payment(self) -> None:
        """A bank decides about a slow payment."""
        checkout = self.school.pick_checkout(stripe.PENDING)
        if checkout is not None:
            self.settle_slow(checkout)

    def settle_slow(self, checkout: SimulatedCheckout) -> None:
        """The slow payment arrives or fails."""
        self.world.note("bank decides", checkout.checkout_id)
        if self.world.chance(0.6):
            self.school.provider.pay(checkout)
        else:
            self.school.provider.bounce(checkout)

    def delete_customer(self) -> None:
        """A customer is deleted at the provider."""
        known = [one.customers[name] for one in self.school.store.students.values() for name in one.customers]
        if known:
            self.school.provider.lost_customers.add(self.world.pick(known))

    def refund_in_dashboard(self) -> None:
        """Somebody refunds a payment in the dashboard, whole or in part."""
        payment = self._pick_payment()
        left = payment.received - payment.refunded if payment else 0
        if payment is not None and left > 0:
            amount = left if self.world.chance(0.5) else 1 + int(self.world.random() * left)
            self.world.note("refund in dashboard", (payment.payment_id, amount))
            self.school.provider.bank.refund_in_dashboard(payment, amount)

    def decide_refund(self) -> None:
        """A bank lets a refund succeed, or fail, perhaps days after it had succeeded."""
        bank = self.school.provider.bank
        open_ones = [
            (payment, refund)
            for payment in bank.payments.values()
            for refund in payment.refunds
            if refund.status is not RefundStatus.FAILED
        ]
        if open_ones:
            payment, refund = self.world.pick(open_ones)
            succeeds = refund.status is RefundStatus.PENDING and self.world.chance(0.5)
            status = RefundStatus.SUCCEEDED if succeeds else RefundStatus.FAILED
            self.world.note("bank decides refund", (payment.payment_id, refund.reversal_id, status.value))
            bank.decide_refund(payment, refund, status)

    def dispute(self) -> None:
        """A payer disputes a payment, whole or in part, or asks about it."""
        payment = self._pick_payment()
        if payment is not None and len(payment.disputes) < MOST_DISPUTES:
            amount = payment.received if self.world.chance(0.7) else 1 + int(self.world.random() * payment.received)
            status = DisputeStatus.INQUIRY if self.world.chance(0.3) else DisputeStatus.OPEN
            self.world.note("dispute", (payment.payment_id, amount, status.value))
            foreign = OTHER_CURRENCY if amount == payment.received and self.world.chance(0.15) else None
            self.school.provider.bank.dispute(payment, amount, status, foreign)

    def decide_dispute(self) -> None:
        """A bank decides about a dispute, or an appeal overturns a decision, or money follows a decision late."""
        bank = self.school.provider.bank
        there = [(payment, one) for payment in bank.payments.values() for one in payment.disputes]
        if not there:
            return
        payment, one = self.world.pick(there)
        status = self.world.pick(_NEXT[one.status])
        self.world.note("dispute decided", (payment.payment_id, one.reversal_id, status.value))
        part = self.world.pick((0, 0, one.amount // 2)) if status is DisputeStatus.LOST else 0
        late = status is DisputeStatus.WON and self.world.chance(0.3)
        held = one.withdrawn if late else one.amount - part if status in WITHDRAWN else 0
        bank.decide_dispute(payment, one, status, held)

    def pay_out_dispute(self) -> None:
        """The money of a dispute that was won comes back."""
        bank = self.school.provider.bank
        for payment in bank.payments.values():
            for one in payment.disputes:
                if one.withdrawn and one.status not in WITHDRAWN:
                    bank.withdraw(payment, one, 0)

    def _pick_payment(self) -> SimulatedPayment | None:
        payments = list(self.school.provider.bank.payments.values())
        return self.world.pick(payments) if payments else None

    def pay_closed_checkout(self) -> None:
        """Money arrives for a checkout that had closed: it should be impossible."""
        checkout = self.school.pick_checkout(stripe.EXPIRED, stripe.FAILED)
        if checkout is not None and not checkout.tampered:
            self.world.note("paid though closed", checkout.checkout_id)
            checkout.reopened = True
            self.school.provider.pay(checkout)

    def copy_checkout(self) -> None:
        """Somebody makes a second checkout by hand, with all that the first one says."""
        checkout = self.school.pick_checkout(stripe.OPEN, stripe.PAID, stripe.EXPIRED)
        if checkout is not None and not checkout.tampered and self.world.now < checkout.session.expires_at:
            self.world.note("checkout copied", checkout.checkout_id)
            self.school.provider.copy(checkout, free=self.world.chance(0.25))

    def tamper(self) -> None:
        """Somebody changes an open checkout by hand."""
        checkout = self.school.pick_checkout(stripe.OPEN)
        if checkout is None or checkout.copied:
            return
        checkout.tampered = True
        changes = _changes(checkout, self.world.pick(self.school.courses))
        others = [other.session for other in self.school.provider.checkouts if other is not checkout]
        if others and self.world.chance(0.2):
            other = self.world.pick(others)
            changes = (("renamed", (other.user_id, other.course_id, other.payment_session_id)),)
        what, value = self.world.pick(changes)
        self.world.note("tampered with", (checkout.checkout_id, what))
        setattr(checkout, what, value)


def _changes(checkout: SimulatedCheckout, course_id: str) -> tuple[tuple[str, object], ...]:
    known = checkout.session
    return (
        ("amount", Money(77, "usd")),
        ("amount", Money(checkout.amount.amount if checkout.amount else 1, "eur")),
        ("amount", Money(0, "usd")),
        ("amount", None),
        ("livemode", not checkout.livemode),
        ("metadata", None),
        ("metadata", (known.user_id, course_id, known.payment_session_id)),
        ("metadata", (known.user_id, known.course_id, "unknown")),
        ("reference", "another"),
    )
