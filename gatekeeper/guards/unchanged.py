"""Guard `unchanged`: a candidate that changes nothing that runs cannot be the fix.

If the tests are green after comments, layout or docstrings changed, that was luck. Data and
documents may be read by a test, so a candidate that touches one of them is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, FileChange, Finding, Level
from gatekeeper.guards.plain_code import language, uncommented
from gatekeeper.intake.python_code import parse
from gatekeeper.ports import Guard, Tree


def changes_something(*, fixes: bool = True) -> Guard:
    """A guard on candidates of which no changed file does anything else than before.

    Silent where nothing failed, so that there is nothing to fix.
    """

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        changes = candidate.changes
        if fixes and changes and all(_idle(change, before, after) for change in changes):
            names = ", ".join(f"`{change.path}`" for change in changes[:3])
            message = (
                f"changes nothing that runs: in {names} only comments, layout or docstrings "
                f"differ, so a green test would be luck: change the code that is wrong."
            )
            yield Finding("unchanged", Level.BLOCK, message, changes[0].path)

    return look


def _idle(change: FileChange, before: Tree, after: Tree) -> bool:
    """Whether the file surely does what it did; False where that cannot be said."""
    if change.binary or change.status != "M" or change.old_mode != change.new_mode:
        return False
    old, new = before.read(change.path), after.read(change.path)
    if old is None or new is None:
        return False
    if change.path.endswith(".py"):
        return _same_python(old, new, after)
    name = language(change.path)
    if name in ("", "python") or change.path.endswith(_MARKUP):
        return False
    if _SPEAKING.findall(old) != _SPEAKING.findall(new):
        return False
    return _plain(old, name) == _plain(new, name)


_MARKUP = (".jsx", ".tsx", ".vue", ".svelte", ".phtml")  # text between tags is no code, and shown
_SPEAKING = re.compile(  # comments that a compiler, a loader or a framework acts upon
    rb"//(?:go:|export |[ ]?\+build|/ ?<).*|///.*|//!.*|#!.*|[@#] ?(?:jsx|ts-|flow|jest|vitest).*"
    rb"|#.*(?:coding|frozen_string_literal|warn_indent).*|^\s*/?\*+ *@[A-Z].*",
    re.MULTILINE,
)


# --- Python ------------------------------------------------------------------------------


def _same_python(old: bytes, new: bytes, after: Tree) -> bool:
    first, second = parse(old), parse(new)
    if first is None or second is None:
        return False
    if ast.dump(first.tree) == ast.dump(second.tree):
        return True
    mine, theirs = dict(_docstrings(first.tree)), dict(_docstrings(second.tree))
    if any(_speaks(name, text) for name, text in mine.items() ^ theirs.items()):
        return False
    bare = [ast.dump(_without_docstrings(code.tree)) for code in (first, second)]
    return bare[0] == bare[1] and not _asked_for(after)


_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _docstrings(tree: ast.Module) -> Iterator[tuple[tuple[int, bool], str]]:
    """(number, whether something may read it) of each definition, and its docstring."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, _Documented)]
    for number, node in enumerate(nodes):
        shown = bool(getattr(node, "decorator_list", None) or getattr(node, "bases", None))
        yield (number, shown), ast.get_docstring(node, clean=False) or ""


def _speaks(key: tuple[int, bool], text: str) -> bool:
    """Whether the docstring does something: the help of a command, a schema, a doctest."""
    return key[1] or ">>>" in text


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [ast.Pass()]
        if isinstance(node, _Documented) and not isinstance(node, ast.Module):
            node.body = [one for one in node.body if not isinstance(one, ast.Pass)]
    tree.body = [one for one in tree.body if not isinstance(one, ast.Pass)]
    return tree


def _asked_for(tree: Tree) -> bool:
    """Whether anything in the tree reads docstrings."""
    return any(
        re.search(rb"__doc__|\bgetdoc\b|\bdocopt\b", tree.read(path) or b"")
        for path in sorted(tree.paths())
        if path.endswith(".py")
    )


# --- other languages ---------------------------------------------------------------------

_LONG_QUOTES = ("shell", "ruby", "php", "rust")  # where any string may go over lines
_LONG_STRINGS = re.compile(r"`|\"\"\"|<<|@\"|R\"|r#*\"|\?>")


def _plain(content: bytes, name: str) -> list[str]:
    """The lines of code, without comments and, where that means nothing, without layout."""
    text = content.decode("utf-8", "replace")
    pairs = zip(text.split("\n"), uncommented(text, name).split("\n"), strict=True)
    if _LONG_STRINGS.search(text) or name in _LONG_QUOTES:
        # a blank or indented line may be text: only what was a comment is left out
        return [code.rstrip() for line, code in pairs if code.strip() or not line.strip()]
    return [_tight(code.strip()) for _, code in pairs if code.strip()]


def _tight(line: str) -> str:
    """The line with single blanks between words and none around signs; strings as they are."""
    if re.search(r"[\"'/]", line):
        return line
    return re.sub(r" ?([^\w\s]) ?", r"\1", re.sub(r"\s+", " ", line))
