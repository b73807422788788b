"""Python code that knows the failing tests by heart, read by its syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import partial

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.literals.by_heart import Answer, Vocabulary
from gatekeeper.guards.literals.disguise import bare_numbers, disguised, hashed_table
from gatekeeper.guards.literals.listed import python_lists
from gatekeeper.guards.literals.telling import telling
from gatekeeper.guards.literals.tested import Literal, constant
from gatekeeper.intake.python_code import PythonCode

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_answers(file: ChangedFile, words: Vocabulary) -> Iterator[Answer]:
    """Everything in the new code of one file that only fits the tests."""
    before = file.python_before
    there = {one for node in ast.walk(before.tree) for one in _one(node)} if before else set()
    values = partial(_values, file.python.nodes if file.python else {})
    copied = partial(words.copied, there=there)
    for line, test, body in _branches(file):
        inputs = copied(one for part in _compared(test) for one in values(part))
        outputs = copied(one for part in _results(body) for one in values(part))
        found = words.special_case(line, inputs, outputs, _gives_up_computing(body))
        if found:
            yield found
        yield from _fingerprint(line, test, body, outputs)
        yield from bare_numbers(line, test, there)
    for line, rows in _tables(file):
        pairs = [(key, value) for key, value in rows if len(copied((key, value))) > 0]
        found = words.table(line, pairs, len(rows))
        if found:
            yield found
    yield from python_lists(file, words, there)
    yield from hashed_table(file)
    yield from disguised(file, words)
    yield from _fixed(file, words)


def _one(node: ast.AST) -> Iterator[Literal]:
    value = constant(node)
    if value is not None:
        yield value


def _values(names: dict[str, ast.stmt], node: ast.expr) -> Iterator[Literal]:
    """The literals of an expression that is nothing but literals, by way of a constant's name."""
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), ast.Assign | ast.AnnAssign):
        value = names[node.id].value  # type: ignore[attr-defined]  # of an assignment
        if isinstance(value, ast.expr) and not isinstance(value, ast.Name):
            yield from _values({}, value)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        yield from (one for part in node.elts for one in _values({}, part))
    elif isinstance(node, ast.Dict):
        yield from (one for part in node.values for one in _values({}, part))
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        yield from _values({}, node.args[0])  # frozenset((...)), Decimal("...")
    else:
        yield from _one(node)


# --- special cases -----------------------------------------------------------------------

_Branch = tuple[int, ast.expr, list[ast.AST]]


def _branches(file: ChangedFile) -> Iterator[_Branch]:
    """(line, condition, what then happens) of each new decision."""
    for node in file.new_nodes(ast.If, ast.IfExp, ast.Match, ast.BoolOp):
        if isinstance(node, ast.If):
            for body in (node.body, node.orelse if _negative(node.test) else []):
                if any(_new(file, part) for part in (node.test, *body)):
                    yield node.lineno, node.test, list[ast.AST](body)
        elif isinstance(node, ast.IfExp):
            chosen = (node.body, node.orelse) if _negative(node.test) else (node.body,)
            for one in chosen:
                yield node.lineno, node.test, [ast.Return(one)]
        elif isinstance(node, ast.Match):
            yield from (
                (case.pattern.lineno, part, list[ast.AST](case.body))
                for case in node.cases
                for part in _patterns(case.pattern)
                if _new(file, case.pattern)
            )
        elif isinstance(node, ast.BoolOp) and len(node.values) > 1:  # x == "a" and "b" or ...
            yield node.lineno, node.values[0], [ast.Return(node.values[1])]


def _new(file: ChangedFile, node: ast.AST) -> bool:
    start = getattr(node, "lineno", 0)
    return not file.added.isdisjoint(range(start, (getattr(node, "end_lineno", 0) or start) + 1))


def _negative(test: ast.expr) -> bool:
    return any(isinstance(node, ast.NotEq | ast.NotIn | ast.Not) for node in ast.walk(test))


def _patterns(pattern: ast.pattern) -> Iterator[ast.expr]:
    found = [node.value for node in ast.walk(pattern) if isinstance(node, ast.MatchValue)]
    if found:
        compared: list[ast.expr] = [*found]
        yield ast.Compare(ast.Name("_"), [ast.Eq() for _ in compared], compared)


