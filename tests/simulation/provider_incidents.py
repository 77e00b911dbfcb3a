"""What happens at the provider besides: banks decide, and somebody does what nobody should."""

from __future__ import annotations

from domain.money import Money
from tests.simulation import provider as stripe
from tests.simulation.checkout_events import PROVIDER
from tests.simulation.provider import SimulatedCheckout
from tests.simulation.school import School


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
        known = [one.customers[PROVIDER] for one in self.school.store.students.values() if one.customers]
        if known:
            self.school.provider.lost_customers.add(self.world.pick(known))

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
            self.school.provider.copy(checkout)

    def tamper(self) -> None:
        """Somebody changes an open checkout by hand."""
        checkout = self.school.pick_checkout(stripe.OPEN)
        if checkout is None or checkout.copied:
            return
        checkout.tampered = True
        changes = _changes(checkout, self.world.pick(self.school.courses))
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
