"""Fix commits of public libraries as facts, and the tree before each fix with its tests laid over.

`realbugs.toml` holds the facts. The repositories are a folder of git directories, each
`owner+name`, `owner+name/repo` or `name.git`.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatekeeper.domain import CaseId, CaseResult, CaseState, Delta, FileChange, RunReport

FACTS = Path(__file__).with_name("realbugs.toml")
_CODE = re.compile(r"[^\s#/*'\"]")  # a line of only signs and comment starts says nothing
_IMPORT = re.compile(r"\s*(?:from\s.+\simport\s|import\b|const .+ = require\(|#include|use\s)")


@dataclass(frozen=True)
class Hunk:
    """One piece of the fix on the side before it: lines it removes, or the line it adds after."""

    path: str
    start: int
    count: int  # 0: lines are only added, after `start`

    def within(self, path: str, start: int | None, end: int | None) -> bool:
        """Whether these lines of a file hold all of it (of an addition: a line beside it)."""
        if path != self.path or start is None or end is None:
            return path == self.path and start is None
        if self.count:
            return start <= self.start and self.start + self.count - 1 <= end
        return start <= self.start <= end or start <= self.start + 1 <= end


@dataclass
class Bug:
    """One fix commit; `facts` as in the file, `folder` the git directory."""

    facts: Mapping[str, Any]
    folder: Path
    reads: int = 0
    _texts: dict[str, bytes | None] = field(default_factory=dict)
    _paths: frozenset[str] | None = None

    @property
    def name(self) -> str:
        """What the bug is called."""
        return str(self.facts["name"])

    def git(self, *arguments: str, check: bool = True) -> bytes:
        """What git prints."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.folder), *arguments], check=check, capture_output=True
        )
        return done.stdout

    # --- ports.Tree -----------------------------------------------------------------------

    def paths(self) -> frozenset[str]:
        """See `ports.Tree.paths`."""
        if self._paths is None:
            listed = self.git("ls-tree", "-r", "-z", "--name-only", self.facts["parent"])
            self._paths = frozenset(listed.decode("utf-8", "surrogateescape").split("\0")[:-1])
            self._paths |= set(self.facts["tests"])
        return self._paths

    def read(self, path: str) -> bytes | None:
        """See `ports.Tree.read`."""
        if path not in self._texts:
            self.reads += 1
            commit = self.facts["fix" if path in self.facts["tests"] else "parent"]
            text = self.git("cat-file", "blob", f"{commit}:{path}", check=False)
            self._texts[path] = text if path in self.paths() else None
        return self._texts[path]

    def forget(self) -> None:
        """As if nothing had been read."""
        self._texts.clear()
        self.reads = 0

    # --- the truth ------------------------------------------------------------------------

    def hunks(self) -> list[Hunk]:
        """What the fix changes in the sources, imports, comments and blank lines aside."""
        diff = self.git(
            "diff", "-U0", "--no-renames", self.facts["parent"], self.facts["fix"], "--",
            *self.facts["sources"],
        ).decode("utf-8", "replace")  # fmt: skip
        found: list[Hunk] = []
        path = ""
        for piece in re.split(r"^(?=@@|diff --git)", diff, flags=re.MULTILINE):
            if piece.startswith("diff --git"):
                path = piece.partition("\n")[0].rpartition(" b/")[2]
            elif header := re.match(r"@@ -(\d+)(?:,(\d+))? ", piece):
                rows = [row[1:] for row in piece.split("\n")[1:] if row[:1] in "+-" and row]
                if any(_CODE.search(row) and not _IMPORT.match(row) for row in map(_bare, rows)):
                    count = 1 if header[2] is None else int(header[2])
                    found.append(Hunk(path, int(header[1]), count))
        return found

    def report(self) -> RunReport:
        """The report as far as it is recorded; what is not recorded is there as bulk."""
        return RunReport(tuple(map(_case, self.facts["case"])))

    def delta(self) -> Delta:
        """The last commit that touched the fixed lines before the fix, as a change of the tree.

        Only lines that are still there count as its lines; so it fits the tree under test.
        """
        commits = [self._last_touch(hunk) for hunk in self.hunks()]
        commit = max(set(commits), key=lambda one: (commits.count(one), one))
        listed = self.git("show", "--format=", "--name-only", "-z", "--no-renames", commit)
        names = [n for n in listed.decode("utf-8", "surrogateescape").split("\0") if n]
        files, pieces = [], []
        for path in sorted(set(names) & self.paths())[:40]:
            runs = list(self._runs(path, commit))
            text = (self.read(path) or b"").split(b"\n")
            files.append(
                FileChange(path, "M", "100644", "100644", added=sum(e - s + 1 for s, e in runs))
            )
            name = path.encode("utf-8", "surrogateescape")
            pieces.append(b"diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n" % (name, name, name, name))
            for start, end in runs:
                added = b"".join(b"+%s\n" % line for line in text[start - 1 : end])
                pieces.append(b"@@ -%d,0 +%d,%d @@\n%s" % (start, start, end - start + 1, added))
        return Delta(
            head="0" * 40, tree="0" * 40, base=commit, files=tuple(files), diff=b"".join(pieces)
        )

    def _last_touch(self, hunk: Hunk) -> str:
        end = max(hunk.start, hunk.start + hunk.count - 1)
        lines = f"{max(1, hunk.start)},{max(1, end)}"
        said = self.git(
            "blame", "-s", "-l", "-L", lines, self.facts["parent"], "--", hunk.path
        ).decode("utf-8", "replace")
        commits = [row.split(" ")[0].lstrip("^") for row in said.split("\n") if row]
        dates = {c: int(self.git("show", "-s", "--format=%ct", c)) for c in set(commits)}
        return max(dates, key=lambda one: (dates[one], one))

    def _runs(self, path: str, commit: str) -> Iterator[tuple[int, int]]:
        blamed = self.git("blame", "-s", "-l", self.facts["parent"], "--", path, check=False)
        rows = blamed.decode("utf-8", "replace").split("\n")
        start: int | None = None
        for number, row in enumerate(rows, 1):
            ours = row.lstrip("^").startswith(commit[:39])
            if ours and start is None:
                start = number
            elif not ours and start is not None:
                yield start, number - 1
                start = None