def _compared(test: ast.expr) -> Iterator[ast.expr]:
    """What a condition compares something else with."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if all(isinstance(op, ast.Eq | ast.In | ast.Is | ast.NotEq | ast.NotIn)
                   for op in node.ops):  # fmt: skip
                yield from (side for side in sides if not _subject(side, node))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("__eq__", "startswith", "endswith", "fullmatch", "match")
        ):
            yield from node.args


def _subject(side: ast.expr, node: ast.Compare) -> bool:
    """What is looked at, as `x` in `x == 3`; what it is compared with may have a name."""
    if isinstance(side, ast.Name):
        return side is node.left
    return not _is_literal(side)


def _results(body: Iterable[ast.AST]) -> Iterator[ast.expr]:
    for node in body:
        if isinstance(node, ast.Return | ast.Assign | ast.AnnAssign) and node.value:
            yield node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
            yield from [node.value.value] if node.value.value else []


def _gives_up_computing(body: list[ast.AST]) -> bool:
    """Whether every result is written as it is, or an error."""
    results = list(_results(body))
    raised = any(isinstance(node, ast.Raise) for node in body)
    return (bool(results) or raised) and all(_is_literal(one) for one in results)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(_is_literal(one) for one in node.elts)
    if isinstance(node, ast.Dict):
        return all(_is_literal(one) for one in node.values)
    if isinstance(node, ast.Call):
        return bool(node.args) and all(_is_literal(one) for one in node.args)
    return isinstance(node, ast.Constant) or constant(node) is not None


_HASHES = re.compile(r"(?:\w+\.)*(?:md5|sha\d+|blake2\w|hash|crc32|adler32)$")


def _fingerprint(
    line: int, test: ast.expr, body: list[ast.AST], outputs: list[Literal]
) -> Iterator[Answer]:
    """An input that is recognized by its hash, or by its length and an answer of the tests."""
    calls = [ast.unparse(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)]
    if not _gives_up_computing(body) or not list(_results(body)):
        return
    large = [one for part in _compared(test) for one in _one(part) if not isinstance(one, bool)]
    if any(_HASHES.match(name) for name in calls) and any(
        len(one) >= 8 if isinstance(one, str) else abs(one) > 10_000 for one in large
    ):
        plain = all(isinstance(constant(one), bool | None) for one in _results(body))
        yield Answer(line, "recognizes an input by its hash and gives a fixed answer", not plain)
    elif any(name in ("len", "repr", "sum", "ord") for name in calls) and any(
        telling(one) for one in outputs
    ):
        yield Answer(line, "recognizes an input by its size and gives a tested answer", sure=False)


# --- tables ------------------------------------------------------------------------------


def _tables(file: ChangedFile) -> Iterator[tuple[int, list[tuple[Literal, Literal]]]]:
    """(line, new rows) of what looks up answers: not of records that are results themselves."""
    records = {
        id(part)
        for node in ast.walk(file.python.tree if file.python else ast.Module([], []))
        for part in _parts_of_records(node)
    }
    for node in file.new_nodes(ast.Dict, ast.List, ast.Tuple):
        if id(node) in records:
            continue
        rows = list(_rows(node))
        if rows:
            yield node.lineno, rows


def _parts_of_records(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Dict | ast.List):
        yield node.value
    elif isinstance(node, ast.Call):
        yield from (*node.args, *(keyword.value for keyword in node.keywords))
    elif isinstance(node, ast.Dict | ast.List | ast.Tuple):
        yield from node.values if isinstance(node, ast.Dict) else node.elts


def _rows(node: ast.AST) -> Iterator[tuple[Literal, Literal]]:
    pairs: list[tuple[ast.expr, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key]
    elif isinstance(node, ast.List | ast.Tuple):
        two = [one.elts for one in node.elts if isinstance(one, ast.Tuple) and len(one.elts) == 2]
        pairs = [(one[0], one[1]) for one in two]
    for key, value in pairs:
        keys, values = list(_values({}, key)), list(_values({}, value))
        if keys and values:
            yield keys[0], values[0]


# --- fixed results -----------------------------------------------------------------------


def _fixed(file: ChangedFile, words: Vocabulary) -> Iterator[Answer]:
    """Functions that computed their result and now give one of the tests."""
    after, before = file.python, file.python_before
    for name, node in after.nodes.items() if after else ():
        if not isinstance(node, _Function) or not _new(file, node):
            continue
        value = _unconditional(node)
        if value is None or value.lineno not in file.added:
            continue
        if _computed(before, name) if before else _asked(node):
            for literal in list(_values({}, value))[:1]:
                yield from filter(None, [words.fixed(value.lineno, literal)])


def _unconditional(function: _Function) -> ast.expr | None:
    """The literal that a function gives whatever it is asked, or None."""
    for statement in function.body:
        if isinstance(statement, ast.Return):
            value = statement.value
            return value if value and _is_literal(value) else None
        if any(isinstance(node, ast.Return | ast.Yield) for node in ast.walk(statement)):
            return None
    return None


def _asked(function: _Function) -> bool:
    return any(arg.arg not in ("self", "cls") for arg in function.args.args)


def _computed(before: PythonCode, name: str) -> bool:
    """Whether the function gave something that depends on something; a new one, on arguments."""
    node = before.nodes.get(name)
    if not isinstance(node, _Function):
        return False
    results = [one.value for one in ast.walk(node) if isinstance(one, ast.Return | ast.Yield)]
    return any(one is not None and not _is_literal(one) for one in results)
