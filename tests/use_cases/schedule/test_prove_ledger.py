"""Every night the ledger is compared with the provider's own list of movements, one by one."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.errors import ProviderUnavailable
from domain.ledger import EntryKind
from domain.payments.reversals import DisputeStatus, PaymentState, RefundStatus, ReversalReference
from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import Status
from domain.ports.payment_gateway import Movement
from domain.ports.telemetry import Signal
from domain.use_cases.schedule.prove_ledger import LOOK_BACK, ProveLedger
from tests.support.factories import PRICE, PROVIDER
from tests.support.memory.misbehaving import Failing, SilentAbout, Unreachable, WithoutMovements
from tests.support.memory.school import KIM, SAM, School

ONE, PAYMENT, ALL = "ps_000001", "pi_000001", PRICE.amount
FEE = ALL * 29 // 1000 + 30


def a_school() -> School:
    """A student has paid and is enrolled; two days pass."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.wait(days=2)
    return school


def the_movement(school: School) -> Movement:
    """The only movement so far."""
    (movement,) = school.provider.bank.movements
    return movement


def differences(school: School) -> list[tuple[str, str]]:
    """What one proof finds: each payment and why."""
    return [(one.provider_payment_id, one.reason) for one in school.prove_ledger().differences]


def test_where_both_agree_the_ledger_is_proven() -> None:
    """It says how much was compared, and the sums of what moved."""
    school = a_school()
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.compared, proof.synced) == (True, 1, ())
    assert dict(proof.sums) == {("usd", "sale"): ALL}
    assert school.signals(Signal.LEDGER_PROVEN) == [""]
    assert school.signals(Signal.DIFFERENCE_FOUND) == []


def test_the_fee_is_booked_once() -> None:
    """When its movement is seen, and never again, with what is left and when it is paid out."""
    school = a_school()
    school.prove_ledger()
    school.prove_ledger()
    (fee,) = [entry for entry in school.store.ledger.values() if entry.kind is EntryKind.FEE]
    assert (fee.amount, fee.fee, fee.net, fee.settlement_currency) == (-FEE, FEE, ALL - FEE, "usd")
    assert (fee.payment_session_id, fee.available_on) == (ONE, the_movement(school).available_on)


def test_fault_120_a_refund_that_nobody_reported_is_found_and_synced() -> None:
    """Made in the dashboard, its webhook lost: the student is out the next morning, and nothing differs any more."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.wait(hours=1)
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.synced) == (True, (ONE,))
    assert (school.session(ONE).status, school.enrollment()) == (Status.REVERSED, None)
    assert school.prove_ledger().synced == ()


def test_fault_107_a_refund_that_a_restore_lost_is_found_from_the_restore_point_on() -> None:
    """The payment is older than the point, and its refund older than what every night looks at."""
    school = a_school()
    since = school.clock.now()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.wait(days=5)
    assert school.prove_ledger().synced == ()
    proof = school.use_case(ProveLedger)(PROVIDER, since=since)
    assert (proof.is_proven, proof.synced) == (True, (ONE,))
    assert school.session(ONE).status is Status.REVERSED


def test_fault_120_a_refund_of_yesterday_is_found_whatever_is_asked_for() -> None:
    """The last days are never left out."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.wait(days=1)
    assert school.use_case(ProveLedger)(PROVIDER, since=school.clock.now()).synced == (ONE,)


def test_fault_120_a_refund_of_this_moment_is_found() -> None:
    """Providers count whole seconds: what is made as the proof begins is not left for another night."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    assert school.prove_ledger().synced == (ONE,)


def test_fault_120_an_inquiry_that_nobody_reported_is_found_and_synced() -> None:
    """No money moves, so it is on no list of movements; from then on it is looked at every day."""
    school = a_school()
    inquiry = school.provider.bank.dispute(PAYMENT, school.clock.now(), inquiry=True)
    school.wait(hours=1)
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.synced) == (True, (ONE,))
    assert [(one.reversal_id, one.status) for one in school.reversals()] == [(inquiry, DisputeStatus.INQUIRY)]
    assert school.session(ONE).due_at is not None
    assert school.prove_ledger().synced == ()


def test_an_inquiry_about_others_money_is_left_out() -> None:
    """Another product's payment is in no ledger of ours."""
    school = a_school()
    others = ReversalReference(provider_payment_id="pi_x", provider_reversal_id="du_x")
    school.provider.bank.reversals.append((school.clock.now(), others))
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.synced) == (True, ())


