"""The gateway when Stripe fails, forgets, repeats itself or refuses; and when its keys change."""

from __future__ import annotations

import threading

import pytest
from attrs import evolve

from domain.errors import AmountTooSmall, InvalidSignature, MalformedEvent, ProviderRejected, ProviderUnavailable
from domain.money import Money
from domain.payments.events import (
    CheckoutCancelled,
    CheckoutFree,
    CheckoutOpened,
    CheckoutPaid,
    IgnoredEvent,
    IgnoreReason,
    PaymentDeclined,
)
from domain.payments.session import PaymentSession
from domain.ports.payment_gateway import Checkout
from domain.ports.telemetry import Signal
from domain.pricing import Quote
from tests.support.factories import NOW, a_coupon, a_session, a_session_with, a_student
from tests.support.stripe.gateway_rig import IMPATIENT, SECRETS, StripeRig
from tests.support.waiting import until

CARD = "4242424242424242"


def opened(rig: StripeRig, session: PaymentSession | None = None) -> PaymentSession:
    """A session whose checkout is open."""
    session = session or a_session()
    checkout = rig.gateway.open_checkout(session, a_student())
    return evolve(session, provider_session_id=checkout.provider_session_id)


def checkout_id(session: PaymentSession) -> str:
    """Stripe's id of the session's checkout."""
    assert session.provider_session_id
    return session.provider_session_id


# -- what a checkout says ---------------------------------------------------------------------------------------------


def test_a_declined_card_leaves_the_checkout_open(rig: StripeRig) -> None:
    """The student may try another card in the same checkout."""
    session = opened(rig)
    rig.emulator.pay(checkout_id(session), "4000000000000002")
    checkout = rig.gateway.look_up(session)
    assert isinstance(checkout.event, CheckoutOpened)
    assert checkout.client_secret


def test_nothing_to_pay_is_reported_as_free(rig: StripeRig) -> None:
    """A checkout whose total is zero completes without money."""
    free = Quote(list_price=Money(14_999, "usd"), discount=14_999)
    session = opened(rig, a_session(quote=free))
    rig.emulator.pay(checkout_id(session))
    assert isinstance(rig.gateway.look_up(session).event, CheckoutFree)


def test_a_look_up_reports_metadata_that_was_changed_at_stripe(rig: StripeRig) -> None:
    """A course swapped in the dashboard must not pass for the one that was agreed on."""
    session = opened(rig)
    rig.emulator.control.tamper(checkout_id(session), {"metadata": {"courseId": "other"}, "client_reference_id": "x"})
    event = rig.gateway.look_up(session).event
    assert (event.course_id, event.reference, event.payment_session_id) == ("other", "x", "ps_1")


def test_a_currency_we_never_sell_in_is_no_amount(rig: StripeRig) -> None:
    """Such a total equals no price of ours, so it can only end in a refusal or a review."""
    session = opened(rig)
    rig.emulator.control.tamper(checkout_id(session), {"currency": "huf"})
    assert rig.gateway.look_up(session).amount is None


def test_fault_72_a_checkout_that_is_over_gives_no_secret(rig: StripeRig) -> None:
    """Even should Stripe still show one, nobody can pay with it."""
    session = opened(rig)
    rig.emulator.pay(checkout_id(session), CARD)
    over = rig.emulator.account.checkouts[checkout_id(session)].body
    over |= {"client_secret": "cs_test_1_secret_2", "url": "https://checkout.example/pay"}
    checkout = rig.gateway.look_up(session)
    assert (checkout.client_secret, checkout.redirect_url) == (None, None)


# -- closing ----------------------------------------------------------------------------------------------------------


def test_a_close_whose_answer_was_lost_is_still_ours(rig: StripeRig) -> None:
    """The SDK repeats it under the same key, and Stripe answers as it did."""
    session = opened(rig)
    rig.fails("drop_connection_after_commit", path="/expire")
    assert isinstance(rig.gateway.close_checkout(session).event, CheckoutCancelled)


def test_a_checkout_that_is_closed_already_counts_as_no_error_of_stripes(rig: StripeRig) -> None:
    """A review is often decided after its checkout was paid, which wakes nobody. One that is unknown counts."""
    session = opened(rig)
    rig.emulator.pay(str(session.provider_session_id), "4242424242424242")

    assert isinstance(rig.gateway.close_checkout(session).event, CheckoutPaid)
    assert rig.telemetry.emitted == []
    with pytest.raises(ProviderRejected):
        rig.gateway.close_checkout(evolve(session, provider_session_id="cs_test_unknown"))
    assert {one.signal for one in rig.telemetry.emitted} == {Signal.PROVIDER_ERROR}


