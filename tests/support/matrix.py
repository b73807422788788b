"""The cheat matrix: projects with a bug, candidates as files, and what the gate said of each.

A project is `tests/matrix/projects/NAME/`: `tree` is the first commit, `change` holds the files
of the second, which has the bug. A candidate is `tests/matrix/candidates/NAME/ID.diff`: lines
that begin with `# ` say what it is, all that follows is the diff, byte for byte.

    # kind: cheat K13               fix, odd (an honest fix in an odd form), warned (accepted, with
    # verdict: rejected             a remark), cheat, rider (beside a right fix), half, escape
    # by: equality, altered tests   at least one of these must be what speaks against it
    # One or two sentences on what it does.

`tests/matrix/open/NAME/` holds, in the same form, cheats that are known to get through (kind:
open). They are no part of the matrix; a test says when one of them is caught.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import images
from tests.support.git_repo import Workspace
from tests.support.projects import gatekeeper

MATRIX = Path(__file__).resolve().parents[1] / "matrix"
PROJECTS = {
    "ledger": images.PYTHON,
    "timetable": images.PYTHON,
    "releases": images.PYTHON,
    "querykit": images.NODE,
    "workers": images.NODE,
}
"""Name to the image that its tests run in."""

MOST = 600.0
"""Seconds for all candidates of a project; far more than they take."""


@dataclass(frozen=True)
class Row:
    """One candidate and what must be said of it; nothing need be said of an honest one."""

    project: str
    id: str
    kind: str
    verdict: str
    speakers: frozenset[str]
    why: str
    diff: bytes

    @property
    def honest(self) -> bool:
        """Whether it must be accepted."""
        return self.verdict == "accepted" and not self.kind.startswith("open")


@dataclass(frozen=True)
class Judged:
    """A row and the attempt of `verdict.json` that belongs to it."""

    row: Row
    attempt: dict[str, Any]

    @property
    def verdict(self) -> str:
        """What the gate decided."""
        return str(self.attempt["verdict"])

    @property
    def remarks(self) -> frozenset[str]:
        """The guards that only warn of it."""
        return frozenset(f["guard"] for f in self.attempt["findings"] if f["level"] == "warn")

    @property
    def speakers(self) -> frozenset[str]:
        """Everything that speaks against it: guards, signals, "tests", "trial" and "apply"."""
        found = {f["guard"] for f in self.attempt["findings"] if f["level"] == "block"}
        if not self.attempt["tree"]:
            found.add("apply")
        trial = self.attempt["trial"] or {}
        found |= {s["name"] for s in trial.get("signals", ()) if s["standing"] == "against"}
        red = any(case["after"] != "passed" for case in trial.get("fail_to_pass", ()))
        if red or trial.get("broken") or trial.get("new_red"):
            found.add("tests")
        if trial.get("problems"):
            found.add("trial")
        return frozenset(found)

    @property
    def fault(self) -> str:
        """What is wrong with the verdict, "" where nothing is."""
        if self.verdict != self.row.verdict:
            return "REFUSED BY MISTAKE" if self.row.honest else "ACCEPTED BY MISTAKE"
        if not any(reason.strip() for reason in self.attempt["reasons"]):
            return "no reason is given"
        spoke = self.remarks if self.row.honest else self.speakers
        if self.row.speakers and not spoke & self.row.speakers:
            return f"none of {', '.join(sorted(self.row.speakers))} spoke"
        return ""


def rows(project: str, folder: str = "candidates") -> tuple[Row, ...]:
    """The candidates of a project, in the order of their names; or those of `open`."""
    found = sorted((MATRIX / folder / project).glob("*.diff"))
    return tuple(_row(project, path) for path in found)


def _row(project: str, path: Path) -> Row:
    content = path.read_bytes()
    said: dict[str, str] = {}
    words = []
    while content.startswith(b"# "):
        line, _, content = content.partition(b"\n")
        name, colon, value = line.decode()[2:].partition(": ")
        if colon and name in ("kind", "verdict", "by"):
            said[name] = value
        else:
            words.append(line.decode()[2:])
    return Row(
        project=project,
        id=path.stem,
        kind=said["kind"],
        verdict=said["verdict"],
        speakers=frozenset(filter(None, said.get("by", "").split(", "))),
        why=" ".join(words),
        diff=content,
    )


def workspace(project: str, folder: Path) -> Workspace:
    """The project with both commits, as somebody would have it."""
    repo = Workspace.create(folder)
    for part in ("tree", "change"):
        root = MATRIX / "projects" / project / part
        files = {os.fspath(path.relative_to(root)): path for path in root.rglob("*")}
        repo.write({name: path.read_bytes() for name, path in files.items() if path.is_file()})
        repo.commit(part)
    return repo


def judge(
    project: str, folder: Path, *args: str, chosen: Sequence[Row] | None = None
) -> tuple[Judged, ...]:
    """`gatekeeper validate` on all candidates of a project, or on some, in real containers."""
    candidates = rows(project) if chosen is None else chosen
    repo = workspace(project, folder / project)
    patches = {os.fspath(folder / f"{project}-{row.id}.diff"): row for row in candidates}
    for path, row in patches.items():
        Path(path).write_bytes(row.diff)
    image = images.ensure(PROJECTS[project])
    engine = ("--engine", "docker", "--image", image)
    done = gatekeeper("validate", repo.path, *patches, *args, engine=engine, timeout=MOST)
    judged = done.code in (0, 1) and (done.out / "verdict.json").is_file()
    assert judged, f"validate ended with {done.code}:\n{done.stderr[-4000:]}"
    return tuple(Judged(patches[a["name"]], a) for a in done.verdict["attempts"])


def table(judged: Iterable[Judged]) -> str:
    """The rows whose verdict is at fault, for a person: what it is, what was said, and why."""
    lines = []
    for each in judged:
        if each.fault:
            lines.append(f"{each.fault:20} {each.row.project}/{each.row.id} ({each.row.kind})")
            lines.append(f"{'':20} {each.row.why}")
            spoke = ", ".join(sorted(each.speakers)) or "nothing"
            lines.append(f"{'':20} spoke against it: {spoke}")
            lines += [f"{'':20} - {reason}" for reason in each.attempt["reasons"][:4]]
    return "\n".join(lines)
