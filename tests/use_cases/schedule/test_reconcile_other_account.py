"""Keys of another account or mode: checkouts that nobody can ask for any more lock nobody out for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from adapters.memory.payment_gateway import MemoryPaymentGateway
from domain.errors import ProviderRejected
from domain.payment_sync import SyncPolicy
from domain.payments.lifetimes import CAPTURE_GRACE
from domain.payments.reviews import ResolutionKind, ReviewReason
from domain.payments.states import Status
from domain.ports.telemetry import Signal
from domain.services.reconcile_session import OTHER_ACCOUNT_GRACE, SLOWEST_PAYMENT, ReconcileOutcome, ReconcileSession
from tests.support.factories import PROVIDER, a_coupon
from tests.support.memory.misbehaving import Followed
from tests.support.memory.reconcile_cases import assert_enrolled, assert_nothing_is_held, begun
from tests.support.memory.school import School

ONE = "ps_000001"
OURS, THEIRS = "acct-old", "acct-new"


def a_school(*, promised: bool = False) -> School:
    """A student has a checkout open, or a slow payment on its way; then the keys are exchanged."""
    school = before_the_exchange(promised=promised)
    school.provider = school.gateway = MemoryPaymentGateway(school.clock, name=PROVIDER, account_id=THEIRS)
    return school


def before_the_exchange(*, promised: bool) -> School:
    """A student has a checkout open, or a slow payment on its way."""
    school = School()
    school.issue(a_coupon())
    school.provider.account_id = OURS
    school.start(coupon_code="SPRING")
    if promised:
        school.settle(school.provider.promise(ONE))
    return school


def wait_until(school: School, *, after_the_grace: bool, grace: timedelta = OTHER_ACCOUNT_GRACE) -> None:
    """Until just before, or just after, the checkout is given up."""
    end = school.session(ONE).expires_at + grace
    moment = end if after_the_grace else end - timedelta(seconds=1)
    school.clock.advance(moment - school.clock.now())


def test_fault_111_a_checkout_of_another_account_is_released_a_day_after_its_end() -> None:
    """With its lock and its coupon, and the student can buy; that it was given up is reported."""
    school = a_school()
    wait_until(school, after_the_grace=True)
    assert school.reconcile().count(ReconcileOutcome.RELEASED) == 1
    assert (school.session(ONE).status, school.lock(), school.uses_counted()) == (Status.EXPIRED, None, 0)
    assert "other_account" in school.signals(Signal.CHECKOUT_RELEASED)
    assert school.start().session.payment_session_id == "ps_000002"


@pytest.mark.parametrize("promised", [False, True])
def test_fault_111_a_dry_run_foresees_what_becomes_of_it(*, promised: bool) -> None:
    """And before its time the same refusal that a run meets."""
    school = a_school(promised=promised)
    foreseeing = school.use_case(ReconcileSession)
    wait_until(school, after_the_grace=False)
    with pytest.raises(ProviderRejected):
        foreseeing.preview(school.session(ONE))
    wait_until(school, after_the_grace=True, grace=SLOWEST_PAYMENT)
    foreseen = foreseeing.preview(school.session(ONE))
    assert school.reconcile().count(foreseen.outcome) == 1


def test_fault_111_it_is_not_released_before() -> None:
    """The right keys may come back meanwhile, and with them a payment."""
    school = a_school()
    wait_until(school, after_the_grace=False)
    assert school.reconcile().failed == (ONE,)
    assert (school.session(ONE).status, school.lock()) == (Status.OPEN, ONE)


def test_fault_111_a_checkout_of_our_own_account_is_never_given_up_unasked() -> None:
    """A rolled key alone releases nothing: the account is the same."""
    school = a_school()
    school.provider.account_id = OURS
    wait_until(school, after_the_grace=True)
    assert school.reconcile().failed == (ONE,)
    assert (school.session(ONE).status, school.lock()) == (Status.OPEN, ONE)


def test_fault_111_the_other_mode_is_another_account() -> None:
    """A rehearsal with test keys on the same table, say, whose sessions name no account."""
    school = a_school()
    school.store.sessions["user-1", ONE] = evolve(school.session(ONE), account=None)
    school.provider.account_id, school.provider.livemode = None, True
    wait_until(school, after_the_grace=True)
    school.reconcile()
    assert (school.session(ONE).status, school.lock()) == (Status.EXPIRED, None)


def test_fault_111_money_on_its_way_there_is_for_a_person() -> None:
    """A slow payment may have arrived in the other account: two weeks later it is in review, with lock and coupon."""
    school = a_school(promised=True)
    wait_until(school, after_the_grace=True, grace=SLOWEST_PAYMENT)
    assert school.reconcile().failed == ()
    session = school.session(ONE)
    assert (session.status, session.review_reason) == (Status.REVIEW, ReviewReason.OTHER_ACCOUNT)
    assert (session.received, school.store.ledger) == (None, {})
    assert (session.reconcile_at, school.lock(), school.uses_counted()) == (None, ONE, 1)
    assert school.signals(Signal.PAYMENT_IN_REVIEW) == ["other_account"]


def test_fault_111_until_then_the_slow_payment_stays_and_each_run_says_so() -> None:
    """The keys may be set right, and the payment settles by itself."""
    school = a_school(promised=True)
    wait_until(school, after_the_grace=False, grace=SLOWEST_PAYMENT)
    assert school.reconcile().failed == (ONE,)
    assert school.session(ONE).status is Status.PROCESSING
    assert school.signals(Signal.RECONCILE_FAILED) == ["payment_provider_rejected"]


@pytest.mark.parametrize("kind", [ResolutionKind.ENROLLED, ResolutionKind.DISMISSED])
def test_fault_111_a_person_enrolls_the_student_or_lets_the_payment_go(kind: ResolutionKind) -> None:
    """Either way nothing blocks them any more; no money is booked that nobody has seen."""
    school = a_school(promised=True)
    wait_until(school, after_the_grace=True, grace=SLOWEST_PAYMENT)
    school.reconcile()
    school.resolve(ONE, kind)
    assert school.lock() is None
    assert (school.enrollment() is not None) == (kind is ResolutionKind.ENROLLED)
    assert sum(entry.amount for entry in school.store.ledger.values()) == 0


def test_fault_111_a_slow_payment_that_arrives_after_all_gets_a_review_of_its_own() -> None:
    """The first account's keys are back, and its webhook reports the payment: no money is dropped."""
    school = before_the_exchange(promised=True)
    ours = school.provider
    school.provider = school.gateway = MemoryPaymentGateway(school.clock, name=PROVIDER, account_id=THEIRS)
    wait_until(school, after_the_grace=True, grace=SLOWEST_PAYMENT)
    school.reconcile()
    school.settle(ours.pay(ONE))
    received = {one.review_reason: one.received for one in school.store.sessions.values()}
    assert received == {ReviewReason.OTHER_ACCOUNT: None, ReviewReason.SECOND_PAYMENT: school.session(ONE).total.amount}


