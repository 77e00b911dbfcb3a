"""What makes the start of a function short. The entry point imports this module before any other of ours.

Half of a start is Python's own work, and the same every time. It looks for each module in every folder of its path and
reads a file for it; attrs writes the source of a class's methods when its module is imported, and has it compiled. The
build does both once and keeps the bytecode in one file beside this module (``scripts/ops/deploy/bytecode.py``). Python
also looks for garbage all the time, which a start does not make. Where there is no such file, as on a developer's
machine, nothing here is done; where a method's source is another than in the build, it is compiled as ever. What all
that is worth is in docs/decisions/0034.
"""

from __future__ import annotations

import gc
import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType

NAME = f"bytecode.{sys.implementation.cache_tag}.bin"
"""The file's name, beside this module. It is of this version of Python alone, as bytecode is."""

FIRST_COLLECTION = 400_000
"""After how many new objects garbage is collected for the first time: after the start, which leaves next to none."""

UNUSED = ("asyncio",)
"""What Stripe's SDK imports for requests that we never make: thirty modules of the standard library."""

_COMPILES = "attr._make"
"""The module of attrs that has methods compiled."""

_LOOKS_UP_ITSELF = "punq"
"""A library that asks for its own version while it is imported, for which Python searches all that is installed. In a
package nobody needs the answer, and no answer is one that the library knows.
"""

_VERSIONS = "importlib.metadata"

_LENGTH = 8  # bytes that say how long the index at the beginning of the file is

Place = tuple[int, int]
"""Where in the file something begins, and how long it is."""

Index = tuple[dict[str, tuple[object, Place]], dict[str, tuple[object, Place]]]
"""Of a module by its name: whether it is a package. Of the methods of a class by the name that attrs gives their
source: a digest of it. And where their bytecode is.
"""


class _NoVersions(ModuleType):
    """In place of ``importlib.metadata``: no package has a version."""

    PackageNotFoundError = ModuleNotFoundError  # as its own is one

    @staticmethod
    def version(package: str) -> str:
        """Not found."""
        raise ModuleNotFoundError(package)


class KeptBytecode(SourceFileLoader):
    """Finds and loads the modules of a file that ``content`` made; everything else is left to Python."""

    def __init__(self, file: str, folder: str) -> None:
        super().__init__("", file)
        self._file, self._folder = os.open(file, os.O_RDONLY | os.O_CLOEXEC), folder
        length = int.from_bytes(os.pread(self._file, _LENGTH, 0), "big")
        index: Index = marshal.loads(os.pread(self._file, length, _LENGTH))  # noqa: S302 - of our own build
        self._modules, self._methods = index
        self._start = _LENGTH + length

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where the module comes from, None if it is not kept here."""
        del path, target
        if fullname not in self._modules:
            return None
        is_package, source = self._modules[fullname][0], self.get_filename(fullname)
        spec = ModuleSpec(fullname, self, origin=source)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [source.removesuffix("/__init__.py")]
        return spec

    def get_filename(self, name: str | None = None) -> str:
        """The path of a module's source."""
        name = name or ""
        end = "/__init__.py" if self._modules[name][0] else ".py"
        return f"{self._folder}/{name.replace('.', '/')}{end}"

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, as always."""
        if module.__name__ == _COMPILES:
            # It calls the built-in function by its name, which is looked up in the module itself first.
            vars(module)["compile"] = self.compile_methods
        if module.__name__ == _LOOKS_UP_ITSELF and _VERSIONS not in sys.modules:
            sys.modules[_VERSIONS] = _NoVersions(_VERSIONS)
            try:
                super().exec_module(module)
            finally:
                del sys.modules[_VERSIONS]
        else:
            super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        """A module's bytecode."""
        return self._code(self._modules[fullname][1])

    def compile_methods(self, source: str, filename: str, mode: str) -> CodeType:
        """What ``compile`` returns, for attrs: the kept bytecode of this source, if there is any."""
        kept, place = self._methods.get(filename, (b"", (0, 0)))
        return self._code(place) if kept == digest(source, filename) else compile(source, filename, mode)

    def _code(self, place: Place) -> CodeType:
        start, length = place
        code: CodeType = marshal.loads(os.pread(self._file, length, self._start + start))  # noqa: S302 - as above
        return code


def digest(source: str, filename: str) -> bytes:
    """Of the source without the number that salts the hashes of its class, as every process draws another."""
    salt = str(hash(f"<attrs generated hash {filename.rpartition(' ')[2]}"))
    return blake2b(source.replace(salt, "0").encode(), digest_size=16).digest()


def content(modules: Mapping[str, tuple[bool, bytes]], methods: Mapping[str, tuple[bytes, bytes]]) -> bytes:
    """The file's content: of modules whether they are packages, of methods the digest, and the marshalled bytecode."""
    code, length = [], 0
    index: Index = ({}, {})
    for placed, given in zip(index, (modules, methods), strict=True):
        for name, (described, marshalled) in sorted(given.items()):
            placed[name] = (described, (length, len(marshalled)))
            code.append(marshalled)
            length += len(marshalled)
    # The format's second version counts no references, which differ from process to process.
    head = marshal.dumps(index, 2)
    return len(head).to_bytes(_LENGTH, "big") + head + b"".join(code)


class _Later(ModuleType):
    """In place of a module until something of it is asked for. (importlib's own LazyLoader loads at ``import``.)"""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in ("__path__", "__all__"):
            raise AttributeError(name)  # whoever looks at all modules, for their files say, does not use them
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def import_when_used(name: str) -> None:
    """Leave a module for later that others import: it is loaded when something of it is first asked for."""
    if name not in sys.modules:
        sys.modules[name] = _Later(name)


def collect_later() -> None:
    """Collect no garbage during the start; what is there after it is never looked at again, and the rest as ever."""
    usual = gc.get_threshold()

    def started(phase: str, _: object) -> None:
        if phase == "stop":
            gc.callbacks.remove(started)
            gc.freeze()
            gc.set_threshold(*usual)

    gc.callbacks.append(started)
    gc.set_threshold(FIRST_COLLECTION)


def begin(file: str, folder: str) -> None:
    """Take modules below the folder, and the methods of their classes, from the file, if there is one; and leave for
    later what the start does not need.
    """
    if not os.path.exists(file):  # noqa: PTH110 - pathlib is not loaded yet, and not all requests need it
        return
    sys.meta_path.insert(0, KeptBytecode(file, folder))
    for name in UNUSED:
        import_when_used(name)
    collect_later()


_HERE = os.path.dirname(__file__)  # noqa: PTH120 - as above
begin(f"{_HERE}/{NAME}", os.path.dirname(_HERE))  # noqa: PTH120 - as above
