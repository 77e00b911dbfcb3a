"""Workers to be killed: each task has a process of its own, forked from one that imported all and called nobody.

Run as a program it reads tasks as lines of JSON on standard input and answers each with one line. A worker is the real
container over real clients; only what it waits for between attempts is left out, and its calls are counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import aws_lambda_powertools
import stripe
from attrs import evolve, frozen
from chalice.app import CloudWatchEvent, SQSEvent
from cryptography import x509
from punq import Container

from adapters import aws
from adapters.connections import Connections, HttpAnswer
from adapters.container import build_container
from adapters.events.queued import make_settle_queued_event
from adapters.events.scheduled import make_catch_up, make_deliver_messages, make_reconcile
from adapters.memory.backoff import MemoryBackoff
from adapters.paypal.payment_gateway import PayPalGateway
from adapters.settings import Settings
from adapters.stripe.api import Timeout
from adapters.stripe.payment_gateway import StripeGateway
from adapters.stripe.transport import BoundedClient
from domain.enrollment_requests import AwaitingPayment, CheckoutOptions
from domain.errors import DomainError
from domain.payments.reviews import ResolutionKind
from domain.ports.backoff import Backoff
from domain.ports.clock import Clock
from domain.ports.coupons import CouponRepo
from domain.ports.courses import CourseRepo
from domain.ports.enrollments import EnrollmentRepo
from domain.ports.event_queue import EventQueue
from domain.ports.ledger import LedgerRepo
from domain.ports.notifier import Notifiers
from domain.ports.outbox import Outbox
from domain.ports.payment_gateway import Gateways
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.ports.reversals import ReversalRepo
from domain.ports.secret_store import SecretStore
from domain.ports.students import StudentRepo
from domain.ports.unit_of_work import UnitOfWork
from domain.services.refund_payment import RefundOrder, RefundPayment
from domain.students import Identity
from domain.use_cases.office.manage_enrollments import (
    EnrollmentOrder,
    GrantEnrollment,
    LiftBar,
    ReinstateEnrollment,
    RevokeEnrollment,
)
from domain.use_cases.office.rebuild_payments import RebuildPayments
from domain.use_cases.office.record_repayment import RecordRepayment
from domain.use_cases.office.resolve_review import ResolveReview
from domain.use_cases.provider.receive_event import ReceiveEvent
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.show_checkout import ShowCheckout
from scripts.paypal_emulator.certificates import make_certificates
from tests.support.kills.kill_points import Calls, Kill, Watched

# Clock, ids and telemetry change nothing that lasts: a kill around them is one around the calls beside them.
PORTS = (
    SecretStore,
    CourseRepo,
    EnrollmentRepo,
    PaymentSessionRepo,
    ReversalRepo,
    LedgerRepo,
    CouponRepo,
    StudentRepo,
    UnitOfWork,
    EventQueue,
    Outbox,
)
_SERVICES = ("dynamodb", "sqs", "secretsmanager")
_FAR = (60.0, 240.0)  # seconds to connect to an emulator, and to wait for its answer: a busy machine decides nothing


@frozen
class _Later(Clock):
    """A clock that is ahead of the machine's."""

    clock: Clock
    ahead: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.ahead


def main() -> None:
    """Serve until standard input ends."""
    _load_everything()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_in_a_process_of_its_own(json.loads(line))) + "\n")
        sys.stdout.flush()


def _load_everything() -> None:
    for service in _SERVICES:
        aws.client(service)  # type: ignore[call-overload]
    # These load most of themselves on first use.
    x509.load_pem_x509_certificates(make_certificates().chain)
    _ = stripe.StripeClient("sk_test_loading"), aws_lambda_powertools.Logger(service="loading")