def test_fault_120_a_refund_of_a_payment_without_our_metadata_is_found_and_synced() -> None:
    """Support made the checkout by hand; the ledger has its payment all the same."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    movements = school.provider.bank.movements
    movements[:] = [evolve(movement, session=None) for movement in movements]
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.synced, proof.compared) == (True, (ONE,), 2)
    assert school.session(ONE).status is Status.REVERSED


def test_fault_120_money_that_we_never_booked_is_a_difference() -> None:
    """A payment of ours without a session here, as after a restore, is for a person to rebuild."""
    school = a_school()
    school.store.sessions.clear()
    school.store.ledger.clear()
    assert differences(school) == [(PAYMENT, "missing_here")]
    assert school.signals(Signal.LEDGER_MISMATCH) == ["missing_here"]
    assert school.signals(Signal.LEDGER_PROVEN) == []


def test_fault_120_another_amount_is_a_difference() -> None:
    """A sync cannot explain it."""
    school = a_school()
    sale = school.store.ledger["stripe", PAYMENT, "SALE"]
    school.store.ledger["stripe", PAYMENT, "SALE"] = evolve(sale, amount=ALL - 1)
    assert differences(school) == [(PAYMENT, "missing_here")]


def test_fault_120_an_entry_that_the_provider_does_not_have_is_a_difference() -> None:
    """Older than a day, and neither in its list nor with the payment."""
    school = a_school()
    school.provider.bank.movements.clear()
    school.provider.bank.payments.clear()
    assert differences(school) == [(PAYMENT, "missing_there")]
    assert school.signals(Signal.LEDGER_MISMATCH) == ["missing_there"]


def test_an_entry_booked_late_is_not_missed() -> None:
    """Its money moved before the days that are compared: the provider still knows it with the payment."""
    school = a_school()
    school.provider.bank.movements.clear()
    assert differences(school) == []


def test_fault_120_what_was_booked_late_does_not_make_up_for_what_was_not_booked() -> None:
    """A dispute opened before these days and was booked within them; won, and lost after all, which nobody reported."""
    school = a_school()
    bank = school.provider.bank
    dispute = bank.dispute(PAYMENT, school.clock.now())
    school.wait(days=2)
    school.sync()
    bank.decide(PAYMENT, dispute, DisputeStatus.WON, school.clock.now())
    school.sync()
    school.wait(days=1, hours=12)
    bank.decide(PAYMENT, dispute, DisputeStatus.LOST, school.clock.now())
    recent = [one.amount for one in bank.movements if one.occurred_at >= school.clock.now() - LOOK_BACK]
    assert recent == [ALL, -ALL]
    assert [amount for name, amount, _ in school.entries() if name != "SALE"] == [-ALL, ALL]
    proof = school.prove_ledger()
    assert (proof.is_proven, proof.synced) == (True, (ONE,))
    assert school.session(ONE).kept == 0


def test_fault_120_a_refund_of_ours_that_the_provider_does_not_know_is_a_difference() -> None:
    """The payment is there, and that refund of it is not."""
    school = a_school()
    school.refund(amount=500)
    school.wait(days=1, hours=1)
    bank = school.provider.bank
    bank.payments[PAYMENT] = evolve(bank.payments[PAYMENT], refunds=())
    bank.movements.pop()
    assert differences(school) == [(PAYMENT, "missing_there")]


@pytest.mark.parametrize("failure", [ProviderUnavailable, ZeroDivisionError])
def test_fault_114_one_entry_that_cannot_be_looked_up_does_not_stop_the_proof(failure: type[Exception]) -> None:
    """It stays a difference, and the fees of all others are booked."""

    class SilentAboutOne(SilentAbout):
        def payment_state(self, session: PaymentSession) -> PaymentState:
            if session.payment_session_id in self.about:
                raise failure
            return super().payment_state(session)

    school = School()
    for number, who in enumerate((SAM, KIM), 1):
        school.start(who)
        school.settle(school.provider.pay(f"ps_{number:06d}"))
    school.wait(days=2)
    del school.provider.bank.movements[0]
    school.gateway = SilentAboutOne(school.provider, about={ONE})
    assert differences(school) == [(PAYMENT, "missing_there")]
    assert len(school.store.ledger) == 3


def test_a_fresh_entry_is_not_missed_yet() -> None:
    """The provider's list may lag behind by some hours."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE))
    school.provider.bank.movements.clear()
    school.provider.bank.payments.clear()
    school.wait(hours=23)
    assert differences(school) == []


def test_what_was_repaid_by_bank_transfer_is_not_missed_there() -> None:
    """The provider cannot know of it."""
    school = a_school()
    school.repay(amount=500)
    school.wait(days=1, hours=1)
    assert (differences(school), school.provider.bank.movements != []) == ([], True)


