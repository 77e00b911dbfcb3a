"""Checkouts at the provider: opened, resumed and closed together with their payment sessions."""

from __future__ import annotations

from contextlib import suppress

from attrs import evolve, frozen

from domain.enrollment_requests import AwaitingPayment
from domain.errors import AmountTooSmall, PriceMismatch, ProviderRejected, Unavailable
from domain.payments.events import EventKind
from domain.payments.lifetimes import CAPTURE_GRACE
from domain.payments.session import PaymentSession
from domain.payments.states import PAYABLE, Status
from domain.ports.backoff import attempts
from domain.ports.clock import Clock
from domain.ports.payment_gateway import Checkout, Gateways, PaymentGateway, Search, search_checkout
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.telemetry import Signal, Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.settle_payment import SettlePayment
from domain.students import Student
from domain.transactions.conflicts import SessionConflict, TransactionConflict
from domain.transactions.payments import attach
from domain.transactions.writes import ChangeSession, ForgetCustomer

MAX_CANCEL_ATTEMPTS = 3
"""Attempts to store a cancel request while the session keeps changing. It has at most two live states before it is
over, so three suffice.
"""


@frozen(kw_only=True)
class CheckoutService:
    """Keeps a payment session and its checkout at the provider in step."""

    sessions: PaymentSessionRepo
    gateways: Gateways
    unit_of_work: UnitOfWork
    settle: SettlePayment
    clock: Clock
    telemetry: Telemetry

    def open(self, session: PaymentSession, buyer: Student, *, is_new: bool) -> AwaitingPayment | PaymentSession:
        """Open the session's checkout, or show the one it has. Safe to repeat.

        Returns the session instead, as it stands then, if it can no longer be paid.

        Raises:
            ProviderUnavailable: the outcome is unknown; repeat.
            ProviderRejected, AmountTooSmall: the provider refused for good; the session is released.
            PriceMismatch: the provider would charge another amount; the checkout is closed, the session released.
        """
        gateway = self.gateways.named(session.provider)
        checkout = self._checkout(gateway, session, buyer, is_new=is_new)
        if checkout.customer_is_gone and session.customer_id is not None:
            self._forget_customer(session, session.customer_id)
        if checkout.event.kind not in (EventKind.OPENED, EventKind.APPROVED):
            return self.settle(checkout.event)
        if checkout.amount != session.total:
            self._refuse_price(gateway, session, checkout)
        attached = self._attach(session, checkout, is_new=is_new)
        if checkout.event.kind is EventKind.OPENED or isinstance(attached, PaymentSession):
            return attached
        return self._approved(attached, checkout)

    def _approved(self, attached: AwaitingPayment, checkout: Checkout) -> AwaitingPayment | PaymentSession:
        """Capture what the student approved; a checkout that must not be captured is closed."""
        settled = self.settle(checkout.event)
        if settled.status not in PAYABLE:
            return settled
        if settled.may_capture(self.clock.now()) and settled.capture_attempts > 0:
            return evolve(attached, session=settled)  # declined: the student may try another way
        return self.settle(self.gateways.named(settled.provider).close_checkout(attached.session).event)

    def _forget_customer(self, session: PaymentSession, customer_id: str) -> None:
        """The customer was deleted at the provider: later purchases must not name them."""
        with suppress(TransactionConflict):
            self.unit_of_work.commit((ForgetCustomer(session.user_id, session.provider, customer_id),))

    def reopen(self, session: PaymentSession, buyer: Student) -> AwaitingPayment | PaymentSession:
        """Open the checkout of a session from before, or find out how it ended. Safe to repeat.

        Returns the session, as it stands then, when nobody can pay it any more: because it is over, or because the
        provider refuses for good to open it.

        Raises:
            ProviderUnavailable: the outcome is unknown; repeat.
            ProviderRejected: the provider does not know a checkout that it had opened. Nothing is released.
        """
        try:
            return self.open(session, buyer, is_new=False)
        except (ProviderRejected, AmountTooSmall, PriceMismatch):
            found = self.sessions.find(session.user_id, session.payment_session_id)
            if found is None or found.is_live:
                raise
            return found

    def close(self, session: PaymentSession, buyer: Student) -> PaymentSession:
        """Close the checkout, so that nobody can pay it, and settle how it ended. Safe to repeat.

        Raises:
            ProviderUnavailable: the outcome is unknown; repeat.
        """
        session = self._request_cancel(session)
        if not session.is_live:
            return session
        gateway = self.gateways.named(session.provider)
        if session.is_capturing:
            session = self._request_cancel(self.settle(gateway.look_up(session).event))
            if not session.is_live or session.status is Status.PROCESSING:
                return session
        if session.provider_session_id is None:
            # Its checkout may exist although its id was never stored: only the provider knows, by the same request
            # again.
            opened = self.reopen(session, buyer)
            if isinstance(opened, PaymentSession):
                return opened
            session = opened.session
        return self.settle(gateway.close_checkout(session).event)

    def close_other(self, buyer: Student, payment_session_id: str) -> None:
        """Close a checkout that the student no longer needs, since they are enrolled by other means.

        What cannot be closed now has a cancel request on record, and is closed by reconciliation.
        """
        session = self.sessions.find(buyer.user_id, payment_session_id)
        if session is not None and session.is_live:
            with suppress(Unavailable, ProviderRejected):
                self.close(session, buyer)

    def _request_cancel(self, session: PaymentSession) -> PaymentSession:
        """The session with a cancel request stored, which survives a crash and is respected by any event.

        A session that is over, or that the student has finished, takes no cancel request and is returned as it is.
        """
        for _ in attempts(MAX_CANCEL_ATTEMPTS):
            if not session.is_live or session.status is Status.PROCESSING or session.cancel_requested_at is not None:
                return session
            requested = session.with_cancel_request(self.clock.now())
            try:
                self.unit_of_work.commit((ChangeSession(frozenset({session.status}), requested),))
            except TransactionConflict as conflict:
                match conflict.first:
                    case SessionConflict(session=PaymentSession() as found):
                        session = found
                    case _:
                        raise
            else:
                return requested
        return session

    def _checkout(self, gateway: PaymentGateway, session: PaymentSession, buyer: Student, *, is_new: bool) -> Checkout:
        if session.provider_session_id is not None:
            return gateway.look_up(session)
        try:
            return gateway.open_checkout(session, buyer)
        except (ProviderRejected, AmountTooSmall):
            # A repeated request may be refused though the first one was not: then its checkout is there to be found.
            found = None if is_new else search_checkout(gateway, session)
            over = self.clock.now() >= session.expires_at + CAPTURE_GRACE
            if found is Search.NOT_POSSIBLE and not over:
                raise  # it may be open, and paid: without a search it ends with its time
            if found is None or found is Search.NOT_POSSIBLE:
                self._emit(Signal.PROVIDER_REJECTED, session)
                self.settle.release(session, Status.FAILED)
                raise
            return found

    def _refuse_price(self, gateway: PaymentGateway, session: PaymentSession, checkout: Checkout) -> None:
        self._emit(Signal.PRICE_MISMATCH, session)
        known = evolve(session, provider_session_id=checkout.provider_session_id)
        self.settle(gateway.close_checkout(known).event)
        raise PriceMismatch

    def _attach(self, session: PaymentSession, checkout: Checkout, *, is_new: bool) -> AwaitingPayment | PaymentSession:
        opened = session.opened(checkout.provider_session_id, self.clock.now())
        if session.provider_session_id is None:
            try:
                self.unit_of_work.commit(attach(opened))
            except TransactionConflict as conflict:
                match conflict.first:
                    case SessionConflict(session=PaymentSession() as found):
                        return found  # an event was settled meanwhile, with the ids that it carried
                    case _:
                        raise
            if is_new:
                self._emit(Signal.CHECKOUT_OPENED, session)
        return AwaitingPayment(
            session=opened,
            client_secret=checkout.client_secret,
            redirect_url=checkout.redirect_url,
            is_new=is_new,
        )

    def _emit(self, signal: Signal, session: PaymentSession) -> None:
        self.telemetry.emit(
            signal,
            provider=session.provider,
            user_id=session.user_id,
            course_id=session.course_id,
            payment_session_id=session.payment_session_id,
        )
