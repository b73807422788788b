"""What linters, type checkers and scanners print, as findings that can be compared.

Understood: ruff, rustc and clippy (message, then `--> place`), tsc, ESLint's stylish, bandit, and
`path:line[:column]: message`, in which flake8, mypy, pylint, ESLint's unix, golangci-lint and
most others write. Whatever does not look like a finding (totals, times, source) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 200
"""Characters of a message that are shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: where, as a workspace path, and what."""

    path: str
    line: int
    message: str

    @property
    def key(self) -> tuple[str, str]:
        """The same for the same finding somewhere else in the file.

        Numbers are masked, as messages name lines and sizes, but not those of a rule's name.
        """
        return self.path, re.sub(r"(?<![A-Za-z0-9])\d+", "#", self.message)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message[:LONGEST]}"


_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PATH = r"(?P<path>[^\s:|()<>\"']*[./][^\s:|()<>\"']*)"
_PLAIN = re.compile(
    rf"(?:\[[A-Z]+\] )?{_PATH}:(?P<line>\d+)(?::\d+)?(?:-\d+(?::\d+)?)?(?::| -) *(?P<said>\S.*)"
)
_TSC = re.compile(rf"{_PATH}\((?P<line>\d+)(?:,\d+)?\): (?P<said>\S.*)")
_ARROW = re.compile(rf"\s*--> {_PATH}:(?P<line>\d+)(?::\d+)?")
_BANDIT = re.compile(rf"\s*Location: {_PATH}:(?P<line>\d+)(?::\d+)?")
_ISSUE = re.compile(r">> Issue: (?P<said>\S.*)")
_STYLISH = re.compile(r"\s+(?P<line>\d+):\d+\s+(?:error|warning)\s+(?P<said>\S.*)")
_HEADER = re.compile(rf"{_PATH}")
_REMARK = re.compile(r"(note|info|help|hint):", re.IGNORECASE)


def read_findings(output: str) -> tuple[Found, ...]:
    """The findings in the output of a check, in its order."""
    return tuple(_read(_COLOUR.sub("", output).splitlines()))


def _read(lines: list[str]) -> Iterator[Found]:
    header = title = ""
    for line in lines:
        if match := _ARROW.fullmatch(line) or _BANDIT.fullmatch(line):
            if title:
                yield _found(match["path"], match["line"], title)
            title = ""
        elif match := _ISSUE.fullmatch(line):
            title = match["said"]
        elif match := _PLAIN.fullmatch(line) or _TSC.fullmatch(line):
            if not _REMARK.match(match["said"]):
                yield _found(match["path"], match["line"], match["said"])
        elif header and (match := _STYLISH.fullmatch(line)):
            yield _found(header, match["line"], match["said"])
        elif _HEADER.fullmatch(line):
            header = line
        elif line[:1].strip():
            title = "" if _REMARK.match(line) else line


def _found(path: str, line: str, said: str) -> Found:
    message = "".join(char if char.isprintable() else " " for char in said)
    return Found(_inside(path), int(line), " ".join(message.split()))


def _inside(path: str) -> str:
    """As seen from the workspace, which both engines call by this name."""
    path = re.sub(r"^/(?:.*?/)?workspace/", "", path)
    return path.removeprefix("./")
