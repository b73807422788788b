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
from functools import cached_property
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
        before = self.python_before
        old = Counter(
            ast.dump(node) for node in (ast.walk(before.tree) if before else ())
            if isinstance(node, kinds)
        )  # fmt: skip
        for node in ast.walk(self.python.tree):
            if isinstance(node, kinds) and self._touched(node) and not old[ast.dump(node)]:
                yield node

    def _touched(self, node: ast.AST) -> bool:
        start = getattr(node, "lineno", 0)
        end = getattr(node, "end_lineno", None) or start
        return not self.added.isdisjoint(range(start, end + 1))

    @cached_property
    def _blocks(self) -> tuple[tuple[int, int, int, int], ...]:
        """Changed blocks: half-open line ranges before and after, 1-based."""
        old, new = self.before.splitlines(), self.after.splitlines()
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        return tuple(
            (i1 + 1, i2 + 1, j1 + 1, j2 + 1)
            for tag, i1, i2, j1, j2 in matcher.get_opcodes()
            if tag != "equal"
        )


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
