"""The product's own stories over a stage's resources, for operators."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.ports.telemetry import Telemetry
from scripts.ops.stage import Stage
from scripts.ops.telemetry import TerminalTelemetry

if TYPE_CHECKING:
    from punq import Container

    from adapters.settings import Settings

# The stories that operators tell serve no pages and check no tokens.
_UNUSED = {"WEB_ORIGIN": "https://web.invalid", "USER_POOL_ARN": "none", "USER_POOL_CLIENT_ID": "none"}


def settings_of(stage: Stage, environment: Mapping[str, str] = os.environ) -> Settings:
    """The product's settings at this stage.

    Variables of this process count on the local stage only: elsewhere, one that a shell still holds from yesterday
    would lead to another stage's table.

    Raises:
        SettingsError: they cannot be right.
    """
    from adapters.settings import Settings

    own = environment if stage.is_local else {}
    return Settings.from_environment({**_UNUSED, **stage.variables, **own, "STAGE": stage.name})


def shop(stage: Stage, *, quiet: bool = True) -> Container:
    """Everything plugged together as in the product, except that telemetry speaks to the terminal."""
    from adapters.container import build_container

    container = build_container(settings_of(stage))
    container.register(Telemetry, instance=TerminalTelemetry(quiet=quiet))
    return container
