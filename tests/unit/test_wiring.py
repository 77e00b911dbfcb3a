"""The wiring of the tests is the container's."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import pytest
from attrs import has

from domain import use_cases
from domain.ports.clock import Clock
from domain.ports.payment_sessions import PaymentSessionRepo
from domain.use_cases.student.cancel_payment import CancelPayment
from domain.use_cases.student.enroll import Enroll
from domain.use_cases.student.show_checkout import ShowCheckout
from tests.support.memory.memory_ports import MemoryPorts
from tests.support.wiring import WiredUseCases


def use_case_classes() -> list[type]:
    """The classes of ``domain.use_cases`` that are made from ports and services, which all can be called."""
    modules = [
        import_module(found.name)
        for found in pkgutil.walk_packages(use_cases.__path__, f"{use_cases.__name__}.")
        if not found.ispkg
    ]
    return [
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
        and has(kind)
        and not kind.__name__.startswith("_")
        and "__call__" in vars(kind)
    ]


@pytest.mark.parametrize("kind", use_case_classes(), ids=lambda kind: kind.__name__)
def test_every_use_case_of_the_container_can_be_had_over_memory(kind: type) -> None:
    """A use case is wired in the container alone; a new port needs an adapter in memory."""
    assert isinstance(WiredUseCases(MemoryPorts().ports()).resolve(kind), kind)


def test_use_cases_share_their_ports_and_services_and_no_others() -> None:
    """One school's use cases meet in its ports; another school's are built anew."""
    ports = MemoryPorts().ports()
    first, second = WiredUseCases(ports), WiredUseCases(MemoryPorts().ports())
    assert first.resolve(Enroll) is first.resolve(Enroll)
    assert first.resolve(CancelPayment).sessions is first.resolve(ShowCheckout).sessions is ports[PaymentSessionRepo]
    assert first.resolve(Enroll) is not second.resolve(Enroll)
    assert first.resolve(CancelPayment).sessions is not second.resolve(CancelPayment).sessions


def test_a_port_that_was_not_given_is_named() -> None:
    """Nothing of the container's own adapters is ever used in its place."""
    ports = MemoryPorts().ports()
    del ports[Clock]
    with pytest.raises(LookupError, match="Clock"):
        WiredUseCases(ports).resolve(Enroll)