def _in_a_process_of_its_own(task: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(reading)
        try:
            _work(task, writing)
        finally:
            traceback.print_exc()  # only a mistake of ours comes here: the parent's own work must not go on twice
            os._exit(1)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor has no path
        emitted = pipe.read()
    _, status = os.waitpid(worker, 0)
    if os.WIFSIGNALED(status):
        return {"killed": os.WTERMSIG(status) == signal.SIGKILL}
    if status:
        raise RuntimeError(f"the worker failed: {task['operation']}")
    result: dict[str, Any] = json.loads(emitted)
    return result


def _work(task: dict[str, Any], writing: int) -> None:
    """Do the task, report the outcome, end. Nothing of the parent's is flushed or closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    calls = Calls(Kill(**task["kill"]) if task["kill"] else None)
    container = _container(Settings(**task["settings"]), calls, timedelta(seconds=task["ahead"]))
    try:
        outcome = {"answer": _OPERATIONS[task["operation"]](container, task["arguments"])}
    except DomainError as error:
        outcome = {"refused": error.code}
    with os.fdopen(writing, "w") as pipe:
        json.dump({**outcome, "calls": calls.made}, pipe)
    os._exit(0)


def _container(settings: Settings, calls: Calls, ahead: timedelta) -> Container:
    container = build_container(settings)
    clock = _Later(container.resolve(Clock), ahead)
    container.register(Clock, instance=clock)
    container.register(Backoff, instance=MemoryBackoff())
    real = {port: container.resolve(port) for port in PORTS}
    gateways = container.resolve(Gateways)
    watched = {name: _watched_gateway(gateways, name, calls) for name in gateways.names}
    container.register(Gateways, instance=Gateways({name: lambda it=it: it for name, it in watched.items()}))  # type: ignore[misc]
    for port, adapter in real.items():
        container.register(port, instance=Watched(port.__name__, adapter, calls))
    notifiers = container.resolve(Notifiers)
    channels = {name: Watched("Notifier", notifiers.named(name), calls) for name in notifiers.names}
    container.register(Notifiers, instance=Notifiers({name: lambda it=it: it for name, it in channels.items()}))  # type: ignore[misc]
    for service in _SERVICES:
        _listen(aws.client(service), service, calls)  # type: ignore[call-overload]
    return container


def _watched_gateway(gateways: Gateways, name: str, calls: Calls) -> Any:
    gateway = gateways.named(name)
    if isinstance(gateway, StripeGateway):
        gateway = evolve(gateway, timeout=_FAR, transport=lambda timeout: _Wire(timeout, calls))
    if isinstance(gateway, PayPalGateway):
        gateway = evolve(gateway, timeout=_FAR, connect=lambda *where: _CountedPayPal(Connections(*where), calls))
    return Watched("PaymentGateway", gateway, calls)


@frozen
class _CountedPayPal:
    """PayPal's connections, the requests counted but for those of a token."""

    connections: Connections
    calls: Calls

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> HttpAnswer:
        """One request."""
        if target.startswith("/v1/oauth2"):
            return self.connections.exchange(method, target, headers, body)
        number = self.calls.begin("wire", f"paypal {method} {target.partition('?')[0]}")
        answer = self.connections.exchange(method, target, headers, body)
        self.calls.end("wire", number)
        return answer


class _Wire(BoundedClient):
    """The gateway's HTTP client, its requests counted."""

    def __init__(self, timeout: Timeout, calls: Calls) -> None:
        super().__init__(timeout)
        self._calls = calls

    def request(self, method: str, url: str, *given: Any, **named: Any) -> Any:
        """One request."""
        number = self._calls.begin("wire", f"stripe {method.upper()} {url.partition('/v1')[2].partition('?')[0]}")
        answer = super().request(method, url, *given, **named)
        self._calls.end("wire", number)
        return answer


@frozen
class _Counted:
    """An AWS client's connections, its requests counted."""

    connections: Connections
    service: str
    calls: Calls

    @property
    def host(self) -> str:
        """Where they lead."""
        return self.connections.host

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """One request."""
        number = self.calls.begin("wire", f"{self.service} {headers['x-amz-target'].rpartition('.')[2]}")
        answer = self.connections.exchange(method, target, headers, body)
        self.calls.end("wire", number)
        return answer


def _listen(client: Any, service: str, calls: Calls) -> None:
    client.connections = _Counted(Connections(client.endpoint, *_FAR), service, calls)


def _enroll(container: Container, arguments: dict[str, Any]) -> dict[str, Any]:
    answer = container.resolve(Enroll)(
        _identity(arguments), arguments["course_id"], CheckoutOptions(**arguments["options"])
    )
    if not isinstance(answer, AwaitingPayment):
        return {"enrolled": True}
    return {"enrolled": False, "payment_session_id": answer.session.payment_session_id}


def _cancel(container: Container, arguments: dict[str, Any]) -> str:
    return type(container.resolve(CancelPayment)(_identity(arguments), arguments["payment_session_id"])).__name__


def _show(container: Container, arguments: dict[str, Any]) -> bool:
    return container.resolve(ShowCheckout)(_identity(arguments), arguments["checkout_id"]).enrolled


def _receive(container: Container, arguments: dict[str, Any]) -> str:
    provider = container.resolve(Gateways).names[0]
    return container.resolve(ReceiveEvent)(provider, arguments["body"].encode(), arguments["headers"]).value


def _queued(container: Container, arguments: dict[str, Any]) -> None:
    make_settle_queued_event(container)(SQSEvent(arguments, None))


def _reconcile(container: Container, arguments: dict[str, Any]) -> dict[str, int]:
    return make_reconcile(container)(CloudWatchEvent(arguments, None))


def _deliver(container: Container, arguments: dict[str, Any]) -> dict[str, int]:
    return make_deliver_messages(container)(CloudWatchEvent(arguments, None))


def _catch_up(container: Container, arguments: dict[str, Any]) -> dict[str, int]:
    return make_catch_up(container)(CloudWatchEvent(arguments, None))


def _refund(container: Container, arguments: dict[str, Any]) -> str:
    return container.resolve(RefundPayment)(RefundOrder(**arguments)).refund.status.value


def _repay(container: Container, arguments: dict[str, Any]) -> str:
    return container.resolve(RecordRepayment)(RefundOrder(**arguments)).refund.status.value


def _resolve(container: Container, arguments: dict[str, Any]) -> str:
    kind = ResolutionKind(arguments["kind"])
    return container.resolve(ResolveReview)(**(arguments | {"kind": kind})).status.value


def _office(use_case: type[Callable[[EnrollmentOrder], object]]) -> Callable[[Container, dict[str, Any]], str]:
    def carry_out(container: Container, arguments: dict[str, Any]) -> str:
        return type(container.resolve(use_case)(EnrollmentOrder(**arguments))).__name__

    return carry_out


def _rebuild(container: Container, _arguments: dict[str, Any]) -> list[str]:
    now = container.resolve(Clock).now()
    days = {"since": now - timedelta(days=1), "until": now + timedelta(minutes=1)}
    provider = container.resolve(Gateways).names[0]
    rebuilt = container.resolve(RebuildPayments)(provider, **days, by="an-operator", apply=True)
    return [one.outcome.value for one in rebuilt]


def _identity(arguments: Mapping[str, Any]) -> Identity:
    return Identity(
        user_id=arguments["user_id"], email=f"{arguments['user_id']}@example.com", name="Kim", email_verified=True
    )


_OPERATIONS: dict[str, Callable[[Container, dict[str, Any]], Any]] = {
    "enroll": _enroll,
    "cancel": _cancel,
    "show": _show,
    "webhook": _receive,
    "queue": _queued,
    "reconcile": _reconcile,
    "catch_up": _catch_up,
    "deliver": _deliver,
    "refund": _refund,
    "repay": _repay,
    "resolve": _resolve,
    "grant": _office(GrantEnrollment),
    "revoke": _office(RevokeEnrollment),
    "reinstate": _office(ReinstateEnrollment),
    "lift_bar": _office(LiftBar),
    "rebuild": _rebuild,
}

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
