"""Ways in which a line of Python may be wrong, for seeding bugs that a search must then repair.

Chosen before the search was read. None is the inverse of swapping an operator, a comparison or two
arguments, of adding or taking one, or of negating: such bugs would ask the search for its own
edits. A way is told by operator, line, column and number, so facts can name one without any code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, int, int, int]
"""Operator, line and column (as `ast` counts) of the node, and which of the ways at this node."""

SIMPLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant)
METHODS = {
    "append": "extend", "update": "setdefault", "get": "pop", "items": "keys", "keys": "values",
    "values": "keys", "pop": "get", "strip": "lstrip", "rstrip": "lstrip", "lstrip": "rstrip",
    "split": "partition", "partition": "rpartition", "startswith": "endswith",
    "endswith": "startswith", "lower": "title", "upper": "swapcase", "match": "search",
    "search": "match", "find": "rfind", "index": "count", "add": "discard", "extend": "append",
    "insert": "append", "join": "strip", "replace": "strip", "group": "groups",
}  # fmt: skip
ERRORS = ("ValueError", "KeyError", "TypeError", "AttributeError", "IndexError", "RuntimeError")
REGEX = ((r"*", "+"), (r"+", "*"), ("^", ""), ("$", ""), ("\\s", " "), ("?", ""), ("\\d", "\\w"))


@dataclass(frozen=True)
class Way:
    """One thing made wrong: what stands at this node is replaced by `text`."""

    place: Place
    start: int
    end: int
    text: str
    function: str
    first: int
    """Line of the function's first decorator, or of the function."""


def ways(source: bytes) -> Iterator[Way]:
    """All of them in a file, in its order. `SyntaxError` where it cannot be read."""
    text = Source(source)
    for function, node in text.nodes():
        for operator, make in OPERATORS.items():
            for choice, new in enumerate(make(node, function)):
                start, end = text.span(node)
                place = (operator, node.lineno, node.col_offset, choice)
                wrong = text.indented(new, node)
                yield Way(place, start, end, wrong, function.name, _first(function))


def seeded(source: bytes, places: tuple[Place, ...]) -> bytes:
    """The source with these ways taken; they must not overlap. KeyError where one is absent."""
    found = {way.place: way for way in ways(source)}
    for way in sorted((found[place] for place in places), key=lambda one: -one.start):
        source = source[: way.start] + way.text.encode() + source[way.end :]
    return source


class Source:
    """A file's text and its tree, by offset."""

    def __init__(self, source: bytes) -> None:
        self.text = source
        self.tree = ast.parse(source)
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def nodes(self) -> Iterator[tuple[Function, ast.expr | ast.stmt]]:
        """Each expression and statement of each outermost function's body, with that function."""
        for function in _functions(self.tree):
            for statement in function.body:
                for node in _placed(statement):
                    if not self._is_elif(node):
                        yield function, node

    def _is_elif(self, node: ast.AST) -> bool:
        """Whether its own text is not a statement by itself."""
        return isinstance(node, ast.If) and self.text[self.span(node)[0] :].startswith(b"elif")

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """First and last offset."""
        assert node.end_lineno
        assert node.end_col_offset
        first = self.lines[node.lineno - 1] + node.col_offset
        return first, self.lines[node.end_lineno - 1] + node.end_col_offset

    def indented(self, text: str, node: ast.expr | ast.stmt) -> str:
        """Further lines of a statement begin where its first does."""
        column = node.col_offset if isinstance(node, ast.stmt) else 0
        return text.replace("\n", "\n" + " " * column) if column else text


def _first(function: Function) -> int:
    return min([function.lineno, *(each.lineno for each in function.decorator_list)])


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from _functions(node)


