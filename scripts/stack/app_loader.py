"""Loads app.py into this process as Lambda does: in its own environment, with fresh modules."""

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

# Variables of a developer's shell that would point the product to real services.
_REMOVED = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "STRIPE_API_BASE")


@contextmanager
def lambda_process(variables: Mapping[str, str]) -> Iterator[None]:
    """Give this process the environment of a new Lambda instance, and unload app.py and the adapters.

    Environment and modules are restored afterwards. One at a time: both are global to the process.
    """
    environment, modules = dict(os.environ), _unload()
    for name in environment:
        if name in _REMOVED or name.startswith("AWS_ENDPOINT_URL"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        _unload()
        sys.modules.update(modules)


def load_app(path: Path = ROOT / "app.py") -> Chalice:
    """Execute app.py as the module "app", as Lambda does. Within ``lambda_process`` it creates new clients."""
    spec = importlib.util.spec_from_file_location("app", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["app"] = module
    spec.loader.exec_module(module)
    app: Chalice = module.app
    return app


def _unload() -> dict[str, ModuleType]:
    """Remove app.py and the adapters, which cache settings and clients, from sys.modules; returns them."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in ("app", "adapters")]
    return {name: sys.modules.pop(name) for name in loaded}
