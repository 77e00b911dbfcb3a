"""A container that learns how a service is made when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeVar, get_type_hints

from punq import Container, Scope

T = TypeVar("T")
Factory = Callable[[], object]
_BUILT_FROM_THEIR_NEEDS = ("domain.services.", "domain.use_cases.")


class LazyContainer(Container):
    """Each service is made once. What it is made of is imported only then, so a function pays for what it uses.

    A service is made by the factory of its class's name. Services and use cases of the domain need none: they are made
    from what their constructors ask for. What is registered by hand goes before both.
    """

    def __init__(self) -> None:
        super().__init__()
        self._factories: dict[str, Factory] = {}
        self._learnt: set[Any] = set()
        self._lock = RLock()  # the local API answers in several threads

    def learn(self, *groups: object) -> None:
        """Take every public method of these objects for the factory of the class that it returns."""
        for group in groups:
            self._factories |= factories_of(group)

    def resolve(self, service_key: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in punq
        """The service.

        Raises:
            MissingDependencyError: nobody knows how it, or something it needs, is made.
        """
        with self._lock:
            self._learn(service_key)
            return super().resolve(service_key, **kwargs)

    def instantiate(self, service_key: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in punq
        """A new object of the class, from the services that its constructor asks for."""
        with self._lock:
            self._learn_needs_of(service_key)
            return super().instantiate(service_key, **kwargs)

    def _learn(self, service: Any) -> None:  # noqa: ANN401 - any hint of a constructor
        if not isinstance(service, type) or service in self._learnt:
            return
        self._learnt.add(service)
        if self.registrations.build_context(service).target(service).impls:
            return
        factory = self._factories.get(service.__qualname__)
        if factory is not None:
            self.register(service, factory=factory, scope=Scope.singleton)
        elif service.__module__.startswith(_BUILT_FROM_THEIR_NEEDS):
            self.register(service, scope=Scope.singleton)
            self._learn_needs_of(service)

    def _learn_needs_of(self, service: Any) -> None:  # noqa: ANN401 - as above
        for need in get_type_hints(service.__init__).values():
            self._learn(need)


def factories_of(group: object) -> Mapping[str, Factory]:
    """The public methods of the object by the name of the class that each is annotated to return."""
    methods = {name: getattr(group, name) for name in dir(type(group)) if not name.startswith("_")}
    return {method.__annotations__["return"]: method for method in methods.values() if callable(method)}
