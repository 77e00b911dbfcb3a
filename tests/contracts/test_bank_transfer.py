"""A third provider as a toy, in this one file: a bank transfer that an administrator confirms.

Nothing outside of this file knows it. It has no page, no redirect, no webhook of its own accord and no list of
movements; the student gets a reference, and somebody at the school compares it with the bank's statement. It passes the
contract of every provider, and the use cases sell through it unchanged.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.event_codec import decode, encode
from adapters.memory.clock import MemoryClock
from domain.errors import InvalidSignature, MalformedEvent, ProviderRejected, RefundRejected
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutExpired,
    CheckoutOpened,
    CheckoutPaid,
    IgnoredEvent,
    PaymentEvent,
    PaymentFailed,
    PaymentPending,
    ReversalReported,
)
from domain.payments.reversals import PaymentState, Reversal, ReversalReference
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_gateway import (
    Checkout,
    Movement,
    PaymentGateway,
    ProviderAccount,
    RebuildableCheckout,
    SessionReference,
)
from domain.pricing import ProviderLimits
from domain.students import Student
from tests.contracts import test_payment_gateway as contract
from tests.support.factories import NOW
from tests.support.memory.school import KIM, School
from tests.support.payment_providers.provider import Message, Provider

NAME = "transfer"
_KEY, _SIGNATURE = b"the office's key", "office-signature"
LIMITS = ProviderLimits(
    minimum_charge=MappingProxyType({}),
    shortest_checkout=timedelta(minutes=30),
    longest_checkout=timedelta(days=30),
    keys_kept=timedelta(days=365),
)
_PLAIN: Mapping[str, type[PaymentEvent]] = {
    "open": CheckoutOpened,
    "expected": PaymentPending,
    "missing": PaymentFailed,
    "expired": CheckoutExpired,
}


@define
class Transfer:
    """A transfer that a student was asked to make."""

    session: PaymentSession
    stage: str = "open"


@define(eq=False)
class BankTransferGateway(PaymentGateway):
    """The office's book of expected transfers, by reference."""

    clock: MemoryClock
    name: str = NAME
    limits: ProviderLimits = LIMITS
    book: dict[str, Transfer] = field(factory=dict)
    announced: dict[str, PaymentEvent] = field(factory=dict)

    def account(self) -> ProviderAccount:
        """The account number that students pay to."""
        return ProviderAccount(publishable_key="DE00 1234", livemode=False)

    def require_ready(self) -> None:
        """A book is always there."""

    def open_checkout(self, session: PaymentSession, buyer: Student) -> Checkout:
        """Write the expected transfer down, once."""
        return self._shown(self.book.setdefault(_reference(session), Transfer(session)))

    def look_up(self, session: PaymentSession) -> Checkout:
        """The entry as it stands now."""
        return self._shown(self._of(session))

    def close_checkout(self, session: PaymentSession) -> Checkout:
        """Cross it out, if nothing came."""
        transfer = self._of(session)
        shown = self._shown(transfer)
        if transfer.stage != "open":
            return shown
        transfer.stage = "expired"
        closed = self._shown(transfer)
        return evolve(closed, event=_event(transfer, CheckoutCancelled))

    def capture(self, session: PaymentSession) -> Checkout:
        """Transfers are made by the student."""
        return self.look_up(session)

    def find_checkout(self, session: PaymentSession) -> Checkout | None:
        """By its reference, which is made of our own id."""
        transfer = self.book.get(_reference(session))
        return self._shown(transfer) if transfer else None

    def undelivered_events(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What the office wrote down and nobody took."""
        return tuple(self.announced.values())[:at_most]

    def completed_checkouts(self, *, since: datetime, at_most: int) -> tuple[PaymentEvent, ...]:
        """What was transferred, or is expected, since then."""
        found = [one for one in self.book.values() if one.session.created_at >= since]
        return tuple(self._shown(one).event for one in found if one.stage not in ("open", "expired"))[:at_most]

    def payment_state(self, session: PaymentSession) -> PaymentState:
        """Money that is there stays there: what is given back is repaid by hand."""
        transfer = self.book.get((session.provider_payment_id or "").removeprefix("paid-"))
        if transfer is None:
            raise ProviderRejected
        total = transfer.session.total
        return PaymentState(
            provider_payment_id=session.provider_payment_id or "",
            received=total.amount,
            currency=total.currency,
            livemode=False,
        )

    def refund(self, session: PaymentSession, refund: Reversal) -> None:
        """The office repays by hand, and records that."""
        raise RefundRejected("repay_by_hand")

    def movements(self, *, since: datetime, until: datetime) -> Iterator[Movement] | None:
        """The statement is on paper."""
        return None

    def recent_reversals(self, *, since: datetime, until: datetime) -> Iterator[ReversalReference] | None:
        """Nor is there a list of what went back."""
        return None

    def rebuildable_checkouts(self, *, since: datetime, until: datetime) -> Iterator[RebuildableCheckout]:
        """The book is no copy of ours."""
        return iter(())

    def find_session_of(self, report: ReversalReported) -> SessionReference | None:
        """Nothing is reported."""
        return None

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> PaymentEvent | ReversalReported | IgnoredEvent:
        """What the office signed."""
        if not hmac.compare_digest(headers.get(_SIGNATURE, ""), _signed(body)):
            raise InvalidSignature
        try:
            event = decode(body.decode())
        except UnicodeDecodeError:
            raise MalformedEvent from None
        self.announced.pop(event.event_id, None)
        return event

    def confirm(self, session: PaymentSession, stage: str) -> None:
        """An administrator compares the bank's statement with the book."""
        transfer = self._of(session)
        if self._shown(transfer).event.kind.value not in ("opened", "pending"):
            raise ValueError(transfer.stage)
        transfer.stage = stage
        event = evolve(self._shown(transfer).event, event_id=f"office-{len(self.announced)}", event_type="office")
        self.announced[event.event_id] = event

    def _of(self, session: PaymentSession) -> Transfer:
        transfer = self.book.get(session.provider_session_id or "")
        if transfer is None:
            raise ProviderRejected
        return transfer

    def _shown(self, transfer: Transfer) -> Checkout:
        session = transfer.session
        if transfer.stage == "open" and self.clock.now() >= session.expires_at:
            transfer.stage = "expired"
        reference, is_open = _reference(session), transfer.stage == "open"
        hosted = session.ui_mode == "hosted"
        return Checkout(
            provider_session_id=reference,
            event=_event(transfer, _PLAIN.get(transfer.stage)),
            amount=session.total,
            expires_at=session.expires_at,
            client_secret=reference if is_open and not hosted else None,
            redirect_url=f"https://school.example/transfer?reference={reference}" if is_open and hosted else None,
        )


def _reference(session: PaymentSession) -> str:
    return f"ref-{session.payment_session_id}"


def _event(transfer: Transfer, kind: type[PaymentEvent] | None) -> PaymentEvent:
    session, reference = transfer.session, _reference(transfer.session)
    fields: dict[str, Any] = {
        "provider": NAME,
        "event_id": f"lookup:{reference}:{transfer.stage}",
        "event_type": "lookup",
        "user_id": session.user_id,
        "course_id": session.course_id,
        "payment_session_id": session.payment_session_id,
        "provider_session_id": reference,
        "reference": session.payment_session_id,
        "livemode": False,
    }
    if kind is not None:
        return kind(**fields)
    return CheckoutPaid(**fields, amount=session.total, provider_payment_id=f"paid-{reference}")


def _signed(body: bytes) -> str:
    return hmac.new(_KEY, body, hashlib.sha256).hexdigest()


class BankTransfers(Provider):
    """The toy, and what students and the office do."""

    lists_movements = False
    has_customers = False

    def __init__(self) -> None:
        self.clock = MemoryClock(NOW)
        self.gateway = self.office = BankTransferGateway(self.clock)

    def pay(self, session: PaymentSession, *, refunds_wait: bool = False) -> None:
        """The money stands on the statement."""
        self.office.confirm(session, "paid")

    def promise(self, session: PaymentSession) -> None:
        """The student says that it is on its way."""
        self.office.confirm(session, "expected")

    def arrive(self, session: PaymentSession) -> None:
        """It stands on the statement."""
        self.pay(session)

    def bounce(self, session: PaymentSession) -> None:
        """It never came."""
        self.office.confirm(session, "missing")

    def wait(self, minutes: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(minutes=minutes))

    def last_message(self, session: PaymentSession) -> Message:
        """What the office announced last."""
        return self.signed(encode(list(self.office.announced.values())[-1]).encode())

    def signed(self, body: bytes) -> Message:
        """Signed by the office."""
        return body, {_SIGNATURE: _signed(body)}


CLAUSES = sorted(name for name in vars(contract) if name.startswith("test_"))
PARAMETERS = {
    "test_a_signed_message_that_is_no_event_is_malformed": [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 50_000]
}
CASES = [(name, given) for name in CLAUSES for given in PARAMETERS.get(name, [None])]


@pytest.mark.parametrize(("name", "given"), CASES)
def test_the_contract_of_every_provider(name: str, given: bytes | None) -> None:
    """Clause by clause, as the others keep it."""
    clause, provider = getattr(contract, name), BankTransfers()
    clause(provider) if given is None else clause(provider, given)


def test_the_contract_is_not_empty() -> None:
    """Control: these are the clauses that memory, Stripe and PayPal are held to."""
    assert len(CLAUSES) > 20


def test_the_school_sells_through_it() -> None:
    """A student chooses it, and is enrolled once the office has seen the money; another pays as before."""
    school = School()
    office = BankTransferGateway(school.clock)
    school.others[NAME] = office
    session = school.start(provider=NAME).session
    office.confirm(session, "paid")
    school.wait(seconds=1)
    school.reconcile()
    assert school.session(session.payment_session_id).status is Status.COMPLETED
    assert school.enrollment() is not None
    school.receive(school.provider.pay(school.start(KIM).session.payment_session_id))
    assert school.enrollment(KIM) is not None
    assert json.loads(encode(office.undelivered_events(since=NOW, at_most=1)[0]))["provider"] == NAME
