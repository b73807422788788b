"""Guard `swallowed`: an error that nobody hears of makes a test green, and repairs nothing.

New handlers that catch everything and then pass, log or put a default in place. A handler that
raises, or hands the error on, is honest; so is one for the type that the code plainly raises.
Python is parsed; the other languages are in `in_text`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.novelty import Sight, dotted, functions, newcomers, written
from gatekeeper.guards.plain_code import language
from gatekeeper.guards.swallowed.in_text import seen_in_text
from gatekeeper.ports import Guard, Tree

_MAYBE = "?"
"""Begins the sights that only warn: honest as often as not."""
_REPAIR = "let the error through, or catch only the one type that is meant"


def no_swallowed_errors() -> Guard:
    """A guard on new code that makes errors disappear."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            for sight in newcomers(file, *_sights(file)):
                level = Level.WARN if sight.what.startswith(_MAYBE) else Level.BLOCK
                what = sight.what.removeprefix(_MAYBE)
                message = f"line {sight.line} of `{file.path}` {what}: {_REPAIR}."
                yield Finding("swallowed", level, message, file.path, sight.line)

    return look


def _sights(file: ChangedFile) -> tuple[list[Sight], list[Sight]]:
    """What swallows before and after; as text where one of the two states does not parse."""
    old, new = file.python_before, file.python
    if new and (old or not file.before.strip()):
        return list(_python(old.tree)) if old else [], list(_python(new.tree))
    name = language(file.path)
    return list(seen_in_text(file.before, name)), list(seen_in_text(file.after, name))


# --- Python ------------------------------------------------------------------------------


def _python(tree: ast.Module) -> Iterator[Sight]:
    around = functions(tree)
    broad = _names_for_everything(tree)
    calm = _inside_catch_warnings(tree)
    for node in ast.walk(tree):
        for what, place, rank in _seen(node, broad, calm):
            end = place.end_lineno or place.lineno
            like = (around[node], what, rank)
            yield Sight(what, place.lineno, end, ast.dump(place), like)


_Seen = tuple[str, ast.stmt | ast.expr | ast.excepthandler, str]


def _seen(node: ast.AST, broad: frozenset[str], calm: frozenset[ast.AST]) -> Iterator[_Seen]:
    if isinstance(node, ast.Try | ast.TryStar):
        yield from _handlers(node, broad)
        yield from _finally(node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from _exits(node)
    elif isinstance(node, ast.Call):
        yield from _calls(node, broad, calm)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if dotted(target).endswith(("excepthook", "unraisablehook")):
                yield (
                    f"takes over what happens to errors that nobody catches (`{dotted(target)}`)",
                    node,
                    "",
                )


def _handlers(node: ast.Try | ast.TryStar, broad: frozenset[str]) -> Iterator[_Seen]:
    for handler in node.handlers:
        header = f"except {written(handler.type)}" if handler.type else "except:"
        rank = _breadth(handler.type, broad)
        if rank and not _passes_on(handler):
            maybe = _MAYBE if any(isinstance(one, ast.Raise) for one in _own(handler)) else ""
            yield f"{maybe}catches every error and goes on (`{header[:60]}`)", handler, rank
        elif not rank and len(node.body) > 2 and _silent(handler):
            yield (
                f"{_MAYBE}hides an error of {len(node.body)} statements (`{header[:60]}`)",
                handler,
                rank,
            )


_EVERYTHING = frozenset({"Exception", "BaseException", "StandardError", "AssertionError",
                         "BaseExceptionGroup", "ExceptionGroup"})  # fmt: skip
_USUAL = frozenset({
    "TypeError", "AttributeError", "KeyError", "IndexError", "ValueError", "LookupError", "OSError",
    "ArithmeticError", "ZeroDivisionError", "NameError", "RuntimeError", "IOError", "StopIteration",
})  # fmt: skip


def _breadth(kind: ast.expr | None, broad: frozenset[str]) -> str:
    """How broad a handler is: `all` or `most`, "" where it names what somebody can mean."""
    if kind is None:
        return "all"
    parts = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    names = {dotted(part).rpartition(".")[2] for part in parts}
    if "BaseException" in names:
        return "all"
    computed = any(isinstance(part, ast.Call | ast.NamedExpr | ast.IfExp) for part in parts)
    return "most" if computed or names & broad or len(names & _USUAL) > 3 else ""


def _names_for_everything(tree: ast.Module) -> frozenset[str]:
    """The broad types, and the names that the file gives them."""
    names = set(_EVERYTHING)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _breadth(node.value, frozenset(names)) == "most":
            if not isinstance(node.value, ast.Call):
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom) and node.module == "builtins":
            names.update(a.asname for a in node.names if a.asname and a.name in _EVERYTHING)
    return frozenset(names)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Whether every way through the handler raises, or the error goes somewhere but to a log."""
    return _raises(handler.body) or any(_hands_on(one, handler.name) for one in handler.body)


def _raises(body: list[ast.stmt]) -> bool:
    """Whether every way through these statements ends in a `raise`, before anything returns."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            return True
        if isinstance(statement, ast.If) and _raises(statement.body) and _raises(statement.orelse):
            return True
        if isinstance(statement, ast.With) and _raises(statement.body):
            return True
        if isinstance(statement, ast.Try) and _raises(statement.finalbody):
            return True
        if any(
            isinstance(one, ast.Return | ast.Break | ast.Continue) for one in ast.walk(statement)
        ):
            return False
    return False


