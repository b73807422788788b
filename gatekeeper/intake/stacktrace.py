"""Stack traces in text: frames of seven languages, mapped to files of the workspace.

Text of a test run is untrusted and may be long: it is read line by line, long lines are
passed over, and only the head and the tail of a very long text are looked at.
"""

from __future__ import annotations

import posixpath
import re
import urllib.parse
from collections.abc import Collection, Iterable, Iterator, Sequence

from gatekeeper.domain import CaseResult, Frame
from gatekeeper.intake.places import is_vendored

_MAX_LINE = 1_000
_MAX_TEXT = 1_000_000  # characters; head and tail of this size are read
_MAX_FRAMES = 200

_SOURCE = (
    r"[\w$][\w$.+-]*\."
    r"(?:py|pyx|[cm]?[jt]sx?|vue|svelte|java|kt|scala|groovy|go|rs|rb|php|cs|c|cc|cpp|cxx|h|hpp)"
)
_PATH = rf"(?:[^\s:()'\"\[\]]*[/\\])?{_SOURCE}"

_FRAME_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        # CPython: File "x.py", line 3, in f
        r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$',
        # Java and its relatives: at module/com.acme.Foo.bar(Foo.java:12)
        r"^\s*at (?:[\w.$@-]*/)*(?P<package>[\w.$<>]+)\.(?P<function>[\w$<>]+)"
        r"\((?P<path>[\w$-]+\.(?:java|kt|scala|groovy)):(?P<line>\d+)\)",
        # .NET: at Acme.Foo.Bar(Int32 x) in /src/Foo.cs:line 12
        r"^\s*at (?P<function>[^()]+)\([^()]*\) in (?P<path>.+?):line (?P<line>\d+)",
        # JavaScript: at f (file:///x.js:3:4), at x.js:3:4; Vitest: > f x.ts:3:4; Rust: at x.rs:3:4
        r"^\s*(?:at|\u276f) (?:async )?(?:(?P<function>[^()]{1,200}?) \(?)?"
        rf"(?P<path>(?:[a-z][a-z-]*://[^\s()]*?|[^\s:()]*[/\\])?{_SOURCE}(?:\?[^\s:()]*)?)"
        r":(?P<line>\d+):\d+\)?$",
        # node's own TAP report: f (file:///x.js:3:4)
        rf"^\s*(?P<function>[\w.<>$][\w.<>$ ]{{0,199}}) \((?P<path>(?:file://)?/[^\s()]*?{_SOURCE})"
        r":(?P<line>\d+):\d+\)$",
        # Firefox and Safari: f@file:///x.js:3:4
        rf"^\s*(?P<function>[^\s@]*)@(?P<path>\S+?{_SOURCE}(?:\?[^\s:]*)?):(?P<line>\d+):\d+$",
        # PHP: #0 /app/x.php(12): Foo->bar()
        r"^#\d+ (?P<path>/[^()]+\.php)\((?P<line>\d+)\): (?P<function>[^()]*)",
        # PHP: in /app/x.php on line 12; in /app/x.php:12
        r"\bin (?P<path>/[^\s:]+\.php)(?: on line |:)(?P<line>\d+)\b",
        # Rust: panicked at src/x.rs:3:4, panicked at 'said', src/x.rs:3:4, --> src/x.rs:3:4
        rf"(?:panicked at (?:'.{{0,1000}}', )?|-->\s)(?P<path>{_PATH}):(?P<line>\d+):\d+",
        # Ruby: from x.rb:3:in `f', # ./x.rb:3:in 'f', x.rb:3:in `f': said (Error), [x.rb:3]
        r"^\s*(?:from |# |\[)?(?P<path>[^\s:\[\]]+\.rb):(?P<line>\d+)"
        r"(?::in [`'](?P<function>[^`']+)'|[\]:]|$)",
        r"\[(?P<path>[^\s:\[\]]+\.rb):(?P<line>\d+)\]",
        # pytest, Go, PHPUnit, C++: x.py:12: AssertionError, x_test.go:12: said, x.go:12 +0x1b
        rf"^\s*(?:Error Trace:\s*)?(?P<path>{_PATH}):(?P<line>\d+)"
        r"(?:: in (?P<function>\S+)|:|\s+\+0x[0-9a-f]+|\s*$)",
    )
)

_FOREIGN = re.compile(
    r"^<|^node:|^internal/|/lib/python\d|/lib64/python\d|^/rustc/|/\.cargo/|/\.rustup/|"
    r"/go/src/runtime/|/usr/local/go/|/usr/lib/go|/pkg/mod/|/ruby/gems/|/lib/ruby/|"
    r"^/usr/(?:lib|share)/|\bnode_modules/|site-packages/|dist-packages/|/\.m2/"
)
_INSTALLED = re.compile(r".*(?:site-packages|dist-packages)/")


