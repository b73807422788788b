"""The image's entry point, run as a program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENTRY = Path(__file__).resolve().parents[2] / "entrypoint.py"


def enter(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ENTRY), *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ENTRY.parent), **env},
    )


def test_becomes_the_program() -> None:
    """Words pass unchanged, the exit code is the program's, and no Python process stays above."""
    done = enter("sh", "-c", 'echo "$1|$2" $(ps -o comm= -p $$); exit 5', "sh", "a b", "*")
    assert (done.stdout, done.returncode) == ("a b|* sh\n", 5)


@pytest.mark.parametrize("home", ["/", "", "/no/such/folder"])
def test_unusable_home_is_replaced(home: str) -> None:
    """A home that cannot be written gives way to a temporary folder of its own."""
    done = enter("sh", "-c", 'test -w "$HOME" && cd "$HOME" && pwd && rmdir "$HOME"', HOME=home)
    assert done.returncode == 0, done.stderr
    assert "gatekeeper-home-" in done.stdout


def test_usable_home_is_kept(tmp_path: Path) -> None:
    """A home that works is nobody's business."""
    assert enter("sh", "-c", "echo $HOME", HOME=str(tmp_path)).stdout.strip() == str(tmp_path)


def test_own_words() -> None:
    """Flags and the program's own name reach the command line."""
    assert enter("--version").stdout == enter("gatekeeper", "--version").stdout != ""


def test_unknown_word() -> None:
    """What is nothing of ours and no program gets a sentence and 127."""
    done = enter("anaylze")
    assert done.returncode == 127
    assert "gatekeeper --help" in done.stderr
