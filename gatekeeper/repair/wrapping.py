"""Edits around a value: a call, a guard, one more or one less."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatekeeper.repair.conditions import guards
from gatekeeper.repair.making import Maker
from gatekeeper.repair.source import Variant


def by_one(make: Maker, node: ast.expr, prior: float) -> Iterator[Variant]:
    """One more and one less."""
    if isinstance(node, (ast.Name, ast.Call, ast.Attribute, ast.BinOp)):
        for sign in "+-":
            yield make.node(node, f"{make.text(node)} {sign} 1", prior)


def comprehension(make: Maker, node: ast.expr) -> Iterator[Variant]:
    """What is left out of a comprehension, the other way round or where nothing was."""
    for generator in getattr(node, "generators", ()):
        for test in generator.ifs:
            yield make.node(test, f"not {make.atom(test)}", 0.5)
            yield make.node(test, "True", 0.1)
        target = generator.target
        if isinstance(target, ast.Name) and not generator.ifs:
            end = make.source.end(generator.iter)
            yield make.span(end, end, f" if {target.id}", 0.3)
            yield make.span(end, end, f" if {target.id} is not None", 0.25)


def wrapped(make: Maker, node: ast.expr) -> Iterator[Variant]:
    """A call around, or behind, a value that is returned, given, compared or assigned."""
    parent = make.place.parent
    if isinstance(node, (ast.Constant, ast.Lambda, ast.JoinedStr, ast.Starred)):
        return
    if isinstance(parent, (ast.If, ast.While, ast.IfExp)) and getattr(parent, "test", 0) is node:
        yield make.node(node, f"not {make.atom(node)}", 0.75)
        yield from guards(make, node)
        return
    if not isinstance(parent, (ast.Return, ast.Assign, ast.Call, ast.Compare, ast.For, ast.BinOp)):
        return
    if isinstance(parent, ast.Call) and parent.func is node:
        return
    text, atom = make.text(node), make.atom(node)
    for wrapper in ("str", "int", "list", "len", "set", "abs", "sorted", "tuple", "bool", "float"):
        yield make.node(node, f"{wrapper}({text})", 0.18)
    for method in ("strip()", "lower()", "copy()", "items()", "rstrip()", "split()", "upper()"):
        yield make.node(node, f"{atom}.{method}", 0.18)
    for other in ("[]", "''", "0", "{}"):
        yield make.node(node, f"({text} or {other})", 0.15)
    yield from _given(make, node)
    if isinstance(parent, (ast.Return, ast.Assign)):
        yield from by_one(make, node, 0.35)
        yield make.node(node, f"-{atom}", 0.2)
        yield make.node(node, f"not {atom}", 0.3)


def _given(make: Maker, node: ast.expr) -> Iterator[Variant]:
    """The value given to a function of the module."""
    text = make.text(node)
    inside = make.place.function.name if make.place.function else ""
    for name in make.source.donors.of_one_argument(node.lineno):
        if name != inside and not text.startswith(f"{name}("):
            yield make.node(node, f"{name}({text})", 0.17)
