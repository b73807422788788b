"""What a candidate wrote anew, as the guards look at it: lines, and for Python syntax nodes.

Whatever stood in the file before, there or elsewhere, is nobody's finding: code that was only
moved or indented is not new.
"""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from gatekeeper.domain import Candidate
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.intake.python_code import PythonCode, parse
from gatekeeper.ports import Tree

_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True)
class ChangedFile:
    """One product file before and after a candidate. `before` is "" for a new file."""

    path: str
    before: str
    after: str

    @cached_property
    def added(self) -> frozenset[int]:
        """The lines of `after` (1-based) that are new or changed."""
        return frozenset(line for _, _, start, end in self._blocks for line in range(start, end))

    @cached_property
    def removed(self) -> frozenset[int]:
        """The lines of `before` (1-based) that are gone or changed."""
        return frozenset(line for start, end, _, _ in self._blocks for line in range(start, end))

    @cached_property
    def added_lines(self) -> tuple[tuple[int, str], ...]:
        """(number, text) of the new or changed lines of `after`, without those only moved."""
        there = Counter(line.strip() for line in self.before.splitlines())
        lines = self.after.splitlines()
        return tuple(
            (n, lines[n - 1]) for n in sorted(self.added) if not there[lines[n - 1].strip()]
        )

    @cached_property
    def python(self) -> PythonCode | None:
        """The file after, parsed; None where it is not Python or does not parse."""
        return parse(self.after.encode("utf-8", "replace")) if self.path.endswith(".py") else None

    @cached_property
    def python_before(self) -> PythonCode | None:
        """The file before, parsed; None where it is not Python or does not parse."""
        return parse(self.before.encode("utf-8", "replace")) if self.path.endswith(".py") else None

    def new_nodes(self, *kinds: type[_Node]) -> Iterator[_Node]:
        """Nodes of these kinds that touch an added line and stood nowhere in the file before."""
        if self.python is None:
            return
        walked = (node for node in ast.walk(self.python.tree) if isinstance(node, kinds))
        touched = [node for node in walked if self._touched(node)]
        before = self.python_before if touched else None
        there = frozenset(type(node) for node in touched)
        old = {
            ast.dump(node) for node in (ast.walk(before.tree) if before else ())
            if type(node) in there
        }  # fmt: skip
        yield from (node for node in touched if ast.dump(node) not in old)

    def _touched(self, node: ast.AST) -> bool:
        start = getattr(node, "lineno", 0)
        end = getattr(node, "end_lineno", None) or start
        return not self.added.isdisjoint(range(start, end + 1))

    @cached_property
    def _blocks(self) -> tuple[tuple[int, int, int, int], ...]:
        return _blocks(self.before, self.after)


LARGE = 1000
"""Lines from which on those that repeat often steer no comparison: with them it takes seconds."""


@lru_cache(maxsize=16)
def _blocks(before: str, after: str) -> tuple[tuple[int, int, int, int], ...]:
    """Changed blocks: half-open line ranges before and after, 1-based. Every guard asks anew."""
    old, new = before.splitlines(), after.splitlines()
    start = _alike(old, new)
    end = min(_alike(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    large = max(len(old), len(new)) > LARGE
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=large)
    return tuple(
        (start + i1 + 1, start + i2 + 1, start + j1 + 1, start + j2 + 1)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines are the same from the start."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def changed_files(candidate: Candidate, before: Tree, after: Tree) -> Iterator[ChangedFile]:
    """The product's text files that a candidate adds or changes, in its order.

    Tests and installed code are left out: the guard `paths` has its say on them.
    """
    for change in candidate.changes:
        content = after.read(change.path)
        if change.binary or content is None or is_test(change.path) or is_vendored(change.path):
            continue
        old = before.read(change.path) or b""
        yield ChangedFile(
            change.path, old.decode("utf-8", "replace"), content.decode("utf-8", "replace")
        )
