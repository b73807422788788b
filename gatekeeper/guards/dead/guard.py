"""Guard `dead`: new code that never runs, and new names that nothing uses.

Such code is no cheat by itself, but a sign that a patch was not thought through; by default it
only warns. What a framework calls, a package exports or a subclass overrides counts as used.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.dead.unused import unused_imports, unused_names, unused_parameters
from gatekeeper.guards.plain_code import blanked, language
from gatekeeper.ports import Guard, Tree

_Dead = tuple[int, str]
"""Line, and the rest of a sentence."""


def no_dead_code() -> Guard:
    """A guard on new statements that are never reached and new definitions that nobody uses."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            for line, what in sorted(set(_python(file, after) if file.python else _other(file))):
                message = f"line {line} of `{file.path}` {what}: leave it out, or use it."
                yield Finding("dead", Level.WARN, message, file.path, line)

    return look


def _python(file: ChangedFile, after: Tree) -> Iterator[_Dead]:
    yield from _unreachable(file)
    yield from _settled(file)
    yield from unused_imports(file)
    yield from unused_names(file, after)
    yield from unused_parameters(file)


# --- Python ------------------------------------------------------------------------------


def _unreachable(file: ChangedFile) -> Iterator[_Dead]:
    """The first statement behind one that leaves the block, where one of the two is new."""
    fresh = {number for number, _ in file.added_lines}
    for node in ast.walk(file.python.tree if file.python else ast.Module([], [])):
        for body in _blocks(node):
            for one, other in pairwise(body):
                if not isinstance(one, ast.Return | ast.Raise | ast.Continue | ast.Break):
                    continue
                if not _makes_generator(other) and fresh & {one.lineno, other.lineno}:
                    word = type(one).__name__.lower()
                    yield other.lineno, f"is never reached, as it stands after a `{word}`"
                break


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        found = getattr(node, name, None)
        if isinstance(found, list):
            yield found


def _makes_generator(node: ast.stmt) -> bool:
    """`return` before a `yield` makes a generator that gives nothing: a usual trick."""
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))


def _settled(file: ChangedFile) -> Iterator[_Dead]:
    """Conditions whose outcome is written into them."""
    for node in file.new_nodes(ast.If, ast.IfExp, ast.While):
        test = node.test if isinstance(node, ast.If | ast.IfExp | ast.While) else None
        if test is None or test.lineno not in file.added:
            continue
        if isinstance(test, ast.Constant) and not (isinstance(node, ast.While) and test.value):
            yield test.lineno, f"decides by `{ast.unparse(test)}`, which never changes"
        elif isinstance(test, ast.BoolOp) and any(
            isinstance(one, ast.Constant) and isinstance(one.value, bool | int)
            for one in test.values
        ):
            yield test.lineno, f"holds a part that never changes (`{ast.unparse(test)}`)"


# --- other languages ---------------------------------------------------------------------

_SETTLED = re.compile(
    r"\bif\s*\(?\s*(?:false|true|0|1)\s*(?:\)|&&|\|\||\{|then\b|$)|\bwhile\s*\(?\s*(?:false|0)\s*\)"
    r"|(?:&&|\|\|)\s*(?:true|false)\s*\)\s*\{|\bif\s+(?:false|true)\s+(?:and|or)\b"
)
_LEAVES = re.compile(r"^\s*(?:return\b[^;{(\[]*;|return;|throw\b[^;{]*;|continue;|break;)\s*$")
_OPENS = re.compile(r"^\s*(?:[}\])]|case\b|default\b|end\b|else\b|#|$|\w+:\s*$)")


def _other(file: ChangedFile) -> Iterator[_Dead]:
    name = language(file.path)
    if not name:
        return
    code = blanked(file.after, name).split("\n")
    for number, _ in file.added_lines:
        line = code[number - 1][:1000]
        if _SETTLED.search(line):
            yield number, "decides by a condition that never changes"
        if name in ("script", "java", "csharp", "php", "c") and _LEAVES.match(line):
            yield from _behind(code, number)


def _behind(code: list[str], number: int) -> Iterator[_Dead]:
    """The line after one that leaves the block, if it stands in the same block."""
    before = next((one for one in reversed(code[: number - 1]) if one.strip()), "")
    if not re.search(r"[;{}]\s*$", before):  # the body of an `if` without braces
        return
    for at, line in enumerate(code[number : number + 3], number + 1):
        if line.strip():
            same = _indent(line) == _indent(code[number - 1])
            declares = re.match(r"\s*(?:async\s+)?(?:function|class|var)\b", line)
            if same and not declares and not _OPENS.match(line):
                yield at, "is never reached"
            return


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