_LOGS = re.compile(
    r"(?:.*\.)?(?:print|pprint|echo|secho|warn|warning|debug|info|log|exception|critical|write"
    r"|print_exc|print_exception|isinstance|type|repr|capture_exception|notice|trace)"
    r"|(?:.*\.)?_?(?:log|logger|logging|LOG|LOGGER)\.\w+",
)
_TELLS = re.compile(
    r"(?:.*[._])?(?:errors?|fail\w*|abort|reject|exception|throw|raise\w*|error_\w+|\w+_error|exit|exc_info|format_exc)",
    re.I,
)


def _hands_on(node: ast.AST, name: str | None) -> bool:
    """Whether the error is returned, kept or given to something that is no log."""
    if isinstance(node, ast.Call):
        called = dotted(node.func) or getattr(node.func, "attr", "")
        if _LOGS.fullmatch(called):
            return False
        if _TELLS.fullmatch(called):
            return True
    if isinstance(node, ast.Assign) and all(dotted(one).startswith("_") for one in node.targets):
        return False
    if isinstance(node, ast.Delete | ast.Lambda) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)
    ):
        return False
    if isinstance(node, ast.Name):
        return node.id == name
    inner = ast.iter_child_nodes(node)
    if isinstance(node, ast.If | ast.IfExp):  # what is asked of the error is no answer to it
        inner = (one for one in inner if one is not node.test)
    return any(_hands_on(one, name) for one in inner)


def _own(handler: ast.ExceptHandler) -> Iterator[ast.AST]:
    """What the handler does itself, without the functions that it defines."""
    open_: list[ast.AST] = list(handler.body)
    while open_:
        node = open_.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            open_.extend(ast.iter_child_nodes(node))


def _silent(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does nothing but pass, or return or assign a constant."""
    *before, last = handler.body
    value = getattr(last, "value", None)
    return not before and (
        isinstance(last, ast.Pass | ast.Continue)
        or (isinstance(last, ast.Return) and (value is None or isinstance(value, ast.Constant)))
    )


def _finally(node: ast.Try | ast.TryStar) -> Iterator[_Seen]:
    for statement in node.finalbody:
        for one in ast.walk(statement):
            if isinstance(one, ast.Return):
                yield "returns from `finally`, where every error gets lost", one, ""


def _exits(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[_Seen]:
    if node.name not in ("__exit__", "__aexit__"):
        return
    for statement in node.body:
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Return) and isinstance(value, ast.Constant) and value.value:
            yield (
                f"drops every error of the `with` block (`{node.name}` returns {value.value!r})",
                statement,
                "",
            )


def _calls(node: ast.Call, broad: frozenset[str], calm: frozenset[ast.AST]) -> Iterator[_Seen]:
    name = dotted(node.func)
    short = name.rpartition(".")[2]
    if short == "suppress" and any(
        _breadth(one, broad) or isinstance(one, ast.Starred) for one in node.args
    ):
        yield f"drops every error (`{written(node)[:60]}`)", node, ""
    elif short in ("filterwarnings", "simplefilter") and _first(node) == "ignore":
        narrow = node in calm or len(node.args) + len(node.keywords) > 1
        yield f"{_MAYBE if narrow else ''}silences warnings (`{name}`)", node, ""
    elif name == "logging.disable":
        yield "silences the log (`logging.disable`)", node, ""
    for keyword in node.keywords:
        if keyword.arg == "errors" and _text(keyword.value) == "ignore":
            yield f'{_MAYBE}drops what cannot be read (`errors="ignore"`)', keyword.value, ""


def _first(node: ast.Call) -> object:
    values = [*node.args, *(one.value for one in node.keywords if one.arg == "action")]
    return _text(values[0]) if values else None


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _inside_catch_warnings(tree: ast.Module) -> frozenset[ast.AST]:
    """Everything in a block that puts the filters of warnings back."""
    return frozenset(
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        and any("catch_warnings" in ast.dump(item.context_expr) for item in node.items)
        for inner in ast.walk(node)
    )
