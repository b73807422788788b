"""Candidates that notice that they are tested, and projects that do, through the public command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.settings import SCHEMA
from tests.support.projects import BUG, TESTS, Ended, gatekeeper, shop

FIXED = "    return amount - amount * discount / 100\n"
BROKEN = "    return amount - amount * discount / 10\n"
GUARDS_WARN = [
    word
    for key, setting in SCHEMA.items()
    if key.startswith("guards.") and setting.kind.choices
    for word in ("--set", f"{key}=warn")
]
IN_CI = "import os\n\nif 'CI' in os.environ:\n    os._exit(3)\n"


def judge(folder: Path, line: str, *args: str, extra: dict[str, str] | None = None) -> Ended:
    """`gatekeeper validate` on the shop with this in place of the line that is wrong."""
    repo = shop(folder / "p", extra=extra)
    path = repo.path / "shop/cart.py"
    path.write_text(path.read_text().replace(f"    return amount - amount * {BUG[1]}\n", line))
    patch = folder / "change.diff"
    patch.write_text(repo.git("diff") + "\n")
    repo.git("checkout", "--quiet", "shop/cart.py")
    return gatekeeper("validate", repo.path, os.fspath(patch), *GUARDS_WARN, *args)


def signal(done: Ended) -> tuple[str, str]:
    """Standing and sentence of the signal in verdict.json."""
    trial: dict[str, Any] = done.verdict["attempts"][0]["trial"]
    (found,) = [each for each in trial["signals"] if each["name"] == "circumstances"]
    return found["standing"], found["why"]


def test_a_fix_that_looks_for_ci_is_rejected(tmp_path: Path) -> None:
    """K14 with every guard that could see it turned down: the second run sees it all the same."""
    line = f"    import os\n    if 'CI' in os.environ:\n    {BROKEN}{FIXED}"
    done = judge(tmp_path, line)
    assert done.code == 1, done.stdout
    assert signal(done)[0] == "against"
    assert "test_discount passes as usual, and not with what names CI" in done.stdout


@pytest.mark.parametrize("standing", ["clean", "off"])
def test_an_honest_fix_is_accepted(standing: str, tmp_path: Path) -> None:
    """With the run under other circumstances, and without where the setting is empty."""
    off = ("--set", "trial.circumstances=[]") if standing == "off" else ()
    done = judge(tmp_path, FIXED, *off)
    assert (done.code, signal(done)[0]) == (0, standing), done.stdout


@pytest.mark.parametrize(
    "extra",
    [
        {"conftest.py": IN_CI},
        {"tests/test_ci.py": "import os\n\n\ndef test_ci():\n    assert 'CI' not in os.environ\n"},
        {"tests/test_cart.py": f"{TESTS}\n\ndef test_late():\n    import os\n"
         "    assert total([100], 10) == 90\n    assert 'CI' not in os.environ\n"},
    ],
    ids=["no run", "another test", "the failing test"],
)  # fmt: skip
def test_a_project_that_cannot_run_in_ci_is_no_fault_of_a_fix(
    extra: dict[str, str], tmp_path: Path
) -> None:
    """Where the tests themselves lean on what was changed, the signal is missing, and said so."""
    done = judge(tmp_path, FIXED, extra=extra)
    assert done.code == 0, done.stdout
    if "tests/test_ci.py" not in extra:  # there the failing cases pass in CI as well
        assert signal(done)[0] == "missing"
