"""Code in other languages that knows the failing tests by heart, read line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.literals.by_heart import Answer, Vocabulary
from gatekeeper.guards.literals.listed import lists_in_text
from gatekeeper.guards.literals.tested import Literal, literals_in
from gatekeeper.guards.plain_code import language, uncommented

_TEXT = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`\n]*`"
_LITERAL = rf"(?:{_TEXT}|-?\b\d[\d_]*(?:\.\d+)?\b|\b(?:true|false|null|nil|None)\b)"
_FIXED = rf"(?:{_LITERAL}|[\[{{]\s*(?:(?:[\w$]+\s*:\s*)?{_LITERAL}\s*,?\s*)*[\]}}])"
_COMPARED = (
    re.compile(rf"(?:===?|!==?|\beq\b|\.equals\(|\.is\()\s*({_LITERAL})"),
    re.compile(rf"({_LITERAL})\s*(?:===?|!==?|\.equals\()"),
    re.compile(rf"\b(?:case|when)\s+({_LITERAL}(?:\s*,\s*{_LITERAL})*)"),
    re.compile(rf"[\[(]((?:{_LITERAL}\s*,?\s*)+)[\])]\)?\.(?:includes|contains|has|include\?)\b"),
)
_RESULT = re.compile(
    rf"\breturn\s+({_FIXED})\s*(?:[;}}]|$|\bif\b)|\?\s*({_FIXED})\s*:|=>\s*({_FIXED})"
    rf"|(?<![=!<>])=\s*({_FIXED})\s*;?\s*(?:\}}|$|\bif\b)|^\s*({_FIXED})\s*$|\bthen\s+({_FIXED})"
    rf"|->\s*({_FIXED})"
)
_RAISED = re.compile(r"\b(?:throw|raise|panic!?)\b")
_REACH = 3
_ROW = re.compile(
    rf"^\s*[\[{{(]?\s*({_LITERAL}|[\w$]+)\s*(?:=>|:|,)\s*({_LITERAL})\s*[\])}}]?,?\s*$"
)
_PAIR = re.compile(rf"({_LITERAL}|\b[\w$]+)\s*(?:=>|:)\s*({_LITERAL})")


def other_answers(file: ChangedFile, words: Vocabulary) -> Iterator[Answer]:
    """Everything in the added lines of one file that only fits the tests."""
    name = language(file.path)
    there = set(literals_in(uncommented(file.before, name)))
    code = uncommented(file.after, name).split("\n")
    added = {number for number, _ in file.added_lines}
    yield from _cases(code, added, there, words)
    yield from _tables(code, added, there, words)
    yield from _fixed(file, code, added, words)
    yield from lists_in_text(code, added, words, there)


def _cases(
    code: list[str], added: set[int], there: set[Literal], words: Vocabulary
) -> Iterator[Answer]:
    for number in sorted(added):
        line = code[number - 1][:1000]
        found = [one for pattern in _COMPARED for text in pattern.findall(line)
                 for one in literals_in(text)]  # fmt: skip
        if not found:
            continue
        after = [line, *_body(code, number)]
        results = [text for one in after for text in _results(one)]
        raised = any(_RAISED.search(one) for one in after)
        outputs = [one for text in results for one in literals_in(text)]
        special = words.special_case(
            number, words.copied(found, there), words.copied(outputs, there),
            bool(results) or raised,
        )  # fmt: skip
        if special:
            yield special


def _body(code: list[str], number: int) -> Iterator[str]:
    """The lines after a condition that belong to it, a few at most."""
    for line in code[number : number + _REACH]:
        if re.match(r"\s*(?:\}|end\b|case\b|default\b|when\b|else\b)", line):
            return
        yield line[:1000]


def _results(line: str) -> Iterator[str]:
    for found in _RESULT.finditer(line):
        yield next(group for group in found.groups() if group)


def _tables(
    code: list[str], added: set[int], there: set[Literal], words: Vocabulary
) -> Iterator[Answer]:
    """Runs of added lines that are rows, and single lines with several pairs."""
    rows: list[tuple[Literal, Literal]] = []
    first = 0
    for number in [*sorted(added), len(code) + 2]:
        line = code[number - 1][:1000] if number <= len(code) else ""
        own = _rows_of(line)
        if rows and (not own or number > first + len(rows) + 1):
            yield from _table(first, rows, there, words)
            rows = []
        if own:
            first = first if rows else number
            rows.extend(own)


def _rows_of(line: str) -> list[tuple[Literal, Literal]]:
    if re.search(r"\breturn\b|\?|\bcase\b|\bwhen\b", line):
        return []
    found = _PAIR.findall(line) or _ROW.findall(line)
    return [(_key(key), value) for key, text in found for value in literals_in(text)]


def _key(text: str) -> Literal:
    return next(literals_in(text), text)


def _table(
    line: int, rows: list[tuple[Literal, Literal]], there: set[Literal], words: Vocabulary
) -> Iterator[Answer]:
    pairs = [pair for pair in rows if words.copied(pair, there)]
    found = words.table(line, pairs, len(rows)) if len(rows) > 1 else None
    if found:
        yield found


_COMPUTED = re.compile(rf"\breturn\s+(?!{_FIXED}\s*(?:[;}}]|$))\S")
_RETURNED = re.compile(rf"^\s*return\s+({_LITERAL})\s*;?\s*\}}?\s*$")


def _fixed(
    file: ChangedFile, code: list[str], added: set[int], words: Vocabulary
) -> Iterator[Answer]:
    """A computed result that gave way to a literal, with no condition beside it."""
    old = uncommented(file.before, language(file.path)).split("\n")
    gone = {old[n - 1].strip() for n in file.removed if _COMPUTED.search(old[n - 1][:1000])}
    gone -= {line.strip() for line in code}
    for number in sorted(added) if gone else ():
        found = _RETURNED.match(code[number - 1][:1000])
        near = [one for n, one in enumerate(code[max(0, number - 3) : number], 1)]
        if found and not any(re.search(r"\b(?:if|else|case|switch|when|catch)\b", one)
                             for one in near):  # fmt: skip
            for literal in literals_in(found[1]):
                yield from filter(None, [words.fixed(number, literal)])
