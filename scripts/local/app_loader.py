"""The Lambda's code in this process: its environment, and app.py loaded anew in it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chalice.app import Chalice

ROOT = Path(__file__).resolve().parents[2]

# What a developer's shell may hold and would lead the product out of this machine.
_FOREIGN = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "STRIPE_API_BASE")


@contextmanager
def lambda_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The process environment as the Lambda would see it; what it was before comes back afterwards.

    One at a time per process: the environment is the process's.
    """
    before = dict(os.environ)
    for name in before:
        if name in _FOREIGN or name.startswith("AWS_ENDPOINT_URL"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def load_app(path: Path = ROOT / "app.py") -> Chalice:
    """A fresh run of app.py, with settings and clients of its own, under the name that Lambda gives it."""
    spec = importlib.util.spec_from_file_location("app", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["app"] = module
    spec.loader.exec_module(module)
    app: Chalice = module.app
    return app
