"""Source text with the inside of strings, comments and patterns blanked, place for place.

Enough of a lexer to find brackets, commas and names that are code. Delimiters stay, so that
`"a(b"` becomes `"   "`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'"""
_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
# A slash begins a pattern where a value may begin; the pattern ends on its line.
_PATTERN = (
    r"(?:(?<=[(,=:\[!&|?{};+\-*%~^\n])|(?<==>)|(?<=return)|(?<=typeof)|(?<=await)|(?<=case))[ ]*"
    r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*"
)
_TEXTS = {
    "script": rf"{_COMMENT}|(?P<template>`)|{_STRING}|{_PATTERN}",
    "go": rf"{_COMMENT}|`[^`]*`|{_STRING}",
    "java": rf'{_COMMENT}|"""(?:[^\\]|\\.)*?"""|{_STRING}',
    "php": rf"{_COMMENT}|\#(?!\[)[^\n]*|"
    r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""",
}
_LEXERS = {name: re.compile(pattern, re.DOTALL) for name, pattern in _TEXTS.items()}
_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Masked:
    """`code` is as long as `text`, with everything blanked that is no code."""

    text: str
    code: str

    def closing(self, at: int) -> int:
        """Place of the bracket that closes the one at `at`; -1 where nothing does."""
        depth = 0
        for place in range(at, len(self.code)):
            if self.code[place] in _OPEN:
                depth += 1
            elif self.code[place] in _CLOSE:
                depth -= 1
                if depth == 0:
                    return place
        return -1

    def arguments(self, at: int) -> list[tuple[int, int]]:
        """Start and end of each argument between the bracket at `at` and its other half."""
        end = self.closing(at)
        if end < 0:
            return []
        found, start, depth = [], at + 1, 0
        for place in range(at + 1, end):
            letter = self.code[place]
            depth += (letter in _OPEN) - (letter in _CLOSE)
            if letter == "," and depth == 0:
                found.append((start, place))
                start = place + 1
        return [each for each in (*found, (start, end)) if self.text[slice(*each)].strip()]


def masked(text: str, language: str) -> Masked:
    """The text of a file in `script` (JavaScript and TypeScript), `go`, `java` or `php`."""
    code, place = [], 0
    lexer = _LEXERS[language]
    while found := lexer.search(text, place):
        end = _end(text, found)
        code += [text[place : found.start()], _blank(text[found.start() : end])]
        place = end
    return Masked(text, "".join((*code, text[place:])))


def _blank(text: str) -> str:
    """Spaces for everything but line ends and the delimiters of a string; none for a comment."""
    if text[0] not in "\"'`" or len(text) < 2:
        return re.sub(r"[^\n]", " ", text)
    return text[0] + re.sub(r"[^\n]", " ", text[1:-1]) + text[-1]


def _end(text: str, found: re.Match[str]) -> int:
    """Where what was found ends; a template holds code, which may hold templates."""
    template = found.re is _LEXERS["script"] and found["template"]
    return _template_end(text, found.end()) if template else found.end()


def _template_end(text: str, start: int) -> int:
    """Behind the template that begins before `start`, with the code inside it."""
    place = start
    while place < len(text):
        if text[place] == "\\":
            place += 2
        elif text[place] == "`":
            return place + 1
        elif text.startswith("${", place):
            place = _hole_end(text, place + 1)
        else:
            place += 1
    return len(text)


def _hole_end(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`, strings and comments left aside."""
    depth, place = 0, start
    while place < len(text):
        found = _LEXERS["script"].search(text, place)
        for at in range(place, found.start() if found else len(text)):
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                return at + 1
        if found is None:
            break
        place = _end(text, found)
    return len(text)