# -- silence and failure ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["timeout", "drop_connection", "503", "409"])
def test_fault_43_silence_is_bridged_once_and_then_said(rig: StripeRig, mode: str) -> None:
    """One retry, not more; then the outcome is unknown and the caller repeats the same call."""
    first, second = a_session(), a_session(payment_session_id="ps_2")
    gateway = rig.another_gateway(timeout=IMPATIENT)
    rig.fails(mode, times=1, seconds=5)
    assert isinstance(gateway.open_checkout(first, a_student()).event, CheckoutOpened)
    rig.fails(mode, times=2, seconds=5)
    with pytest.raises(ProviderUnavailable):
        gateway.open_checkout(second, a_student())
    assert isinstance(gateway.open_checkout(second, a_student()).event, CheckoutOpened)


@pytest.mark.parametrize("mode", ["timeout_after_commit", "drop_connection_after_commit"])
def test_fault_48_an_answer_that_was_lost_comes_again(rig: StripeRig, mode: str) -> None:
    """Whatever the repetition's way, there is one checkout, and it is found."""
    rig.fails(mode, times=1, seconds=5)
    first = rig.another_gateway(timeout=IMPATIENT).open_checkout(a_session(), a_student())
    assert rig.another_gateway().open_checkout(a_session(), a_student()) == first
    assert len(rig.emulator.account.checkouts) == 1


def test_fault_44_too_many_requests_are_not_repeated_at_once(rig: StripeRig) -> None:
    """A 429 goes straight to the caller, who can wait; hammering would make it worse."""
    rig.fails("429")
    before = len(rig.exchanges)
    with pytest.raises(ProviderUnavailable):
        rig.gateway.open_checkout(a_session(), a_student())
    assert len(rig.exchanges) == before + 1


def test_nobody_listens(rig: StripeRig) -> None:
    """A refused connection is silence too."""
    with pytest.raises(ProviderUnavailable):
        rig.another_gateway(api_base="http://127.0.0.1:9").open_checkout(a_session(), a_student())


def test_fault_45_a_refusal_for_good_is_rejected(rig: StripeRig) -> None:
    """A price that Stripe does not know will not be known a second later."""
    with pytest.raises(ProviderRejected):
        rig.gateway.open_checkout(a_session(provider_price_id="price_gone"), a_student())


def test_fault_46_a_saved_failure_is_final_when_no_checkout_exists(rig: StripeRig) -> None:
    """A 500 that the key remembers comes for ever; the student starts anew under another id."""
    rig.fails("500")
    with pytest.raises(ProviderRejected):
        rig.gateway.open_checkout(a_session(), a_student())
    assert ("get", "/v1/checkout/sessions") in [(exchange.method, exchange.path) for exchange in rig.exchanges]


def test_fault_46_a_failure_that_is_not_saved_is_silence(rig: StripeRig) -> None:
    """A 500 that the key does not remember may pass."""
    rig.fails("500", times=2, stored=False)
    with pytest.raises(ProviderUnavailable):
        rig.gateway.open_checkout(a_session(), a_student())


def test_fault_46_a_saved_failure_to_make_the_coupon(rig: StripeRig) -> None:
    """Without its coupon the checkout would cost too much, so it is not opened at all."""
    rig.fails("500", path="/v1/coupons")
    with pytest.raises(ProviderRejected):
        rig.gateway.open_checkout(a_session_with(a_coupon()), a_student())
    assert not rig.emulator.account.checkouts


def test_another_address_of_the_buyer_finds_the_first_checkout(rig: StripeRig) -> None:
    """The same key with another request is refused by Stripe; what the first one made is looked for."""
    first = rig.gateway.open_checkout(a_session(), a_student())
    assert rig.gateway.open_checkout(a_session(), a_student(email="new@example.com")) == first


def test_two_at_once_end_in_one_checkout(rig: StripeRig) -> None:
    """While the first request still runs the second is asked to come again, and then gets the same checkout."""
    rig.fails("hold", seconds=10)
    first: list[Checkout] = []
    thread = threading.Thread(target=lambda: first.append(rig.gateway.open_checkout(a_session(), a_student())))
    thread.start()
    until(lambda: rig.emulator.faults._held)
    with pytest.raises(ProviderUnavailable):
        rig.gateway.open_checkout(a_session(), a_student())
    rig.emulator.faults.release()
    thread.join(10)
    assert [rig.gateway.open_checkout(a_session(), a_student())] == first
    assert len(rig.emulator.account.checkouts) == 1


def test_fault_55_a_total_too_small_for_a_card_has_its_own_name(rig: StripeRig) -> None:
    """Stripe's smallest charge depends on the account's currency, so its own refusal counts too."""
    session = a_session(provider_price_id=None, quote=Quote(list_price=Money(20, "usd")))
    with pytest.raises(AmountTooSmall):
        rig.gateway.open_checkout(session, a_student())


