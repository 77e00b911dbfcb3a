"""The school's settings that the stack was started with, for the operators' commands beside it."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.settings import Settings


def settings_given(environment: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, str]:
    """The product's settings in the environment, but for those that the stack decides."""
    names = (attribute.name.upper() for attribute in Settings.__attrs_attrs__)
    return {name: environment[name] for name in names if environment.get(name) and name not in fixed}
