"""PayPal's own list of transactions: late, in windows and pages, a permission of its own, and shared with others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import ProviderRejected, ProviderUnavailable
from domain.ledger import EntryKind
from domain.payments.reversals import DisputeStatus
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Movement
from domain.ports.telemetry import Signal
from tests.contracts.test_returned_money import paid
from tests.support.factories import NOW, PRICE, a_coupon, a_session, a_session_with
from tests.support.payment_providers.paypal import PayPalProvider
from tests.support.reversal_factories import an_asked_refund

LATER = NOW + timedelta(hours=6)


def moved(paypal: PayPalProvider, since: datetime = NOW, until: datetime = LATER) -> list[Movement]:
    """The movements of this time."""
    return list(paypal.gateway.movements(since=since, until=until) or ())


def kinds(paypal: PayPalProvider) -> list[tuple[EntryKind, int, str | None]]:
    """Kind, amount and reversal of each movement."""
    return [(one.kind, one.amount, one.provider_reversal_id) for one in moved(paypal)]


def booked(paypal: PayPalProvider, code: str, value: str, at: datetime = NOW, **changes: Any) -> None:
    """Something else happens on the account."""
    paypal.account.bookings.transactions.append(
        {
            "transaction_id": f"OTHER{len(paypal.account.bookings.transactions)}",
            "transaction_event_code": code,
            "transaction_initiation_date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "transaction_amount": {"currency_code": "USD", "value": value},
            "transaction_status": "S",
        }
        | changes
    )


def test_what_happened_lately_is_not_listed_yet(paypal: PayPalProvider) -> None:
    """Three hours or more: the list is empty until then, and that is no error."""
    paypal.account.bookings.lists_after = timedelta(hours=3)
    session = paid(paypal)
    assert moved(paypal) == []
    paypal.wait(180)
    assert [one.provider_payment_id for one in moved(paypal)] == [session.provider_payment_id]


@pytest.mark.parametrize("permitted", [False, True])
def test_the_list_is_a_permission_of_its_own(paypal: PayPalProvider, *, permitted: bool) -> None:
    """Without it there is no list, and everything else works."""
    session = paid(paypal)
    paypal.account.bookings.may_list = permitted
    assert (paypal.gateway.movements(since=NOW, until=LATER) is not None) is permitted
    assert (paypal.gateway.recent_reversals(since=NOW, until=LATER) is not None) is permitted
    [found] = paypal.gateway.rebuildable_checkouts(since=NOW - timedelta(hours=1), until=LATER)
    assert found.event.payment_session_id == session.payment_session_id
    assert paypal.gateway.payment_state(session).received == PRICE.amount


def test_a_long_time_is_asked_for_in_windows(paypal: PayPalProvider) -> None:
    """PayPal lists 31 days at once."""
    for days in (0, 40, 80):
        booked(paypal, "T0006", "1.00", NOW + timedelta(days=days))
    paypal.wait(81 * 24 * 60)
    assert [one.occurred_at.date() for one in moved(paypal, until=NOW + timedelta(days=81))] == [
        (NOW + timedelta(days=days)).date() for days in (0, 40, 80)
    ]


def test_a_long_list_is_read_page_by_page_and_in_its_order(paypal: PayPalProvider) -> None:
    """Five hundred at once."""
    for second in reversed(range(1_100)):
        booked(paypal, "T0006", "1.00", NOW + timedelta(seconds=second))
    paypal.wait(60)
    found = moved(paypal)
    assert len({one.movement_id for one in found}) == 1_100
    assert found == sorted(found, key=lambda one: one.occurred_at)


def test_a_list_that_is_too_long_is_asked_for_in_halves(paypal: PayPalProvider) -> None:
    """Nothing is there twice, and nothing is lost where the halves meet."""
    paypal.account.bookings.longest = 10
    for minute in range(60):
        booked(paypal, "T0006", "1.00", NOW + timedelta(minutes=minute))
    paypal.wait(60)
    assert len(moved(paypal)) == len({one.movement_id for one in moved(paypal)}) == 60


def test_too_much_in_one_second_is_a_refusal(paypal: PayPalProvider) -> None:
    """No window is shorter; a person has to look."""
    paypal.account.bookings.longest = 1
    for _ in range(3):
        booked(paypal, "T0006", "1.00")
    with pytest.raises(ProviderRejected):
        moved(paypal)


@pytest.mark.parametrize("kind", ["before", "lost", "unavailable", "slow_down"])
@pytest.mark.parametrize("on", ["transactions", "disputes"])
def test_a_list_that_does_not_come_is_no_empty_list(paypal: PayPalProvider, on: str, kind: str) -> None:
    """Half a proof would call the other half missing."""
    session = paid(paypal)
    paypal.dispute(session, 1_000)
    paypal.emulator.faults.add({"on": on, "kind": kind, "times": 1})
    with pytest.raises(ProviderUnavailable):
        moved(paypal)


def test_money_of_others_in_the_account_is_theirs(paypal: PayPalProvider) -> None:
    """Another product, another stage, payouts, fees: what is not ours names no session, or is no movement."""
    booked(paypal, "T0006", "5.00", custom_field="invoice 7")
    booked(paypal, "T0006", "5.00", custom_field="user-1|ps_1|another-stage")
    booked(paypal, "T0400", "-9.00")
    booked(paypal, "T0006", "-3.00")
    booked(paypal, "T0006", "7.00", transaction_status="P")
    booked(paypal, "T0006", "7.00", transaction_status="D")
    booked(paypal, "T1107", "-5.00", paypal_reference_id="OTHER0", paypal_reference_id_type="TXN")
    assert [(one.kind, one.amount, one.session) for one in moved(paypal)] == [
        (EntryKind.SALE, 500, None),
        (EntryKind.SALE, 500, None),
        (EntryKind.REFUND, -500, None),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"transaction_event_code": "X1"},
        {"transaction_id": None},
        {"transaction_amount": {"currency_code": "USD", "value": 5}},
        {"transaction_amount": {"currency_code": "USD", "value": "1.001"}},
        {"transaction_initiation_date": f"{NOW + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}"},
        {"fee_amount": {"value": "-"}},
    ],
)
def test_what_cannot_be_read_is_reported_and_left_out(paypal: PayPalProvider, wrong: dict[str, Any]) -> None:
    """It hides no other."""
    booked(paypal, "T0006", "5.00", **wrong)
    session = paid(paypal)
    paypal.wait(60)
    assert [one.provider_payment_id for one in moved(paypal)] == [session.provider_payment_id]
    assert paypal.telemetry.count(Signal.EVENT_REFUSED) == 1


def test_a_claim_takes_the_money_and_a_lost_one_keeps_it(paypal: PayPalProvider) -> None:
    """What was held is not taken twice."""
    session = paid(paypal)
    dispute = paypal.dispute(session, 1_000)
    paypal.decide(session, dispute, won=False)
    assert kinds(paypal)[1:] == [(EntryKind.DISPUTE, -1_000, dispute)]
    [state] = paypal.gateway.payment_state(session).disputes
    assert (state.status, state.withdrawn) == (DisputeStatus.LOST, 1_000)


def test_a_dispute_says_itself_what_it_moved(paypal: PayPalProvider) -> None:
    """A seller whom PayPal trusts keeps the money while a claim is open."""
    session = paid(paypal)
    dispute = paypal.dispute(session, 1_000)
    moves = paypal.account.disputes[dispute]["money_movements"]
    moves.append({**moves[0], "type": "CREDIT", "amount": {"currency_code": "USD", "value": "4.00"}})
    moves.append({**moves[0], "affected_party": "BUYER"})
    [state] = paypal.gateway.payment_state(session).disputes
    assert (state.status, state.withdrawn) == (DisputeStatus.OPEN, 600)


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("OPEN", True),
        ("WAITING_FOR_SELLER_RESPONSE", True),
        ("A_NEW_WORD", True),
        ("WAITING_FOR_BUYER_RESPONSE", False),
        ("UNDER_REVIEW", False),
        ("RESOLVED", False),
    ],
)
def test_until_when_paypal_takes_an_answer(paypal: PayPalProvider, status: str, is_open: bool) -> None:
    """While it waits for the seller, and says until when; to the second. A word that is new does not hide the time."""
    session = paid(paypal)
    record = paypal.account.disputes[paypal.dispute(session)]
    record |= {"status": status, "seller_response_due_date": "2026-02-09T23:59:59.999Z"}
    due = datetime(2026, 2, 9, 23, 59, 59, tzinfo=UTC)
    assert paypal.gateway.payment_state(session).disputes[0].respond_by == (due if is_open else None)
    del record["seller_response_due_date"]
    assert paypal.gateway.payment_state(session).disputes[0].respond_by is None


def test_each_dispute_has_its_own_movements(paypal: PayPalProvider) -> None:
    """A second claim begins when the first was won."""
    session = paid(paypal)
    first = paypal.dispute(session, 1_000)
    paypal.decide(session, first, won=True)
    paypal.wait(1)
    second = paypal.dispute(session, 400)
    assert kinds(paypal)[1:] == [
        (EntryKind.DISPUTE, -1_000, first),
        (EntryKind.DISPUTE_RETURNED, 1_000, first),
        (EntryKind.DISPUTE, -400, second),
    ]


def test_the_fee_of_a_chargeback_is_a_fee(paypal: PayPalProvider) -> None:
    """It belongs to the dispute, and is no money of the payment."""
    session = paid(paypal)
    dispute = paypal.dispute(session, 1_000)
    paypal.account.charge_fee(dispute, "20.00")
    fee = moved(paypal)[-1]
    assert (fee.kind, fee.amount, fee.fee, fee.net, fee.provider_reversal_id) == (
        EntryKind.DISPUTE,
        0,
        2_000,
        -2_000,
        dispute,
    )


def test_money_taken_back_without_a_dispute_is_a_refund(paypal: PayPalProvider) -> None:
    """PayPal reverses a payment whose bank took it back: it has the reversal's own id, for a person to look at."""
    session = paid(paypal)
    booked(paypal, "T1106", "-149.99", paypal_reference_id=session.provider_payment_id, paypal_reference_id_type="TXN")
    assert kinds(paypal)[1:] == [(EntryKind.REFUND, -PRICE.amount, "OTHER1")]