def test_money_of_others_in_the_same_account_is_left_out() -> None:
    """Another product's payment names no session of ours."""
    school = a_school()
    others = evolve(the_movement(school), movement_id="txn_x", provider_payment_id="pi_x", session=None)
    school.provider.bank.movements.append(others)
    proof = school.prove_ledger()
    assert (proof.compared, proof.is_proven) == (1, True)


def test_a_provider_without_a_list_proves_nothing_and_says_so() -> None:
    """Neither proven nor different."""
    school = a_school()
    school.gateway = WithoutMovements(school.provider)
    assert school.prove_ledger().compared == 0
    assert school.signals(Signal.LEDGER_PROVEN) == []


def test_every_payment_in_review_is_synced() -> None:
    """A pending refund of one that fails moves no money, and shows in no list."""
    school = School()
    school.start()
    school.settle(school.provider.pay(ONE, amount=evolve(PRICE, amount=1)))
    school.provider.refund_status = RefundStatus.PENDING
    school.provider.bank.refund("pi_000001", 1, school.clock.now())
    assert school.prove_ledger().synced == (ONE,)
    assert school.session(ONE).reversed_sums.refunded == 1


def test_fault_114_one_payment_that_fails_does_not_stop_the_proof() -> None:
    """Whatever is wrong with it: the others are synced, and it stays a difference."""
    school = a_school()
    school.start(KIM)
    school.settle(school.provider.pay("ps_000002"))
    for payment in (PAYMENT, "pi_000002"):
        school.provider.bank.refund(payment, ALL, school.clock.now())
    school.wait(hours=1)
    school.unit_of_work = Failing(school.unit_of_work, times=1, failure=lambda: ZeroDivisionError("unforeseen"))
    proof = school.prove_ledger()
    assert (len(proof.synced), len(proof.differences)) == (1, 1)
    assert "unforeseen_ZeroDivisionError" in school.signals(Signal.DIFFERENCE_FOUND)
    assert school.prove_ledger().is_proven
    assert {school.enrollment(SAM), school.enrollment(KIM)} == {None}


def test_a_provider_that_is_silent_about_a_payment_leaves_a_difference() -> None:
    """The next night tries again."""
    school = a_school()
    school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.wait(hours=1)
    school.gateway = Unreachable(school.provider)
    assert differences(school) == [(PAYMENT, "missing_here")]
    school.gateway = SilentAbout(school.provider, about=set())
    assert differences(school) == []


def test_a_list_that_cannot_be_read_is_no_quiet_night() -> None:
    """Nothing is proven."""

    class Silent(WithoutMovements):
        def movements(self, **_: object) -> None:
            raise ProviderUnavailable

    school = a_school()
    school.gateway = Silent(school.provider)
    with pytest.raises(ProviderUnavailable):
        school.prove_ledger()
    assert school.signals(Signal.LEDGER_PROVEN) == []


def test_an_old_reversal_whose_first_movement_is_no_longer_listed_is_proven() -> None:
    """A refund of last week fails today: only today's movement is in the list."""
    school = a_school()
    refund = school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.sync(ONE)
    school.wait(days=7)
    bank = school.provider.bank
    bank.change_refund(PAYMENT, refund.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    school.sync(ONE)
    school.wait(hours=1)
    assert differences(school) == []


def test_a_payment_that_counts_for_another_session_is_not_synced_for_this_one() -> None:
    """It awaits a decision, and nothing was received here: no difference, night after night."""
    school = a_school()
    paid = school.store.sessions[SAM.user_id, ONE]
    reused = evolve(
        paid,
        payment_session_id="ps_reused",
        status=Status.REVIEW,
        review_reason=ReviewReason.PAYMENT_REUSED,
        received=None,
        received_currency=None,
    )
    school.store.sessions[SAM.user_id, "ps_reused"] = reused
    assert school.prove_ledger().is_proven
    assert school.signals(Signal.DIFFERENCE_FOUND) == []
    assert school.store.sessions[SAM.user_id, "ps_reused"] == reused


def test_fault_120_what_comes_back_of_an_old_refund_is_found() -> None:
    """It was booked long ago, and fails without a report: only the movement of this week shows that."""
    school = a_school()
    refund = school.provider.bank.refund(PAYMENT, ALL, school.clock.now())
    school.sync(ONE)
    school.wait(days=7)
    bank = school.provider.bank
    bank.change_refund(PAYMENT, refund.provider_reversal_id, RefundStatus.FAILED, school.clock.now())
    assert school.prove_ledger().is_proven
    assert school.session(ONE).kept == ALL