def test_a_failure_is_counted_with_its_reason_and_without_its_words(rig: StripeRig) -> None:
    """Stripe's messages quote what was sent; the reason, and its id for a request, are enough to ask Stripe."""
    with pytest.raises(ProviderRejected) as refused:
        rig.gateway.open_checkout(a_session(provider_price_id="price_gone"), a_student())
    [emitted] = rig.telemetry.emitted
    assert (emitted.signal, emitted.provider) == (Signal.PROVIDER_ERROR, "stripe")
    assert emitted.ids["request_id"].startswith("req_")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


# -- searching --------------------------------------------------------------------------------------------------------


def test_a_checkout_is_found_by_our_id_alone(rig: StripeRig) -> None:
    """Its id was lost, but it carries ours, among others of the same minutes."""
    wanted = rig.gateway.open_checkout(a_session(), a_student())
    for number in range(3):
        rig.gateway.open_checkout(a_session(payment_session_id=f"ps_other{number}"), a_student())
    assert rig.gateway.find_checkout(a_session()) == wanted
    assert rig.gateway.find_checkout(a_session(payment_session_id="ps_never")) is None


def test_a_search_turns_pages_and_gives_up_without_saying_no(rig: StripeRig) -> None:
    """Beyond the pages that are turned nothing is known, and "there is none" would release a paid session."""
    wanted = rig.gateway.open_checkout(a_session(), a_student())
    template = rig.emulator.account.checkouts[wanted.provider_session_id]
    for number in range(250):
        copy = f"cs_test_copy{number}"
        body = template.body | {"id": copy, "client_reference_id": None}
        rig.emulator.account.checkouts[copy] = type(template)(
            body=body, items=template.items, coupon=None, token="t", intent_data={}
        )
    assert rig.gateway.find_checkout(a_session()) == wanted
    assert sum(exchange.path == "/v1/checkout/sessions" for exchange in rig.exchanges) == 4
    with pytest.raises(ProviderUnavailable):
        rig.another_gateway(most_searched=150).find_checkout(a_session())


def test_a_search_looks_only_where_the_checkout_can_be(rig: StripeRig) -> None:
    """Stripe opens no checkout that closes within half an hour, which bounds when ours was opened.

    Our clock and Stripe's may be five minutes apart, and a table that was restored knows its checkouts by nothing else.
    """
    rig.gateway.find_checkout(a_session())
    params = rig.exchanges[-1].params
    assert int(params["created[gte]"]) == int(NOW.timestamp()) - 5 * 60
    assert int(params["created[lte]"]) == int(NOW.timestamp()) + 15 * 60


def test_a_record_that_cannot_be_read_does_not_hide_the_others(rig: StripeRig) -> None:
    """Somebody else's checkout is passed over; an unreadable one of ours is reported."""
    for number in range(3):
        session = opened(rig, a_session(payment_session_id=f"ps_{number}"))
        rig.emulator.pay(checkout_id(session), CARD)
    names = {"paymentSessionId": "ps_0", "userId": "user-1", "courseId": "course-1"}
    first, second, _ = rig.emulator.account.checkouts.values()
    first.body |= {"amount_total": None, "metadata": names}
    second.body |= {"metadata": {}}
    [event] = rig.gateway.completed_checkouts(since=NOW, at_most=10)
    assert event.payment_session_id == "ps_2"
    assert rig.telemetry.count(Signal.EVENT_REFUSED) == 1


# -- keys and messages ------------------------------------------------------------------------------------------------


def test_a_secret_key_that_was_replaced_is_read_anew(rig: StripeRig) -> None:
    """The first refusal of the old key leads to the new one; nobody has to restart anything."""
    opened(rig)
    rig.emulator.api.secret_key = "sk_test_new"
    rig.secrets.current["stripe"] = evolve(SECRETS, secret_key="sk_test_new")
    rig.advance(minutes=2)
    session = a_session(payment_session_id="ps_2", created_at=rig.clock.now())
    assert isinstance(rig.gateway.open_checkout(session, a_student()).event, CheckoutOpened)


def test_a_secret_key_that_is_wrong_is_rejected(rig: StripeRig) -> None:
    """Without a newer key there is nothing to try."""
    rig.emulator.api.secret_key = "sk_test_other"
    with pytest.raises(ProviderRejected):
        rig.gateway.open_checkout(a_session(), a_student())
    assert len(rig.exchanges) == 1


