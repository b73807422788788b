"""Lines of stack traces as the languages write them: path, line and function, nothing mapped.

Every gap in a pattern is bounded or has one way to match: the text is somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

MAX_LINE = 1_000
MAX_TEXT = 1_000_000
"""Characters; head and tail of this size are read."""


@dataclass(frozen=True, slots=True)
class Written:
    """One frame as the text has it. `line` is None where only a class is named."""

    path: str
    line: int | None
    function: str = ""
    innermost_last: bool = False  # the order of the trace that it stands in


_SOURCE = (
    r"[\w$][\w$.+-]*\."
    r"(?:py|pyx|[cm]?[jt]sx?|vue|svelte|java|kt|scala|groovy|go|rs|rb|php|cs|c|cc|cpp|cxx|h|hpp)"
)
_PATH = rf"(?:[^\s:()'\"\[\]]*[/\\])?{_SOURCE}"
_URL = r"[a-z][a-z-]*://(?:/\([\w-]{1,40}\)/)?[^\s()]*?"
_NATIVE = r"\.(?:c|cc|cpp|cxx|h|hpp|hh|inc|m|mm|rs|go|swift|S)"

_PYTHON = re.compile(
    # CPython: File "x.py", line 3, in f; in a group behind bars; in a report of pytest behind an E
    r'^[\s|+]*(?:E\s+)?File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$'
)
_PHP_STEP = re.compile(  # names the function that is called at the place, not the one around it
    r"^#\d+ (?P<path>(?:phar://)?/[^()]+\.php)\((?P<line>\d+)\): (?P<function>[^()]*)"
)
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # Java and its relatives: at module/com.acme.Foo.bar(Foo.java:12), with or without `at`
        r"^\s*(?:at )?(?:[\w.$@-]*/)*(?P<package>[\w.$<>]+)\.(?P<function>[\w$<>]+)"
        r"\((?P<path>[\w$-]+\.(?:java|kt|scala|groovy)):(?P<line>\d+)\)",
        # .NET: at Acme.Foo.Bar(Int32 x) in /src/Foo.cs:line 12; Mono: ... (x) [0x00002] in x.cs:12
        r"^\s*at (?P<function>[^()]{1,300}?) ?\([^()]*\) (?:\[0x[0-9a-f]+\] )?in (?P<path>[^:\n]"
        r"(?::[\\/])?[^:\n]*):(?:line )?(?P<line>\d+)\s*$",
        # sanitizers and gdb: #0 0x55d in f(int) /src/x.cpp:12:3, #1 0x7f in f (x=1) at x.c:7
        r"^\s*#\d+ +(?:0x[0-9a-f]+ in )?(?P<function>\S.{0,300}?) (?:at )?"
        rf"(?P<path>[^\s(]+{_NATIVE}):(?P<line>\d+)(?::\d+)?(?: \(|\s*$)",
        # JavaScript: at f (file:///x.js:3:4), at x.js:3:4; Vitest: > f x.ts:3:4; Rust: at x.rs:3:4;
        # Playwright: at x.ts:3; with a cause: at x.js:3:4 {
        r"^\s*(?:at|\u276f) (?:async )?(?:(?P<function>[^()]{1,200}?) \(?)?"
        rf"(?P<path>node:[\w/-]+|(?:{_URL}|(?:[A-Za-z]:)?[^\s:()]*[/\\])?{_SOURCE}"
        r"(?:\?[^\s:()]*)?)"
        r":(?P<line>\d+)(?::\d+)?\)?(?: \{)?$",
        # node's own TAP report: f (file:///x.js:3:4)
        rf"^\s*(?P<function>[\w.<>$][\w.<>$ ]{{0,199}}) \((?P<path>(?:file://)?/[^\s()]*?{_SOURCE})"
        r":(?P<line>\d+):\d+\)$",
        # Firefox and Safari: f@file:///x.js:3:4
        rf"^\s*(?P<function>[^\s@]*)@(?P<path>\S+?{_SOURCE}(?:\?[^\s:]*)?):(?P<line>\d+):\d+$",
        # PHP: in /app/x.php on line 12; in /app/x.php:12
        r"\bin (?P<path>/[^\s:]+\.php)(?: on line |:)(?P<line>\d+)\b",
        # Rust: panicked at src/x.rs:3:4, panicked at 'said', src/x.rs:3:4, --> src/x.rs:3:4
        rf"(?:panicked at (?:'.{{0,1000}}', )?|-->\s)(?P<path>{_PATH}):(?P<line>\d+):\d+",
        # Ruby: from x.rb:3:in `f', # ./x.rb:3:in 'f', x.rb:3:in `f': said (Error), [x.rb:3]
        r"^\s*(?:from |# |\[)?(?P<path>[^\s:\[\]]+\.rb):(?P<line>\d+)"
        r"(?::in [`'](?P<function>[^`']+)'|[\]:]|$)",
        r"\[(?P<path>[^\s:\[\]]+\.rb):(?P<line>\d+)\]",
        # C's assert: prog: x.c:12: f: Assertion `x' failed.
        rf"^[^\s:]{{1,200}}: (?P<path>[^\s:]+{_NATIVE}):(?P<line>\d+): "
        r"(?P<function>[^:]{1,200}): Assertion ",
        # Kotlin's and Maven's compilers: e: /x/Foo.kt: (3, 5): said, [ERROR] /x/Foo.java:[3,5] said
        rf"^(?:[ew]: |\[(?:ERROR|WARNING)\] )(?:file://)?(?P<path>{_PATH}):\s?[\[(]?"
        r"(?P<line>\d+)[,:]",
        # Gradle on the console: java.lang.AssertionError at FooTest.java:30
        r"^\s+[\w.$]+ at (?P<path>[\w$-]+\.(?:java|kt|groovy|scala)):(?P<line>\d+)$",
        # As tsc, Microsoft and xUnit write it: path(line,column), then what is the matter
        rf"^\s*(?:\[xUnit\.net [\d:.]+\]\s+)?(?P<path>(?:[A-Za-z]:)?{_PATH})"
        r"\((?P<line>\d+),\d+\): ",
        # pytest, Go, PHPUnit, C++: x.py:12: AssertionError, x_test.go:12: said, x.go:12 +0x1b
        rf"^\s*(?:Error Trace:\s*)?(?:file://)?(?P<path>(?:[A-Za-z]:)?{_PATH}):(?P<line>\d+)"
        r"(?:: in (?P<function>\S+)|:|\s+\+0x[0-9a-f]+|\s*$)",
    )
)

# A class, and no line: compiled without line numbers, or without the symbols beside it.
_CLASS_ONLY = (
    (re.compile(r"^\s*at (?:[\w.$@-]*/)*(?P<package>[\w.$<>]+)\.(?P<function>[\w$<>]+)"
                r"\(Unknown Source\)"), ".java"),
    (re.compile(r"^\s+at (?P<package>[A-Z]\w*(?:\.[\w+`<>]+){1,20})\.(?P<function>[\w<>`]+)"
                r"\([\w.,&\[\]<>` *]*\)$"), ".cs"),
)  # fmt: skip

# The function on the line before its place.
_GO_FUNCTION = re.compile(r"^\s*(?:created by )?(?:[\w.~-]+/)*\w[\w-]*\.(?P<name>\S{1,300}?)"
                          r"(?:\([^()]*\))?(?: in goroutine \d+)?$")  # fmt: skip
_RUST_FUNCTION = re.compile(r"^\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<name>\S.{0,300})$")

_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}m|#x1B\[[0-9;]{0,20}m")


def written(text: str) -> Iterator[Written]:
    """Each frame of the text in the text's order; long lines are passed over."""
    held: Written | None = None  # a step of PHP, until the function around it is known
    before = ""
    for row in _rows(text):
        found, step = _frame(row, before)
        before = row
        if found is None:
            continue
        if held is not None:
            yield replace(held, function=found.function if step else "")
        held = found if step else None
        if not step:
            yield found
    if held is not None:
        yield replace(held, function="")