def frames(text: str, known: Collection[str], roots: Sequence[str] = ()) -> tuple[Frame, ...]:
    """Frames that `text` names, innermost first where the language's order is known.

    `known` are the files of the workspace; `roots` are folders at which the workspace may
    have been mounted when the text was written. A path is mapped by its root, else by the
    longest suffix that it shares with one known file only. What cannot be mapped keeps its
    path as written, with `ours` False. Each place comes once.
    """
    index = Locator(known, roots)
    innermost_last: list[Frame] = []
    innermost_first: list[Frame] = []
    for written, line, function, python in _written(text):
        path, ours = index.locate(written)
        frame = Frame(path, line, function, ours)
        (innermost_last if python else innermost_first).append(frame)
    ordered = dict.fromkeys((*reversed(innermost_last), *innermost_first))
    return tuple(ordered)[:_MAX_FRAMES]


def case_frames(
    cases: Iterable[CaseResult], known: Collection[str], roots: Sequence[str] = ()
) -> tuple[Frame, ...]:
    """Frames of the cases in turn, from what each says of its failure, then from its output."""
    found: dict[Frame, None] = {}
    for case in cases:
        for text in (case.details, case.message, case.output):
            found.update(dict.fromkeys(frames(text, known, roots)))
    return tuple(found)[:_MAX_FRAMES]


def _written(text: str) -> Iterator[tuple[str, int, str, bool]]:
    """(path, line, function, whether the innermost comes last) of each line that is a frame."""
    if len(text) > 2 * _MAX_TEXT:
        text = text[:_MAX_TEXT] + "\n" + text[-_MAX_TEXT:]
    for row in text.splitlines():
        if len(row) > _MAX_LINE or not any(map(str.isdigit, row)):
            continue
        for pattern in _FRAME_LINES:
            found = pattern.search(row)
            if found:
                parts = found.groupdict()
                path = _with_package(parts["path"], parts.get("package"))
                function = (parts.get("function") or "").strip()[:200]
                yield path, int(parts["line"][:9]), function, path.endswith((".py", ".pyx", ">"))
                break


def _with_package(path: str, package: str | None) -> str:
    """`Foo.java` of class `com.acme.Foo$Inner` is `com/acme/Foo.java`."""
    if not package or "." not in package:
        return path
    return "/".join(package.split(".")[:-1]) + "/" + path


class Locator:
    """Maps a path as somebody wrote it to the file of the workspace that it means."""

    def __init__(self, known: Collection[str], roots: Sequence[str]) -> None:
        self._known = known if isinstance(known, (set, frozenset)) else frozenset(known)
        self._roots = tuple(root.rstrip("/") + "/" for root in roots if root.strip("/"))
        self._by_name: dict[str, list[str]] = {}
        for path in self._known:
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)

    def locate(self, written: str) -> tuple[str, bool]:
        """(workspace path, True), or (the path as written, False) where it is not ours."""
        path = _plain(written)
        found = self._under_root(path) or self._by_suffix(path)
        if found is None:
            return path, False
        return found, not is_vendored(found)

    def _under_root(self, path: str) -> str | None:
        for root in ("", *self._roots):
            if root and not path.startswith(root):
                continue
            inside = path[len(root) :]
            if inside in self._known:
                return inside
        return None

    def _by_suffix(self, path: str) -> str | None:
        enough = 1
        if _FOREIGN.search(path):
            # An installed copy of the project's own package; nothing else out there is ours.
            if not _INSTALLED.match(path):
                return None
            path, enough = _INSTALLED.sub("", path), 2
        for spelled in _spellings(path):
            found = self._longest(spelled, enough)
            if found:
                return found
        return None

    def _longest(self, path: str, enough: int) -> str | None:
        wanted = path.strip("/").split("/")
        shared = {
            known: _shared_tail(wanted, known.split("/"))
            for known in self._by_name.get(wanted[-1], ())
        }
        best = max(shared.values(), default=0)
        winners = [known for known, length in shared.items() if length == best]
        if len(winners) != 1 or best < enough:
            return None
        whole = best == len(wanted) or best == len(winners[0].split("/"))
        return winners[0] if whole or best >= 2 else None


def _plain(written: str) -> str:
    """The path without scheme, query, percent escapes, backslashes and dots."""
    path = written.strip().replace("\\", "/")
    scheme, found, rest = path.partition("://")
    if found:
        path = rest if scheme in ("file", "webpack", "webpack-internal") else "/" + rest
        path = urllib.parse.unquote(path.partition("?")[0])
    path = re.sub(r"\?[^/]*$", "", path)
    return posixpath.normpath(path) if path else path


def _spellings(path: str) -> Iterator[str]:
    """The path, then what a compiled JavaScript file may have been before."""
    yield path
    stem, _, extension = path.rpartition(".")
    if extension in ("js", "mjs", "cjs", "jsx"):
        for source in ("ts", "tsx", "mts", "cts", "jsx"):
            yield f"{stem}.{source}"


def _shared_tail(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        length += 1
    return length