def _answer_lost() -> tuple[School, MemoryPaymentGateway]:
    """A checkout that was opened, and never heard of: or whose id a restore has lost. Then the keys are exchanged."""
    school = School()
    school.provider.account_id = OURS
    begun(school, reaches_the_provider=True)
    ours = school.provider
    school.provider = school.gateway = MemoryPaymentGateway(school.clock, name=PROVIDER, account_id=THEIRS)
    return school, ours


def test_the_keys_of_another_account_do_not_say_that_there_is_no_checkout() -> None:
    """Neither to a run nor to the student who comes back: until its time is over somebody may pay it there."""
    school, ours = _answer_lost()
    school.clock.advance(timedelta(minutes=20))
    school.reconcile()
    with pytest.raises(ProviderRejected):
        school.enroll(coupon_code="SPRING")
    assert (school.session(ONE).status, school.lock(), school.uses_counted()) == (Status.CREATING, ONE, 1)
    ours.pay(ONE)
    school.provider = school.gateway = ours
    school.reconcile_session()
    assert_enrolled(school)


def test_what_those_keys_cannot_find_ends_with_its_time() -> None:
    """Then nobody can pay it, and the student can buy."""
    school, _ = _answer_lost()
    wait_until(school, after_the_grace=True, grace=CAPTURE_GRACE)
    school.reconcile()
    assert school.session(ONE).status is Status.FAILED
    assert_nothing_is_held(school)


def test_until_then_the_answer_is_that_the_payment_cannot_be_started() -> None:
    """Nothing is opened twice."""
    school = a_school()
    with pytest.raises(ProviderRejected):
        school.enroll(coupon_code="SPRING")
    assert len(school.store.sessions) == 1


def test_a_checkout_is_not_opened_with_the_keys_of_another_account() -> None:
    """They were exchanged while the student waited: there the request would be a new one. The next one sells."""
    school = School()
    school.provider.account_id = OURS
    school.unit_of_work = Followed(school.unit_of_work, [lambda: setattr(school.provider, "account_id", THEIRS)])
    with pytest.raises(ProviderRejected):
        school.enroll()
    assert (school.session(ONE).status, school.lock(), school.provider.checkouts) == (Status.FAILED, None, {})
    assert school.start().session.account == THEIRS


@pytest.mark.parametrize("suspends", [True, False])
def test_a_changed_setting_takes_effect_on_payments_that_our_keys_cannot_ask_for(*, suspends: bool) -> None:
    """By what is stored about them: the payment of this student is disputed, in the account of before."""
    school = School()
    school.provider.account_id = OURS
    school.start()
    school.settle(school.provider.pay(ONE))
    school.provider.bank.dispute("pi_000001", school.clock.now())
    school.policy = SyncPolicy(access_during_dispute=suspends)
    school.sync()
    assert (school.enrollment() is not None) == suspends
    school.provider = school.gateway = MemoryPaymentGateway(school.clock, name=PROVIDER, account_id=THEIRS)
    school.policy = SyncPolicy(access_during_dispute=not suspends)
    with pytest.raises(ProviderRejected):
        school.sync()
    assert (school.enrollment() is not None) != suspends
