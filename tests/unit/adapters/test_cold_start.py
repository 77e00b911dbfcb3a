"""Bytecode that a build has kept is used, and nothing else changes."""

from __future__ import annotations

import gc
import marshal
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import module_from_spec
from pathlib import Path

import pytest

from adapters.cold_start import (
    FIRST_COLLECTION,
    KeptBytecode,
    begin,
    collect_later,
    content,
    digest,
    import_when_used,
)

SOURCES = {"sold": "sold/__init__.py", "sold.price": "sold/price.py"}
METADATA = "importlib.metadata"
METHODS = "<attrs generated methods sold.price.Price>"
HASHED = "def __hash__(self):\n    return hash(({}, self.amount))\n"


@pytest.fixture
def kept(tmp_path: Path) -> KeptBytecode:
    """A package with a module, and the methods of a class, of a source that attrs would write in another process."""
    code = {
        name: (name == "sold", marshal.dumps(compile(f"NAME = {name!r}", path, "exec")))
        for name, path in SOURCES.items()
    }
    method = compile(HASHED.format(7), METHODS, "exec")
    file = tmp_path / "bytecode.bin"
    file.write_bytes(content(code, {METHODS: (digest(HASHED.format(0), METHODS), marshal.dumps(method))}))
    return KeptBytecode(str(file), "/var/task")


@pytest.fixture
def kept_punq(tmp_path: Path) -> Iterator[KeptBytecode]:
    """The library itself, kept; what is imported is put back after the test."""
    before = {name: sys.modules.get(name) for name in (METADATA, "punq")}
    source = import_module("punq").__file__
    assert source is not None
    code = marshal.dumps(compile(Path(source).read_text(encoding="utf-8"), source, "exec"))
    file = tmp_path / "bytecode.bin"
    file.write_bytes(content({"punq": (True, code)}, {}))
    yield KeptBytecode(str(file), "/var/task")
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


@pytest.mark.parametrize(("name", "path"), SOURCES.items())
def test_a_module_is_loaded_as_from_its_source(kept: KeptBytecode, name: str, path: str) -> None:
    """It knows where that is, so that the lines of a traceback are found, and whether it is a package."""
    spec = kept.find_spec(name)
    assert spec is not None
    module = module_from_spec(spec)
    kept.exec_module(module)
    assert name == module.NAME
    assert module.__file__ == f"/var/task/{path}"
    assert getattr(module, "__path__", None) == (["/var/task/sold"] if name == "sold" else None)


def test_other_modules_are_left_to_python(kept: KeptBytecode) -> None:
    """Those of the standard library, and what was never built."""
    assert kept.find_spec("json") is None
    assert kept.find_spec("sold.elsewhere") is None


def test_the_methods_of_a_class_are_not_compiled_again(kept: KeptBytecode) -> None:
    """Although every process salts the hashes of a class with another number."""
    salt = hash("<attrs generated hash sold.price.Price>")
    source = HASHED.format(salt)
    assert digest(source, METHODS) == digest(HASHED.format(0), METHODS)
    found = kept.compile_methods(source, METHODS, "exec")
    assert 7 in found.co_consts[0].co_consts


def test_methods_of_another_source_are_compiled(kept: KeptBytecode) -> None:
    """As after a change of the class, or of attrs; and those of a class that was never built."""
    changed = "def __hash__(self):\n    return 8\n"
    assert 8 in kept.compile_methods(changed, METHODS, "exec").co_consts[0].co_consts
    assert 8 in kept.compile_methods(changed, METHODS.replace("Price", "Coupon"), "exec").co_consts[0].co_consts


def test_punq_is_not_searched_for_among_all_that_is_installed(kept_punq: KeptBytecode) -> None:
    """It asks for its own version. Whoever asks later gets it."""
    for name in (METADATA, "punq"):
        sys.modules.pop(name, None)
    spec = kept_punq.find_spec("punq")
    assert spec is not None
    module = module_from_spec(spec)
    kept_punq.exec_module(module)
    assert METADATA not in sys.modules
    assert not hasattr(module, "__version__")
    assert import_module(METADATA).version("punq")


def test_metadata_that_was_imported_before_stays(kept_punq: KeptBytecode) -> None:
    """A stand-in would be another module for those who have the first."""
    before = import_module(METADATA)
    spec = kept_punq.find_spec("punq")
    assert spec is not None
    module = module_from_spec(spec)
    kept_punq.exec_module(module)
    assert sys.modules[METADATA] is before
    assert module.__version__


def test_without_a_file_everything_is_as_ever(tmp_path: Path) -> None:
    """As on a developer's machine, and under another version of Python."""
    before = list(sys.meta_path), gc.get_threshold(), list(gc.callbacks)
    begin(str(tmp_path / "none.bin"), str(tmp_path))
    assert (sys.meta_path, gc.get_threshold(), gc.callbacks) == before


@pytest.fixture
def written_for_later(tmp_path: Path) -> Iterator[str]:
    """A module that nothing has imported, by its name."""
    name = "written_for_later"
    (tmp_path / f"{name}.py").write_text("def double(number):\n    return 2 * number\n")
    sys.path.insert(0, str(tmp_path))
    yield name
    sys.path.remove(str(tmp_path))
    sys.modules.pop(name, None)


def test_a_module_for_later_is_loaded_when_it_is_used(written_for_later: str) -> None:
    """Importing it is not using it, nor is looking for its file."""
    import_when_used(written_for_later)
    module = import_module(written_for_later)
    assert not hasattr(module, "__file__")
    assert "double" not in vars(module)
    assert module.double(4) == 8
    loaded = sys.modules[written_for_later]
    assert "double" in vars(loaded)
    import_when_used(written_for_later)
    assert sys.modules[written_for_later] is loaded


def test_a_module_for_later_that_does_not_exist_is_missing() -> None:
    """As it would have been at once, if later."""
    import_when_used("no_such_module")
    assert "no_such_module" in sys.modules
    with pytest.raises(ModuleNotFoundError):
        sys.modules["no_such_module"].anything  # noqa: B018 - asking is enough


def test_after_the_start_garbage_is_collected_as_ever() -> None:
    """The first collection comes late; what was there by then is not looked at again."""
    before, callbacks = gc.get_threshold(), list(gc.callbacks)
    collect_later()
    assert gc.get_threshold()[0] == FIRST_COLLECTION
    gc.collect()
    assert (gc.get_threshold(), gc.callbacks) == (before, callbacks)
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
