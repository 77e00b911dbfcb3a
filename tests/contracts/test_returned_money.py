"""What every payment provider must say of money that goes back, and of what it has on record: one suite over each."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from domain.errors import ProviderRejected, RefundRejected
from domain.ledger import EntryKind
from domain.payments.events import CheckoutPaid, ReversalReported
from domain.payments.reversals import DisputeState, DisputeStatus, RefundState, RefundStatus
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_gateway import Movement, SessionReference
from tests.support.factories import NOW, PRICE, a_coupon, a_session, a_session_with, a_student
from tests.support.payment_providers.provider import ReversingProvider
from tests.support.reversal_factories import an_asked_refund

OURS = SessionReference(user_id="user-1", payment_session_id="ps_1")


def paid(
    provider: ReversingProvider, session: PaymentSession | None = None, *, refunds_wait: bool = False
) -> PaymentSession:
    """A session that was paid, with the ids that it learned by that."""
    session = session or a_session()
    checkout = provider.gateway.open_checkout(session, a_student())
    known = evolve(session, provider_session_id=checkout.provider_session_id)
    provider.pay(known, refunds_wait=refunds_wait)
    event = provider.gateway.look_up(known).event
    assert isinstance(event, CheckoutPaid)
    return evolve(known, status=Status.COMPLETED, provider_payment_id=event.provider_payment_id)


def the_refund(provider: ReversingProvider, session: PaymentSession) -> RefundState:
    """The only refund of the payment."""
    [refund] = provider.gateway.payment_state(session).refunds
    return refund


def the_dispute(provider: ReversingProvider, session: PaymentSession) -> DisputeState:
    """The only dispute of the payment."""
    [dispute] = provider.gateway.payment_state(session).disputes
    return dispute


# -- refunds -----------------------------------------------------------------------------------------------------------


def test_a_payment_says_what_was_received(provider: ReversingProvider) -> None:
    """Its id, amount, currency and mode, and that nothing went back."""
    session = paid(provider)
    state = provider.gateway.payment_state(session)
    assert (state.provider_payment_id, state.received, state.currency) == (
        session.provider_payment_id,
        PRICE.amount,
        PRICE.currency,
    )
    assert (state.livemode, state.refunds, state.disputes) == (False, (), ())


def test_a_payment_that_the_provider_does_not_know_has_no_state(provider: ReversingProvider) -> None:
    """Nor can it be refunded."""
    unknown = a_session(provider_payment_id="pi_none")
    with pytest.raises(ProviderRejected):
        provider.gateway.payment_state(unknown)
    with pytest.raises(ProviderRejected):
        provider.gateway.refund(unknown, an_asked_refund())


def test_asking_for_a_refund_again_makes_no_other(provider: ReversingProvider) -> None:
    """Our id makes all repetitions one refund, and it is found by that id."""
    session = paid(provider)
    for _ in range(3):
        provider.gateway.refund(session, an_asked_refund())
    refund = the_refund(provider, session)
    assert (refund.refund_id, refund.amount, refund.currency) == ("refund-1", 5_000, "usd")
    assert (refund.status, refund.counted, refund.origin_known) == (RefundStatus.SUCCEEDED, 5_000, True)


def test_parts_add_up_to_the_whole_and_no_further(provider: ReversingProvider) -> None:
    """Two refunds of one amount are two; what is left after them can be refunded, and nothing more."""
    session = paid(provider)
    provider.gateway.refund(session, an_asked_refund(5_000, reversal_id="refund-1"))
    provider.gateway.refund(session, an_asked_refund(5_000, reversal_id="refund-2"))
    with pytest.raises(RefundRejected):
        provider.gateway.refund(session, an_asked_refund(5_000, reversal_id="refund-3"))
    provider.gateway.refund(session, an_asked_refund(PRICE.amount - 10_000, reversal_id="refund-4"))
    with pytest.raises(RefundRejected) as rejected:
        provider.gateway.refund(session, an_asked_refund(1, reversal_id="refund-5"))
    assert rejected.value.reason == provider.fully_refunded
    found = provider.gateway.payment_state(session).refunds
    assert {refund.refund_id for refund in found} == {"refund-1", "refund-2", "refund-4"}
    assert sum(refund.counted for refund in found) == PRICE.amount


def test_a_refund_made_elsewhere_is_seen(provider: ReversingProvider) -> None:
    """It has no id of ours, and leaves less to refund."""
    session = paid(provider)
    made = provider.refund_elsewhere(session, 700)
    refund = the_refund(provider, session)
    assert (refund.provider_reversal_id, refund.refund_id, refund.counted) == (made, None, 700)
    with pytest.raises(RefundRejected):
        provider.gateway.refund(session, an_asked_refund(PRICE.amount))


def test_a_refund_waits_and_succeeds_and_may_still_fail(provider: ReversingProvider) -> None:
    """It counts from the moment the provider has it until it fails, days later perhaps."""
    session = paid(provider, refunds_wait=True)
    provider.gateway.refund(session, an_asked_refund())
    waiting = the_refund(provider, session)
    provider.settle_refund(session, waiting.provider_reversal_id, succeeds=True)
    done = the_refund(provider, session)
    provider.settle_refund(session, waiting.provider_reversal_id, succeeds=False)
    failed = the_refund(provider, session)
    assert [(one.status, one.counted) for one in (waiting, done, failed)] == [
        (RefundStatus.PENDING, 5_000),
        (RefundStatus.SUCCEEDED, 5_000),
        (RefundStatus.FAILED, 0),
    ]
    assert {one.refund_id for one in (waiting, done, failed)} == {"refund-1"}


def test_after_a_failed_refund_the_whole_can_be_refunded(provider: ReversingProvider) -> None:
    """Its money never left."""
    session = paid(provider)
    provider.gateway.refund(session, an_asked_refund(PRICE.amount))
    provider.settle_refund(session, the_refund(provider, session).provider_reversal_id, succeeds=False)
    provider.gateway.refund(session, an_asked_refund(PRICE.amount, reversal_id="refund-2"))
    counted = [refund.counted for refund in provider.gateway.payment_state(session).refunds]
    assert sorted(counted) == [0, PRICE.amount]


def test_a_refunded_payment_was_still_made(provider: ReversingProvider) -> None:
    """The checkout says "paid" for ever: what went back is another fact."""
    session = paid(provider)
    provider.gateway.refund(session, an_asked_refund(PRICE.amount))
    assert isinstance(provider.gateway.look_up(session).event, CheckoutPaid)


# -- disputes ----------------------------------------------------------------------------------------------------------


def test_a_dispute_withdraws_the_money_until_it_is_won(provider: ReversingProvider) -> None:
    """Meanwhile nothing can be refunded."""
    session = paid(provider)
    name = provider.dispute(session)
    disputed = the_dispute(provider, session)
    assert (disputed.provider_reversal_id, disputed.status, disputed.withdrawn) == (
        name,
        DisputeStatus.OPEN,
        PRICE.amount,
    )
    with pytest.raises(RefundRejected) as rejected:
        provider.gateway.refund(session, an_asked_refund())
    assert rejected.value.reason == provider.under_dispute
    provider.decide(session, name, won=True)
    assert (the_dispute(provider, session).status, the_dispute(provider, session).withdrawn) == (DisputeStatus.WON, 0)
    provider.gateway.refund(session, an_asked_refund(reversal_id="refund-2"))


def test_a_lost_dispute_keeps_the_money(provider: ReversingProvider) -> None:
    """It stays withdrawn for good."""
    session = paid(provider)
    provider.decide(session, provider.dispute(session, 1_000), won=False)
    lost = the_dispute(provider, session)
    assert (lost.status, lost.amount, lost.withdrawn) == (DisputeStatus.LOST, 1_000, 1_000)


def test_an_inquiry_withdraws_nothing(provider: ReversingProvider) -> None:
    """It is only a question, and its payment can be refunded."""
    session = paid(provider)
    provider.dispute(session, inquiry=True)
    assert (the_dispute(provider, session).status, the_dispute(provider, session).withdrawn) == (
        DisputeStatus.INQUIRY,
        0,
    )
    provider.gateway.refund(session, an_asked_refund())


@pytest.mark.parametrize("inquiry", [True, False])
def test_a_dispute_says_until_when_it_can_be_answered(provider: ReversingProvider, inquiry: bool) -> None:
    """To the second; no more once the school has answered."""
    session = paid(provider)
    name = provider.dispute(session, inquiry=inquiry)
    respond_by = the_dispute(provider, session).respond_by
    assert respond_by is not None
    assert respond_by > NOW
    assert (respond_by.utcoffset(), respond_by.microsecond) == (timedelta(0), 0)
    provider.respond(session, name)
    answered = the_dispute(provider, session)
    assert (answered.respond_by, answered.status is DisputeStatus.INQUIRY) == (None, inquiry)


@pytest.mark.parametrize("won", [True, False])
def test_a_decided_dispute_can_not_be_answered(provider: ReversingProvider, won: bool) -> None:
    """Whatever the decision was."""
    session = paid(provider)
    provider.decide(session, provider.dispute(session), won=won)
    assert the_dispute(provider, session).respond_by is None


# -- reports -----------------------------------------------------------------------------------------------------------


def test_a_report_names_the_payment_and_the_reversal(provider: ReversingProvider) -> None:
    """It is a hint and no more: whose payment it is, is found by asking."""
    session = paid(provider)
    name = provider.dispute(session)
    report = provider.gateway.read_event(*provider.last_reversal_message(session))
    assert isinstance(report, ReversalReported)
    assert (report.provider, report.provider_payment_id, report.provider_reversal_id, report.livemode) == (
        provider.gateway.name,
        session.provider_payment_id,
        name,
        False,
    )
    assert provider.gateway.find_session_of(report) == OURS
    assert provider.gateway.find_session_of(evolve(report, provider_payment_id="pi_none")) is None


# -- records -----------------------------------------------------------------------------------------------------------


def moved(provider: ReversingProvider, since: datetime = NOW, hours: float = 1) -> list[Movement]:
    """The movements of this time."""
    found = provider.gateway.movements(since=since, until=since + timedelta(hours=hours))
    assert found is not None
    return list(found)


def has_no_list(provider: ReversingProvider) -> bool:
    """Whether this provider keeps no list, and says so."""
    if provider.lists_movements:
        return False
    assert provider.gateway.movements(since=NOW, until=NOW + timedelta(hours=1)) is None
    assert provider.gateway.recent_reversals(since=NOW, until=NOW + timedelta(hours=1)) is None
    assert not list(provider.gateway.rebuildable_checkouts(since=NOW - timedelta(hours=1), until=NOW))
    return True


def test_every_movement_of_money_is_on_record_in_its_order(provider: ReversingProvider) -> None:
    """Signed, in the currency of the payment, with the session that the payment is for and the reversal."""
    if has_no_list(provider):
        return
    session = paid(provider)
    refund = provider.refund_elsewhere(session, 700)
    dispute = provider.dispute(session, 1_000)
    provider.decide(session, dispute, won=True)
    provider.settle_refund(session, refund, succeeds=False)
    assert [(one.kind, one.amount, one.currency, one.provider_reversal_id) for one in moved(provider)] == [
        (EntryKind.SALE, PRICE.amount, "usd", None),
        (EntryKind.REFUND, -700, "usd", refund),
        (EntryKind.DISPUTE, -1_000, "usd", dispute),
        (EntryKind.DISPUTE_RETURNED, 1_000, "usd", dispute),
        (EntryKind.REFUND_FAILED, 700, "usd", refund),
    ]
    assert {(one.session, one.provider_payment_id) for one in moved(provider)} == {(OURS, session.provider_payment_id)}
    assert len({one.movement_id for one in moved(provider)}) == 5


def test_the_movements_agree_with_the_state_of_the_payment(provider: ReversingProvider) -> None:
    """What came less what went is what is kept."""
    if has_no_list(provider):
        return
    session = paid(provider)
    provider.gateway.refund(session, an_asked_refund())
    provider.decide(session, provider.dispute(session, 1_000), won=False)
    state = provider.gateway.payment_state(session)
    kept = state.received - sum(one.counted for one in state.refunds) - sum(one.withdrawn for one in state.disputes)
    assert sum(one.amount for one in moved(provider)) == kept == PRICE.amount - 6_000


def test_only_the_movements_of_the_time_are_there(provider: ReversingProvider) -> None:
    """The end is not part of it, so that no movement is in two days."""
    if has_no_list(provider):
        return
    paid(provider)
    provider.wait(60)
    paid(provider, a_session(payment_session_id="ps_2", expires_at=NOW + timedelta(minutes=100)))
    assert [one.session and one.session.payment_session_id for one in moved(provider)] == ["ps_1"]
    assert [one.session and one.session.payment_session_id for one in moved(provider, NOW + timedelta(hours=1))] == [
        "ps_2"
    ]


def test_every_refund_and_dispute_of_the_time_is_listed(provider: ReversingProvider) -> None:
    """Whether or not it moved money: the list of movements has no inquiry."""
    if has_no_list(provider):
        return
    session = paid(provider)
    refund, inquiry = provider.refund_elsewhere(session, 700), provider.dispute(session, inquiry=True)
    begun, over = NOW - timedelta(minutes=1), NOW + timedelta(hours=1)
    listed = list(provider.gateway.recent_reversals(since=begun, until=over) or ())
    assert {(one.provider_payment_id, one.provider_reversal_id) for one in listed} == {
        (session.provider_payment_id, refund),
        (session.provider_payment_id, inquiry),
    }
    assert len(listed) == 2
    assert list(provider.gateway.recent_reversals(since=over, until=over + timedelta(hours=1)) or ()) == []


def test_a_fee_is_taken_from_what_is_received(provider: ReversingProvider) -> None:
    """What reaches the account is the amount without it."""
    if has_no_list(provider):
        return
    paid(provider)
    [sale] = moved(provider)
    assert sale.fee > 0
    assert (sale.net, sale.settlement_currency) == (sale.amount - sale.fee, "usd")


def test_a_completed_checkout_has_what_its_lost_session_had(provider: ReversingProvider) -> None:
    """Enough to store it again: prices, coupon use, choices, the payer's address, and when it was paid."""
    if has_no_list(provider):
        return
    session = paid(provider, a_session_with(a_coupon(), source="email"))
    provider.gateway.open_checkout(a_session(payment_session_id="ps_open"), a_student())
    [found] = provider.gateway.rebuildable_checkouts(since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1))
    assert isinstance(found.event, CheckoutPaid)
    assert (found.event.payment_session_id, found.event.user_id, found.event.course_id) == (
        session.payment_session_id,
        session.user_id,
        session.course_id,
    )
    assert (found.event.provider_session_id, found.event.provider_payment_id, found.event.amount) == (
        session.provider_session_id,
        session.provider_payment_id,
        session.total,
    )
    assert (found.version, found.stage, found.course_name, found.source) == (2, "test", session.course_name, "email")
    assert (found.list_amount, found.discount, found.currency, found.coupon) == (
        session.quote.list_price.amount,
        session.quote.discount,
        "usd",
        session.coupon,
    )
    assert (found.ui_mode, found.provider_price_id, found.email) == ("embedded", "price_1", "sam@example.com")
    assert found.created_at == session.created_at
    assert abs(found.expires_at - session.expires_at) < timedelta(seconds=1)
    assert found.paid_at is not None
    assert abs(found.paid_at - NOW) < timedelta(seconds=1)


