"""What is written for people leads somewhere and leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.payments.reviews import ReviewReason
from tests.support.sources import ROOT, where

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "scripts").rglob("*.md"),
        ROOT / "frontend" / "README.md",
    ]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def dead_links(page: Path, text: str) -> list[str]:
    """Links to files that are not there, or to headings that the file does not have."""
    inside = (link for link in LINK.findall(text) if "://" not in link)
    return [link for link in inside if not _is_there(page, *link.partition("#")[::2])]


def _is_there(page: Path, path: str, heading: str) -> bool:
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not heading or heading in {
        _slug(line) for line in re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
    }


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=where)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Files and headings of this repository exist."""
    assert dead_links(page, page.read_text("utf-8")) == []


def test_dead_links_would_be_noticed() -> None:
    """Control: a missing file, a missing heading; an address elsewhere is not looked at."""
    text = "[a](docs/nowhere.md) [b](CONTRIBUTING.md#nothing) [c](#the-rooms) [d](https://example.com/x) [e](docs)"
    assert dead_links(ROOT / "README.md", text) == ["docs/nowhere.md", "CONTRIBUTING.md#nothing"]


@pytest.mark.parametrize("reason", ReviewReason)
def test_the_runbook_knows_every_reason_for_a_review(reason: ReviewReason) -> None:
    """Whoever has to decide about money finds what happened and what is usually done."""
    assert f"| `{reason.value}` |" in (ROOT / "docs" / "runbook.md").read_text("utf-8")
