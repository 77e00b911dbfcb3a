"""Habits that only a rule keeps: in the sources, and in the tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

import pytest

from tests.support.sources import ROOT, calls, imports, python_files, tree, where

MOST_LINES = 300
# Lists of small classes, and one decision that is read as a whole.
CATALOGUES = {
    "adapters/container.py",
    "adapters/dynamodb/keys.py",
    "domain/errors.py",
    "domain/ports/payment_gateway.py",
    "domain/transactions/writes.py",
    "domain/payment_sync.py",
}
"""Read by looking one entry up, not from top to bottom."""

MOCKS = {"unittest.mock", "mock", "pytest_mock", "responses", "respx", "freezegun", "time_machine", "vcr"}
PATCHING = {"monkeypatch", "mocker"}
SLEEPS = {"sleep", "time.sleep", "asyncio.sleep"}
PRODUCT = ("domain", "adapters", "scripts")
DEAD = {
    "initEmbeddedCheckout": re.compile(r"initEmbeddedCheckout"),
    "ui_mode: embedded": re.compile(r"""ui_mode["']?\s*[:=]\s*["']embedded["']"""),
    "payment_method_types": re.compile(r"(?<![a-z]_)payment_method_types"),
    "stripe.error": re.compile(r"\bimport stripe\.error|\bfrom stripe\.error\b|(?<!local\.)\bstripe\.error\."),
}
EMULATOR = "scripts/stripe_emulator/"
REFUSAL = "scripts/stripe_emulator/checkout/pages/stripe.js"
TEXTS = {".py", ".js", ".html", ".md"}


def breaks(rule: Callable[[ast.Module], Iterable[str]], *packages: str) -> dict[str, list[str]]:
    """The files of these packages that break the rule, with what breaks it."""
    found = {where(path): sorted(rule(tree(path))) for path in python_files(*packages)}
    return {path: broken for path, broken in found.items() if broken}


def test_no_file_grows_beyond_reading() -> None:
    """300 lines and no more."""
    lengths = {where(path): len(path.read_text("utf-8").splitlines()) for path in python_files(*PRODUCT)}
    assert {path for path, lines in lengths.items() if lines > MOST_LINES} <= CATALOGUES


def mocks(module: ast.Module) -> set[str]:
    """Mock libraries, pytest's patching fixtures, and calls of mock or patch."""
    imported = {name for name in imports(module) if name in MOCKS or name.partition(".")[0] in MOCKS}
    arguments = {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}
    called = {call for call in calls(module) if call.startswith(("mock.", "patch.")) or call == "patch"}
    return imported | arguments & PATCHING | called


def test_no_test_mocks_or_patches() -> None:
    """Fakes are adapters that keep the contract; misbehaviour is a wrapper with one bad habit."""
    assert breaks(mocks, "tests") == {}


def sleeps_and_skips(module: ast.Module) -> set[str]:
    """Calls of sleep, and whatever leaves a test out."""
    slept = {name for name in (*calls(module), *imports(module)) if name in SLEEPS}
    marks = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    return slept | marks & {"skip", "skipif", "xfail", "importorskip"}


def test_no_test_sleeps_or_skips() -> None:
    """A live process is waited for with a deadline; what cannot run says so by failing."""
    assert breaks(sleeps_and_skips, "tests") == {}


def undocumented(module: ast.Module) -> list[str]:
    """Tests without a docstring."""
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if node.name.startswith("test_") and not ast.get_docstring(node)]


def test_every_test_states_a_fact() -> None:
    """One sentence in its docstring."""
    assert breaks(undocumented, "tests") == {}


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (mocks, "from unittest.mock import Mock"),
        (mocks, "def test_x(monkeypatch): ..."),
        (mocks, "patch('a.b')"),
        (sleeps_and_skips, "time.sleep(1)"),
        (sleeps_and_skips, "from time import sleep"),
        (sleeps_and_skips, "pytest.skip('later')"),
        (sleeps_and_skips, "@pytest.mark.skipif(True)\ndef test_x(): ..."),
        (undocumented, "def test_x(): ..."),
    ],
)
def test_a_bad_habit_is_noticed(rule: Callable[[ast.Module], Iterable[str]], source: str) -> None:
    """Control: each rule sees what it forbids."""
    assert list(rule(ast.parse(source)))


def dead_words(place: str, text: str) -> set[str]:
    """What Stripe no longer takes and this file still says. The emulator may know the words in order to refuse them."""
    if place == REFUSAL:
        return set()
    words = DEAD.keys() - ({"payment_method_types"} if place.startswith(EMULATOR) else set())
    return {word for word in words if DEAD[word].search(text)}


def test_no_dead_word_of_stripes_is_left() -> None:
    """ui_mode embedded, initEmbeddedCheckout and payment_method_types are refused today; stripe.error is gone."""
    folders = (*PRODUCT, "frontend", "docs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in TEXTS]
    files += [ROOT / "app.py", ROOT / "README.md"]
    assert len(files) > 100
    found = {where(path): dead_words(where(path), path.read_text("utf-8")) for path in files}
    assert not {place: words for place, words in found.items() if words}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("stripe.initEmbeddedCheckout({})", "initEmbeddedCheckout"),
        ('{"ui_mode": "embedded"}', "ui_mode: embedded"),
        ("create(ui_mode='embedded')", "ui_mode: embedded"),
        ('params["payment_method_types"] = ["card"]', "payment_method_types"),
        ("except stripe.error.CardError:", "stripe.error"),
    ],
)
def test_dead_words_would_be_noticed(text: str, word: str) -> None:
    """Control: and living ones are not."""
    assert dead_words("adapters/stripe/x.py", text) == {word}
    assert not dead_words("adapters/stripe/x.py", 'ui_mode="embedded_page", excluded_payment_method_types=[]')
