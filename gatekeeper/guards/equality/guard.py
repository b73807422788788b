"""Guard `equality`: an object that is equal to everything passes any assertion.

New comparisons that return a constant or never look at the other side, values that stand for any
value (`mock.ANY`), and the ways of other languages to the same end. A comparison of fields, one
that returns NotImplemented, and a type check against the own class are honest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeVar

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.equality.in_text import MAYBE, seen_in_text
from gatekeeper.guards.novelty import Sight, dotted, functions, newcomers, written
from gatekeeper.guards.plain_code import language
from gatekeeper.intake.python_code import PythonCode
from gatekeeper.ports import Guard, Tree

_REPAIR = "compare what the two sides hold, or leave the comparison as it is"


def honest_equality() -> Guard:
    """A guard on new comparisons whose answer does not depend on what is compared."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            for sight in newcomers(file, *_sights(file)):
                level = Level.WARN if sight.what.startswith(MAYBE) else Level.BLOCK
                what = sight.what.removeprefix(MAYBE)
                message = f"line {sight.line} of `{file.path}` {what}: {_REPAIR}."
                yield Finding("equality", level, message, file.path, sight.line)

    return look


def _sights(file: ChangedFile) -> tuple[list[Sight], list[Sight]]:
    """Odd comparisons before and after; as text where a state does not parse as Python."""
    old, new = file.python_before, file.python
    if new and (old or not file.before.strip()):
        return list(_python(old)) if old else [], list(_python(new))
    name = language(file.path)
    return list(seen_in_text(file.before, name)), list(seen_in_text(file.after, name))


# --- Python ------------------------------------------------------------------------------

_COMPARES = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__cmp__"})
_CHECKS = frozenset({"__contains__", "__instancecheck__", "__subclasscheck__"})
_ALONE = frozenset({"__bool__", "__hash__", "__nonzero__"})
_BUILT_IN = frozenset({
    "str", "int", "float", "list", "dict", "tuple", "set", "frozenset", "bytes", "bytearray",
    "complex", "Decimal", "Fraction", "datetime", "date", "UserDict", "UserList",
})  # fmt: skip
_ANYTHING = ("unittest.mock.", "mock.", "dirty_equals.", "pytest.approx")

_Kind = TypeVar("_Kind", bound=ast.AST)
_NUMBERS = frozenset({"int", "float", "complex", "bool", "Decimal", "Fraction"})
"""Of two numbers nobody expects another answer than the built-in one."""

_Seen = Iterator[tuple[str, ast.stmt | ast.expr]]


def _python(code: PythonCode) -> Iterator[Sight]:
    around = functions(code.tree)
    for node in ast.walk(code.tree):
        for what, place in _seen(node, code):
            like = (what, around[place])
            yield Sight(what, place.lineno, place.end_lineno or place.lineno, ast.dump(place), like)


def _seen(node: ast.AST, code: PythonCode) -> _Seen:
    if isinstance(node, ast.ClassDef):
        yield from _methods(node)
    elif isinstance(node, ast.Assign):
        yield from _assigned(node)
    elif isinstance(node, ast.Dict | ast.Call):
        yield from _made_at_run_time(node)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for name in (f"{node.module}.{one.name}" for one in node.names):
            if name.startswith(_ANYTHING):
                yield f"takes in a value that is equal to others (`{name}`)", node
    elif isinstance(node, ast.Attribute):
        yield from _stands_for_any(node, code)


def _made_at_run_time(node: ast.Dict | ast.Call) -> _Seen:
    names: list[ast.expr | None] = node.keys if isinstance(node, ast.Dict) else []
    if isinstance(node, ast.Call) and dotted(node.func) == "setattr":
        names = [*node.args[1:2]]
    for name in names:
        if isinstance(name, ast.Constant) and name.value in _COMPARES | _CHECKS:
            yield f"gives a class its `{name.value}` at run time", name


def _stands_for_any(node: ast.Attribute, code: PythonCode) -> _Seen:
    root, _, rest = dotted(node).partition(".")
    found = code.imports.get(root)
    if found and rest and not found.level:
        module = f"{found.module}.{found.name}".strip(".") if found.name else root
        if f"{module}.{rest}".startswith(_ANYTHING):
            yield f"takes in a value that is equal to others (`{dotted(node)}`)", node


def _methods(owner: ast.ClassDef) -> _Seen:
    bases = {dotted(one).rpartition(".")[2] for one in owner.bases}
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and len(node.args.args) > 1:
            what = _odd(node.name, node.args.args[1].arg, node.body, owner.name)
            if what:
                yield what, node
            elif node.name in _COMPARES and bases & _BUILT_IN:
                maybe = "" if bases & _NUMBERS else MAYBE
                yield f"{maybe}gives a kind of {min(bases & _BUILT_IN)} its own `{node.name}`", node
        elif isinstance(node, ast.FunctionDef):
            yield from _lonely(node)
        elif isinstance(node, ast.Assign) and any(
            dotted(one) == "__class__" for one in node.targets
        ):
            yield "passes itself off as another type (`__class__`)", node