def test_many_disputes_are_listed_page_by_page(paypal: PayPalProvider) -> None:
    """Fifty at once."""
    session = paid(paypal)
    made = [paypal.dispute(session, 100, inquiry=True) for _ in range(60)]
    listed = paypal.gateway.recent_reversals(since=NOW, until=LATER)
    assert sorted(one.provider_reversal_id for one in listed or ()) == sorted(made)
    assert len(paypal.gateway.payment_state(session).disputes) == 60


def test_a_refund_that_is_pending_moved_no_money_and_is_listed(paypal: PayPalProvider) -> None:
    """The bank has not carried it out."""
    session = paid(paypal, refunds_wait=True)
    paypal.gateway.refund(session, an_asked_refund())
    assert [kind for kind, _, _ in kinds(paypal)] == [EntryKind.SALE]
    assert len(list(paypal.gateway.recent_reversals(since=NOW, until=LATER) or ())) == 1


def rebuilt(paypal: PayPalProvider) -> list[tuple[str, str | None]]:
    """The checkouts that can be stored again: session and coupon."""
    found = paypal.gateway.rebuildable_checkouts(
        since=NOW - timedelta(hours=1), until=paypal.now() + timedelta(hours=1)
    )
    return [(one.event.payment_session_id, one.coupon.code if one.coupon else None) for one in found]


