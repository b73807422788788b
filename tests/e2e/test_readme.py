"""What the README shows of a run is what a run prints."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.support.projects import command, environment
from tests.support.readme import blocks


def lasting(text: str) -> list[str]:
    """The lines that are the same on every machine: without times and folders."""
    lines = [line for line in text.splitlines() if not re.fullmatch(r" +\(\d+\.\d s\)", line)]
    return [re.sub(r"\S+(/shop/gatekeeper-report/)", r"FOLDER\1", line) for line in lines]


def demo(folder: Path) -> str:
    done = subprocess.run(
        command("demo", os.fspath(folder), "--engine", "process"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_output_in_the_readme_is_real(tmp_path: Path) -> None:
    """The block is the end of what `gatekeeper demo` prints before it shows the patch.

    The last line of all can be copied: it applies the fix.
    """
    folder = tmp_path / "shop"
    run, _, rest = demo(folder).partition("\n\ndiff --git ")
    (shown,) = blocks("text")
    lines = lasting(shown)
    assert lasting(run)[-len(lines) :] == lines
    assert Path(run.rpartition("  report: ")[2]).is_file()
    words = re.search(r"(?m)^apply: +\S+ (.*)$", rest)
    assert words
    done = subprocess.run(
        command(*words[1].split()), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout == "applied: shop/money.py\n", done.stderr
    assert "divmod" in (folder / "shop" / "money.py").read_text()
