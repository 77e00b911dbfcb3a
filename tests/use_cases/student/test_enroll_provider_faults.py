"""The provider does not answer, refuses, or charges another price: nobody pays twice, and nothing is lost."""

from __future__ import annotations

import pytest

from domain.enrollment_requests import AwaitingPayment
from domain.errors import (
    AmountTooSmall,
    CheckoutBusy,
    DomainError,
    PriceMismatch,
    ProviderRejected,
    ProviderUnavailable,
    StorageUnavailable,
)
from domain.payments.events import CheckoutExpired
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.transactions.conflicts import TransactionConflict
from domain.transactions.payments import release
from tests.support.factories import a_coupon
from tests.support.memory.misbehaving import Failing, Interrupted, LosesAnswers, Overtaken, Refusing, Unreachable
from tests.support.memory.school import SAM, School


def only_session(school: School) -> str:
    """The id of the only session there is."""
    ((_, session_id),) = school.store.sessions
    return session_id


def test_fault_43_a_provider_that_is_down_leaves_a_reservation_to_repeat() -> None:
    """The reservation stays while the outcome is unknown; the repeated call ends in the same session."""
    school = School()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    session_id = only_session(school)
    assert school.session(session_id).status is Status.CREATING
    assert school.lock() == session_id
    school.gateway = school.provider
    assert school.start().session.payment_session_id == session_id
    assert school.session(session_id).status is Status.OPEN


def test_fault_43_a_lost_answer_ends_in_the_same_checkout() -> None:
    """When the provider opened the checkout and its answer got lost, the repetition finds that very checkout."""
    school = School()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    again = school.start()
    assert again.session.payment_session_id == only_session(school)
    assert again.client_secret == "cs_000001_secret"
    assert len(school.provider.checkouts) == 1


def test_fault_48_a_crash_before_attaching_is_repaired_by_repeating() -> None:
    """When storage fail between the provider's answer and ours, the repetition attaches the same checkout."""
    school = School()
    honest = school.unit_of_work
    school.unit_of_work = failing = Failing(honest, times=0)
    school.gateway = Overtaken(school.provider, meanwhile=lambda: setattr(failing, "times", 99))
    with pytest.raises(StorageUnavailable):
        school.enroll()
    assert school.session(only_session(school)).status is Status.CREATING
    school.unit_of_work = honest
    assert school.start().session.payment_session_id == only_session(school)
    assert len(school.provider.checkouts) == 1


@pytest.mark.parametrize("after", [True, False])
def test_fault_86_a_reservation_whose_answer_was_lost_is_found_again(*, after: bool) -> None:
    """Whether or not storage kept the reservation, the repeated call ends in one session with one checkout."""
    school = School()
    school.unit_of_work = Failing(school.unit_of_work, after=after)
    with pytest.raises(StorageUnavailable):
        school.enroll()
    result = school.start()
    assert result.is_new is not after
    assert list(school.store.sessions) == [(SAM.user_id, result.session.payment_session_id)]
    assert len(school.provider.checkouts) == 1


@pytest.mark.parametrize("refusal", [ProviderRejected, AmountTooSmall])
def test_fault_45_a_refusal_for_good_leaves_nothing_held(refusal: type[DomainError]) -> None:
    """A request that the provider refuses for good is reported, and session, lock and coupon are given back."""
    school = School()
    school.issue(a_coupon())
    school.gateway = Refusing(school.provider, refusal=refusal)
    with pytest.raises(refusal):
        school.enroll(coupon_code="SPRING")
    assert school.session(only_session(school)).status is Status.FAILED
    assert school.lock() is None
    assert school.coupon_use() is None
    assert school.uses_counted() == 0
    assert school.telemetry.count(Signal.PROVIDER_REJECTED) == 1
    school.gateway = school.provider
    assert school.start(coupon_code="SPRING").is_new


