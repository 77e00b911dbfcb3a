"""Checkout Sessions: opening, retrieving, closing and finding the one of a payment session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import evolve, frozen

from adapters.stripe import api, records, requests, translation, values
from adapters.stripe.api import Answer, Request, StripeApi, StripeRefusedError
from adapters.stripe.values import JsonObject
from domain.errors import ProviderUnavailable
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Checkout, ProviderAccount
from domain.students import Student


@frozen(kw_only=True)
class Checkouts:
    """The Checkout Sessions of this stage. ``most_searched``: how many are read to find one without its id.

    ``account`` is the one that our keys belong to now.

    Every method raises what ``StripeApi.call`` raises.
    """

    stripe: StripeApi
    stage: str
    most_searched: int
    account: Callable[[], ProviderAccount]

    def open(self, session: PaymentSession, buyer: Student) -> Checkout:
        """Create the Checkout Session, or find the one that an earlier request created."""
        try:
            return self._open(session, buyer)
        except StripeRefusedError as refused:
            if refused.reason not in (api.KEY_REUSED, api.SAVED_FAILURE):
                raise
            # The key was used before. Whether that request created a Checkout Session, only a search can show.
            found = self.find(session)
            if found is None:
                raise
            return found

    def retrieve(self, session: PaymentSession, checkout_id: str) -> Checkout:
        """The Checkout Session as it is now."""
        return self.stripe.call(
            Request("get", (*records.SESSIONS, checkout_id), requests.retrieve_params()),
            lambda answer: self._checkout(session, answer.body),
        )

    def close(self, session: PaymentSession, checkout_id: str) -> Checkout:
        """Expire the Checkout Session; if Stripe refuses because it is not open any more, retrieve it."""
        try:
            return self.stripe.call(
                # Stripe has no code of its own for "not open any more": it was paid or has expired, which is no error.
                Request("post", (*records.SESSIONS, checkout_id, "expire"), expected=frozenset({api.INVALID})),
                lambda answer: self._checkout(session, answer.body, closed_by_us=True),
            )
        except StripeRefusedError:
            return self.retrieve(session, checkout_id)

    def find(self, session: PaymentSession) -> Checkout | None:
        """Search the Checkout Sessions created at the time for the one of this payment session.

        Raises:
            ProviderUnavailable: there are more than ``most_searched``, so the answer is unknown.
        """
        for number, found in enumerate(records.sessions_created_near(self.stripe, session)):
            if number == self.most_searched:
                raise ProviderUnavailable
            if found.get("client_reference_id") == session.payment_session_id:
                return self.retrieve(session, values.identifier(found, "id"))
        return None

    def _open(self, session: PaymentSession, buyer: Student) -> Checkout:
        if session.quote.discount:
            self._create_coupon(session)
        try:
            return self._create_for(session, buyer, session.customer_id, key=session.payment_session_id)
        except StripeRefusedError as refused:
            if refused.reason != api.MISSING or refused.param != "customer":
                raise
        # The customer was deleted at Stripe; the student must still be able to buy. This request has a key of its own,
        # so that it is the same one whenever it is repeated.
        opened = self._create_for(session, buyer, None, key=f"{session.payment_session_id}:anew")
        return evolve(opened, customer_is_gone=True)

    def _create_for(self, session: PaymentSession, buyer: Student, customer_id: str | None, *, key: str) -> Checkout:
        try:
            return self._create(session, buyer, customer_id, key=key)
        except StripeRefusedError as refused:
            if refused.param != "customer_email":
                raise
        # Stripe takes fewer addresses than a user pool does. Its form asks for one that it takes.
        return self._create(session, evolve(buyer, email=""), customer_id, key=f"{key}:unaddressed")

    def _create(self, session: PaymentSession, buyer: Student, customer_id: str | None, *, key: str) -> Checkout:
        params = requests.checkout_params(session, buyer, customer_id=customer_id, stage=self.stage)

        def read(answer: Answer) -> Checkout | str:
            if answer.was_replayed:
                return values.identifier(answer.body, "id")
            return self._checkout(session, answer.body)

        create = Request("post", records.SESSIONS, params, key, require=partial(self._require_account, session))
        created = self.stripe.call(create, read)
        return self.retrieve(session, created) if isinstance(created, str) else created

    def _require_account(self, session: PaymentSession) -> None:
        """Refuse to create anything with the keys of another account than the session's, where they were read anew.

        Stripe keeps idempotency keys by account: there the same request would create a second Checkout Session.
        """
        if not self.account().opened(session):
            raise self.stripe.refusal(api.OTHER_ACCOUNT)

    def _create_coupon(self, session: PaymentSession) -> None:
        key = f"{session.payment_session_id}:coupon"
        try:
            self.stripe.call(Request("post", ("coupons",), requests.coupon_params(session), key), _named)
        except StripeRefusedError as refused:
            if refused.reason == api.EXISTS:
                return
            if refused.reason != api.SAVED_FAILURE:
                raise
            # Stripe replayed a saved failure; the coupon may exist all the same.
            self.stripe.call(Request("get", ("coupons", session.payment_session_id)), _named)

    def _checkout(self, session: PaymentSession, resource: JsonObject, *, closed_by_us: bool = False) -> Checkout:
        is_open = resource.get("status") == "open"
        return Checkout(
            provider_session_id=values.identifier(resource, "id"),
            event=translation.from_lookup(self.stripe.provider, session, resource, closed_by_us=closed_by_us),
            amount=values.money(resource, "amount_total"),
            expires_at=values.timestamp(resource, "expires_at"),
            client_secret=values.optional_text(resource, "client_secret") if is_open else None,
            redirect_url=values.optional_text(resource, "url") if is_open else None,
        )


def _named(answer: Answer) -> str:
    return values.identifier(answer.body, "id")
