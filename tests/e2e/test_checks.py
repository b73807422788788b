"""The project's own checks, through the public command: new findings reject, old ones do not."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.support.git_repo import Workspace
from tests.support.projects import BUG, Ended, gatekeeper, shop

RUFF = f"{Path(sys.executable).parent}/ruff check --isolated --no-cache ."
OLD = {"shop/old.py": "import os\n"}


def judge(repo: Workspace, *, above: str = "", check: str = RUFF) -> Ended:
    """`gatekeeper validate` on the good fix with this at the top of its file."""
    path = repo.path / "shop/cart.py"
    path.write_text(above + path.read_text().replace(*reversed(BUG)))
    patch = repo.path.parent / "change.diff"
    patch.write_text(repo.git("diff") + "\n")
    repo.git("checkout", "--quiet", "shop/cart.py")
    more = ("--set", f"checks.lint={check}", "--set", "guards.dead=off")
    return gatekeeper("validate", repo.path, os.fspath(patch), *more)


def signal(done: Ended) -> tuple[str, str]:
    """Standing and sentence of the signal in verdict.json."""
    trial: dict[str, Any] = done.verdict["attempts"][0]["trial"]
    (found,) = [each for each in trial["signals"] if each["name"] == "checks"]
    return found["standing"], found["why"]


def test_old_findings_are_nobodys_fault(tmp_path: Path) -> None:
    """The linter is red before and after: the fix is accepted, and the signal is clean."""
    done = judge(shop(tmp_path / "p", extra=OLD))
    assert done.code == 0, done.stdout
    assert signal(done) == ("clean", "Nothing new from the project's lint.")


def test_a_new_finding_rejects_with_its_place(tmp_path: Path) -> None:
    """The same fix with an import that nobody uses: its place and rule are told."""
    done = judge(shop(tmp_path / "p", extra=OLD), above="import re\n")
    assert done.code == 1, done.stdout
    assert "shop/cart.py:1: F401" in done.stdout
    assert "shop/old.py" not in signal(done)[1]


def test_a_check_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A command that the sandbox does not know rejects nobody; the verdict says it is missing."""
    done = judge(shop(tmp_path / "p"), check="no-such-linter .")
    assert done.code == 0, done.stdout
    assert signal(done)[0] == "missing"
    assert "`checks.lint` proves nothing" in signal(done)[1]
