"""Conditions made wider or narrower, by a name or by another condition of the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatekeeper.repair.making import Maker
from gatekeeper.repair.source import Place, Source, Variant


def guards(make: Maker, node: ast.expr) -> Iterator[Variant]:
    """A condition made wider or narrower by a name, or by a condition of the same file."""
    text = make.text(node)
    inner = f"({text})" if isinstance(node, ast.BoolOp) else text
    local = make.source.local_names(make.place.function)
    for name in local[:12]:
        if name in ("self", "cls"):
            continue
        yield make.node(node, f"{inner} and {name}", 0.22)
        yield make.node(node, f"{inner} or {name}", 0.18)
        yield make.node(node, f"{inner} and not {name}", 0.22)
        yield make.node(node, f"{inner} or not {name}", 0.18)
        yield make.node(node, f"{inner} and {name} is not None", 0.2)
        yield make.node(node, f"{inner} or {name} is None", 0.16)
    for part in _parts_of_body(make):
        yield make.node(node, f"{inner} and {part}", 0.25)
        yield make.node(node, f"{inner} and {part} is not None", 0.25)
    known = set(local) | make.source.module_names
    for other in _conditions(make.source, make.place, known):
        if other != text:
            yield make.node(node, other, 0.25)
            yield make.node(node, f"{inner} and {other}", 0.2)
            yield make.node(node, f"{inner} or {other}", 0.18)


def _parts_of_body(make: Maker) -> list[str]:
    """What the branch uses that is reached through something: it may not be there."""
    parent = make.place.parent
    body = parent.body if isinstance(parent, (ast.If, ast.While)) else []
    found: dict[str, None] = {}
    for node in (each for statement in body[:4] for each in ast.walk(statement)):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            text = make.text(node)
            if len(text) <= 40 and "\n" not in text:
                found.setdefault(text)
    return list(found)[:6]


def _conditions(source: Source, place: Place, known: set[str]) -> list[str]:
    """Conditions of the file, near ones first, all of whose names mean something here."""
    line = place.node.lineno  # type: ignore[attr-defined]
    known = known | {"len", "isinstance", "str"}
    found: dict[str, int] = {}
    for text, at, names in source.donors.conditions:
        if names <= known:
            found[text] = min(found.get(text, 10**6), abs(at - line))
    return sorted(found, key=lambda one: (found[one], one))[:12]
