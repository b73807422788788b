"""An answer as plain text with headings, for servers that lack structured output.

    ANALYSIS:
    the cause
    QUESTION:                 (left out where there is none)
    what a person has to say
    CANDIDATE:
    why it is right
    FILE: path/of/a/file.py
    <<<<<<< SEARCH
    whole lines of the file
    ======= REPLACE
    whole lines in their place
    >>>>>>> END

It is read into the same value as an answer in JSON, and checked by the same schema. Nothing is
guessed: what is not of this form is given back with the line that is wrong.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends.unusable import UnusableAnswer

SEARCH, REPLACE, END = "<<<<<<< SEARCH", "======= REPLACE", ">>>>>>> END"
_MARKS = (SEARCH, REPLACE, END)
_HEADS = ("ANALYSIS:", "QUESTION:", "PLAN:", "CANDIDATE:")
_FILE = re.compile(r"FILE: (\S.*)")
_WRAPPED = re.compile(r"(`{3,}|~{3,})\w*[ \t]*\n(.*)\n\1", re.DOTALL)


def sections(text: str) -> dict[str, Any]:
    """The value that an answer of this form stands for: `analysis`, `question`, `candidates`.

    With `plan` where the heading is there. Raises UnusableAnswer with the line that is wrong.
    """
    text = text.strip().removeprefix("\ufeff")
    wrapped = _WRAPPED.fullmatch(text)
    text = (wrapped[2] if wrapped else text).replace("\r\n", "\n").strip("\n")
    if text.startswith("{"):
        return _json(text)
    reading = _Reading()
    # Not splitlines: form feeds and their like are part of the code.
    for number, line in enumerate(text.split("\n"), 1):
        reading.line(number, line)
    return reading.value()


def _json(text: str) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableAnswer(f"it must begin with the line `{_HEADS[0]}`") from None
    return value


@dataclass
class _Reading:
    """One pass over the lines; `told` are the texts under the headings."""

    told: dict[str, list[str]] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    into: list[str] | None = None  # where a plain line goes; None where none may stand
    path: str = ""
    block: str = ""  # the mark of the block that is open
    search: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)

    def line(self, number: int, line: str) -> None:
        """Take one line, without its end."""
        mark = line.rstrip()
        if mark in _MARKS:
            self._mark(number, mark)
        elif self.block:
            (self.search if self.block == SEARCH else self.replace).append(line)
        elif mark in _HEADS:
            self._head(number, mark)
        elif found := _FILE.fullmatch(mark):
            if not self.candidates:
                raise UnusableAnswer(f"line {number} names a file before any `CANDIDATE:`")
            self.path, self.into = found[1], None
        elif self.into is not None:
            self.into.append(line)
        elif mark:
            raise UnusableAnswer(f"line {number} stands where none is expected: {mark[:80]!r}")

    def value(self) -> dict[str, Any]:
        """What was read. Raises UnusableAnswer where something is not closed or missing."""
        if self.block:
            raise UnusableAnswer(f"the last block is not closed by a line `{END}`")
        if "ANALYSIS:" not in self.told:
            raise UnusableAnswer("it has no line `ANALYSIS:`")
        texts = {head: "\n".join(lines).strip() for head, lines in self.told.items()}
        found: dict[str, Any] = {
            "analysis": texts["ANALYSIS:"],
            "question": texts.get("QUESTION:") or None,
            "candidates": [
                {"rationale": "\n".join(one["why"]).strip(), "edits": one["edits"]}
                for one in self.candidates
            ],
        }
        return found | ({"plan": texts["PLAN:"]} if "PLAN:" in texts else {})

    def _head(self, number: int, head: str) -> None:
        self.path = ""
        if head == "CANDIDATE:":
            self.into = []
            self.candidates.append({"why": self.into, "edits": []})
            return
        if head in self.told or self.candidates:
            raise UnusableAnswer(f"line {number}: `{head}` must stand once, before any candidate")
        self.into = self.told[head] = []

    def _mark(self, number: int, mark: str) -> None:
        wanted = {"": SEARCH, SEARCH: REPLACE, REPLACE: END}[self.block]
        if mark != wanted:
            raise UnusableAnswer(f"line {number} is `{mark}`, where `{wanted}` must come first")
        if mark == SEARCH and not self.path:
            raise UnusableAnswer(f"line {number} opens a block without a line `FILE: path` above")
        if mark == END:
            search, replace = (_lines(part) for part in (self.search, self.replace))
            edit = {"path": self.path, "search": search, "replace": replace}
            self.candidates[-1]["edits"].append(edit)
            self.search, self.replace = [], []
        self.block = "" if mark == END else mark


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