def _lonely(node: ast.FunctionDef) -> _Seen:
    if node.name in _ALONE and _all_constant(node.body):
        yield f"{MAYBE}gives always the same answer (`{node.name}`)", node
    elif node.name == "__class__":
        yield "passes itself off as another type (`__class__`)", node


def _assigned(node: ast.Assign) -> _Seen:
    for target in node.targets:
        name = dotted(target)
        last = name.rpartition(".")[2]
        if last not in _COMPARES | _CHECKS:
            continue
        value = node.value
        if isinstance(value, ast.Lambda) and len(value.args.args) > 1:
            body: list[ast.stmt] = [ast.Return(value.body)]
            if _odd(last, value.args.args[1].arg, body, ""):
                yield f"never looks at what it is compared with (`{name}`)", node
        elif "." in name and not name.startswith("cls."):
            yield f"replaces `{last}` of a class", node
        elif isinstance(value, ast.Lambda | ast.Call):
            yield f"never looks at what it is compared with (`{name}`)", node


def _odd(name: str, other: str, body: list[ast.stmt], owner: str) -> str:
    """What is wrong with a comparison, "" if nothing is."""
    if name not in _COMPARES | _CHECKS:
        return ""
    returns = [one.value for one in _inside(body, ast.Return)]
    truths = [_constant(value) for value in returns]
    if all(_gives_up(value) for value in returns) or (name, set(truths)) == _EMPTY:
        return ""
    errors = [
        one
        for handler in _inside(body, ast.ExceptHandler)
        if "StopIteration" not in ast.dump(handler)  # both sides came to their end
        for one in handler.body
    ]
    asked = (
        (len(set(truths)) == 1 and None not in truths, "gives always the same answer"),
        (_kept(body, other), "remembers what it is compared with"),
        (not _looks_at(body, other, owner), "never looks at what it is compared with"),
        (
            any(_constant(one.value) for one in _inside(errors, ast.Return)),
            "calls two things equal when comparing them fails",
        ),
        (
            any(_always_true(value) for value in returns),
            "answers with an object that is always true",
        ),
    )
    return next((f"{what} (`{name}`)" for holds, what in asked if holds), "")


_EMPTY = ("__contains__", {False})
"""A container in which nothing is: honest."""


def _inside(body: list[ast.stmt], kind: type[_Kind]) -> list[_Kind]:
    return [one for statement in body for one in ast.walk(statement) if isinstance(one, kind)]


def _gives_up(value: ast.expr | None) -> bool:
    return value is None or dotted(value) == "NotImplemented"


def _constant(value: ast.expr | None) -> bool | None:
    """The truth of an expression that is always the same, or None."""
    if isinstance(value, ast.Constant):
        return bool(value.value)
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        inner = _constant(value.operand)
        return None if inner is None else not inner
    if isinstance(value, ast.BoolOp):
        wanted = isinstance(value.op, ast.Or)
        return wanted if any(_constant(one) is wanted for one in value.values) else None
    if isinstance(value, ast.Compare) and len(value.ops) == 1:
        return True if ast.dump(value.left) == ast.dump(value.comparators[0]) else None
    return None


def _always_true(value: ast.expr | None) -> bool:
    """Whether one way through the expression gives something that is no comparison, and true."""
    if isinstance(value, ast.IfExp):
        return _always_true(value.body) or _always_true(value.orelse)
    if isinstance(value, ast.BoolOp):
        return isinstance(value.op, ast.Or) and any(map(_always_true, value.values))
    if isinstance(value, ast.Constant):
        return not isinstance(value.value, bool) and bool(value.value)
    return isinstance(value, ast.Call) and dotted(value.func) in ("object", "type")


def _all_constant(body: list[ast.stmt]) -> bool:
    returns = _inside(body, ast.Return)
    return bool(returns) and all(_constant(one.value) is not None for one in returns)


def _kept(body: list[ast.stmt], other: str) -> bool:
    return any(
        isinstance(one.value, ast.Name)
        and one.value.id == other
        and any(isinstance(target, ast.Attribute) for target in one.targets)
        for one in _inside(body, ast.Assign)
    )


def _looks_at(body: list[ast.stmt], other: str, owner: str) -> bool:
    """Whether the other side is used for more than a question about its type."""
    types = [one for one in _inside(body, ast.Call) if dotted(one.func) in ("isinstance", "type")]
    asked = {id(name) for call in types for name in call.args[:1]}
    for call in types:
        if dotted(call.func) == "isinstance" and len(call.args) == 2:
            shown = written(call.args[1])
            if (owner and owner in shown) or "self" in shown or "__class__" in shown:
                return True
    return any(one.id == other and id(one) not in asked for one in _inside(body, ast.Name))
