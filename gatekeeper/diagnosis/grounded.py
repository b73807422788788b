"""A model's prose held against the facts: a sentence that names what is not there is dropped."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gatekeeper.domain import Diagnosis, Prose
from gatekeeper.ports import Tree

_MAX_LISTED = 10
_MAX_LINE = 1_200
_MAX_FILE = 200_000  # bytes of one file in which a name is looked for

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")
_PATH = re.compile(
    r"(?<![\w/@.-])(?P<path>(?:[\w@.+-]+/)*[\w@+-][\w@.+-]*\.(?:py|pyi|[cm]?[jt]sx?|vue|java|kt|scala|"
    r"groovy|go|rs|rb|php|cs|c|cc|cpp|cxx|h|hpp|toml|ya?ml|json|cfg|ini|xml|gradle|lock|txt|md|sh))"
    r"\b(?!\()(?::(?P<line>\d{1,9}))?"
)
_BRAND = re.compile(r"[A-Z]\w*\.js")  # Node.js is no file, unless somebody has one
_TICKED = re.compile(r"`([^`\n]{1,300})`")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#|->)[\w$]+)*(?:\(\))?")
_CALL = re.compile(r"(?<![\w$.`])([A-Za-z_$][\w$]*(?:\.[\w$]+)*)\(\)")
_COMMON = frozenset(dir(builtins)) | frozenset({
    "null", "undefined", "NaN", "true", "false", "nil", "self", "this", "Math", "JSON", "Array",
    "Object", "String", "Number", "Promise", "Map", "Set", "Date", "Error", "console", "void",
    "int", "long", "double", "boolean", "Integer", "List", "Optional", "err", "error", "fmt",
})  # fmt: skip


def facts_of(diagnosis: Diagnosis) -> str:
    """What the rules found, one fact a line, as a model is told it; it may hold secrets still."""
    lines = [
        f"category: {diagnosis.category}",
        f"confidence: {diagnosis.confidence:.2f}",
        f"summary: {_line(diagnosis.summary)}",
        f"suggested fix: {_line(diagnosis.suggested_fix)}",
    ]
    for suspect in diagnosis.suspects[:_MAX_LISTED]:
        where = suspect.path + (f":{suspect.start}-{suspect.end}" if suspect.start else "")
        symbol = f" {suspect.symbol}" if suspect.symbol else ""
        lines.append(f"suspect ({suspect.score:.2f}): {where}{symbol}: {_line(suspect.why)}")
    lines += [
        f"cause ({cause.category}, {cause.count} tests): {_line(cause.summary)}"
        for cause in diagnosis.causes[:_MAX_LISTED]
    ]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())[:_MAX_LINE]


def worded(diagnosis: Diagnosis, prose: Prose, tree: Tree, given: str) -> Diagnosis:
    """The diagnosis in a model's words, as far as they hold; all else stays as the rules have it.

    `given` is what the model was told.
    """
    files = [suspect.path for suspect in diagnosis.suspects]
    files += [cause.path for cause in diagnosis.causes if cause.path]
    summary, wrong = grounded(prose.summary, tree, given, files)
    fix, wrong_too = grounded(prose.suggested_fix, tree, given, files)
    if not summary and not fix:
        return replace(diagnosis, dropped=(*wrong, *wrong_too))
    return replace(
        diagnosis,
        summary=summary or diagnosis.summary,
        suggested_fix=fix or diagnosis.suggested_fix,
        prose=prose.model,
        dropped=tuple(dict.fromkeys((*wrong, *wrong_too))),
    )


def grounded(
    text: str, tree: Tree, given: str, files: Iterable[str]
) -> tuple[str, tuple[str, ...]]:
    """The sentences of `text` whose names exist, and the names that do not.

    A path exists that is a file of the tree (the end of its path is enough) with that line, or
    that the facts `given` name. A symbol exists that stands in the facts or in one of `files`.
    Code between backticks that is more than a name is a proposal, and is left alone.
    """
    facts = _Facts(tree, given, tuple(dict.fromkeys(files)))
    kept: list[str] = []
    dropped: dict[str, None] = {}
    for sentence in _SENTENCE.split(text.strip()):
        missing = [name for name in _names(sentence) if not facts.know(name)]
        if missing:
            dropped.update(dict.fromkeys(missing))
        elif sentence:
            kept.append(sentence)
    return " ".join(kept), tuple(dropped)


def _names(sentence: str) -> Iterator[str]:
    """Paths, with their line where one is told, then symbols."""
    for found in _PATH.finditer(sentence):
        if not _BRAND.fullmatch(found["path"]):
            yield found[0]
    for ticked in _TICKED.findall(sentence):
        if _NAME.fullmatch(ticked) and not _PATH.fullmatch(ticked):
            yield ticked.removesuffix("()")
    yield from _CALL.findall(sentence)


class _Facts:
    def __init__(self, tree: Tree, given: str, files: Sequence[str]) -> None:
        self._tree = tree
        self._given = given
        self._files = files
        self._read: str | None = None
        self._parts: frozenset[str] | None = None

    def know(self, name: str) -> bool:
        found = _PATH.fullmatch(name)
        if found:
            return self._is_there(found["path"], int(found["line"] or 0)) or self._told(name)
        parts = re.split(r"\.|::|#|->", name)
        return all(part in _COMMON or self._knows(part) for part in parts)

    def _knows(self, part: str) -> bool:
        return self._told(part) or self._defined(part) or self._is_module(part)

    def _is_module(self, name: str) -> bool:
        """Whether a folder or a file is called so, as modules and packages are written."""
        if self._parts is None:
            parts = (part for path in self._tree.paths() for part in path.split("/"))
            self._parts = frozenset(part.partition(".")[0] for part in parts)
        return name in self._parts

    def _told(self, name: str) -> bool:
        return _has(self._given, name)

    def _defined(self, name: str) -> bool:
        if self._read is None:
            contents = (self._tree.read(path) or b"" for path in self._files)
            self._read = "\n".join(text[:_MAX_FILE].decode("utf-8", "replace") for text in contents)
        return _has(self._read, name)

    def _is_there(self, path: str, line: int) -> bool:
        path = path.removeprefix("./")
        known = self._tree.paths()
        found = [path] if path in known else [each for each in known if each.endswith(f"/{path}")]
        if not line or not found:
            return bool(found)
        return any(line <= (self._tree.read(each) or b"").count(b"\n") + 1 for each in found)


def _has(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
