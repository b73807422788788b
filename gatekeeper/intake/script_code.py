"""Other languages by regular expressions: relative imports, and where a block ends.

Good enough to find the code next to a failure; what it misses is found by the stack trace.
"""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterator

_SCRIPT = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")
_IMPORTS = (
    (_SCRIPT, re.compile(r"""(?:\bfrom|\bimport|\brequire\s?\(|\bimport\s?\()\s?["'](\.[^"'\n]*)["']""")),
    ((".rb",), re.compile(r"""\brequire_relative[ (]+["']([^"'\n]+)["']""")),
    ((".php",), re.compile(r"""\b(?:require|include)(?:_once)?[ (]+(?:__DIR__ \. )?["']/?([^"'\n]+)["']""")),
    ((".c", ".cc", ".cpp", ".cxx", ".h", ".hpp"), re.compile(r'^#include "([^"\n]+)"', re.MULTILINE)),
)  # fmt: skip
_JAVA = re.compile(r"^import (?:static )?([\w.]+?)(?:\.\*)?;?$", re.MULTILINE)
_ENDINGS = (
    *_SCRIPT,
    "/index.js",
    "/index.ts",
    "/index.tsx",
    "/index.mjs",
    "/index.cjs",
    ".rb",
    ".json",
)


def imported(
    path: str,
    text: str,
    known: Collection[str],
    read: Callable[[str], str] = lambda _: "",
) -> tuple[str, ...]:
    """Workspace files that the file imports, in order; Go and Java by package and partner.

    `read` gives the text of a `package.json`, which says what a folder stands for.
    """
    found: dict[str, None] = {}
    for endings, pattern in _IMPORTS:
        if path.endswith(endings):
            for written in pattern.findall(text):
                target = _resolve(path, written, known) or _main(path, written, known, read)
                if target:
                    found[target] = None
    found.update(dict.fromkeys(_partners(path, text, known)))
    found.pop(path, None)
    return tuple(found)


def _resolve(path: str, written: str, known: Collection[str]) -> str | None:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), written.partition("?")[0]))
    own = "." + path.rpartition(".")[2]
    for ending in ("", own, *_ENDINGS):
        name = ending.lstrip("/") if target == "." else target + ending
        if name in known:
            return name
    stem, dot, _ = target.rpartition(".")
    for ending in (".ts", ".tsx") if dot else ():  # TypeScript imports what it will be compiled to
        if stem + ending in known:
            return stem + ending
    return None


def _main(
    path: str, written: str, known: Collection[str], read: Callable[[str], str]
) -> str | None:
    """`require("..")`: the entry that the folder's package.json names, if it is in the tree."""
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
    package = posixpath.normpath(posixpath.join(folder, "package.json"))
    if package not in known:
        return None
    try:
        said = json.loads(read(package))
    except (ValueError, RecursionError):
        return None
    entry = said.get("main") if isinstance(said, dict) else None
    return _resolve(package, f"./{entry}", known) if isinstance(entry, str) else None


def _partners(path: str, text: str, known: Collection[str]) -> Iterator[str]:
    """Files tied to a test by the language's own convention rather than by an import line."""
    folder, _, name = path.rpartition("/")
    if path.endswith("_test.go"):
        partner = f"{folder}/" * bool(folder) + name.removesuffix("_test.go") + ".go"
        if partner in known:
            yield partner
    elif path.endswith((".java", ".kt", ".groovy", ".scala")):
        wanted = {one.replace(".", "/") for one in _JAVA.findall(text)}
        subject = re.sub(r"(?:Tests?|IT|Spec)$", "", name.partition(".")[0])
        package = folder.partition("/java/")[2] or folder.partition("/kotlin/")[2]
        wanted.add(f"{package}/{subject}".lstrip("/"))
        for other in sorted(known):
            stem, _, extension = other.rpartition(".")
            if extension in ("java", "kt") and any(
                f"/{stem}".endswith(f"/{one}") for one in wanted
            ):
                yield other


_OPENER = re.compile(
    r"^\s*(?:export |default |public |private |protected |static |async |pub |final |abstract )*"
    r"(?:function|class|def|fn|func|impl|interface|struct|module|test|it|describe)\b"
    r"|^\s*(?:public|private|protected|static)\b.*\(.*\{\s*$|^\s*(?:const|let|var)\s+\w+\s*=.*=>"
)


def block(lines: list[str], line: int, reach: int = 30) -> tuple[int, int]:
    """First and last line (1-based) of the block around a line, by indentation, bounded."""
    at = min(max(line, 1), len(lines)) - 1
    start = at
    for index in range(at, max(-1, at - 2 * reach), -1):
        if _OPENER.search(lines[index][:300]):  # a minified line would take for ever
            start = index
            break
    else:
        return max(1, line - reach), min(len(lines), line + reach)
    indent = _indent(lines[start])
    end = start
    for index in range(start + 1, min(len(lines), start + 4 * reach)):
        end = index
        if lines[index].strip() and _indent(lines[index]) <= indent:
            break
    return start + 1, max(end, at) + 1


def defining(lines: list[str], names: Collection[str]) -> Iterator[int]:
    """The lines (1-based) that define one of the names."""
    for number, line in enumerate(lines, 1):
        if len(line) < 1000 and (found := _DEFINES.search(line)) and found[1] in names:
            yield number


_DEFINES = re.compile(
    r"\b(?:function\*?|class|def|fn|func(?: \([^()]*\))?|interface|struct|const|let|var|type)"
    r"\s+([A-Za-z_$][\w$]*)"
)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
