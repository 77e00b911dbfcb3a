"""Habits that only a rule keeps: in the sources, and in the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import ROOT, calls, imports, python_files, tree, where

MOST_LINES = 300
CATALOGUES = {"domain/errors.py"}
"""Read by looking one entry up, not from top to bottom."""

MOCKS = {"unittest.mock", "mock", "pytest_mock", "responses", "respx", "freezegun", "time_machine", "vcr"}
PATCHING = {"monkeypatch", "mocker"}
DEAD = {
    "initEmbeddedCheckout": re.compile(r"initEmbeddedCheckout"),
    "ui_mode: embedded": re.compile(r"""ui_mode["']?\s*[:=]\s*["']embedded["']"""),
    "payment_method_types": re.compile(r"(?<![a-z]_)payment_method_types"),
    "stripe.error": re.compile(r"\bimport stripe\.error|\bfrom stripe\.error\b|(?<!local\.)\bstripe\.error\."),
}
EMULATOR = "scripts/stripe_emulator/"
REFUSAL = "scripts/stripe_emulator/checkout/pages/stripe.js"
TEXTS = {".py", ".js", ".html", ".md"}

each_test = pytest.mark.parametrize("path", python_files("tests"), ids=where)


@pytest.mark.parametrize("path", python_files("domain", "adapters", "scripts"), ids=where)
def test_no_file_grows_beyond_reading(path: Path) -> None:
    """300 lines and no more."""
    assert where(path) in CATALOGUES or len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@each_test
def test_no_test_mocks_or_patches(path: Path) -> None:
    """Fakes are adapters that keep the contract; misbehaviour is a wrapper with one bad habit."""
    assert not {name for name in imports(tree(path)) if name in MOCKS or name.partition(".")[0] in MOCKS}
    arguments = [node.arg for node in ast.walk(tree(path)) if isinstance(node, ast.arg)]
    assert not PATCHING & set(arguments)
    assert not [call for call in calls(tree(path)) if call.startswith(("mock.", "patch.")) or call == "patch"]


@each_test
def test_no_test_sleeps_or_skips(path: Path) -> None:
    """A live process is waited for with a deadline; what cannot run says so by failing."""
    made = set(calls(tree(path)))
    assert not made & {"time.sleep", "sleep", "asyncio.sleep"}
    assert "time.sleep" not in imports(tree(path))
    assert not [call for call in made if call in ("pytest.skip", "pytest.xfail", "pytest.importorskip")]
    marks = [node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
    assert not {"skip", "skipif", "xfail"} & set(marks)


@each_test
def test_every_test_states_a_fact(path: Path) -> None:
    """One sentence in its docstring."""
    tests = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and path.name.startswith("test_")
    ]
    assert not [test.name for test in tests if not (ast.get_docstring(test) or "").strip()]


def dead_words(place: str, text: str) -> set[str]:
    """What Stripe no longer takes and this file still says. The emulator may know the words in order to refuse them."""
    if place == REFUSAL:
        return set()
    words = DEAD.keys() - ({"payment_method_types"} if place.startswith(EMULATOR) else set())
    return {word for word in words if DEAD[word].search(text)}


def test_no_dead_word_of_stripes_is_left() -> None:
    """ui_mode embedded, initEmbeddedCheckout and payment_method_types are refused today; stripe.error is gone."""
    rooms = ("domain", "adapters", "scripts", "frontend", "docs")
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in TEXTS]
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
