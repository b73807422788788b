"""`make` explains itself, and says what to install where something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it depends on, but no .venv."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *args], cwd=folder, capture_output=True, text=True, check=False)


def test_make_alone_lists_every_target(checkout: Path) -> None:
    """Each target that people call has its line, and nothing is installed by asking."""
    targets = re.search(r"(?m)^\.PHONY: (.*)$", (checkout / "Makefile").read_text())
    assert targets
    done = make(checkout)
    listed = re.findall(r"(?m)^  make ([\w-]+) +\S", done.stdout)
    assert sorted(listed) == sorted(targets[1].split())
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("script", "says"),
    [("exit 1", "cannot make virtual environments"), (None, "needs Python 3.11 or newer")],
)
def test_a_missing_python_is_named_with_its_remedy(
    checkout: Path, script: str | None, says: str
) -> None:
    """Debian without python3-venv, and a machine without a new Python: the apt line is shown."""
    python = ""
    if script:
        (checkout / "python").write_text(f"#!/bin/sh\n{script}\n")
        (checkout / "python").chmod(0o755)
        python = "./python"
    done = make(checkout, "install", f"PYTHON={python}")
    assert done.returncode == 2
    assert says in done.stderr
    assert "apt-get install" in done.stderr
    assert not (checkout / ".venv").exists()
