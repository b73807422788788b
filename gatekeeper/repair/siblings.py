"""Edits that a function's siblings suggest: what another of its name, or much alike, has there.

Code that was copied is often corrected in one of the copies only.
"""

from __future__ import annotations

import ast
import difflib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.repair.donors import Function
from gatekeeper.repair.making import short
from gatekeeper.repair.source import Source, Variant

ALIKE = 0.5
"""Share of equal lines from which on two functions are siblings."""

MOST = 40
"""Functions that one is held against."""

_MOST_LINES = 4


@dataclass(frozen=True)
class _Body:
    name: str
    path: str
    first: int  # the first line of the body
    lines: tuple[str, ...]  # without their common indentation


def siblings(
    source: Source, lines: Mapping[int, float], others: Sequence[Source]
) -> Iterator[Variant]:
    """Edits of functions with suspicious lines after the pattern of functions of `others`."""
    known = [body for each in others for body in _bodies(each)]
    for mine in _bodies(source):
        inside = [n for n in range(mine.first, mine.first + len(mine.lines)) if n in lines]
        if not inside:
            continue
        for other in _like(mine, known):
            yield from _borrowed(source, lines, mine, other)


def _bodies(source: Source) -> Iterator[_Body]:
    for node in ast.walk(source.tree):
        if not isinstance(node, Function) or node.end_lineno is None:
            continue
        body = node.body[1:] if ast.get_docstring(node, clean=False) else node.body
        first = body[0].lineno if body else node.lineno
        if first == node.lineno or node.end_lineno - first < 2:
            continue
        text = "".join(f"{source.line(n)}\n" for n in range(first, node.end_lineno + 1))
        yield _Body(node.name, source.path, first, tuple(textwrap.dedent(text).splitlines()))


def _like(mine: _Body, known: Sequence[_Body]) -> list[_Body]:
    scored = []
    for other in known:
        if (other.path, other.first) == (mine.path, mine.first):
            continue
        same = len(set(mine.lines) & set(other.lines)) / max(1, len(set(mine.lines)))
        if same >= ALIKE or (other.name == mine.name and same >= ALIKE / 2):
            scored.append((-same, other.path, other.first, other))
    return [one[-1] for one in sorted(scored, key=lambda one: one[:3])[:MOST]]


def _borrowed(
    source: Source, lines: Mapping[int, float], mine: _Body, other: _Body
) -> Iterator[Variant]:
    matcher = difflib.SequenceMatcher(None, mine.lines, other.lines, autojunk=False)
    share = matcher.ratio()
    if share < ALIKE:
        return
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal" or j - i > _MOST_LINES or m - k > _MOST_LINES:
            continue
        inside = range(mine.first + i, mine.first + max(i + 1, j))
        line = max(inside, key=lambda n: lines.get(n, 0.0))
        if line not in lines:
            continue
        text = "".join(f"{row}\n" for row in other.lines[k:m])
        pad = source.indentation(mine.first)
        yield source.lines_replaced(
            mine.first + i - 1, mine.first + j - 1, textwrap.indent(text, pad), line,
            f"`{short(source.line(line))}` became what `{other.name}` of {other.path} has there",
            0.6 * share,
        )  # fmt: skip