def test_checkouts_of_another_time_are_not_rebuilt(provider: ReversingProvider) -> None:
    """By when they were opened."""
    paid(provider)
    later = NOW + timedelta(hours=2)
    assert not list(provider.gateway.rebuildable_checkouts(since=later, until=later + timedelta(hours=1)))


# -- finding a payment by what went back -------------------------------------------------------------------------------


def test_a_refund_and_a_dispute_name_their_payment(provider: ReversingProvider) -> None:
    """Whoever has only the provider's id of one of them finds the payment."""
    refunded, disputed = paid(provider), paid(provider, a_session(payment_session_id="ps_2", user_id="user-2"))
    refund_id = provider.refund_elsewhere(refunded, 1_000)
    dispute_id = provider.dispute(disputed)
    assert provider.gateway.payment_named_by(refund_id) == refunded.provider_payment_id
    assert provider.gateway.payment_named_by(dispute_id) == disputed.provider_payment_id


@pytest.mark.parametrize(
    "name",
    ["re_unknown", "du_unknown", "dp_1", "ch_1", "PP-D-99999", "9AB12345CD678901E", "ps_1", "re_", "x", "_"],
)
def test_what_the_provider_does_not_know_names_no_payment(provider: ReversingProvider, name: str) -> None:
    """None, and no error: it may be another provider's."""
    paid(provider)
    assert provider.gateway.payment_named_by(name) is None
