"""Small edits of statements: returns, exits, guards, order, and what the file has elsewhere."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from typing import Any

from gatekeeper.repair.donors import SIMPLE
from gatekeeper.repair.making import Maker, short
from gatekeeper.repair.source import Place, Source, Variant

_AUGMENTED = {
    ast.Add: ("+=", ("-=", "=", "*=")),
    ast.Sub: ("-=", ("+=", "=")),
    ast.Mult: ("*=", ("/=", "+=", "=")),
    ast.Div: ("/=", ("*=", "//=", "=")),
    ast.BitOr: ("|=", ("&=", "=")),
    ast.BitAnd: ("&=", ("|=", "=")),
    ast.FloorDiv: ("//=", ("/=", "%=")),
    ast.Mod: ("%=", ("//=",)),
}
_DONORS = 30
_BUILT_IN = {"len", "str", "int", "list", "isinstance", "None", "ValueError", "TypeError", "set"}


def statements(source: Source, place: Place, errors: tuple[str, ...]) -> Iterator[Variant]:
    """Every edit of one statement; `errors` are the exceptions with which red tests end."""
    node = place.node
    if isinstance(node, ast.ExceptHandler):
        yield from _caught(Maker(source, place), node, errors)
    if not isinstance(node, ast.stmt) or place.function is None or not place.in_body:
        return
    make = Maker(source, place)
    for kind, family in _FAMILIES:
        if isinstance(node, kind):
            yield from family(make, node)
    yield from _around(make, node)


def _augmented(make: Maker, node: ast.AugAssign) -> Iterator[Variant]:
    old, others = _AUGMENTED.get(type(node.op), ("", ()))
    for new in others:
        yield from make.operator(node.target, node.value, old, new, 0.6)


def _assigned(make: Maker, node: ast.Assign) -> Iterator[Variant]:
    for new in ("+=", "-=") if len(node.targets) == 1 else ():
        yield from make.operator(node.targets[0], node.value, "=", new, 0.4)


def _left(make: Maker, node: ast.Break | ast.Continue) -> Iterator[Variant]:
    yield make.node(node, "break" if isinstance(node, ast.Continue) else "continue", 0.5)
    yield make.node(node, "pass", 0.15)


def _unused(make: Maker, node: ast.Expr) -> Iterator[Variant]:
    if isinstance(node.value, ast.Call):
        yield make.node(node, f"return {make.text(node)}", 0.4)
    elif not isinstance(node.value, (ast.Yield, ast.YieldFrom, ast.Await)):
        # A value that nobody takes was meant for something.
        yield make.node(node, f"return {make.text(node)}", 0.7)


def _empty(make: Maker, node: ast.Pass) -> Iterator[Variant]:
    """Nothing is done where something may be missing."""
    known = set(make.source.local_names(make.place.function)) | make.source.module_names
    for text, prior in _statements(make.source, make.place, known, ""):
        if "\n" not in text:
            yield make.node(node, text, prior + 0.25, f"`{short(text)}` was put in for `pass`")


def _caught(make: Maker, node: ast.ExceptHandler, errors: tuple[str, ...]) -> Iterator[Variant]:
    if node.type is None:
        return
    text = make.text(node.type)
    for error in errors[:2]:
        if error.isidentifier() and error not in text and error != "AssertionError":
            inner = text.strip("()")
            words = f"`except {short(text)}` catches `{error}` too"
            yield make.node(node.type, f"({inner}, {error})", 0.6, words)
    for other in ("ValueError", "KeyError", "TypeError", "IndexError", "AttributeError"):
        if other != text:
            yield make.node(node.type, other, 0.3)


def _returned(make: Maker, node: ast.Return) -> Iterator[Variant]:
    local = make.source.local_names(make.place.function)
    for name in local[:20]:
        if node.value is None or make.text(node.value) != name:
            yield make.node(node, f"return {name}", 0.35)
    for text in ("None", "True", "False"):
        yield make.node(node, f"return {text}", 0.12)


def _branches(make: Maker, node: ast.If) -> Iterator[Variant]:
    """The two branches change their places, where both are single statements."""
    if len(node.body) == 1 and len(node.orelse) == 1 and not isinstance(node.orelse[0], ast.If):
        one, other = node.body[0], node.orelse[0]
        between = make.source.between(make.source.end(one), make.source.start(other))
        text = f"{make.text(other)}{between}{make.text(one)}"
        start, end = make.source.start(one), make.source.end(other)
        if "\n" not in make.text(one) + make.text(other):
            yield make.span(start, end, text, 0.4, "the two branches changed their places")


def _around(make: Maker, node: ast.stmt) -> Iterator[Variant]:
    """What stands before, behind and in place of a statement that has its lines for itself."""
    source = make.source
    indent = source.between(source.line_start(node.lineno), source.start(node))
    if indent.strip():
        return
    block = _block(make.place)
    at = block.index(node) if node in block else -1
    if 0 <= at < len(block) - 1:
        yield from _swapped(make, node, block[at + 1])
    start = source.start(node)
    for written, prior in _early_exits(make):
        text = written.replace("\n", f"\n{indent}")
        words = f"`{short(text)}` was put in"
        yield make.span(start, start, f"{text}\n{indent}", prior, words)
    yield from _donated(make, node, indent)
    if isinstance(node, SIMPLE) and at == len(block) - 1:
        yield from _moved(make, node, indent)
    if isinstance(node, SIMPLE) and not isinstance(node, (ast.Return, ast.Raise)):
        words = f"`{short(make.text(node))}` was taken out"
        yield make.node(node, "pass", 0.08, words)


def _block(place: Place) -> list[ast.stmt]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(place.parent, name, None)
        if isinstance(block, list) and place.node in block:
            return block
    return []


def _swapped(make: Maker, one: ast.stmt, other: ast.stmt) -> Iterator[Variant]:
    if isinstance(other, (ast.FunctionDef, ast.ClassDef)):
        return
    source = make.source
    between = source.between(source.end(one), source.start(other))
    text = f"{make.text(other)}{between}{make.text(one)}"
    words = f"`{short(make.text(one))}` and the next statement changed their places"
    yield make.span(source.start(one), source.end(other), text, 0.35, words)


def _early_exits(make: Maker) -> Iterator[tuple[str, float]]:
    """Guards: a name without a value ends the function, or the turn of the loop."""
    local = [n for n in make.source.local_names(make.place.function) if n not in ("self", "cls")]
    loop = any(isinstance(p, (ast.For, ast.While)) for p in make.place.parents)
    for name in local[:8]:
        for test, weight in ((f"not {name}", 0.2), (f"{name} is None", 0.22)):
            for result in ("None", name, "False", "[]", "''", "0"):
                yield f"if {test}:\n    return {result}", weight - (0.05 if result != name else 0)
            if loop:
                yield f"if {test}:\n    continue", weight
        yield f"if {name} is None:\n    {name} = []", 0.15
        yield f"if {name} is None:\n    {name} = {{}}", 0.12
    if loop:
        yield "continue", 0.1
        yield "break", 0.15
    yield "return", 0.05


def _donated(make: Maker, node: ast.stmt, indent: str) -> Iterator[Variant]:
    """Statements of the file that may be missing here, or be right in place of this one."""
    source, start = make.source, make.source.start(node)
    known = set(source.local_names(make.place.function)) | source.module_names
    own = make.text(node)
    for written, prior in _statements(source, make.place, known, own):
        text = written.replace("\n", f"\n{indent}")
        words = f"`{short(text)}`, as elsewhere in the file, was put in"
        yield make.span(start, start, f"{text}\n{indent}", prior, f"{words} before this line")
        if isinstance(node, SIMPLE):
            end = source.end(node)
            yield make.span(end, end, f"\n{indent}{text}", prior, f"{words} after this line")
            alike = difflib.SequenceMatcher(None, own, text).ratio()
            if alike > 0.5:
                yield make.node(node, text, 0.5 * alike)


def _statements(source: Source, place: Place, known: set[str], own: str) -> list[tuple[str, float]]:
    """Short statements of the file, with how likely each is; one of the same function less."""
    line = place.node.lineno  # type: ignore[attr-defined]
    found: dict[str, float] = {}
    known = known | _BUILT_IN
    for text, at, names in source.donors.short_statements:
        if text == own or not names <= known:
            continue
        local = names - source.module_names - _BUILT_IN
        near = 1 / (1 + abs(at - line) / 25)
        found[text] = max(found.get(text, 0.0), 0.1 + 0.12 * near + 0.05 * min(2, len(local)))
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))[:_DONORS]


def _moved(make: Maker, node: ast.stmt, indent: str) -> Iterator[Variant]:
    """The last statement of a block leaves it."""
    parent = make.place.parent
    outer = indent[: getattr(parent, "col_offset", 0)]
    if (
        not isinstance(parent, (ast.If, ast.For, ast.While, ast.With))
        or len(_block(make.place)) < 2
    ):
        return
    start = make.source.line_start(node.lineno)
    text = f"{outer}{make.text(node)}"
    words = f"`{short(make.text(node))}` left its block"
    yield make.span(start, make.source.end(node), text, 0.45, words)


_FAMILIES: tuple[tuple[Any, Callable[[Maker, Any], Iterator[Variant]]], ...] = (
    (ast.Return, _returned),
    (ast.AugAssign, _augmented),
    (ast.Assign, _assigned),
    ((ast.Break, ast.Continue), _left),
    (ast.Expr, _unused),
    (ast.Pass, _empty),
    (ast.If, _branches),
)
