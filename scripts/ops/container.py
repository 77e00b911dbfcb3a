"""The product's own container of use cases and adapters, over a stage's resources, for operators."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.ports.telemetry import Telemetry
from scripts.ops.stage import Stage
from scripts.ops.terminal.telemetry import TerminalTelemetry

if TYPE_CHECKING:
    from punq import Container

    from adapters.settings import Settings

# Settings that the commands do not use: they serve no pages and check no tokens. Accounts of the user pool are deleted
# by the command that knows the pool.
_UNUSED = {"WEB_ORIGIN": "https://web.invalid", "USER_POOL_ARN": "none", "USER_POOL_CLIENT_ID": "none"}


def settings_of(stage: Stage, environment: Mapping[str, str] = os.environ) -> Settings:
    """The product's settings at this stage.

    Environment variables of this process are used for the local stage only: for other stages, a variable left over in
    the shell could select another stage's table.

    Raises:
        SettingsError: a setting is missing or invalid.
    """
    from adapters.settings import Settings

    own = environment if stage.is_local else {}
    return Settings.from_environment(
        {**_UNUSED, **stage.variables, **own, "STAGE": stage.name, "DELETE_SIGN_INS": "no"}
    )


def ops_container(stage: Stage, *, quiet: bool = True) -> Container:
    """The product's container with telemetry on the terminal instead of CloudWatch.

    ``quiet`` prints no telemetry.
    """
    from adapters.container import build_container

    container = build_container(settings_of(stage))
    container.register(Telemetry, instance=TerminalTelemetry(quiet=quiet))
    return container
