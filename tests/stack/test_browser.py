"""A browser is found if there is one; otherwise the message says how to install one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python in the project, with these variables on top."""
    environment = {**os.environ, **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_chromium_in_the_environment_is_used(tmp_path: Path) -> None:
    """CHROMIUM in the environment wins over everything else."""
    chrome = tmp_path / "chrome"
    chrome.write_text("#!/bin/sh\n")
    chrome.chmod(0o755)
    found = run("-c", "from scripts.stack import browser; print(browser.find())", CHROMIUM=str(chrome))
    assert found.stdout.strip() == str(chrome)


def test_a_wrong_name_is_reported_and_nothing_is_installed() -> None:
    """CHROMIUM that names no program ends with a sentence and status 1, without looking further."""
    answer = run("-m", "scripts.stack.browser", CHROMIUM="/no/such/chrome")
    assert answer.returncode == 1
    assert answer.stderr.strip() == "CHROMIUM=/no/such/chrome is not a program."


def test_a_browser_on_the_path_is_found(tmp_path: Path) -> None:
    """Without a name, a chromium on the PATH is used."""
    chrome = tmp_path / "chromium"
    chrome.write_text("#!/bin/sh\n")
    chrome.chmod(0o755)
    code = "from scripts.stack import browser; print(browser.find())"
    assert run("-c", code, CHROMIUM="", PATH=str(tmp_path)).stdout.strip() == str(chrome)
