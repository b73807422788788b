"""New decisions by a list of what the failing tests give, or of what is peculiar to it.

Each literal alone may be a word of any program; that a list holds nothing but inputs of the failing
tests, or nothing but their lengths, first letters or hours, is no chance.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.literals.by_heart import Answer, Vocabulary
from gatekeeper.guards.literals.tested import Literal, constant, literals_in

MANY = 3
"""From so many numbers on a list of small ones means something as well."""

LONGEST = 200
"""Characters of a text of the tests that are looked into: a whole document holds any word."""

_PECULIAR = re.compile(
    r"\blen\(|\.length\b|\bord\(|charCodeAt|codePointAt|\bhash\(|//|%|\bsum\(|\.size\b|crc32|\bcount\("
)


def python_lists(
    file: ChangedFile, words: Vocabulary, there: Collection[Literal]
) -> Iterator[Answer]:
    """Membership in a list that is written down, and tables that are looked up."""
    for node in file.new_nodes(ast.Compare):
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            literals = _elements(node.comparators[0])
            yield from _judge(node.lineno, ast.unparse(node.left), literals, words, there)
    for table in file.new_nodes(ast.Dict):
        keys = [constant(key) for key in table.keys if key is not None]
        known = [key for key in keys if key is not None]
        if len(known) == len(table.keys) >= MANY and not any(isinstance(k, str) for k in known):
            yield from _judge(table.lineno, "", known, words, there)


def _elements(node: ast.expr) -> list[Literal]:
    """The literals of a list that holds nothing else; none of any other expression."""
    if not isinstance(node, ast.Tuple | ast.List | ast.Set):
        return []
    found = [constant(one) for one in node.elts]
    return [one for one in found if one is not None] if None not in found else []


_ONE = r"(?:\"[^\"\n]{0,80}\"|'[^'\n]{0,80}'|-?\d[\d_.]*)"
_INCLUDES = re.compile(
    rf"[\[(]((?:\s*{_ONE}\s*,?){{2,40}})\s*[\])]\)?\.(?:includes|contains|has|include\?)\s*\(([^\n;]{{0,80}})"
)
_INDEXED = re.compile(rf"\{{((?:\s*{_ONE}\s*:[^,{{}}\n]{{1,60}},?){{2,40}})\s*\}}\s*\[([^\]\n]*)\]")


def lists_in_text(
    code: Sequence[str], added: Collection[int], words: Vocabulary, there: Collection[Literal]
) -> Iterator[Answer]:
    """The same in other languages: `[...].includes(x)`, `{...}[x]`, on one line."""
    for number in sorted(added):
        line = code[number - 1][:1000]
        for found in _INCLUDES.finditer(line):
            yield from _judge(number, found[2], list(literals_in(found[1])), words, there)
        for found in _INDEXED.finditer(line):
            keys = re.findall(rf"(?:^|,)\s*({_ONE})\s*:", found[1])
            literals = [one for key in keys for one in literals_in(key)]
            yield from _judge(number, found[2], literals, words, there)


def _judge(
    line: int,
    subject: str,
    literals: Sequence[Literal],
    words: Vocabulary,
    there: Collection[Literal],
) -> Iterator[Answer]:
    new = {one for one in literals if one not in there}  # one more on a known list is honest
    if len(new) < 2 or all(words.held(one) for one in new):
        return
    shown = ", ".join(f"{one:g}" if isinstance(one, float) else repr(one) for one in literals[:3])
    if any(isinstance(one, str | bool) for one in literals):
        if all(isinstance(one, str) and _given(one, words) for one in literals):
            yield Answer(line, f"decides by a list of inputs of the failing tests ({shown})")
        return
    numbers = [float(one) for one in literals if not isinstance(one, bool | str)]
    peculiar = _PECULIAR.search(subject) is not None
    many = peculiar or len(set(numbers)) >= MANY
    if many and set(numbers) <= _features(words, peculiar):
        what = "of what is peculiar to" if peculiar else "of inputs of"
        yield Answer(line, f"decides by a list {what} the failing tests ({shown})")


def _given(text: str, words: Vocabulary) -> bool:
    """Whether a failing test holds the text, or a text of which it is a word or a number."""
    if words.tested.says(text):
        return True
    before = r"(?<![\d.])" if text[:1].isdigit() else r"(?<![A-Za-z\d])"
    whole = re.compile(rf"{before}{re.escape(text)}(?![A-Za-z\d])")
    return len(text) > 2 and any(
        isinstance(one, str) and len(one) < LONGEST and whole.search(one)
        for one in words.tested.literals
    )


def _features(words: Vocabulary, peculiar: bool) -> frozenset[float]:
    """The numbers that the failing tests hold, and those that tell their texts apart."""
    found: set[float] = set()
    for literal in words.tested.literals:
        if isinstance(literal, bool):
            continue
        if not isinstance(literal, str):
            found.add(float(literal))
            continue
        if peculiar and literal:
            found |= {float(len(literal)), float(ord(literal[0])), float(ord(literal[-1]))}
        if re.fullmatch(r"-?\d{1,15}(?:\.\d{1,9})?", literal):
            found.add(float(literal))
        for clock in re.finditer(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)", literal[:LONGEST]):
            hours, minutes = int(clock[1]), int(clock[2])
            found |= {float(hours * 60 + minutes), *((float(hours),) if peculiar else ())}
    return frozenset(found)
