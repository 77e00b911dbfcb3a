"""What was answered under a request id, for as long as PayPal keeps request ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from scripts.paypal_emulator.orders import RefusedError

Json = dict[str, Any]

KEYS_LIVE = timedelta(hours=6)


@define(eq=False)
class KeptAnswers:
    """Answers and refusals by their request id."""

    _kept: dict[str, tuple[datetime, Callable[[], Json]]] = field(factory=dict)

    def once(
        self, key: str, make: Callable[[], Json], now: datetime, latest: Callable[[Json], Json]
    ) -> tuple[Json, bool]:
        """What ``make`` returned or raised for this request id, made once; and whether it is a repetition.

        ``latest`` is what something that was made is like now.
        """
        kept = self._kept.get(key) if key else None
        if kept and now - kept[0] < KEYS_LIVE:
            return kept[1](), True
        try:
            made = make()
        except RefusedError as refused:
            if key and refused.status == 422:  # noqa: PLR2004 - what was decided; anything else is tried again
                self._kept[key] = (now, _raising(refused))
            raise
        if key:
            self._kept[key] = (now, lambda: latest(made))
        return made, False


def _raising(refused: RefusedError) -> Callable[[], Json]:
    def repeat() -> Json:
        raise refused

    return repeat