def _placed(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """The node and what is in it, but for the inside of f-strings: it has no true places."""
    if isinstance(node, ast.expr | ast.stmt):
        yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _placed(child)


def _words(node: ast.expr) -> str:
    said = ast.unparse(node)
    return said if isinstance(node, SIMPLE) else f"({said})"


# --- the operators: a node of a function, and the texts that may stand there instead ------------


def dropped_statement(node: ast.AST, _: Function) -> Iterator[str]:
    """A call, an assignment into something, or an addition never happens."""
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield)
    into = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
    if call or into or isinstance(node, ast.AugAssign):
        yield "pass"


def dropped_argument(node: ast.AST, _: Function) -> Iterator[str]:
    """A call without one of its keyword arguments, or without the last one where there are more."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            rest = [one for one in node.keywords if one is not keyword]
            yield ast.unparse(ast.Call(node.func, node.args, rest))
        if len(node.args) > 1 and not isinstance(node.args[-1], ast.Starred):
            yield ast.unparse(ast.Call(node.func, node.args[:-1], node.keywords))


def dropped_condition(node: ast.AST, _: Function) -> Iterator[str]:
    """One part of a condition is forgotten."""
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            rest = [one for one in node.values if one is not value]
            yield _words(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))


def dropped_filter(node: ast.AST, _: Function) -> Iterator[str]:
    """A comprehension that takes everything."""
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        for generator in node.generators:
            if generator.ifs:
                kept, generator.ifs = generator.ifs, []
                said = ast.unparse(node)
                generator.ifs = kept
                yield said


def slice_bound(node: ast.AST, _: Function) -> Iterator[str]:
    """A slice with one of its bounds forgotten."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        bounds = node.slice
        if bounds.lower:
            yield f"{_words(node.value)}[{ast.unparse(ast.Slice(None, bounds.upper, bounds.step))}]"
        if bounds.upper:
            yield f"{_words(node.value)}[{ast.unparse(ast.Slice(bounds.lower, None, bounds.step))}]"


def exception_type(node: ast.AST, _: Function) -> Iterator[str]:
    """Another built-in error is raised or caught."""
    if isinstance(node, ast.Name) and node.id in ERRORS:
        yield ERRORS[(ERRORS.index(node.id) + 1) % len(ERRORS)]


def regex(node: ast.AST, _: Function) -> Iterator[str]:
    """A pattern given to `re` says something else."""
    if (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith(("re.", "_re."))
        and node.args
    ):
        pattern = node.args[0]
        if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str):
            for old, new in REGEX:
                if old in pattern.value:
                    wrong = pattern.value.replace(old, new, 1)
                    if _compiles(wrong):
                        yield f"{ast.unparse(node.func)}({wrong!r}{_rest(node)})"


def _rest(node: ast.Call) -> str:
    return "".join(f", {ast.unparse(one)}" for one in (*node.args[1:], *node.keywords))


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def wrong_text(node: ast.AST, _: Function) -> Iterator[str]:
    """A short text or key is misspelt: its last sign is missing, or a blank is too much."""
    if isinstance(node, ast.Compare | ast.BinOp | ast.Subscript | ast.Dict | ast.Return):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant) and isinstance(child.value, str) and child.value:
                kept = child.value
                for wrong in (kept[:-1], kept + " "):
                    child.value = wrong
                    said = ast.unparse(node)
                    child.value = kept
                    yield said


