"""A payment provider in a dictionary that moves no money before a capture, as PayPal does."""

from __future__ import annotations

from attrs import define, evolve, field

from adapters.memory.checkouts import Funding, KeptCheckout, Stage
from adapters.memory.payment_gateway import MemoryPaymentGateway
from domain.payments.events import PaymentDeclined, PaymentEvent
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Checkout, NotPossible, Search

_UNCAPTURED = (Stage.OPEN, Stage.APPROVED)


@define(eq=False)
class MemoryCapturingGateway(MemoryPaymentGateway):
    """The student approves, we capture. Nothing closes by being asked to, and no checkout is found without its id."""

    _declined: set[str] = field(factory=set, init=False)

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Say that it is closed as long as nothing was captured; the student may approve it all the same."""
        kept = self._known(session)
        return (evolve(kept, stage=Stage.CLOSED) if kept.stage in _UNCAPTURED else kept).shown()

    def capture(self, session: PaymentSession) -> Checkout:
        """Take the money of an approved checkout, once per key."""
        if not session.is_capturing:
            raise ValueError("A capture is stored before it is asked for.")
        with self._lock:
            kept, key = self._known(session), f"{session.payment_session_id}:{session.capture_attempts}"
            if key in self._declined or kept.stage in (Stage.OPEN, Stage.EXPIRED):
                return self._refused(kept, key)
            if kept.stage is not Stage.APPROVED:
                return kept.shown()
            match kept.funding:
                case Funding.OK:
                    return self._paid(kept, kept.amount).shown()
                case Funding.PENDING:
                    return self._keep(evolve(kept, stage=Stage.PENDING)).shown()
                case Funding.DECLINED:
                    return self._refused(self._keep(evolve(kept, stage=Stage.OPEN)), key)

    def find_checkout(self, session: PaymentSession) -> Checkout | NotPossible | None:  # noqa: ARG002 - it cannot search
        """There is no search."""
        return Search.NOT_POSSIBLE

    def approve(self, payment_session_id: str, funding: Funding = Funding.OK) -> PaymentEvent:
        """The student agrees to pay; ``funding`` is what a capture will lead to."""
        kept = self._passed(payment_session_id, Stage.APPROVED, after=set(_UNCAPTURED))
        return self._keep(evolve(kept, funding=funding)).event("checkout.approved")

    def _refused(self, kept: KeptCheckout, key: str) -> Checkout:
        """A decline is the answer to every repetition of the same capture."""
        self._declined.add(key)
        checkout = kept.shown()
        said = checkout.event
        event = PaymentDeclined(
            provider=self.name,
            event_id=f"capture:{key}",
            event_type="capture",
            user_id=said.user_id,
            course_id=said.course_id,
            payment_session_id=said.payment_session_id,
            provider_session_id=said.provider_session_id,
            livemode=said.livemode,
            decline_code="instrument_declined",
        )
        return evolve(checkout, event=event)
