"""Which channels deliver messages, and the worker over them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from punq import Container

from adapters.settings import EVENTS, MAIL, Settings

if TYPE_CHECKING:
    from domain.ports.notifier import Notifier, Notifiers
    from domain.ports.outbox import Outbox
    from domain.use_cases.schedule.deliver_messages import DeliverMessages

_PATIENCE = 5.0  # seconds for an answer to whoever nobody waits for


class MessageFactories:
    """How they are made; nothing is connected before the first message."""

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container, self._settings = container, settings

    def outbox(self) -> Outbox:
        from adapters.dynamodb.outbox import DynamoOutbox
        from adapters.dynamodb.table import Table
        from domain.ports.telemetry import Telemetry

        return DynamoOutbox(self._container.resolve(Table), self._container.resolve(Telemetry))

    def notifiers(self) -> Notifiers:
        from domain.ports.notifier import Notifiers

        known: dict[str, Callable[[], Notifier]] = {EVENTS: self._events, MAIL: self._mail}
        return Notifiers({name: cache(make) for name, make in known.items() if name in self._settings.channels})

    def deliver_messages(self) -> DeliverMessages:
        from domain.messages import Recipient
        from domain.ports.clock import Clock
        from domain.ports.notifier import Notifiers
        from domain.ports.outbox import Outbox
        from domain.ports.students import StudentRepo
        from domain.ports.telemetry import Telemetry
        from domain.use_cases.schedule.deliver_messages import DeliverMessages

        resolve = self._container.resolve
        return DeliverMessages(
            outbox=resolve(Outbox),
            students=resolve(StudentRepo),
            notifiers=resolve(Notifiers),
            clock=resolve(Clock),
            telemetry=resolve(Telemetry),
            office=Recipient(email=self._settings.office_email),
        )

    def _mail(self) -> Notifier:
        from adapters.ses.letters import Letterhead
        from adapters.ses.notifier import SesNotifier

        settings = self._settings
        head = Letterhead(
            school=settings.school_name,
            web=settings.web_origin,
            colour=settings.school_colour,
            contact=settings.office_email,
            language=settings.school_language,
            zone=settings.zone,
        )
        return SesNotifier(_sdk_client("sesv2"), settings.mail_from, head)

    def _events(self) -> Notifier:
        from adapters.sns.notifier import SnsNotifier

        return SnsNotifier(_sdk_client("sns"), self._settings.events_topic_arn)


def _sdk_client(service: str) -> Callable[[], Any]:
    """AWS's own client of a service that is called in the background only, made when it is first needed."""

    @cache
    def make() -> object:
        from adapters import aws
        from adapters.aws import botocore_clients

        return botocore_clients.make(service, aws.CONNECT_TIMEOUT, _PATIENCE, aws.ATTEMPTS)

    return make