@pytest.mark.parametrize(("key", "live"), [("sk_test_x", False), ("sk_live_x", True), ("rk_live_x", True), ("", False)])
def test_the_mode_of_the_account_shows_in_its_key(rig: StripeRig, key: str, live: bool) -> None:
    """Real money is where the key says live, also for a restricted key."""
    rig.secrets.current["stripe"] = evolve(SECRETS, secret_key=key)
    account = rig.gateway.account()
    assert (account.livemode, account.publishable_key) == (live, "pk_test_rig")
    assert not rig.exchanges


def test_a_checkout_is_opened_with_the_keys_of_its_session_only(rig: StripeRig) -> None:
    """Idempotency keys hold within an account: elsewhere a repeated request would open a second checkout."""
    session = a_session(account=rig.gateway.account().account_id)
    assert isinstance(rig.gateway.open_checkout(session, a_student()).event, CheckoutOpened)
    other = evolve(SECRETS, publishable_key="pk_test_other", secret_key="sk_test_other")
    rig.secrets.current["stripe"], rig.emulator.api.secret_key = other, other.secret_key
    rig.advance(minutes=1)
    with pytest.raises(ProviderRejected):
        rig.gateway.open_checkout(session, a_student())
    assert len(rig.emulator.account.checkouts) == 1
    assert rig.telemetry.emitted[-1].reason == "keys_of_another_account"
    assert isinstance(rig.gateway.look_up(opened(rig, a_session(payment_session_id="ps_2"))).event, CheckoutOpened)


def test_fault_10_a_webhook_secret_that_was_replaced_is_read_anew(rig: StripeRig) -> None:
    """A message under a secret that we do not know yet makes us look once, at most once a minute."""
    session = opened(rig)
    rig.emulator.pay(checkout_id(session), CARD)
    [event] = rig.events("checkout.session.completed")
    rig.secrets.current["stripe"] = evolve(SECRETS, webhook_secrets=("whsec_new", "whsec_rig"))
    with pytest.raises(InvalidSignature):
        rig.gateway.read_event(*rig.signed(event, "whsec_new"))
    rig.advance(minutes=1)
    assert isinstance(rig.gateway.read_event(*rig.signed(event, "whsec_new")), CheckoutPaid)
    assert isinstance(rig.gateway.read_event(*rig.signed(event, "whsec_rig")), CheckoutPaid)


def test_fault_20_rubbish_is_refused_before_any_secret_is_read(rig: StripeRig) -> None:
    """A flood without a plausible signature costs no call of anything."""
    rig.secrets.current.clear()
    old = f"t={int(NOW.timestamp()) - 301},v1={'0' * 64}"
    for header in ({}, {"stripe-signature": "x"}, {"stripe-signature": old}):
        with pytest.raises(InvalidSignature):
            rig.gateway.read_event(b"{}", header)


def test_fault_14_a_signed_body_that_is_no_event(rig: StripeRig) -> None:
    """Our secret over something unreadable is an alarm, not a crash."""
    body, headers = rig.signed({"object": "list"})
    with pytest.raises(MalformedEvent):
        rig.gateway.read_event(body, headers)


def test_fault_19_another_api_version_is_counted(rig: StripeRig) -> None:
    """Someone has to make a new endpoint; until then the events are read all the same."""
    session = opened(rig)
    rig.emulator.control.tamper(checkout_id(session), {"api_version": "2025-03-31.basil"})
    rig.emulator.pay(checkout_id(session), CARD)
    [event] = rig.events("checkout.session.completed")
    assert isinstance(rig.gateway.read_event(*rig.signed(event)), CheckoutPaid)
    assert [emitted.reason for emitted in rig.telemetry.emitted if emitted.signal is Signal.EVENT_IGNORED] == [
        "api_version"
    ]


def test_fault_22_an_event_of_the_other_mode_is_ignored(rig: StripeRig) -> None:
    """The account's mode comes from its key, the event's from Stripe."""
    session = opened(rig)
    rig.emulator.pay(checkout_id(session), CARD)
    [event] = rig.events("checkout.session.completed")
    ignored = rig.gateway.read_event(*rig.signed(event | {"livemode": True}))
    assert isinstance(ignored, IgnoredEvent)
    assert ignored.reason is IgnoreReason.OTHER_MODE


def test_every_event_of_a_purchase_is_read(rig: StripeRig) -> None:
    """Whatever Stripe sends around a payment is an event or ignored, none is malformed."""
    session = opened(rig)
    rig.emulator.pay(checkout_id(session), "4000000000000002")
    rig.emulator.pay(checkout_id(session), CARD)
    read = [rig.gateway.read_event(*rig.signed(event)) for event in rig.emulator.account.events.values()]
    assert sum(isinstance(one, CheckoutPaid) for one in read) == 2
    assert sum(isinstance(one, PaymentDeclined) for one in read) == 1
