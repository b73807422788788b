"""Small edits of expressions: operators, boundaries, constants, names, arguments, wrappers.

Each is a span of the source and what is put there; the rest of the file stays as it was written.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from gatekeeper.repair.making import Maker
from gatekeeper.repair.source import Place, Source, Variant, parameters
from gatekeeper.repair.wrapping import by_one, comprehension, wrapped

_COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">", ">=")),
    ast.LtE: ("<=", ("<", ">=", ">", "==")),
    ast.Gt: (">", (">=", "<", "<=", "!=")),
    ast.GtE: (">=", (">", "<=", "<", "==")),
    ast.Eq: ("==", ("!=", "<=", ">=", "in")),
    ast.NotEq: ("!=", ("==", "<", ">")),
    ast.In: ("in", ("not in", "==")),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not", "==")),
    ast.IsNot: ("is not", ("is", "!=")),
}
_COMPUTED: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-", "*", "|")),
    ast.Sub: ("-", ("+", "/", "*")),
    ast.Mult: ("*", ("/", "+", "**", "//")),
    ast.Div: ("/", ("*", "//", "%")),
    ast.FloorDiv: ("//", ("/", "%", "*")),
    ast.Mod: ("%", ("//", "/", "+")),
    ast.Pow: ("**", ("*",)),
    ast.BitAnd: ("&", ("|", "^")),
    ast.BitOr: ("|", ("&", "^", "+")),
    ast.BitXor: ("^", ("|", "&")),
    ast.LShift: ("<<", (">>",)),
    ast.RShift: (">>", ("<<",)),
}
_RELATED = (
    "append extend add", "insert append", "lower upper casefold title capitalize",
    "strip lstrip rstrip", "startswith endswith", "find rfind index rindex", "split rsplit",
    "partition rpartition", "keys values items", "pop popleft popitem", "get pop setdefault",
    "update setdefault", "add discard remove", "min max", "any all", "sorted list reversed",
    "tuple list set frozenset", "ceil floor round trunc", "match search fullmatch", "sub subn",
    "isdigit isalpha isalnum isdecimal isnumeric", "union intersection difference",
    "issubset issuperset", "isinstance issubclass", "int float round", "str repr", "len sum",
    "group groups", "start end", "appendleft append", "extend extendleft", "ljust rjust center",
    "islower isupper", "encode decode", "findall finditer", "read readline readlines",
    "copy deepcopy", "zip zip_longest", "read write", "finditer match",
)  # fmt: skip


def expressions(source: Source, place: Place) -> Iterator[Variant]:
    """Every edit of one expression."""
    node = place.node
    if not isinstance(node, ast.expr) or _is_docstring(place):
        return
    make = Maker(source, place)
    for kind, family in _FAMILIES:
        if isinstance(node, kind):
            yield from family(make, node)
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        yield from wrapped(make, node)


def _is_docstring(place: Place) -> bool:
    return isinstance(place.parent, ast.Expr) and isinstance(place.node, ast.Constant)


def _compare(make: Maker, node: ast.Compare) -> Iterator[Variant]:
    left: ast.expr = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        old, others = _COMPARED[type(op)]
        for rank, new in enumerate(others):
            yield from make.operator(left, right, old, new, 0.9 - 0.15 * rank)
        if isinstance(op, (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq)):
            for side in (left, right):
                yield from by_one(make, side, 0.45)
        left = right
    if len(node.ops) == 1 and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
        negated = isinstance(node.ops[0], ast.IsNot)
        yield make.node(
            node, make.text(node.left) if negated else f"not {make.text(node.left)}", 0.3
        )


def _bool(make: Maker, node: ast.BoolOp) -> Iterator[Variant]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in pairwise(node.values):
        yield from make.operator(left, right, old, new, 0.8)
    start, end = make.source.start, make.source.end
    for number, value in enumerate(node.values):
        if number:
            yield make.span(end(node.values[number - 1]), end(value), "", 0.25)
        else:
            yield make.span(start(value), start(node.values[1]), "", 0.25)
        if not isinstance(value, ast.UnaryOp):
            yield make.node(value, f"not {make.atom(value)}", 0.5)


def _binary(make: Maker, node: ast.BinOp) -> Iterator[Variant]:
    old, others = _COMPUTED.get(type(node.op), ("", ()))
    for rank, new in enumerate(others):
        yield from make.operator(node.left, node.right, old, new, 0.75 - 0.15 * rank)
    yield make.node(node, make.text(node.left), 0.35)
    yield make.node(node, make.text(node.right), 0.25)
    if isinstance(node.op, (ast.Sub, ast.Div, ast.Add, ast.FloorDiv, ast.Mod)):
        both = f"{make.atom(node.right)} {old} {make.atom(node.left)}"
        yield make.node(node, both, 0.4)


def _unary(make: Maker, node: ast.UnaryOp) -> Iterator[Variant]:
    yield make.node(node, make.text(node.operand), 0.7)


def _constant(make: Maker, node: ast.Constant) -> Iterator[Variant]:
    value = node.value
    if isinstance(value, bool):
        yield make.node(node, str(not value), 0.8)
    elif isinstance(value, int):
        likely = (value + 1, value - 1, 0, 1, -1, value * 10, value // 10, value * 2)
        for rank, new in enumerate(dict.fromkeys(likely)):
            if new != value:
                prior = (0.65, 0.65, 0.4, 0.4, 0.3, 0.25, 0.25, 0.15)[rank]
                yield make.node(node, str(new), prior)
        yield make.node(node, "None", 0.15)
    elif value is None:
        for instead in ("0", "''", "[]", "{}", "True", "False"):
            yield make.node(node, instead, 0.2)
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        yield from _other_literals(make, node)
    if isinstance(value, str) and not isinstance(make.place.parent, ast.JoinedStr):
        yield from _other_text(make, node, value)


def _other_literals(make: Maker, node: ast.Constant) -> Iterator[Variant]:
    """Literals of the same type in the same file that are near, or alike."""
    own = make.text(node)
    near: dict[str, int] = {}
    for other, text in make.source.donors.short_constants:
        if type(other.value) is type(node.value) and text != own:
            distance = abs(other.lineno - node.lineno)
            near[text] = min(near.get(text, distance), distance)
    for rank, text in enumerate(sorted(near, key=lambda one: (near[one], one))[:6]):
        alike = difflib.SequenceMatcher(None, own, text).ratio()
        yield make.node(node, text, 0.15 + 0.3 * alike - 0.01 * rank)


def _other_text(make: Maker, node: ast.Constant, value: str) -> Iterator[Variant]:
    """A string with a character more or less at its ends, or in another case."""
    written = make.text(node)
    found = re.fullmatch(r"""([a-zA-Z]*)('|\")([^\n]*)\2""", written)
    if not found or ("\\" in value and "r" not in found[1].lower()) or written[1:3] == '""':
        return
    head, quote, body = found.groups()
    changed = {
        f" {body}": 0.3, f"{body} ": 0.3, body.strip(): 0.3, body[1:]: 0.3, body[:-1]: 0.3,
        body.lower(): 0.3, body.upper(): 0.25, "": 0.2, f"{body}s": 0.1, f"^{body}": 0.1,
        f"{body}$": 0.1, body.replace("*", "+"): 0.4, body.replace("+", "*"): 0.4,
        body.replace("_", "-"): 0.25, body.replace("-", "_"): 0.25, f"{body}\\n": 0.1,
        body.replace(">", "<"): 0.3, body.replace("<", ">"): 0.3, body.replace("d", "s"): 0.1,
    }  # fmt: skip
    for text, prior in changed.items():
        if text != body:
            yield make.node(node, f"{head}{quote}{text}{quote}", prior)


def _name(make: Maker, node: ast.Name) -> Iterator[Variant]:
    if not isinstance(node.ctx, ast.Load):
        return
    called = isinstance(make.place.parent, ast.Call) and make.place.parent.func is node
    if called:
        for other in _relatives(node.id):
            yield make.node(node, other, 0.45)
        others = [n for n in make.source.functions if n in make.source.module_names]
        for other in difflib.get_close_matches(node.id, others, 4, 0.4):
            if other != node.id:
                yield make.node(node, other, 0.35)
        return
    names = [n for n in make.source.local_names(make.place.function) if n != node.id]
    for name in names[:25]:
        yield make.node(node, name, 0.3 + 0.25 * _alike(node.id, name))
    kind = node.id.isupper()
    module = [n for n in sorted(make.source.module_names) if n.isupper() == kind and n != node.id]
    for name in difflib.get_close_matches(node.id, module, 4, 0.4):
        yield make.node(node, name, 0.3)
    for name in make.source.attributes(make.place.owner):
        if _alike(node.id, name) > 0.6 and "self" in names:
            yield make.node(node, f"self.{name}", 0.3)


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _relatives(name: str) -> Iterator[str]:
    found = dict.fromkeys(w for row in _RELATED if name in row.split() for w in row.split())
    yield from (other for other in found if other != name)


def _attribute(make: Maker, node: ast.Attribute) -> Iterator[Variant]:
    end = make.source.end(node)
    start = end - len(node.attr.encode())
    for other in _relatives(node.attr):
        yield make.span(start, end, other, 0.5)
    yield from _same_base(make, node, start, end)
    if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        known = make.source.attributes(make.place.owner)
        for other, called in known.items():
            if other != node.attr and called == known.get(node.attr):
                yield make.span(start, end, other, 0.25 + 0.3 * _alike(node.attr, other))
    else:
        known_names = make.source.donors.attribute_names
        for other in difflib.get_close_matches(node.attr, known_names, 4, 0.5):
            if other != node.attr:
                yield make.span(start, end, other, 0.3)
    if isinstance(make.place.parent, ast.Call) and make.place.parent.func is node:
        return
    yield make.node(node, make.text(node.value), 0.15)


def _same_base(make: Maker, node: ast.Attribute, start: int, end: int) -> Iterator[Variant]:
    """What the file takes of the same thing elsewhere, or calls with as many arguments."""
    base, call = make.text(node.value), make.place.parent
    called = isinstance(call, ast.Call) and call.func is node
    used = make.source.donors.attributes_of.get((base, called), ())
    for other in [name for name in used if name != node.attr][:15]:
        yield make.span(start, end, other, 0.3 + 0.15 * _alike(node.attr, other))
    if isinstance(call, ast.Call) and called and not isinstance(node.value, ast.Name):
        count = len(call.args) + len(call.keywords)
        for other in make.source.donors.methods.get(count, ())[:15]:
            if other not in used and other != node.attr:
                yield make.span(start, end, other, 0.15)


def _call(make: Maker, node: ast.Call) -> Iterator[Variant]:
    args = node.args
    for one, other in pairwise(args):
        between = make.source.between(make.source.end(one), make.source.start(other))
        text = f"{make.text(other)}{between}{make.text(one)}"
        start, end = make.source.start(one), make.source.end(other)
        yield make.span(start, end, text, 0.6)
    every: list[ast.AST] = [*args, *node.keywords]
    for number, argument in enumerate(every):
        before = make.source.end(every[number - 1]) if number else make.source.start(argument)
        if number or len(every) == 1:
            yield make.span(before, make.source.end(argument), "", 0.3)
    if len(every) == 1 and len(args) == 1:
        yield make.node(node, make.text(args[0]), 0.45)
    if isinstance(node.func, ast.Attribute):
        yield make.node(node, make.text(node.func.value), 0.35)
    yield from _more_arguments(make, node, every)
    if isinstance(node.func, ast.Name) and node.func.id in ("range", "min", "max", "round"):
        for argument in args:
            yield from by_one(make, argument, 0.55)
        if node.func.id == "range" and len(args) == 1:
            yield make.node(args[0], f"1, {make.text(args[0])}", 0.35)
        if node.func.id == "range" and len(args) == 2:
            yield make.span(make.source.start(args[0]), make.source.start(args[1]), "", 0.35)


def _more_arguments(make: Maker, node: ast.Call, every: list[ast.AST]) -> Iterator[Variant]:
    """An argument that the called function of this file knows and is not given."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    known = make.source.functions.get(name)
    local = make.source.local_names(make.place.function)
    at = make.source.end(node) - 1
    comma = ", " if every else ""
    given = {k.arg for k in node.keywords}
    if known is not None:
        wanted = [n for n in parameters(known) if n not in ("self", "cls") and n not in given]
        for parameter in wanted[len(node.args) :]:
            values = [parameter] if parameter in local else ["True", "False"]
            for value in values:
                yield make.span(at, at, f"{comma}{parameter}={value}", 0.4)
    elif len(every) <= 1:
        for value in local[:12]:
            yield make.span(at, at, f"{comma}{value}", 0.12)
    if name in ("get", "getattr", "next", "pop", "split", "rsplit", "strip", "sub") and every:
        for value in ("None", "''", "0", "1", "[]"):
            yield make.span(at, at, f", {value}", 0.2)


def _subscript(make: Maker, node: ast.Subscript) -> Iterator[Variant]:
    index = node.slice
    value = make.text(node.value)
    if isinstance(index, ast.Slice):
        yield from _slice(make, node, index)
    elif isinstance(node.ctx, ast.Load):
        yield from by_one(make, index, 0.5)
        text = make.text(index)
        if text != "-1":
            yield make.node(index, "-1", 0.4)
        if text == "-1":
            yield make.node(index, "0", 0.5)
        yield make.node(node, f"{value}.get({text})", 0.3)
        yield make.node(node, value, 0.2)


def _slice(make: Maker, node: ast.Subscript, index: ast.Slice) -> Iterator[Variant]:
    low = make.text(index.lower) if index.lower else ""
    high = make.text(index.upper) if index.upper else ""
    step = f":{make.text(index.step)}" if index.step else ""
    bounds = {
        f"{low}:": 0.35, f":{high}": 0.35, f"{high}:{low}": 0.4, f"{low or 0} + 1:{high}": 0.35,
        f"{low}:{high} + 1": 0.35 if high else 0.0, f"{low}:{high} - 1": 0.3 if high else 0.0,
        f"{low}:-1": 0.25 if not high else 0.0, f"1:{high}": 0.25 if not low else 0.0,
        "::-1": 0.1,
    }  # fmt: skip
    start, end = make.source.start(node.value), make.source.end(node)
    for text, prior in bounds.items():
        if prior and text != f"{low}:{high}":
            new = f"{make.text(node.value)}[{text}{step if text != '::-1' else ''}]"
            yield make.span(start, end, new, prior)
    yield make.node(node, make.text(node.value), 0.2)


def _conditional(make: Maker, node: ast.IfExp) -> Iterator[Variant]:
    test, body, other = (make.text(n) for n in (node.test, node.body, node.orelse))
    yield make.node(node, f"{other} if {test} else {body}", 0.6)
    yield make.node(node, body, 0.25)
    yield make.node(node, other, 0.2)


_FAMILIES: tuple[tuple[Any, Callable[[Maker, Any], Iterator[Variant]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _bool),
    (ast.BinOp, _binary),
    (ast.UnaryOp, _unary),
    (ast.Constant, _constant),
    (ast.Name, _name),
    (ast.Attribute, _attribute),
    (ast.Call, _call),
    (ast.Subscript, _subscript),
    (ast.IfExp, _conditional),
    ((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), comprehension),
)
