"""What a candidate adds, told apart from what it moves or rewords.

A guard lists what it looks for in a file before and after, as sights. One of before accounts for
one of after: a second copy of what stood there already is new.
"""

from __future__ import annotations

import ast
import re
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
    """The sights of `after` that nothing in `before` accounts for, each used up once.

    Of several that are equal, those on changed lines are the new ones.
    """
    gone = list(before)
    open_ = sorted(after, key=lambda one: not file.added.isdisjoint(range(one.line, one.end + 1)))
    for trait in ("same", "like"):
        open_ = [one for one in open_ if not _take(gone, one, trait)]
    yield from open_


def _take(gone: list[Sight], sight: Sight, trait: str) -> bool:
    """Use up one of `gone` that fits."""
    wanted = getattr(sight, trait)
    for at, one in enumerate(gone):
        if getattr(one, trait) == wanted:
            del gone[at]
            return True
    return False


def functions(tree: ast.AST) -> dict[ast.AST, str]:
    """The dotted name of the function or class around every node; "" at the top."""
    found: dict[ast.AST, str] = {tree: ""}
    open_ = [tree]
    while open_:
        node = open_.pop()
        name = found[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{name}.{node.name}" if name else node.name
        for child in ast.iter_child_nodes(node):
            found[child] = name
            open_.append(child)
    return found


def written(node: ast.AST) -> str:
    """A node as source on one line, for a person or a pattern; "" where it is nested too deep."""
    try:
        return " ".join(ast.unparse(node).split())
    except RecursionError:
        return ""


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


_LONGEST = 10_000
"""Characters of a block: a source made to be slow is not read to its end again and again."""


def body(code: str, opening: int) -> tuple[int, int]:
    """From an opening bracket to after the one that closes it; to the end if none does."""
    closing = {"{": "}", "(": ")", "[": "]"}[code[opening]]
    end = min(len(code), opening + _LONGEST)
    depth = 0
    for found in re.compile(f"[{re.escape(code[opening] + closing)}]").finditer(code, opening, end):
        depth += 1 if found[0] != closing else -1
        if not depth:
            return opening, found.end()
    return opening, end
