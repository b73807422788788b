"""What a candidate adds, told apart from what it moves or rewords.

A guard lists what it looks for in a file before and after, as sights. What stood in a place that
the candidate left alone accounts for nothing else; what it took away may stand again elsewhere.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.guards.changed import ChangedFile


@dataclass(frozen=True)
class Sight:
    """Something seen in a file. `same` is equal for what is moved, `like` for what is reworded."""

    what: str
    line: int
    end: int
    same: Hashable
    like: Hashable


def newcomers(
    file: ChangedFile, before: Iterable[Sight], after: Iterable[Sight]
) -> Iterator[Sight]:
    """The sights of `after` on changed lines that nothing taken away from `before` accounts for."""
    old, new = list(before), list(after)
    touched = [one for one in new if not file.added.isdisjoint(range(one.line, one.end + 1))]
    gone = _without(old, [one for one in new if one not in touched])
    rest = []
    for sight in touched:
        if not _take(gone, [one for one in gone if one.same == sight.same]):
            rest.append(sight)
    for sight in rest:
        if not _take(gone, [one for one in gone if one.like == sight.like]):
            yield sight


def _without(old: list[Sight], kept: list[Sight]) -> list[Sight]:
    """The sights of before that are not those which still stand untouched."""
    counts = Counter(one.same for one in kept)
    left = []
    for sight in old:
        counts[sight.same] -= 1
        if counts[sight.same] < 0:
            left.append(sight)
    return left


def _take(gone: list[Sight], fitting: list[Sight]) -> bool:
    if fitting:
        gone.remove(fitting[0])
    return bool(fitting)


def functions(tree: ast.AST) -> dict[ast.AST, str]:
    """The dotted name of the function or class around every node; "" at the top."""
    found: dict[ast.AST, str] = {}

    def visit(node: ast.AST, name: str) -> None:
        found[node] = name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{name}.{node.name}" if name else node.name
        for child in ast.iter_child_nodes(node):
            visit(child, name)

    visit(tree, "")
    return found


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names, "" of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (front := dotted(node.value)):
        return f"{front}.{node.attr}"
    return ""


def line_of(text: str, at: int) -> int:
    """The line (1-based) of a place in a text."""
    return text.count("\n", 0, at) + 1


def body(code: str, opening: int) -> tuple[int, int]:
    """From an opening bracket to after the one that closes it; to the end if none does."""
    pair = {"{": "}", "(": ")", "[": "]"}[code[opening]]
    depth = 0
    for at in range(opening, len(code)):
        if code[at] == code[opening]:
            depth += 1
        elif code[at] == pair:
            depth -= 1
            if not depth:
                return opening, at + 1
    return opening, len(code)
