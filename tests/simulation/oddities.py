"""What happens at the provider besides: banks decide, and somebody does what nobody should."""

from __future__ import annotations

from domain.money import Money
from tests.simulation import provider as stripe
from tests.simulation.provider import Till
from tests.simulation.school import School
from tests.simulation.telling import PROVIDER


class Oddities:
    """Banks, and people with too many rights at the provider."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.world = school.world

    def bank(self) -> None:
        """A bank decides about a slow payment."""
        till = self.school.a_till(stripe.PENDING)
        if till is not None:
            self.settle_slow(till)

    def settle_slow(self, till: Till) -> None:
        """The slow payment arrives or fails."""
        self.world.note("bank decides", till.till_id)
        if self.world.chance(0.6):
            self.school.provider.pay(till)
        else:
            self.school.provider.bounce(till)

    def lose_customer(self) -> None:
        """A customer is deleted at the provider."""
        known = [one.customers[PROVIDER] for one in self.school.store.students.values() if one.customers]
        if known:
            self.school.provider.lost_customers.add(self.world.pick(known))

    def reopen(self) -> None:
        """Money arrives for a checkout that had closed: it should be impossible."""
        till = self.school.a_till(stripe.EXPIRED, stripe.FAILED)
        if till is not None and not till.tampered:
            self.world.note("paid though closed", till.till_id)
            till.reopened = True
            self.school.provider.pay(till)

    def copy(self) -> None:
        """Somebody makes a second checkout by hand, with all that the first one says."""
        till = self.school.a_till(stripe.OPEN, stripe.PAID, stripe.EXPIRED)
        if till is not None and not till.tampered and self.world.now < till.session.expires_at:
            self.world.note("checkout copied", till.till_id)
            self.school.provider.copy(till)

    def tamper(self) -> None:
        """Somebody changes an open checkout by hand."""
        till = self.school.a_till(stripe.OPEN)
        if till is None or till.copied:
            return
        till.tampered = True
        changes = _changes(till, self.world.pick(self.school.courses))
        what, value = self.world.pick(changes)
        self.world.note("tampered with", (till.till_id, what))
        setattr(till, what, value)


def _changes(till: Till, course_id: str) -> tuple[tuple[str, object], ...]:
    known = till.session
    return (
        ("amount", Money(77, "usd")),
        ("amount", Money(till.amount.amount if till.amount else 1, "eur")),
        ("amount", Money(0, "usd")),
        ("amount", None),
        ("livemode", not till.livemode),
        ("metadata", None),
        ("metadata", (known.user_id, course_id, known.payment_session_id)),
        ("metadata", (known.user_id, known.course_id, "unknown")),
        ("reference", "another"),
    )
