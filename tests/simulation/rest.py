"""The quiet after a bad day: faults end, everything under way arrives, and every promise must have been kept."""

from __future__ import annotations

from datetime import timedelta

from domain.payments.reviews import ReviewReason
from domain.payments.session import PaymentSession
from domain.payments.states import LIVE, Status
from tests.simulation import provider as stripe
from tests.simulation.machines import MOST_RECEIVES, Machines
from tests.simulation.oddities import Oddities
from tests.simulation.people import Students
from tests.simulation.provider import Till
from tests.simulation.school import School
from tests.simulation.world import require

PAST_EVERY_SKEW = timedelta(minutes=6)
PAST_EVERY_EXPIRY = timedelta(minutes=46)
"""A checkout's forty minutes, and five that a clock may be ahead, and one."""

WISHED_IN = 0.4
"""The share of failing calls while students wish for a cancellation."""


class Rest:
    """Lets the day end."""

    def __init__(self, school: School, students: Students, machines: Machines, oddities: Oddities) -> None:
        self.school = school
        self.world = school.world
        self.students = students
        self.machines = machines
        self.oddities = oddities

    def come(self) -> None:
        """Let the day end, and see whether all is as it must be.

        Raises:
            Violation: it is not.
        """
        world = self.world
        world.fault_rate = world.lag = world.largest_skew = 0
        self.machines.haste = 0.0
        for task in world.tasks:
            world.kill(task) if world.chance(0.5) else world.run_alone(task)
        world.tasks.clear()
        world.arrive_all()
        for till in self.school.provider.tills:
            if till.stage == stripe.PENDING:
                self.oddities.settle_slow(till)
        if world.chance(0.5):
            self._wishes()
        world.advance(PAST_EVERY_EXPIRY)
        self.school.provider.tick()
        if world.chance(0.5):
            self._hear()
        world.run_alone(self.machines.reconcile())
        world.run_alone(self.machines.catch_up())
        self._hear()
        self._live_sessions()
        self._money()
        self._messages()
        self._counters()

    def _wishes(self) -> None:
        """The next look carries out what students wished for while the provider was silent.

        Who was deleted in between has to wait: until nothing can open the checkout any more, or they sign up again.
        """
        self.world.fault_rate = WISHED_IN
        for _ in range(2):
            self.students.cancel()
            self.world.run_some(1.0)
        self.world.fault_rate = 0.0
        self.world.arrive_all()
        self.world.advance(PAST_EVERY_SKEW)
        self.world.run_alone(self.machines.reconcile())
        for session in self.school.store.sessions.values():
            wished = session.status in (Status.CREATING, Status.OPEN) and session.cancel_requested_at is not None
            waits = session.status is Status.CREATING and session.user_id not in self.school.store.students
            require(not wished or waits, "a wish to cancel was not carried out", session)

    def _hear(self) -> None:
        provider, machines = self.school.provider, self.machines
        for event in list(provider.to_deliver):
            task = self.world.run_alone(machines.webhook(event))
            require(task.done, "the webhook refused a genuine event", task.failure)
        provider.to_deliver.clear()
        machines.redrive()
        machines.collect()
        for message in list(machines.messages):
            while message in machines.messages and message.receives < MOST_RECEIVES:
                if self.world.run_alone(machines.worker(message)).done:
                    machines.forget(message)

    def _live_sessions(self) -> None:
        store = self.school.store
        for session in store.sessions.values():
            require(session.status not in LIVE, "a session outlived its checkout", session)
        for use in store.coupon_uses.values():
            require(use.redeemed, "a coupon use is held by nobody", use)
        for (user_id, _), payment_session_id in store.checkout_locks.items():
            session = store.sessions[user_id, payment_session_id]
            require(session.awaits_decision, "a guard was left behind", session)

    def _money(self) -> None:
        """Every payment is one completed session or one in review, and every such session is a payment.

        But one: of a checkout made unrecognisable by hand while its session waits in review for a copy's money, made by
        hand as well, nobody is told.
        """
        paid = {till.till_id: till for till in self.school.provider.tills if till.stage == stripe.PAID}
        sessions = self.school.store.sessions.values()
        emitted = [session for session in sessions if session.status in (Status.COMPLETED, Status.REVIEW)]
        for till in paid.values():
            mine = [one for one in emitted if till.paid_for(one) and not one.total.is_zero]
            copied = [one for one in emitted if one.review_reason is ReviewReason.OTHER_CHECKOUT and _is_for(till, one)]
            lost = till.tampered and copied and not mine
            require(len(mine) == 1 or lost, "money that led nowhere, or to two places", till, mine)
            for session in mine:
                exact = till.amount == session.total and till.livemode == session.livemode
                decided = session.status is Status.REVIEW or session.resolution is not None
                require(exact or decided, "enrolled for another sum", till, session)
        for session in emitted:
            known = session.total.is_zero or any(till.paid_for(session) for till in paid.values())
            require(known, "money that nobody received", session)

    def _messages(self) -> None:
        require(not self.machines.messages, "the queue does not empty", len(self.machines.messages))
        odd = any(till.tampered or till.reopened or till.copied for till in self.school.provider.tills)
        contradicted = [name for name in self.world.endings if name.endswith("contradictory_news")]
        require(odd or not contradicted, "the provider seemed to contradict itself", contradicted)
        require(odd or not self.machines.dead_letters, "a message died", [m.event for m in self.machines.dead_letters])

    def _counters(self) -> None:
        difference = self.school.stories.recount()
        require(not difference, "the recount found a difference", difference)


def _is_for(till: Till, session: PaymentSession) -> bool:
    return till.session.payment_session_id == session.payment_session_id