def load(folder: Path) -> tuple[list[Bug], list[str]]:
    """The bugs whose repositories are in the folder, and the repositories that are missing."""
    facts: Sequence[Mapping[str, Any]] = tomllib.loads(FACTS.read_text())["bug"]
    bugs, missing = [], {}
    for each in facts:
        where = _repository(folder, each["repository"])
        if where is None:
            missing[each["repository"]] = None
        else:
            bugs.append(Bug(each, where))
    return bugs, list(missing)


def _repository(folder: Path, name: str) -> Path | None:
    plain = name.replace("/", "+")
    tries = (plain, f"{plain}/repo", f"{plain}/.git", f"{name.partition('/')[2]}.git")
    for one in tries:
        if (folder / one / "HEAD").is_file():
            return folder / one
    return None


def _case(row: Mapping[str, Any]) -> CaseResult:
    frames = [one.rsplit(":", 2) for one in row.get("frames", ())]
    written = [f"{path}:{line}: in {function or 'f'}" for path, line, function in frames]
    if frames and frames[0][0].endswith(".py"):
        written.reverse()  # the product takes the last as the innermost
    known = "\n".join((*written, row.get("said", "")))
    bulk = "-" * 79 + "\n"  # source lines and values that are not in the facts take room too
    missing = max(0, min(row.get("size", 0), 20_000) - len(known))
    return CaseResult(
        CaseId(row.get("classname", ""), row["name"]),
        CaseState(row["state"]),
        message=row.get("message", ""),
        kind=row.get("kind", ""),
        details=f"{known}\n{bulk * (missing // len(bulk))}",
        file=row.get("file", ""),
        line=row.get("line"),
    )


def _bare(row: str) -> str:
    return re.sub(r"^\s*(?:#|//|/?\*).*$", "", row)
