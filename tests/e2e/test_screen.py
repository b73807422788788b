"""What a person reads on the screen, from the public command."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

from tests.support.projects import command, environment, gatekeeper, shop

FIX = """--- a/shop/cart.py
+++ b/shop/cart.py
@@ -6 +6 @@ def total(prices, discount=0):
-    return amount - amount * discount / 10
+    return amount - amount * discount / 100
"""


def on_terminal(*args: str, cwd: Path, **env: str) -> str:
    """What the command writes when both its streams are a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(*args), cwd=cwd, env=environment(TERM="xterm", **env), stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        written = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not chunk:
                break
            written += chunk
    os.close(ours)
    return written.decode()


def test_the_last_words_say_the_verdict_what_to_do_and_where_the_report_is(tmp_path: Path) -> None:
    """The verdict's line comes first, then the next step, then a report that is there."""
    repo = shop(tmp_path / "shop")
    done = gatekeeper("run", repo.path)
    verdict, following, report = done.stdout.splitlines()
    assert verdict.startswith("accepted: ")
    assert following.startswith("  next:   ")
    assert Path(report.removeprefix("  report: ")).is_file()
    assert "candidate 1.1: accepted" in done.stderr


def test_a_terminal_without_colours_shows_none(tmp_path: Path) -> None:
    """NO_COLOR holds for the last words and for doctor too; without it both are coloured."""
    repo = shop(tmp_path / "shop")
    for args in (("doctor",), ("analyze", "--junit", "nothing.xml")):
        colour = re.compile(r"\x1b\[[0-9;]*m")
        assert colour.search(on_terminal(*args, cwd=repo.path))
        assert not colour.search(on_terminal(*args, cwd=repo.path, NO_COLOR="1"))


def test_a_warning_that_comes_late_is_shown(tmp_path: Path) -> None:
    """A report that was cut off is read, and the screen says so as the artifacts do."""
    repo = shop(tmp_path / "shop")
    case = '<testcase classname="tests.test_cart" name="test_discount"><failure/></testcase>'
    (repo.path / "cut.xml").write_text(f"<testsuite>{case}")
    done = gatekeeper("analyze", repo.path, "--junit", "cut.xml")
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert any("cut.xml" in line for line in warnings)
    assert len(warnings) == len(set(warnings))


def test_a_patch_inside_the_report_folder_can_be_judged(tmp_path: Path) -> None:
    """The folder is cleared of the earlier report; the patch was read before."""
    repo = shop(tmp_path / "shop")
    first = gatekeeper("validate", repo.path, "-", stdin=FIX.encode())
    assert first.code == 0, first.stderr
    again = gatekeeper("validate", repo.path, os.fspath(first.out / "patch.diff"))
    assert again.code == 0, again.stderr
    assert (again.out / "patch.diff").is_file()