def _rows(text: str) -> Iterator[str]:
    if len(text) > 2 * MAX_TEXT:
        text = text[:MAX_TEXT] + "\n" + text[-MAX_TEXT:]
    if "x1B[" in text or "\x1b[" in text:
        text = _ANSI.sub("", text)
    for row in text.splitlines():
        if len(row) <= MAX_LINE:
            yield row


def _frame(row: str, before: str) -> tuple[Written | None, bool]:
    """The frame that a line is, and whether it is a step of PHP."""
    if not any(map(str.isdigit, row)):
        return _class_only(row), False
    python = _PYTHON.match(row)
    if python:
        return Written(
            python["path"], _number(python["line"]), python["function"] or "", True
        ), False
    step = _PHP_STEP.match(row)
    if step:
        return Written(step["path"], _number(step["line"]), step["function"].strip()), True
    for pattern in _PATTERNS:
        found = pattern.search(row)
        if found:
            return _read(found, before), False
    return _class_only(row), False


def _read(found: re.Match[str], before: str) -> Written:
    parts = found.groupdict()
    path = _with_package(parts["path"], parts.get("package"))
    function = _plain(parts.get("function") or _on_the_line_before(path, before))
    return Written(path, _number(parts["line"]), function, path.endswith((".py", ".pyx")))


def _class_only(row: str) -> Written | None:
    """A frame without file and line, by the class; its path is where the class should stand."""
    if "at " not in row[:40]:
        return None
    for pattern, ending in _CLASS_ONLY:
        found = pattern.match(row)
        if found:
            place = re.sub(r"[$+].*", "", found["package"]).replace(".", "/")
            return Written(place + ending, None, _plain(found["function"]))
    return None


def _number(text: str) -> int:
    return int(text[:9])


def _with_package(path: str, package: str | None) -> str:
    """`Foo.java` of class `com.acme.Foo$Inner` is `com/acme/Foo.java`."""
    if not package or "." not in package:
        return path
    return "/".join(package.split(".")[:-1]) + "/" + path


def _on_the_line_before(path: str, before: str) -> str:
    shape = {"go": _GO_FUNCTION, "rs": _RUST_FUNCTION}.get(path.rpartition(".")[2])
    found = shape.match(before) if shape and len(before) <= MAX_LINE else None
    return found["name"] if found else ""


_NOISE = (
    (re.compile(r"^(?:async |new |(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+"), ""),
    (re.compile(r" \[as [^\]]{1,200}\]$"), ""),
    (re.compile(r"^Object\.(?=.)"), ""),
    (re.compile(r"^lambda\$(\w+)\$\d+$"), r"\1"),  # javac
    (re.compile(r"^.*?<(\w+)>(?:[bdg]__\w*)(?:\.MoveNext)?$"), r"\1"),  # C#: async, lambdas
    (re.compile(r"(?:::\{\{?closure(?:#\d+)?\}?\})+|::h[0-9a-f]{16}|\[[0-9a-f]{16}\]"), ""),  # Rust
)  # fmt: skip


def _plain(function: str) -> str:
    """The name as its author wrote it, as far as that can be told."""
    name = function.strip()[:300]
    for pattern, new in _NOISE:
        name = pattern.sub(new, name)
    return name[:200]