def test_a_refused_repetition_finds_the_checkout_that_exists() -> None:
    """When the first request succeeded unheard and its repetition is refused, the checkout is searched for."""
    school = School()
    school.gateway = LosesAnswers(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.gateway = refusing = Refusing(school.provider)
    result = school.start()
    assert result.session.payment_session_id == only_session(school)
    assert "find_checkout" in refusing.asked
    assert not school.signals(Signal.PROVIDER_REJECTED)


def test_fault_45_a_refused_repetition_of_nothing_begins_anew() -> None:
    """When the repetition is refused and no checkout exists, the reservation is released and a new one begun."""
    school = School()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    first = only_session(school)
    school.gateway = Refusing(school.provider)
    with pytest.raises(ProviderRejected):
        school.enroll()
    assert {session.status for session in school.store.sessions.values()} == {Status.FAILED}
    assert len(school.store.sessions) == 2
    assert school.session(first).status is Status.FAILED
    assert school.lock() is None


def test_a_release_that_comes_too_late_is_harmless() -> None:
    """When somebody settles the session before a refusal releases it, the refusal is still the answer."""
    school = School()
    school.gateway = Refusing(school.provider)

    def release_it() -> None:
        session = school.session(only_session(school))
        school.store.sessions[SAM.user_id, session.payment_session_id] = session.released(
            Status.EXPIRED, school.clock.now()
        )

    school.unit_of_work = Interrupted(school.unit_of_work, [lambda: None, release_it])
    with pytest.raises(ProviderRejected):
        school.enroll()
    assert school.session(only_session(school)).status is Status.EXPIRED


@pytest.mark.parametrize("surcharge", [1, -1])
def test_another_price_at_the_provider_is_never_shown(surcharge: int) -> None:
    """A checkout that would charge another amount is closed at the provider and released; its secret never leaves."""
    school = School()
    school.issue(a_coupon())
    school.provider.surcharge = surcharge
    with pytest.raises(PriceMismatch):
        school.enroll(coupon_code="SPRING")
    session_id = only_session(school)
    assert school.session(session_id).status is Status.EXPIRED
    assert school.provider.find_checkout(school.session(session_id)) is not None
    with pytest.raises(ValueError, match="expired"):
        school.provider.pay(session_id)
    assert school.lock() is None
    assert school.uses_counted() == 0
    assert school.signals(Signal.PRICE_MISMATCH) == [""]


def test_another_price_is_refused_again_when_closing_failed() -> None:
    """When the wrong checkout could not be closed at once, the repetition closes it; it is never shown."""
    school = School()
    school.provider.surcharge = 1
    school.gateway = Refusing(school.provider, refused=("close_checkout",), refusal=ProviderUnavailable)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    school.gateway = school.provider
    with pytest.raises(PriceMismatch):
        school.enroll()
    assert {session.status for session in school.store.sessions.values()} == {Status.EXPIRED}
    assert school.lock() is None


def test_fault_49_webhook_faster_than_attach() -> None:
    """When the payment is settled before the checkout is attached, the answer is the enrollment."""
    school = School()

    def pay() -> None:
        school.receive(school.provider.pay(only_session(school)))

    school.gateway = Overtaken(school.provider, meanwhile=pay)
    result = school.enrolled()
    session = school.session(only_session(school))
    assert result.enrollment.payment_session_id == session.payment_session_id
    assert (session.status, session.provider_session_id) == (Status.COMPLETED, "cs_000001")
    assert school.sessions.find_by_provider_session("stripe", "cs_000001") == session
    assert school.lock() is None


def test_fault_49_expiry_faster_than_attach_begins_anew() -> None:
    """When the checkout is closed before it is attached, the student gets another one in the same call."""
    school = School()

    def expire() -> None:
        school.receive(school.provider.expire(only_session(school)))

    school.gateway = Overtaken(school.provider, meanwhile=expire)
    result = school.start()
    assert result.session.payment_session_id == "ps_000002"
    assert school.session("ps_000001").status is Status.EXPIRED


def test_a_session_let_go_before_its_checkout_is_attached_leads_nowhere() -> None:
    """When a repair gave the session up while its request was under way, the next one begins; nothing points at it."""
    school = School()

    def let_go() -> None:
        session = school.session(only_session(school))
        school.unit_of_work.commit(release(session, session.released(Status.EXPIRED, school.clock.now())))

    school.gateway = Overtaken(school.provider, meanwhile=let_go)
    result = school.start()
    assert result.session.payment_session_id == "ps_000002"
    assert list(school.store.provider_references.values()) == [(SAM.user_id, "ps_000002")]


def test_attaching_that_conflicts_for_another_reason_is_raised() -> None:
    """A refusal that is nobody's being faster is not mistaken for one."""
    school = School()
    school.unit_of_work = failing = Failing(
        school.unit_of_work, times=0, failure=lambda: TransactionConflict((CheckoutBusy(),))
    )
    school.gateway = Overtaken(school.provider, meanwhile=lambda: setattr(failing, "times", 99))
    with pytest.raises(TransactionConflict):
        school.enroll()


def test_a_checkout_that_always_changes_is_given_up() -> None:
    """When every checkout runs out before it can be shown, the attempts are bounded and the student may try again."""
    school = School()

    def run_out() -> None:
        school.settle(school.provider.expire(list(school.provider.checkouts)[-1]))

    school.gateway = impatient = Overtaken(school.provider, meanwhile=run_out, times=99)
    with pytest.raises(CheckoutBusy):
        school.enroll()
    assert 1 < len(impatient.asked) <= 4
    assert school.lock() is None
    assert {session.status for session in school.store.sessions.values()} == {Status.EXPIRED}


def test_fault_54_a_provider_that_is_down_does_not_matter_where_nothing_is_to_pay() -> None:
    """A coupon that leaves nothing to pay enrolls without the provider."""
    school = School()
    school.issue(a_coupon(discount_value=a_coupon().discount_value * 10))
    school.gateway = Unreachable(school.provider)
    school.provider.is_resting = True
    assert school.enrolled(coupon_code="SPRING").is_new


def test_only_the_provider_closes_an_unanswered_checkout() -> None:
    """While the provider is down, a stale reservation is neither released nor replaced."""
    school = School()
    first = school.start()
    school.wait(hours=2)
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    assert school.session(first.session.payment_session_id).status is Status.OPEN
    assert len(school.store.sessions) == 1


def test_an_expiry_is_settled_when_it_is_noticed() -> None:
    """News heard while carrying on are settled like any other: recorded once, with what they led to."""
    school = School()
    first = school.start()
    school.wait(minutes=41)
    school.start()
    assert [event.outcome for event in school.store.events.values()] == ["expired"]
    assert isinstance(school.provider.checkouts[first.session.payment_session_id].event("any"), CheckoutExpired)


def test_fault_44_while_the_provider_is_silent_nothing_new_is_reserved() -> None:
    """A provider that has not answered lately turns a new purchase away before anything is written."""
    school = School()
    school.provider.is_resting = True
    with pytest.raises(ProviderUnavailable):
        school.enroll()
    assert not school.store.sessions
    assert not school.store.checkout_locks


def test_fault_44_a_checkout_that_is_open_is_carried_on_with_while_the_provider_rests() -> None:
    """What was begun before may still be finished: the open checkout is shown again."""
    school = School()
    first = school.enroll()
    school.provider.is_resting = True
    again = school.enroll()
    assert isinstance(first, AwaitingPayment)
    assert isinstance(again, AwaitingPayment)
    assert again.session.payment_session_id == first.session.payment_session_id
