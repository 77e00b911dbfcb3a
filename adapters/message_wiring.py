"""Which channels deliver messages: a part of the composition root."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from punq import Container, Scope

from adapters import aws
from adapters.aws import botocore_clients
from adapters.dynamodb.outbox import DynamoOutbox
from adapters.dynamodb.table import Table
from adapters.ses.letters import Letterhead
from adapters.ses.notifier import SesNotifier
from adapters.settings import EVENTS, MAIL, Settings
from adapters.sns.notifier import SnsNotifier
from domain.messages import Recipient
from domain.ports.clock import Clock
from domain.ports.notifier import Notifier, Notifiers
from domain.ports.outbox import Outbox
from domain.ports.students import StudentRepo
from domain.ports.telemetry import Telemetry
from domain.ports.unit_of_work import UnitOfWork
from domain.services.announcing import AnnouncingUnitOfWork
from domain.use_cases.schedule.deliver_messages import DeliverMessages

_PATIENCE = 5.0  # seconds for an answer to whoever nobody waits for


def announcing(plain: UnitOfWork, settings: Settings) -> UnitOfWork:
    """The unit of work, with messages where they are on."""
    return AnnouncingUnitOfWork(plain) if settings.channels else plain


def register_messages(container: Container, settings: Settings) -> None:
    """Register the channels in use, and the worker over them. Nothing is made before it is needed."""

    def mail() -> Notifier:
        head = Letterhead(
            school=settings.school_name,
            web=settings.web_origin,
            colour=settings.school_colour,
            contact=settings.office_email,
            language=settings.school_language,
            zone=settings.zone,
        )
        return SesNotifier(_sdk_client("sesv2"), settings.mail_from, head)

    def events() -> Notifier:
        return SnsNotifier(_sdk_client("sns"), settings.events_topic_arn)

    def notifiers() -> Notifiers:
        known: dict[str, Callable[[], Notifier]] = {EVENTS: events, MAIL: mail}
        return Notifiers({name: cache(make) for name, make in known.items() if name in settings.channels})

    def deliver_messages() -> DeliverMessages:
        return DeliverMessages(
            outbox=container.resolve(Outbox),
            students=container.resolve(StudentRepo),
            notifiers=container.resolve(Notifiers),
            clock=container.resolve(Clock),
            telemetry=container.resolve(Telemetry),
            office=Recipient(email=settings.office_email),
        )

    def outbox() -> Outbox:
        return DynamoOutbox(container.resolve(Table), container.resolve(Telemetry))

    container.register(Outbox, factory=outbox, scope=Scope.singleton)
    container.register(Notifiers, factory=notifiers, scope=Scope.singleton)
    container.register(DeliverMessages, factory=deliver_messages, scope=Scope.singleton)


def _sdk_client(service: str) -> Callable[[], Any]:
    """AWS's own client of a service that is called in the background only, made when it is first needed."""

    @cache
    def make() -> object:
        return botocore_clients.make(service, aws.CONNECT_TIMEOUT, _PATIENCE, aws.ATTEMPTS)

    return make
