"""A school may sell through several providers at once: the student chooses, and each answers for its own checkouts."""

from __future__ import annotations

import pytest

from adapters.memory.capturing_gateway import MemoryCapturingGateway
from domain.errors import ProviderNotOffered, ProviderUnavailable, SalesClosed
from domain.payments.states import Status
from domain.ports.payment_gateway import Gateways
from domain.school import School as School_
from tests.support.factories import PROVIDER, a_coupon
from tests.support.memory.misbehaving import Unreachable
from tests.support.memory.school import KIM, School

WALLET = "wallet"


def a_school() -> tuple[School, MemoryCapturingGateway]:
    """A school with two providers; the wallet's checkouts are numbered from a hundred, to tell them apart."""
    school = School()
    wallet = MemoryCapturingGateway(school.clock, name=WALLET, first_number=100)
    school.others[WALLET] = wallet
    return school, wallet


def test_the_first_provider_is_the_default() -> None:
    """Front ends that know nothing of providers sell as before."""
    school, _ = a_school()
    assert school.start().session.provider == PROVIDER


def test_the_student_chooses() -> None:
    """The session remembers where, and everything follows it there."""
    school, wallet = a_school()
    session = school.start(provider=WALLET).session
    wallet.approve(session.payment_session_id)
    assert school.show_checkout(session.provider_session_id or "").enrolled
    payment = school.session(session.payment_session_id)
    assert (payment.provider, payment.status) == (WALLET, Status.COMPLETED)


@pytest.mark.parametrize("provider", ["nobody", "", "Stripe"])
def test_only_what_is_switched_on_can_be_chosen(provider: str) -> None:
    """Nothing is reserved."""
    school, _ = a_school()
    with pytest.raises(ProviderNotOffered):
        school.enroll(provider=provider)
    assert not school.store.sessions


def test_a_closed_provider_opens_no_new_checkout_and_keeps_the_open_ones() -> None:
    """Others take its place, and choosing it gets a kind sentence; who is paying there may go on."""
    school, _ = a_school()
    paying = school.start().session
    school.store.school = School_(closed_providers=frozenset({PROVIDER}))

    assert school.start().session.payment_session_id == paying.payment_session_id
    with pytest.raises(ProviderNotOffered, match="Please choose another one"):
        school.enroll(KIM, provider=PROVIDER)
    assert school.start(KIM).session.provider == WALLET
    with pytest.raises(ProviderNotOffered):
        school.enroll(provider=PROVIDER, coupon_code="SPRING")
    assert school.session(paying.payment_session_id).is_live


def test_without_any_provider_sales_are_closed() -> None:
    """Nothing is reserved, and nobody is charged."""
    school, _ = a_school()
    school.store.school = School_(closed_providers=frozenset({PROVIDER, WALLET}))
    with pytest.raises(SalesClosed, match="have not been charged"):
        school.enroll()
    assert not school.store.sessions


def test_a_provider_that_is_no_longer_offered_carries_on_what_was_begun() -> None:
    """It is known, and no new checkout is opened there."""
    school, wallet = a_school()
    gateways = Gateways({PROVIDER: lambda: school.provider, WALLET: lambda: wallet}, offered=(PROVIDER,))
    assert gateways.named(WALLET) is wallet
    assert gateways.names == (PROVIDER, WALLET)
    assert gateways.chosen() is school.provider
    with pytest.raises(ProviderNotOffered):
        gateways.chosen(WALLET)


def test_changing_ones_mind_closes_the_checkout_at_the_other_provider() -> None:
    """There is one live session; the other can no longer be paid."""
    school, wallet = a_school()
    school.issue(a_coupon())
    first = school.start(coupon_code="SPRING").session.payment_session_id
    second = school.start(coupon_code="SPRING", provider=WALLET).session.payment_session_id
    assert (school.session(first).status, school.session(second).status) == (Status.CANCELLED, Status.OPEN)
    assert (school.lock(), school.uses_counted()) == (second, 1)
    third = school.start(coupon_code="SPRING", provider=PROVIDER).session.payment_session_id
    wallet.approve(second)
    school.wait(seconds=1)
    school.reconcile()
    assert (school.session(second).status, len(wallet.bank.payments)) == (Status.CANCELLED, 0)
    assert (school.lock(), school.uses_counted()) == (third, 1)


def test_choosing_the_same_again_resumes() -> None:
    """As a second click does."""
    school, _ = a_school()
    first = school.start(provider=WALLET)
    again = school.start(provider=WALLET)
    assert (again.session.payment_session_id, again.is_new) == (first.session.payment_session_id, False)


def test_who_names_no_provider_stays_where_their_checkout_is() -> None:
    """A front end that knows nothing of providers, or another tab of it, does not close what the student opened."""
    school, wallet = a_school()
    school.issue(a_coupon())
    first = school.start(provider=WALLET)
    again = school.start()
    assert (again.session.payment_session_id, again.is_new) == (first.session.payment_session_id, False)
    cheaper = school.start(coupon_code="SPRING").session
    assert (cheaper.provider, school.session(first.session.payment_session_id).status) == (WALLET, Status.CANCELLED)
    assert len(wallet.bank.payments) == 0


def test_who_names_no_provider_leaves_one_that_is_no_longer_offered() -> None:
    """Nothing new is opened there, and a front end that lists the providers would not show it."""
    school, _ = a_school()
    first = school.start(provider=WALLET).session
    school.offered = (PROVIDER,)
    assert school.start().session.provider == PROVIDER
    assert school.session(first.payment_session_id).status is Status.CANCELLED


def test_another_ui_mode_changes_nothing_where_there_is_one_page_only() -> None:
    """The provider has no form for our page: both modes lead to the same page of its own."""
    school, wallet = a_school()
    first = school.start(provider=WALLET).session
    other = school.start(ui_mode="hosted").session
    assert (other.provider, other.payment_session_id != first.payment_session_id) == (WALLET, True)
    wallet.has_form = False
    assert school.start(ui_mode="embedded").session.payment_session_id == other.payment_session_id


def test_one_providers_outage_does_not_stop_the_other() -> None:
    """Students buy there, and reconciliation settles what is paid there."""
    school, wallet = a_school()
    lost = school.start().session.payment_session_id
    paid = school.start(KIM, provider=WALLET).session.payment_session_id
    wallet.approve(paid)
    school.gateway = Unreachable(school.provider)
    school.wait(seconds=1)
    report = school.reconcile()
    assert report.failed == (lost,)
    assert school.enrollment(KIM) is not None


def test_who_cannot_leave_a_silent_provider_is_asked_to_wait() -> None:
    """The checkout there may have been paid: a second one could charge twice."""
    school, _ = a_school()
    school.start()
    school.gateway = Unreachable(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.enroll(provider=WALLET)
