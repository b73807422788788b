"""Projects to measure on: one failing case, patches that mend it, and as many files as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from measure import GATEKEEPER, run

GIT = [
    "git",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    "-c",
    "user.name=bench",
    "-c",
    "user.email=bench@example.invalid",
]

SLOW_SUITE = '''\
"""Half of the time asleep, half at work; work is CPU time, so that a busy machine shows."""
import time

import pytest
from code import answer


def test_answer():
    assert answer() == 42


@pytest.mark.parametrize("number", range(20))
def test_slow(number):
    time.sleep({each})
    end = time.process_time() + {each}
    while time.process_time() < end:
        pass
'''

QUICK_SUITE = """\
answer=$(sed -n 's/.*return \\([0-9]*\\).*/\\1/p' code.py)
failure='<failure message="wrong"/>'
[ "$answer" = 42 ] && failure=
printf '<testsuite name="s"><testcase classname="t" name="a">%s</testcase>' "$failure" >"$1"
printf '<testcase classname="t" name="b"/></testsuite>\\n' >>"$1"
[ -z "$failure" ]
"""
"""A suite that costs nothing: what is left is what the gate costs."""


@dataclass(frozen=True)
class Project:
    """A checkout, the command of its tests, and patches for it."""

    folder: Path
    command: str
    patches: tuple[Path, ...]

    @property
    def report(self) -> Path:
        """Where the report goes."""
        return self.folder.parent / f"{self.folder.name}-report"

    def validate(self, image: str, patches: int, *options: str) -> None:
        """Run `gatekeeper validate`; every patch must be accepted."""
        given = [str(patch) for patch in self.patches[:patches]]
        run([*GATEKEEPER, "validate", *given, "--workspace", str(self.folder), "--image", image,
             "--engine", "docker", "--test-command", self.command, "--out", str(self.report),
             "--quiet", *options])  # fmt: skip

    def plain(self, image: str) -> None:
        """Run the same tests on the same tree, mended, in a plain container."""
        command = self.command.replace("{junit}", "/tmp/junit.xml")
        script = f"cp -r /tree /work && cd /work && sed -i s/41/42/ code.py && {command}"
        run(["docker", "run", "--rm", "--network", "none", "--volume", f"{self.folder}:/tree:ro",
             image, "sh", "-c", script])  # fmt: skip


def slow(folder: Path, seconds: float) -> Project:
    """A pytest suite of about so many seconds."""
    files = {"test_it.py": SLOW_SUITE.format(each=seconds / 40)}
    return _project(folder, files, "python3 -m pytest -q -p no:cacheprovider")


def quick(folder: Path, count: int = 100) -> Project:
    """`count` files, and a suite of about a millisecond."""
    files = {"suite.sh": QUICK_SUITE}
    for number in range(count - 2):
        files[f"data/{number // 500}/file{number}.txt"] = f"{number}\n" * 20
    return _project(folder, files, "sh suite.sh {junit}")


def _project(folder: Path, files: dict[str, str], command: str, patches: int = 9) -> Project:
    for path, text in {**files, "code.py": "def answer():\n    return 41\n"}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "first"]):
        run([*GIT, *arguments], cwd=folder)
    made = []
    for number in range(patches):
        patch = folder.parent / f"{folder.name}-{number}.diff"
        patch.write_text(
            "--- a/code.py\n+++ b/code.py\n@@ -1,2 +1,3 @@\n def answer():\n"
            f"-    return 41\n+    # reason {number}\n+    return 42\n",
            encoding="utf-8",
        )
        made.append(patch)
    return Project(folder, command, tuple(made))
