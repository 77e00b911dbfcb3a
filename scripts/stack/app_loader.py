"""The Lambda's code in this process: its environment, and app.py loaded anew in it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from chalice.app import Chalice

ROOT = Path(__file__).resolve().parents[2]

# What a developer's shell may hold and would lead the product out of this machine.
_FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "STRIPE_API_BASE")


@contextmanager
def lambda_process(variables: Mapping[str, str]) -> Iterator[None]:
    """The process as a new Lambda instance finds it: its environment, and no module of ours loaded above the domain.

    What was there before comes back afterwards. One at a time per process: both belong to the process.
    """
    environment, modules = dict(os.environ), _set_aside()
    for name in environment:
        if name in _FOREIGN or name.startswith("AWS_ENDPOINT_URL"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        _set_aside()
        sys.modules.update(modules)


def load_app(path: Path = ROOT / "app.py") -> Chalice:
    """A run of app.py under the name that Lambda gives it. Within `lambda_process`, its clients are new."""
    spec = importlib.util.spec_from_file_location("app", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["app"] = module
    spec.loader.exec_module(module)
    app: Chalice = module.app
    return app


def _set_aside() -> dict[str, ModuleType]:
    """Take app.py and the adapters, which keep settings and clients for the life of a process, out of the modules."""
    ours = [name for name in sys.modules if name.partition(".")[0] in ("app", "adapters")]
    return {name: sys.modules.pop(name) for name in ours}