def dropped_conversion(node: ast.AST, _: Function) -> Iterator[str]:
    """A formatted text loses a conversion or a format."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue) and (part.format_spec or part.conversion != -1):
                kept = part.format_spec, part.conversion
                part.format_spec, part.conversion = None, -1
                said = ast.unparse(node)
                part.format_spec, part.conversion = kept
                yield said


def swapped_branches(node: ast.AST, _: Function) -> Iterator[str]:
    """What belongs to one branch stands in the other."""
    if isinstance(node, ast.If) and node.orelse and not isinstance(node.orelse[0], ast.If):
        yield ast.unparse(ast.If(node.test, node.orelse, node.body))


def dropped_branch(node: ast.AST, _: Function) -> Iterator[str]:
    """An `else` is forgotten, or an `elif`."""
    if isinstance(node, ast.If) and node.orelse:
        first = node.orelse[0]
        rest = first.orelse if isinstance(first, ast.If) and len(node.orelse) == 1 else []
        yield ast.unparse(ast.If(node.test, node.body, rest))


def dropped_element(node: ast.AST, _: Function) -> Iterator[str]:
    """A list, a tuple, a set or a mapping lacks an entry."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and len(node.elts) > 1:
        if isinstance(node.ctx if not isinstance(node, ast.Set) else ast.Load(), ast.Load):
            for gone in node.elts:
                rest = [one for one in node.elts if one is not gone]
                yield ast.unparse(_like(node, rest))
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for index in range(len(node.keys)):
            keys, values = list(node.keys), list(node.values)
            del keys[index], values[index]
            yield ast.unparse(ast.Dict(keys, values))


def _like(node: ast.List | ast.Tuple | ast.Set, rest: list[ast.expr]) -> ast.expr:
    if isinstance(node, ast.Set):
        return ast.Set(rest)
    return type(node)(rest, ast.Load())


def unwrapped_call(node: ast.AST, _: Function) -> Iterator[str]:
    """What a call of one argument, or a method without any, would have made of a value."""
    if isinstance(node, ast.Call) and not node.keywords:
        if len(node.args) == 1 and isinstance(node.func, ast.Name):
            if not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
                yield _words(node.args[0])
        elif not node.args and isinstance(node.func, ast.Attribute):
            yield _words(node.func.value)


def collapsed_choice(node: ast.AST, _: Function) -> Iterator[str]:
    """One value for both cases."""
    if isinstance(node, ast.IfExp):
        yield _words(node.body)
        yield _words(node.orelse)


def wrong_method(node: ast.AST, _: Function) -> Iterator[str]:
    """A method of a similar name or kind."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        other = METHODS.get(node.func.attr)
        if other:
            func = ast.Attribute(node.func.value, other, ast.Load())
            yield ast.unparse(ast.Call(func, node.args, node.keywords))


def wrong_attribute(node: ast.AST, function: Function) -> Iterator[str]:
    """Another attribute of the same object that this function uses."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        owner = ast.unparse(node.value)
        others = {
            each.attr
            for each in ast.walk(function)
            if isinstance(each, ast.Attribute) and ast.unparse(each.value) == owner
        }
        for other in sorted(others - {node.attr})[:3]:
            yield f"{owner}.{other}"


def shortened_loop(node: ast.AST, _: Function) -> Iterator[str]:
    """A loop that leaves its first or its last item out."""
    if isinstance(node, ast.For):
        for part in ("[1:]", "[:-1]"):
            kept, node.iter = node.iter, ast.Name(f"list({ast.unparse(node.iter)}){part}")
            said = ast.unparse(node)
            node.iter = kept
            yield said


def dropped_return(node: ast.AST, function: Function) -> Iterator[str]:
    """A value is made and not given back."""
    if isinstance(node, ast.Return) and node.value and node not in function.body:
        yield ast.unparse(node.value)


def left_loop(node: ast.AST, _: Function) -> Iterator[str]:
    """A loop goes on where it should end, or ends where it should go on."""
    if isinstance(node, ast.Break):
        yield "continue"
    elif isinstance(node, ast.Continue):
        yield "break"


OPERATORS: dict[str, Callable[[ast.AST, Function], Iterator[str]]] = {
    make.__name__.replace("_", "-"): make
    for make in (
        dropped_statement, dropped_argument, dropped_condition, dropped_filter, slice_bound,
        exception_type, regex, wrong_text, dropped_conversion, swapped_branches, dropped_branch,
        dropped_element, unwrapped_call, collapsed_choice, wrong_method, wrong_attribute,
        shortened_loop, dropped_return, left_loop,
    )
}  # fmt: skip
