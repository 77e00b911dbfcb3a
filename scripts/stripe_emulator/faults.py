"""Faults on demand: API calls that fail or never answer, webhooks that get lost, late, doubled or out of order."""

import threading
from typing import Any, Literal

from attrs import define, field, fields

from scripts.stripe_emulator.errors import Json

Mode = Literal[
    "timeout",
    "timeout_after_commit",
    "drop_connection",
    "drop_connection_after_commit",
    "hold",
    "409",
    "429",
    "500",
    "503",
]
MODES = frozenset(Mode.__args__)  # type: ignore[attr-defined]


@define(kw_only=True)
class ApiFault:
    """What happens to the next `times` calls whose method and path match. `seconds`: how long no answer comes."""

    mode: str
    path: str = ""
    method: str = ""
    times: int = 1
    seconds: float = 60.0
    # Whether a 500 is remembered by the idempotency key, as Stripe's are.
    stored: bool = True

    def matches(self, method: str, path: str) -> bool:
        """Whether this fault is for that call."""
        return self.times > 0 and self.path in path and self.method.upper() in ("", method)


@define(kw_only=True)
class WebhookFaults:
    """What happens to deliveries from now on."""

    drop_next: int = 0
    drop_all: bool = False
    drop_types: frozenset[str] = frozenset()
    delay_seconds: float = 0.0
    duplicate: int = 0
    reorder: int = 0
    same_fact_new_event_id: bool = False

    def drops(self, kind: str) -> bool:
        """Whether this event's delivery is lost. Counts down where a number was set."""
        if self.drop_next > 0:
            self.drop_next -= 1
            return True
        return self.drop_all or kind in self.drop_types


@define
class Faults:
    """The faults in force. Safe to use from many threads."""

    api: list[ApiFault] = field(factory=list)
    webhooks: WebhookFaults = field(factory=WebhookFaults)
    _changed: threading.Condition = field(factory=threading.Condition)
    _held: int = 0
    _era: int = 0

    def set(self, wanted: Json) -> None:
        """Add API faults and change webhook faults. Raises ValueError for what is not understood."""
        unknown = wanted.keys() - {"api", "webhooks"}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        given = wanted.get("api", [])
        new = [_api_fault(item) for item in (given if isinstance(given, list) else [given])]
        webhooks = _webhook_faults(wanted["webhooks"]) if "webhooks" in wanted else None
        with self._changed:
            self.api += new
            self.webhooks = webhooks or self.webhooks

    def clear(self) -> None:
        """No faults; calls that are being held go on."""
        with self._changed:
            self.api.clear()
            self.webhooks = WebhookFaults()
        self.release()

    def take(self, method: str, path: str) -> ApiFault | None:
        """The fault for this call, used up by one."""
        with self._changed:
            for fault in self.api:
                if fault.matches(method, path):
                    fault.times -= 1
                    return fault
        return None

    def hold(self, seconds: float) -> None:
        """Keep the calling thread until released, or for that long."""
        with self._changed:
            era = self._era
            self._held += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._era != era, seconds)
            self._held -= 1

    def release(self) -> None:
        """Let every held call go on."""
        with self._changed:
            self._era += 1
            self._changed.notify_all()

    def wait_for_held(self, count: int, timeout: float) -> bool:
        """Wait until that many calls are held; False when it took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held >= count, timeout)

    def as_json(self) -> Json:
        """What is in force, as JSON."""
        with self._changed:
            hooks = {name.name: getattr(self.webhooks, name.name) for name in fields(WebhookFaults)}
            hooks["drop_types"] = sorted(hooks["drop_types"])
            api = [{a.name: getattr(f, a.name) for a in fields(ApiFault)} for f in self.api if f.times > 0]
            return {"api": api, "webhooks": hooks, "holding": self._held}


def _api_fault(given: Any) -> ApiFault:
    if not isinstance(given, dict) or str(given.get("mode")) not in MODES:
        raise ValueError(f"api faults need a mode: {', '.join(sorted(MODES))}")
    return ApiFault(**_checked(ApiFault, given | {"mode": str(given["mode"])}))


def _webhook_faults(given: Any) -> WebhookFaults:
    if not isinstance(given, dict):
        raise ValueError("webhooks takes an object")  # noqa: TRY004
    plain = {key: value for key, value in given.items() if key != "drop"}
    if plain.get("reorder") is True:
        plain["reorder"] = 2
    drop = given.get("drop", False)
    if isinstance(drop, bool):
        plain["drop_all"] = drop
    elif isinstance(drop, int):
        plain["drop_next"] = drop
    else:
        plain["drop_types"] = frozenset([drop] if isinstance(drop, str) else drop)
    return WebhookFaults(**_checked(WebhookFaults, plain))


def _checked(kind: type, given: Json) -> Json:
    for name, value in given.items():
        known = {a.name: a.type for a in fields(kind)}
        if name not in known:
            raise ValueError(f"unknown: {name}; known are {', '.join(known)}")
        wanted = known[name]
        fits = isinstance(value, (int, float)) if wanted is float else not isinstance(wanted, type)
        if not fits and not (isinstance(wanted, type) and isinstance(value, wanted)):
            raise ValueError(f"{name} has the wrong type")
    return given
