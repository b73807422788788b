"""The project's own checks on real candidates: real tools, in real sandboxes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatekeeper import runners
from gatekeeper.domain import Limits, Overlay, Signal, SnapshotSpec, Standing
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.process import ProcessEngine
from gatekeeper.ports import Engine
from gatekeeper.runners.model import Reporting
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.checks import Checks, check
from tests.support import images
from tests.support.trees import tree

BIN = Path(sys.executable).parent
RUFF = f"{BIN}/ruff check --isolated --no-cache ."
MYPY = f"{BIN}/mypy --no-incremental --cache-dir /dev/null shop.py"
SHOP = 'import os\n\n\ndef total(prices: list[int]) -> int:\n    return "wrong"\n'
"""Has an old finding for each of the two."""


@contextmanager
def checked(
    folder: Path, commands: Mapping[str, str], engine: Engine | None = None
) -> Iterator[Checks]:
    """The shop with these checks; no test is run."""
    (folder / "shop.py").write_text(SHOP)
    plan = runners.Plan("custom", "true", Reporting("true"))
    image = images.ensure(images.PYTHON) if engine else ""
    spec = SnapshotSpec(os.fspath(folder), image, limits=Limits(timeout=60))
    with (engine or ProcessEngine()).prepare(spec) as snapshot:
        yield Checks(Bench(snapshot, plan, tree({"shop.py": SHOP}), 60, {}), commands, 60)


def judge(checks: Checks, content: str) -> Signal:
    """The candidate that makes this of the shop."""
    return check(checks, (Overlay("shop.py", content.encode()),))[1]


FIX = SHOP.replace('"wrong"', "sum(prices)")


@pytest.mark.parametrize(
    ("content", "standing", "why"),
    [
        (FIX, Standing.CLEAN, "Nothing new from the project's lint, types."),
        (f"# Moved down.\n\n{FIX}", Standing.CLEAN, ""),
        (SHOP, Standing.CLEAN, ""),
        (FIX.replace("import os\n", ""), Standing.CLEAN, ""),
        (f"{FIX}    unused = 1\n", Standing.AGAINST, "F841"),
        (f"import re\n{FIX}", Standing.AGAINST, "shop.py:1: F401 [*] `re` imported but unused"),
        (f"{FIX}\n\nnumber: int = 'x'\n", Standing.AGAINST, "shop.py:8: error: Incompatible"),
        (f"{FIX}\n\ndef broken(:\n", Standing.AGAINST, "shop.py:8: "),
    ],
    ids=["fix", "moved", "as before", "tidied", "unused", "new lint", "new type", "syntax"],
)
def test_new_findings_count_and_old_ones_do_not(
    content: str, standing: Standing, why: str, tmp_path: Path
) -> None:
    """Ruff and mypy are red on the unchanged commit; only what a candidate adds is held up."""
    with checked(tmp_path, {"lint": RUFF, "types": MYPY}) as checks:
        signal = judge(checks, content)
    assert signal.standing is standing, signal
    assert why in signal.why


def test_the_unchanged_commit_is_checked_once(tmp_path: Path) -> None:
    """Two candidates cost a run each, and share that of the unchanged commit."""
    count = f"echo run >> {tmp_path}.count; {RUFF}"
    with checked(tmp_path, {"lint": count}) as checks:
        assert judge(checks, FIX).standing is Standing.CLEAN
        assert judge(checks, f"import re\n{FIX}").standing is Standing.AGAINST
    assert Path(f"{tmp_path}.count").read_text().split() == ["run"] * 3


def test_without_checks_there_is_no_signal(tmp_path: Path) -> None:
    """Nobody who configured none pays or reads anything."""
    with checked(tmp_path, {}) as checks:
        assert check(checks, ()) == (
            (),
            Signal("checks", Standing.OFF, "No checks are configured."),
        )


@pytest.mark.docker
def test_in_a_container(tmp_path: Path) -> None:
    """A tool that the image has counts; one that it has not is said to be missing, once."""
    compiles = "python3 -m compileall -q shop.py"
    commands = {"lint": "ruff check .", "types": compiles}
    with checked(tmp_path, commands, DockerEngine()) as checks:
        fine = judge(checks, FIX)
        broken = judge(checks, f"{FIX}def broken(:\n")
    assert fine.standing is Standing.MISSING
    assert "`checks.lint` proves nothing: its program is not in the image" in fine.why
    assert broken.standing is Standing.AGAINST
    assert "`checks.types` ends with 1, and with 0 as usual" in broken.why
