"""What the failing tests state, in their own words: the assertion that did not hold."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.places import is_test
from gatekeeper.intake.reach import own_source
from gatekeeper.intake.stacktrace import frames
from gatekeeper.ports import Tree

_MOST_CASES = 5
_MOST_OF_ONE = 3
_LONGEST = 300
_STATES = re.compile(
    r"\b(?:assert\w*|expect|should|verify|require|check|refute|must_\w+)\b\s*[!.(]|\bt\.(?:Error|Fatal)"
)


def stated(failing: Sequence[CaseResult], tree: Tree, roots: Sequence[str] = ()) -> tuple[str, ...]:
    """`TEST: ASSERTION` for the assertion that failed, or else the first ones of the test."""
    taken = list(failing[:_MOST_CASES])
    places = own_source(taken, tree, roots)
    found: dict[str, None] = {}
    for case in taken:
        place = places.get(case.id) or _from_trace(case, tree, roots)
        if place is None or place.start is None or place.end is None:
            continue
        lines = (tree.read(place.path) or b"").decode("utf-8", "replace").split("\n")
        for text in _of_case(case, place, lines[place.start - 1 : place.end], roots):
            found[f"{case.id.name}: {text}"] = None
    return tuple(found)


def _from_trace(case: CaseResult, tree: Tree, roots: Sequence[str]) -> Place | None:
    """The line of test code in the stack trace, where the test itself was not found."""
    for frame in frames(case.details, tree.paths(), roots):
        if frame.ours and frame.line and is_test(frame.path):
            return Place(frame.path, frame.line, frame.line, "")
    return None


def _of_case(
    case: CaseResult, place: Place, source: Sequence[str], roots: Sequence[str]
) -> Iterator[str]:
    first = place.start or 1
    python = place.path.endswith(".py")
    statements = list(_python(source) if python else _written(source))
    failed = {
        frame.line - first
        for frame in frames(case.details, {place.path}, roots)
        if frame.path == place.path and frame.line is not None
    }
    told = [text for start, end, text in statements if any(start <= at <= end for at in failed)]
    for text in (told or [text for _, _, text in statements])[:_MOST_OF_ONE]:
        line = " ".join(text.split())
        yield line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


_Statement = tuple[int, int, str]  # first and last line, from 0, and the source


def _python(source: Sequence[str]) -> Iterator[_Statement]:
    text = textwrap.dedent("\n".join(source))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        yield from _written(source)
        return
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Assert | ast.Expr | ast.With)]
    for node in sorted(found, key=lambda node: node.lineno):
        states: ast.AST | None = node
        if isinstance(node, ast.With):
            states = node.items[0].context_expr if _raises(node) else None
        elif isinstance(node, ast.Expr) and not _calls_assertion(node):
            states = None
        if states is not None:
            written = ast.get_source_segment(text, states) or ""
            yield node.lineno - 1, (node.end_lineno or node.lineno) - 1, written


def _calls_assertion(node: ast.Expr) -> bool:
    if not isinstance(node.value, ast.Call):
        return False
    function = node.value.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name.lower().startswith(("assert", "expect"))


def _raises(node: ast.With) -> bool:
    call = node.items[0].context_expr
    return isinstance(call, ast.Call) and "raises" in ast.dump(call.func).lower()


def _written(source: Sequence[str]) -> Iterator[_Statement]:
    for at, line in enumerate(source):
        if _STATES.search(line) and (at or len(source) == 1):  # the first line names the test
            yield at, at, line.strip()
