"""The composition root: how every object of the product is made.

Each is made when it is first asked for, and only once; what it is made of is imported only then.
"""

from __future__ import annotations

from collections.abc import Mapping

from punq import Container

from adapters import aws
from adapters.settings import Settings
from adapters.wiring.lazy_container import LazyContainer
from adapters.wiring.messages import MessageFactories
from adapters.wiring.payments import PaymentFactories
from adapters.wiring.storage import StorageFactories
from adapters.wiring.system import SystemFactories


def build_container(settings: Settings) -> Container:
    """The container of this deployment. Building it opens no connection."""
    container = LazyContainer()
    container.register(Settings, instance=settings)
    for factories in (SystemFactories, StorageFactories, PaymentFactories, MessageFactories):
        container.learn(factories(container, settings))
    return container


def warm_up(environment: Mapping[str, str]) -> None:
    """In Lambda, create the DynamoDB client during the init phase, which runs with full CPU."""
    if environment.get("AWS_LAMBDA_FUNCTION_NAME") and environment.get("_HANDLER", "").startswith("app."):
        aws.client("dynamodb")
