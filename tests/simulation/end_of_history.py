"""The quiet after a bad day: faults end, everything under way arrives, and every promise must have been kept."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from domain.audit import AuditAction
from domain.enrollment_requests import CheckoutOptions
from domain.errors import CheckoutBusy, CheckoutInProgress, MoneyUnderWay
from domain.payments.lifetimes import CAPTURE_GRACE
from domain.payments.reviews import RECEIVED_ELSEWHERE, ResolutionKind, ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, PAID, Status
from domain.services.reconcile_session import SLOWEST_PAYMENT
from tests.simulation import provider as stripe
from tests.simulation.background_work import MOST_RECEIVES, BackgroundWork
from tests.simulation.invariants import holds_lock
from tests.simulation.provider import FIRST_ACCOUNT, SimulatedCheckout
from tests.simulation.provider_incidents import ProviderIncidents
from tests.simulation.school import School
from tests.simulation.store_incidents import StoreIncidents
from tests.simulation.students import RETURN_URL, Students
from tests.simulation.world import require
from tests.support.factories import AUTHOR

PAST_EVERY_SKEW = timedelta(minutes=6)
PAST_EVERY_EXPIRY = timedelta(minutes=46)
"""A checkout's forty minutes, and five that a clock may be ahead, and one."""

PAST_EVERY_KEY = timedelta(hours=25)
"""A day, for which keys are kept and pending refunds and open disputes left alone, and an hour."""

FAULT_RATE_WHILE_CANCELLING = 0.4
"""The share of failing calls while students ask to cancel."""

_OF_OTHERS = (ReviewReason.OTHER_CHECKOUT, ReviewReason.PAYMENT_REUSED)
"""Why a session may be in review for another checkout's money."""