def test_a_checkout_is_found_by_its_money_or_by_its_events(paypal: PayPalProvider) -> None:
    """Transactions come hours late, events are kept for some weeks: either is enough, and both are one."""
    paid(paypal, a_session_with(a_coupon()))
    assert rebuilt(paypal) == [("ps_1", "SPRING")]
    events = list(paypal.account.events)
    paypal.account.events.clear()
    assert rebuilt(paypal) == [("ps_1", "SPRING")]
    paypal.account.events.extend(events)
    paypal.account.bookings.lists_after = timedelta(hours=3)
    assert rebuilt(paypal) == [("ps_1", "SPRING")]


def test_what_is_not_this_stages_is_not_rebuilt(paypal: PayPalProvider) -> None:
    """Two stages may share an app at PayPal."""
    paid(paypal)
    other = PayPalProvider(paypal.emulator, stage="other")
    assert rebuilt(other) == []


def test_what_does_not_fit_is_left_off_from_the_end(paypal: PayPalProvider) -> None:
    """PayPal keeps 256 characters. Whose it is and what it cost are among the first."""
    session = a_session(provider_price_id="price_" + "x" * 200, course_id="c" * 64)
    paid(paypal, session)
    [found] = paypal.gateway.rebuildable_checkouts(since=NOW - timedelta(hours=1), until=LATER)
    assert (found.event.course_id, found.list_amount, found.provider_price_id) == ("c" * 64, PRICE.amount, None)


def test_an_order_from_before_names_less(paypal: PayPalProvider) -> None:
    """Only stage and course: its price is what was charged."""
    session = paid(paypal)
    order = paypal.account.orders[session.provider_session_id or ""]
    order.unit["reference_id"] = "test|course-1"
    order.captures[0]["custom_id"] = order.unit["custom_id"] = "user-1|ps_1"
    [found] = paypal.gateway.rebuildable_checkouts(since=NOW - timedelta(hours=1), until=LATER)
    assert (found.version, found.list_amount, found.discount, found.coupon) == (1, PRICE.amount, 0, None)


def test_fees_and_nets_are_paypals(paypal: PayPalProvider) -> None:
    """To the cent."""
    paid(paypal)
    [sale] = moved(paypal)
    fee = int((Decimal("149.99") * Decimal("0.0299")).quantize(Decimal("0.01")) * 100) + 49
    assert (sale.fee, sale.net) == (fee, PRICE.amount - fee)


def test_a_session_of_ours_is_named(paypal: PayPalProvider) -> None:
    """By what PayPal repeats of the order."""
    session: PaymentSession = paid(paypal)
    [sale] = moved(paypal)
    assert sale.session is not None
    assert (sale.session.user_id, sale.session.payment_session_id) == (session.user_id, session.payment_session_id)
