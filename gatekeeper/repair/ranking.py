"""All edits at the suspicious places, the likeliest first."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from gatekeeper.repair.edits import expressions
from gatekeeper.repair.history import Past, history
from gatekeeper.repair.siblings import siblings
from gatekeeper.repair.source import Source, Variant
from gatekeeper.repair.spectrum import Coverage, suspicion
from gatekeeper.repair.statements import statements

MOST_LINES = 150
"""Lines at which edits are made, the most suspicious ones."""

PER_LINE_FIRST = 12
"""Of one line at most so many before the next lines had theirs: suspicion is never sure."""

_TOKEN = re.compile(rb"\w+|[^\w\s]")


def variants(
    coverage: Coverage,
    read: Callable[[str], bytes | None],
    allowed: Callable[[str], bool],
    favoured: Mapping[tuple[str, int], float],
    past: Callable[[str], Past] = lambda _: (),
) -> list[Variant]:
    """Edits in the order in which they are tried.

    `read` gives a file, `allowed` whether a candidate may change it; `favoured` multiplies the
    suspicion of some lines; `past` tells a file's recent changes.
    """
    suspects = {
        place: figure * favoured.get(place, 1.0)
        for place, figure in suspicion(coverage).items()
        if place[0].endswith(".py") and allowed(place[0])
    }
    chosen = sorted(suspects, key=lambda place: (-suspects[place], place))[:MOST_LINES]
    by_path: dict[str, dict[int, float]] = {}
    for path, line in chosen:
        by_path.setdefault(path, {})[line] = suspects[path, line]
    sources = _parsed(read, by_path)
    found: dict[tuple[str, int, int, str], Variant] = {}
    for path, source in sources.items():
        lines = by_path[path]
        borrowed = (
            *history(source, lines, past(path)),
            *siblings(source, lines, list(sources.values())),
        )
        made = (*_of_file(source, lines, coverage.errors), *_scored(source, lines, borrowed))
        for variant in made:
            key = (variant.path, variant.start, variant.end, variant.text)
            if key not in found or found[key].score < variant.score:
                found[key] = variant
    return _spread(sorted(found.values(), key=_order))


def shuffled(ranked: Iterable[Variant], seed: int) -> list[Variant]:
    """The same edits in an order that only the seed decides: what the ranking is measured by."""
    found = sorted(ranked, key=lambda v: (v.path, v.start, v.end, v.text))
    random.Random(seed).shuffle(found)  # noqa: S311 -- an order, no secret
    return found


def _order(variant: Variant) -> tuple[float, int, str, int, str]:
    return (-variant.score, variant.size, variant.path, variant.start, variant.text)


def _spread(ordered: list[Variant]) -> list[Variant]:
    """In turns: of each line the first dozen, then of each line the next."""
    turns: Counter[tuple[str, int]] = Counter()
    numbered = []
    for variant in ordered:
        turns[variant.path, variant.line] += 1
        numbered.append(((turns[variant.path, variant.line] - 1) // PER_LINE_FIRST, variant))
    # A later turn costs a part of the score, so that a very suspicious line still comes first.
    return [v for _, v in sorted(numbered, key=lambda one: _order(_less(one[1], one[0])))]


def _less(variant: Variant, turn: int) -> Variant:
    return replace(variant, score=variant.score * 0.85**turn)


def _parsed(read: Callable[[str], bytes | None], paths: Iterable[str]) -> dict[str, Source]:
    found = {}
    for path in sorted(paths):
        try:
            found[path] = Source(path, read(path) or b"")
        except (SyntaxError, ValueError, RecursionError):
            continue
    return found


def _scored(
    source: Source, lines: Mapping[int, float], made: Iterable[Variant]
) -> Iterator[Variant]:
    """Edits of whole lines, which are as likely as their line is suspicious."""
    content = source.content
    for variant in made:
        old = source.between(variant.start, variant.end)
        if old.strip() != variant.text.strip() and variant.end <= len(content):
            yield replace(variant, score=lines.get(variant.line, 0.0) * variant.prior)


def _of_file(
    source: Source, lines: Mapping[int, float], errors: tuple[str, ...]
) -> Iterator[Variant]:
    pairs = _pairs(source.content)
    for place in source.places():
        line = place.node.lineno  # type: ignore[attr-defined]
        figure = max(
            (lines.get(n, 0.0) for n in {line, _statement_line(place.parents, line)}), default=0.0
        )
        if not figure:
            continue
        made = (*expressions(source, place), *statements(source, place, errors))
        for variant in made:
            natural = 0.7 + 0.3 * _natural(source, variant, pairs)
            yield replace(variant, score=figure * variant.prior * natural)


def _statement_line(parents: Iterable[object], line: int) -> int:
    """The line of the statement: an expression over several lines is run as its first ones."""
    lines = [parent.lineno for parent in parents if isinstance(parent, ast.stmt)]
    return lines[-1] if lines and line - lines[-1] <= 10 else line


def _pairs(content: bytes) -> Counter[tuple[bytes, bytes]]:
    tokens = _TOKEN.findall(content)
    return Counter(pairwise(tokens))


def _natural(source: Source, variant: Variant, pairs: Counter[tuple[bytes, bytes]]) -> float:
    """Share of the neighbouring tokens of the edit that stand side by side in the file anyway."""
    before = _TOKEN.findall(source.content[max(0, variant.start - 40) : variant.start])[-2:]
    after = _TOKEN.findall(source.content[variant.end : variant.end + 40])[:2]
    tokens = [*before, *_TOKEN.findall(variant.text.encode()), *after]
    beside = list(pairwise(tokens))
    return sum(1 for pair in beside if pairs[pair]) / len(beside) if beside else 0.0