class EndOfHistory:
    """Lets the day end."""

    def __init__(
        self,
        school: School,
        students: Students,
        background: BackgroundWork,
        incidents: ProviderIncidents,
        store_incidents: StoreIncidents,
    ) -> None:
        self.school = school
        self.world = school.world
        self.students = students
        self.background = background
        self.incidents = incidents
        self.store_incidents = store_incidents

    def run(self) -> None:
        """Let the day end, and see whether all is as it must be.

        Raises:
            Violation: it is not.
        """
        world = self.world
        world.fault_rate = world.lag = world.largest_skew = 0
        self.background.early_end_rate = 0.0
        for task in world.tasks:
            world.kill(task) if world.chance(0.5) else world.run_alone(task)
        world.tasks.clear()
        world.arrive_all()
        self.school.provider.account = FIRST_ACCOUNT
        self.school.provider.silent.clear()
        for checkout in self.school.provider.checkouts:
            if checkout.stage == stripe.PENDING:
                self.incidents.settle_slow(checkout)
        if world.chance(0.5):
            self._carry_out_cancel_requests()
        self._let_captures_end()
        world.advance(PAST_EVERY_EXPIRY)
        self.school.provider.tick()
        if world.chance(0.5):
            self._deliver_everything()
        if self.school.invariants.restored:
            world.run_alone(self.store_incidents.rebuild())
        self._one_is_silent()
        world.run_alone(self.background.reconcile())
        self.background.catch_up_alone()
        self._deliver_everything()
        self._live_sessions(at_last=False)
        self._money()
        self._days_pass(4 if world.chance(0.2) else 0)
        self._what_waits_elsewhere_is_given_up()
        self._bank_decides()
        if world.chance(0.5):
            self._deliver_everything()
        world.advance(PAST_EVERY_KEY)
        self.background.catch_up_alone()
        world.run_alone(self.background.reconcile())
        self.background.prove_alone()
        self._sync_the_unnamed()
        self._deliver_everything()
        self.school.invariants.money.at_rest(self.school.provider.account)
        self._access()
        self.school.invariants.check_everything()
        self.background.prove_alone()
        self._proof()
        self._live_sessions(at_last=True)
        self._messages()
        self._counters()
        self._locks_open()
        self._deletions()

    def _one_is_silent(self) -> None:
        """While one provider does not answer, what the others have to report is settled all the same."""
        provider = self.school.provider
        if len(provider.names) == 1 or self.world.chance(0.5):
            return
        silent = self.world.pick(provider.names)
        self.world.note("silent", silent)
        provider.silent.add(silent)
        run = self.world.run_alone(self.background.reconcile())
        require(run.done, "one provider's outage stopped the reconciliation", silent, run.failure)
        for name in provider.names:
            if name != silent:
                require(self.world.run_alone(self.background.catch_up_with(name)).done, "a catch-up run failed", name)
        for session in self.school.store.sessions.values():
            settled = session.status not in LIVE or session.provider == silent or self._is_foreign(session)
            require(settled, "one provider's outage kept another's session from being settled", session)
        provider.silent.clear()

    def _days_pass(self, days: int) -> None:
        """So many days, with what runs each day: four are more than the nightly proof looks back."""
        for _ in range(days):
            self.world.advance(timedelta(days=1))
            self.background.catch_up_alone()
            self.world.run_alone(self.background.reconcile())
            self.background.prove_alone()

    def _what_waits_elsewhere_is_given_up(self) -> None:
        """Two weeks, if a slow payment is on its way in another account: it goes to a person."""
        sessions = self.school.store.sessions.values()
        if any(one.status is Status.PROCESSING and self._is_foreign(one) for one in sessions):
            self._days_pass(SLOWEST_PAYMENT.days + 1)

    def _let_captures_end(self) -> None:
        """Two runs ask for every capture that was begun; banks decide; what was approved and nobody saw lapses."""
        if not self.school.provider.capturing:
            return
        for _ in range(2):
            self.world.advance(PAST_EVERY_SKEW)
            self.world.run_alone(self.background.reconcile())
            for checkout in self.school.provider.checkouts:
                if checkout.stage == stripe.PENDING:
                    self.incidents.settle_slow(checkout)
        self.world.advance(CAPTURE_GRACE)

    def _carry_out_cancel_requests(self) -> None:
        """The next run cancels what students asked to cancel while the provider was silent.

        Who was deleted in between has to wait: until nothing can open the checkout any more, or they sign up again.
        """
        self.world.fault_rate = FAULT_RATE_WHILE_CANCELLING
        for _ in range(2):
            self.students.cancel()
            self.world.run_some(1.0)
        self.world.fault_rate = 0.0
        self.world.arrive_all()
        self.world.advance(PAST_EVERY_SKEW)
        self.world.run_alone(self.background.reconcile())
        for session in self.school.store.sessions.values():
            requested = session.status in (Status.CREATING, Status.OPEN) and session.cancel_requested_at is not None
            # Where nobody can search for a checkout, one whose request was refused is given up when its time is over.
            unknown = (
                session.provider in self.school.provider.capturing or session.user_id not in self.school.store.students
            )
            waits = session.status is Status.CREATING and unknown
            require(
                not requested or waits or self._is_foreign(session), "a cancel request was not carried out", session
            )

    def _deliver_everything(self) -> None:
        provider, background = self.school.provider, self.background
        for event in [event for event in provider.to_deliver if event.account == provider.account]:
            task = self.world.run_alone(background.webhook(event))
            require(task.done, "the webhook refused a genuine event", task.failure)
        provider.to_deliver.clear()
        background.redrive()
        background.collect()
        for message in list(background.messages):
            while message in background.messages and message.receives < MOST_RECEIVES:
                if self.world.run_alone(background.worker(message)).done:
                    background.forget(message)

    def _live_sessions(self, *, at_last: bool) -> None:
        store = self.school.store
        for session in store.sessions.values():
            # What another account's keys opened is given up a day later; money on its way there goes to a person.
            waits = self._is_foreign(session) and not at_last
            require(session.status not in LIVE or waits, "a session outlived its checkout", session)
        damaged_codes, damaged_locks = self.school.invariants.damaged_codes, self.school.invariants.damaged_locks
        for (user_id, code), use in store.coupon_uses.items():
            if use.redeemed or code in damaged_codes:
                continue
            holder = store.sessions[user_id, use.payment_session_id]
            waits = self._is_foreign(holder) and not at_last
            require(waits, "a coupon use is held by nobody", use)
        for (user_id, course_id), payment_session_id in store.checkout_locks.items():
            if (user_id, course_id) in damaged_locks:
                continue
            session = store.sessions[user_id, payment_session_id]
            waits = not at_last and self._is_foreign(session)
            require(holds_lock(session) or waits, "a checkout lock was left behind", session)

    def _is_foreign(self, session: PaymentSession) -> bool:
        """Whether another account's keys opened it."""
        return session.account not in (None, self.school.provider.account)

    def _money(self) -> None:
        """Every payment is one session that received it, and every session with money has a payment.

        But one: of a checkout made unrecognisable by hand while its session waits in review for another (its money, or
        a free one), which was made for it by hand as well, nothing is recorded. And a checkout without payment whose
        reference was changed by hand may be in review for two sessions: there is no money by which to know that it is
        one.
        """
        checkouts = self.school.provider.checkouts
        paid = [one for one in checkouts if one.stage == stripe.PAID]
        # What counts for another session was not received by the one that its checkout names.
        sessions = [
            session
            for session in self.school.store.sessions.values()
            if session.status in PAID and session.review_reason not in RECEIVED_ELSEWHERE
        ]
        for checkout in paid:
            if checkout.account != self.school.provider.account:
                continue  # nobody can ask there with our keys
            if self._is_lost_for_good(checkout):
                continue
            free = checkout.payment_id is None
            if free and checkout.copied:
                continue  # a free copy made by hand: nothing was received
            mine = [one for one in sessions if checkout.paid_for(one) and (free or not one.total.is_zero)]
            others = [one for one in paid if one is not checkout]
            copied = [
                one
                for one in self.school.store.sessions.values()
                if _is_for(checkout, one)
                and (one.review_reason in _OF_OTHERS or any(_paid_by(other, one) for other in others))
            ]
            lost = (checkout.tampered or free) and copied and not mine
            twice = free and checkout.tampered and {one.status for one in mine} == {Status.REVIEW}
            require(len(mine) == 1 or lost or twice, "money that led nowhere, or to two places", checkout, mine)
            for session in mine:
                exact = checkout.amount == session.total and checkout.livemode == session.livemode
                decided = session.status is not Status.COMPLETED or session.resolution is not None
                require(exact or decided, "enrolled for another sum", checkout, session)
        for session in sessions:
            known = session.total.is_zero or any(_paid_by(checkout, session) for checkout in paid)
            require(known, "money that nobody received", session)

    def _is_lost_for_good(self, checkout: SimulatedCheckout) -> bool:
        """Whether its session was deleted by hand, and then its student: nothing is stored again for those."""
        lost = self.school.invariants.lost
        return any(key in self.school.left_deleted and checkout.paid_for(one) for key, one in lost.items())

    def _bank_decides(self) -> None:
        """Banks decide about some refunds and disputes; what was won is paid out. The school may change its setting."""
        for _ in range(3):
            self.world.pick((self.incidents.decide_refund, self.incidents.decide_dispute, self.incidents.dispute))()
        self.incidents.pay_out_dispute()
        if self.world.chance(0.3):
            policy = self.school.use_cases.policy
            policy.access_during_dispute = not policy.access_during_dispute

    def _sync_the_unnamed(self) -> None:
        """Sync payments whose metadata name no session of ours: in the provider's list they look like anybody's."""
        for session in list(self.school.store.sessions.values()):
            payment = self.school.provider.bank.payments.get(session.provider_payment_id or "")
            if payment is not None and payment.reference is None and session.status in PAID:
                self.world.run_alone(
                    self.school.task("sync", partial(self.school.use_cases.sync, *_key(session)), timedelta(hours=1))
                )

    def _access(self) -> None:
        """Who is in a course has paid for it and kept it paid, or was let in by a person; and the reverse."""
        store, policy = self.school.store, self.school.use_cases.policy
        for session in store.sessions.values():
            active = store.enrollments.get((session.user_id, session.course_id))
            is_in = active is not None and active.payment_session_id == session.payment_session_id
            entitled = session.entitles(access_during_dispute=policy.access_during_dispute)
            if session.status is Status.COMPLETED and entitled:
                revoked = self.school.invariants.was_revoked(session)
                require(is_in or revoked, "paid and kept, and not enrolled", session, active)
            elif session.status in PAID:
                require(not is_in, "enrolled without being entitled", session, active)
            if session.status in PAID:
                seats = self.school.invariants.money.seats[session.payment_session_id]
                require(seats == int(is_in), "the ledger has other seats", session, seats)
            if session.resolution is not None and session.resolution.kind is ResolutionKind.REFUNDED:
                back = session.status is not Status.REVIEW or session.kept <= 0 or self._waits_elsewhere(session)
                require(back, "decided to be refunded, and the money is still here", session)

    def _waits_elsewhere(self, session: PaymentSession) -> bool:
        """Whether a refund is on record that our keys cannot ask for, being those of another account."""
        return session.reversed_sums.refund_requested > 0 and self._is_foreign(session)

    def _proof(self) -> None:
        """The nightly proof agrees; but for what somebody made unrecognisable by hand."""
        account = self.school.provider.account
        odd = any(
            one.tampered or one.reopened or one.copied or one.account != account
            for one in self.school.provider.checkouts
        )
        odd = odd or any(self._is_lost_for_good(one) for one in self.school.provider.checkouts)
        for proof in self.background.proofs.values():
            require(odd or proof.is_proven, "the nightly proof finds a difference", proof.differences)

    def _messages(self) -> None:
        require(not self.background.messages, "the queue does not empty", len(self.background.messages))
        account = self.school.provider.account
        odd = self.school.invariants.restored or any(
            one.tampered or one.reopened or one.copied or one.account != account
            for one in self.school.provider.checkouts
        )
        contradicted = [name for name in self.world.endings if name.endswith("contradictory_news")]
        require(odd or not contradicted, "the provider seemed to contradict itself", contradicted)
        require(
            odd or not self.background.dead_letters, "a message died", [m.event for m in self.background.dead_letters]
        )

    def _locks_open(self) -> None:
        """Whose checkout lock somebody had deleted, or left behind of a session that is over, can buy again."""
        for user_id, course_id in sorted(self.school.invariants.damaged_locks):
            who, options = self.school.identity(user_id), CheckoutOptions(return_url=RETURN_URL)
            enroll = partial(self.school.use_cases.enroll, who, course_id, options)
            task = self.world.run_alone(self.school.task("enroll", enroll))
            locked_out = task.failure in (CheckoutBusy.code, CheckoutInProgress.code)
            require(not locked_out, "a damaged checkout lock keeps a student from buying", user_id, course_id)

    def _deletions(self) -> None:
        """Whoever's record was deleted is gone everywhere, once the request is repeated until it succeeds."""
        store, use_cases = self.school.store, self.school.use_cases
        records = [one for one in store.audit if one.action is AuditAction.STUDENT_DELETED and one.user_id]
        for user_id in sorted({str(one.user_id) for one in records} - store.students.keys()):
            task = self.world.run_alone(self.school.task("erase", partial(use_cases.erase, user_id, AUTHOR)))
            if task.failure == MoneyUnderWay.code:
                continue
            require(task.done, "a deletion does not come to its end", user_id, task.failure)
            require(user_id in use_cases.sign_ins.good.deleted, "who was deleted can sign in", user_id)
            for record in records:
                customers = record.before.get("customers", {}) if record.user_id == user_id else {}
                kept = set(customers.values()) - self.school.provider.lost_customers  # type: ignore[attr-defined]
                require(not kept, "who was deleted is a customer still", user_id, kept)

    def _counters(self) -> None:
        damaged = self.school.invariants.damaged_codes
        difference = [one for one in self.school.use_cases.recount() if one.code not in damaged]
        require(not difference, "the recount found a difference", difference)


def _key(session: PaymentSession) -> tuple[str, str]:
    return session.user_id, session.payment_session_id


def _paid_by(checkout: SimulatedCheckout, session: PaymentSession) -> bool:
    """Whether the checkout paid for the session, or is a free one that names it and led to review without money."""
    names = checkout.renamed is not None and checkout.renamed[2] == session.payment_session_id
    free = checkout.payment_id is None and (names or (checkout.copied and _is_for(checkout, session)))
    return checkout.paid_for(session) or (free and session.provider_payment_id is None)


def _is_for(checkout: SimulatedCheckout, session: PaymentSession) -> bool:
    return checkout.session.payment_session_id == session.payment_session_id
