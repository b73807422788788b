"""A small real project with a history, and gatekeeper's public command run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.git_repo import Workspace

PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider"
"""Runs a project's tests with this environment's pytest, for the process engine."""

CART = '''"""A cart."""


def total(prices, discount=0):
    """Sum of prices less a discount in percent."""
    amount = sum(prices)
    return amount - amount * discount / 100


def cheapest(prices):
    """The lowest price."""
    return min(prices)
'''

TESTS = """from shop.cart import cheapest, total


def test_total():
    assert total([10, 20]) == 30


def test_discount():
    assert total([100], 10) == 90


def test_cheapest():
    assert cheapest([3, 1, 2]) == 1
"""

BUG = ("discount / 100", "discount / 10")
"""The right code, and what the last commit of the project made of it."""


@dataclass(frozen=True)
class Ended:
    """How one call of the command ended."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def verdict(self) -> dict[str, Any]:
        """The content of verdict.json."""
        found: dict[str, Any] = json.loads((self.out / "verdict.json").read_bytes())
        return found

    @property
    def shown(self) -> Any:
        """What `--format json` printed."""
        return json.loads(self.stdout)


def shop(folder: Path, *, buggy: bool = True, extra: Mapping[str, str] | None = None) -> Workspace:
    """A project whose last commit, among harmless changes, breaks one of three tests."""
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "tests/test_cart.py": TESTS}
    repo = Workspace.create(folder, {**files, **(extra or {})})
    changed = CART.replace("A cart.", "A shopping cart.").replace("lowest price", "lowest of all")
    repo.write({"shop/cart.py": changed.replace(*BUG) if buggy else changed})
    repo.commit("words")
    return repo


def environment(**more: str) -> dict[str, str]:
    """The environment without what would tell gatekeeper of a CI or a model."""
    hidden = ("CI", "GITLAB_", "JENKINS_", "GATEKEEPER_", "OPENAI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return {**kept, "PYTHONPATH": os.fspath(Path(__file__).resolve().parents[2]), **more}


def command(*args: str) -> list[str]:
    """The argv of the public command."""
    return [sys.executable, "-W", "error", "-m", "gatekeeper", *args]


def gatekeeper(
    name: str,
    workspace: Path,
    *args: str,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    engine: Sequence[str] = ("--engine", "process", "--test-command", PYTEST),
    timeout: float = 240,
) -> Ended:
    """Run `gatekeeper NAME` on a workspace; its report goes beside the workspace."""
    out = workspace.parent / f"{workspace.name}-report"
    asked = ["-w", os.fspath(workspace), "--out", os.fspath(out)]
    chosen = list(engine) if name in ("run", "validate", "replay") else []
    done = subprocess.run(
        command(name, *args, *asked, *chosen),
        env={**environment(), **(env or {})},
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode(), out)
