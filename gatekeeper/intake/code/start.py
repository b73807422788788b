"""The source of a failing case: which file, and which lines of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatekeeper.domain import CaseResult, Frame
from gatekeeper.intake import script_code
from gatekeeper.intake.code.sources import Sources
from gatekeeper.intake.places import is_test
from gatekeeper.intake.stacktrace import frames as frames_of

_MAX_LOOKED_AT = 40  # test files of a Go package in which a test is looked for

Found = tuple[str, int | None, int | None, str]
"""Path, first and last line (None: the file as a whole), symbol."""


def source_of(case: CaseResult, sources: Sources, roots: Sequence[str] = ()) -> Found | None:
    """Where a failing case is written, None where that cannot be told."""
    path, inner = _file(case, sources)
    name = re.split(r"[\[( ]", case.id.name, maxsplit=1)[0]
    if path is None:
        return _go(case, sources) or _by_frame(case, sources, roots)
    code = sources.code(path)
    for symbol in (f"{inner}.{name}" if inner else name, name):
        span = code.span(symbol) if code else None
        if span:
            return path, *span, symbol
    line = _titled(case, sources.text(path)) if code is None else None
    if line or (case.line and code is None) or (case.line and not name):
        start, end = script_code.block(sources.text(path).split("\n"), line or case.line or 1)
        return path, start, end, name
    if code is None and (found := _by_frame(case, sources, roots)) and found[0] == path:
        return found
    return path, None, None, ""


def _file(case: CaseResult, sources: Sources) -> tuple[str | None, str]:
    """File of a case, and the classes inside it as the class name writes them."""
    dotted = case.id.classname.split(".")
    for length in range(len(dotted), 0, -1):
        stem, inner = "/".join(dotted[:length]), ".".join(dotted[length:])
        for ending in (".py", ".java", ".kt"):
            path, ours = sources.locator.locate(stem + ending)
            if ours:
                return path, inner
    for written in (case.file, case.id.classname):
        path, ours = sources.locator.locate(written) if written else ("", False)
        if ours and "." in path:
            return path, ""
    return None, ""


def _go(case: CaseResult, sources: Sources) -> Found | None:
    """`TestX/sub` of the package that the class name ends with."""
    name = re.split(r"[/ ]", case.id.name, maxsplit=1)[0]
    if not re.fullmatch(r"(?:Test|Fuzz|Example|Benchmark)\w*", name):
        return None
    tests = sorted(path for path in sources.known if path.endswith("_test.go"))
    package = case.id.classname
    near = [p for p in tests if f"/{package}".endswith(f"/{p.rpartition('/')[0]}") and "/" in p]
    named = [p for p, _, _ in _written(case, sources) if p in tests]
    top = [path for path in tests if "/" not in path]
    for path in list(dict.fromkeys((*named, *near, *top)))[:_MAX_LOOKED_AT]:
        for one in sources.outline(path):
            if name in one.binds:
                return path, one.start, one.end, name
    return None


def _written(case: CaseResult, sources: Sources) -> Iterator[tuple[str, int, str]]:
    """Places that the text of the failure names."""
    for frame in frames_of(f"{case.details}\n{case.message}", sources.known):
        if frame.ours and frame.line:
            yield frame.path, frame.line, frame.function


def _by_frame(case: CaseResult, sources: Sources, roots: Sequence[str]) -> Found | None:
    frames: Sequence[Frame] = frames_of(f"{case.details}\n{case.message}", sources.known, roots)
    for frame in frames:
        if frame.ours and frame.line and is_test(frame.path):
            text = sources.text(frame.path)
            line = _titled(case, text) or frame.line
            return frame.path, *script_code.block(text.split("\n"), line), case.id.name
    return None


def _titled(case: CaseResult, text: str) -> int | None:
    """The line that gives a case of a JavaScript test its title, if one only does."""
    title = re.split(r" > ", case.id.name)[-1]
    longest = sorted({title, case.id.name, case.id.name.rpartition(" ")[2]}, key=len, reverse=True)
    tried = [title[at + 1 :] for at in range(len(title)) if title[at] == " "]
    closed = [rf"{re.escape(one)}[\"'`]" for one in (*longest[:2], *tried[:12]) if len(one) > 3]
    alone = case.id.classname if title.endswith(case.id.classname) else title  # mocha's way round
    opened = [re.escape(one) for one in _beginnings(alone)]  # the rest is put in where it runs
    for wanted in (*closed, *opened):
        quoted = re.compile(rf"""\b(?:it|test|specify)\b.*["'`]{wanted}""")
        rows = enumerate(text.split("\n"), 1)
        lines = [number for number, row in rows if len(row) < 1000 and quoted.search(row)]
        if len(lines) == 1:
            return lines[0]
    return None


def _beginnings(title: str) -> Iterator[str]:
    """The title without its last words, while most of it is left."""
    for at in range(len(title) - 1, len(title) // 2, -1):
        if title[at] == " ":
            yield title[:at]
