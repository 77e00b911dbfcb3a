"""Which worker runs which tests, when there are several."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

TOGETHER = ("tests/deployment/",)
"""Directories whose files go on from one another."""


class ByFile(LoadFileScheduling):
    """A file stays with one worker, and the files of some directories stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)
