"""Python tests altered so that they must be red whatever they test.

The body of a test ends in an assertion that fails, unless something that the test computed was
equal to values that no honest code can know. So a test altered by this is green only where the
runner was talked into it, where an assertion does not assert, or where an object is equal to
everything; code that computes right or wrong makes no difference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gatekeeper.runners.gatemade import Names
from gatekeeper.runners.sides import Sides

_Function = ast.FunctionDef | ast.AsyncFunctionDef

EQUALITIES = (
    "assertEqual",
    "assertEquals",
    "assertAlmostEqual",
    "assertListEqual",
    "assertTupleEqual",
    "assertDictEqual",
    "assertSetEqual",
    "assertSequenceEqual",
    "assertCountEqual",
    "assertMultiLineEqual",
)
_FALSE = {"assertTrue": "False", "assertFalse": "True", "assertIsNone": "object()"}

_HELPERS = """
class {seen}:

    def __init__(self):
        self.equal = []
        self.left = 400

    def look(self, check, computed, expected, both):
        self.vary(lambda value: check(computed, value), expected)
        if both:
            self.vary(lambda value: check(expected, value), computed)

    def member(self, check, value, container):
        self.vary(lambda other: check(other, container), value)

    def holds(self, check, value):
        self.vary(check, value)

    def vary(self, check, value):
        variants = zip({fresh}(value, '{one}', {first}), {fresh}(value, '{two}', {second}))
        for number, (one, other) in enumerate(variants):
            if number == 12 or self.left <= 0:
                break
            self.left -= 1
            if self.passes(check, one) and self.passes(check, other):
                self.equal.append(number)

    def passes(self, check, value):
        try:
            check(value)
        except Exception:
            return False
        return True


def {equal}(computed, value):
    assert computed == value


def {within}(value, container):
    assert value in container


def {fresh}(value, text, number, depth=0):
    kind = type(value)
    if kind is str:
        yield text
    elif kind is bytes:
        yield text.encode()
    elif kind is int or kind is float:
        yield kind(number)
    elif kind in (list, tuple) and value and depth < 3:
        for at, part in enumerate(value):
            for other in {fresh}(part, text, number, depth + 1):
                yield kind((*value[:at], other, *value[at + 1:]))
    elif kind is dict and value and depth < 3:
        for key, part in value.items():
            for other in {fresh}(part, text, number, depth + 1):
                yield {{**value, key: other}}
    else:
        yield object()
"""


def alter(text: str, tests: Iterable[tuple[str, ...]], names: Names) -> tuple[str, set[str]]:
    """The module with these tests altered, and which of them are there, joined by `::`.

    A test is named by its classes and its function. () means every test of the module. A module
    that does not parse is given back as it is, with nothing altered.
    """
    try:
        module = ast.parse(text.encode("utf-8", "surrogateescape"))
    except (SyntaxError, ValueError, RecursionError):
        return text, set()
    chosen = set(tests)
    sides = Sides(module)
    done = set()
    for path, function in _functions(module.body):
        wanted = path in chosen or (() in chosen and path[-1].startswith("test"))
        if wanted and not sides.wrapped(function):
            _alter(function, names, sides)
            done.add("::".join(path))
    if not done:
        return text, done
    words = {key: names.letters(key) for key in ("equal", "within", "fresh", "one", "two")}
    words["seen"] = names.letters("seen").title()
    numbers = {key: names.number(key) for key in ("first", "second")}
    module.body += ast.parse(_HELPERS.format(**words, **numbers)).body
    try:
        return ast.unparse(ast.fix_missing_locations(module)) + "\n", done
    except (ValueError, RecursionError):  # some f-strings have only one spelling
        return text, set()


def _functions(
    body: list[ast.stmt], owners: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], _Function]]:
    """Every function that may be a test, under conditions too, with the classes around it."""
    for node in body:
        if isinstance(node, _Function):
            yield (*owners, node.name), node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, (*owners, node.name))
        elif isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", ())]
            yield from _functions(inner, owners)


def _alter(function: _Function, names: Names, sides: Sides) -> None:
    """Try the body, its equalities held against fresh values; in the end fail if none held."""
    seen = names.letters("variable")
    soft = _Soften(seen, names, sides, function)
    start = _docstring(function)
    body = [soft.visit(statement) for statement in function.body[start:]]
    ready = ast.parse(
        f"{seen} = {names.letters('seen').title()}()\n"
        "try:\n    pass\n"
        "except Exception:\n    pass\n"
        f"finally:\n    assert {seen}.equal"
    ).body
    attempt = ready[1]
    assert isinstance(attempt, ast.Try)  # noqa: S101  it is written so above
    attempt.body = body or attempt.body
    function.body = [*function.body[:start], *ready]


def _docstring(function: _Function) -> int:
    first = function.body[0]
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return int(said and isinstance(first.value.value, str))  # type: ignore[attr-defined]


class _Soften(ast.NodeTransformer):
    """Replaces assertions that compare by a look at whether they would pass with fresh values."""

    def __init__(self, seen: str, names: Names, sides: Sides, function: _Function) -> None:
        self.seen = seen
        self.names = names
        self.sides = sides.inside(function)

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        """`assert a == b` and `assert a in b`."""
        match node.test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                return self._look(ast.Name(self.names.letters("equal")), left, right) or node
            case ast.Compare(left=left, ops=[ast.In()], comparators=[right]):
                check = ast.Name(self.names.letters("within"))
                return self._call("member", check, left, right)
            case _:
                return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """`self.assertEqual(a, b)` and its family."""
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name), args=[left, right, *_]):
                plain = not any(isinstance(each, ast.Starred) for each in (left, right))
                if name in EQUALITIES and plain:
                    return self._look(node.value.func, left, right) or node
                if name == "assertIn" and plain:
                    return self._call("member", node.value.func, left, right)
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name), args=[_, *_]):
                if name in _FALSE:
                    return self._false(node.value, _FALSE[name])
            case _:
                pass
        return node

    def _look(self, check: ast.expr, left: ast.expr, right: ast.expr) -> ast.stmt | None:
        first, second = self.sides.computed(left, right), self.sides.computed(right, left)
        if not first and not second:
            return None
        if not first:  # what was expected stands on the left
            flipped = f"(lambda _a, _b: {ast.unparse(check)}(_b, _a))"
            check, left, right = ast.parse(flipped, mode="eval").body, right, left
        return self._call("look", check, left, right, ast.Constant(first and second))

    def _false(self, call: ast.Call, wrong: str) -> ast.stmt:
        """What it asserts is computed; then the assertion is held to something wrong."""
        shape = f"(lambda _a: {ast.unparse(call.func)}({wrong}))"
        return self._call("holds", ast.parse(shape, mode="eval").body, call.args[0])

    def _call(self, method: str, *arguments: ast.expr) -> ast.stmt:
        owner = ast.Attribute(ast.Name(self.seen, ast.Load()), method, ast.Load())
        return ast.Expr(ast.Call(owner, list(arguments), []))
