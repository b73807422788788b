"""The outline of a file in any other language, by its layout: where no grammar is installed.

Sources of people are indented: a definition ends at the first line that is indented no deeper
and closes a bracket (or says `end`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from gatekeeper.intake.code.outline import LOOSE, Definition

_NAME = r"[A-Za-z_$][\w$]*"
_MODIFIERS = (
    r"(?:(?:export|default|declare|public|private|protected|internal|static|async|final|abstract|"
    r"virtual|override|sealed|readonly|unsafe|const|extern|pub(?:\([^)]*\))?|suspend|open|data|"
    r"inline|partial|synchronized|native)\s+)*"
)
_OPENERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^\s*{_MODIFIERS}(?:function\s*\*?|func|fn|fun|def|sub)\s+(?:self\.)?(?P<name>{_NAME})",
        rf"^func\s+\([^()]*?\*?(?P<owner>{_NAME})(?:\[[^\]]*\])?\)\s*(?P<name>{_NAME})",
        rf"^\s*{_MODIFIERS}(?P<kind>class|interface|struct|trait|enum|module|impl|object|record|"
        rf"namespace|mod|type)\s+(?:<[^>]*>\s*)?(?:{_NAME}\s+for\s+)?(?P<name>{_NAME})",
        rf"^\s*{_MODIFIERS}(?:const|let|var)\s+(?P<name>{_NAME})\s*(?::[^=]*)?=",
        rf"^(?:module\.)?(?:{_NAME}\.)+(?P<name>{_NAME})\s*=\s*(?:async\s+)?(?:function|\(|{_NAME}\s*=>)",
        rf"^\s+{_MODIFIERS}(?:get |set |\*\s*)?#?(?P<name>{_NAME})\s*(?:<[^>()]*>)?\([^;]*\)\s*"
        r"(?::\s*[^;{]+)?\{\s*$",
        rf"^\s+{_MODIFIERS}#?(?P<name>{_NAME})\s*(?::[^=;()]*)?=\s*(?:async\s*)?(?:\([^;]*|{_NAME}\s*)=>",
        rf"^\s+{_MODIFIERS}(?:[\w$<>\[\],.?&* ]+\s+)(?P<name>{_NAME})\s*\([^;]*$",  # Java, C#
        rf"^(?:[\w$<>\[\],.:?&* ]+\s+)?\*?(?P<name>{_NAME})\s*\([^;]*\)?\s*\{{?$",  # C
    )
)
_NO_NAMES = frozenset({
    "if", "for", "while", "switch", "catch", "return", "else", "do", "try", "with", "new", "throw",
    "await", "yield", "match", "select", "go", "defer", "describe", "it", "test", "suite",
    "context", "before", "after", "beforeEach", "afterEach", "super", "typeof", "case",
})  # fmt: skip
_OWNERS = ("class", "interface", "struct", "trait", "impl", "object", "record", "enum", "namespace",
           "module", "mod")  # fmt: skip
_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|^\s*(?:\#|\*)[^\n]*""",
    re.DOTALL | re.MULTILINE,
)
_MAX_LINE = 500


def outline(text: str) -> tuple[Definition, ...]:
    """Functions, methods, headers of classes, and what stands between them; in order."""
    lines = text.split("\n")
    found = list(_definitions(lines, 0, len(lines), "", -1))
    return tuple(sorted((*found, *between(lines, found)), key=lambda one: (one.start, one.end)))


def uses(text: str) -> Counter[str]:
    """Every name in the code, comments and strings aside."""
    return Counter(re.findall(_NAME, _NOISE.sub(" ", text)))


def _definitions(
    lines: Sequence[str], first: int, last: int, owner: str, outer: int
) -> Iterator[Definition]:
    """The outermost definitions in a range of lines (0-based, end excluded); classes opened."""
    at = first
    while at < last:
        opener = _opener(lines[at])
        if opener is None or (owner and _indent(lines[at]) <= outer):
            at += 1
            continue
        kind, name, of = opener
        end = _end(lines, at, last)
        dotted = ".".join(filter(None, (of or owner, name)))
        start = with_comment(lines, at, first)
        if kind in _OWNERS and end > at:
            inner = list(_definitions(lines, at + 1, end, dotted, _indent(lines[at])))
            stop = inner[0].start - 1 if inner else end + 1
            yield made(lines, dotted, start, max(at, stop - 1), (name,), header=True)
            yield from inner
        else:
            yield made(lines, dotted, start, end, (name,))
        at = end + 1


def made(
    lines: Sequence[str],
    name: str,
    start: int,
    end: int,
    binds: tuple[str, ...],
    *,
    header: bool = False,
) -> Definition:
    """The definition of some lines (0-based, both included), with the names in them."""
    text = "\n".join(lines[start : end + 1])
    return Definition(name, start + 1, end + 1, binds, uses(text), header)


def _opener(line: str) -> tuple[str, str, str] | None:
    """(kind, name, owner) where a definition begins on this line."""
    if not line.strip() or len(line) > _MAX_LINE:
        return None
    for pattern in _OPENERS:
        found = pattern.match(line)
        if found:
            parts = found.groupdict()
            words = line.partition("(")[0].split()
            assigned = len(words) > 1 and words[1][0] in "=:"  # `go = () =>` is no statement
            if not assigned and not _NO_NAMES.isdisjoint((found["name"], *words[:1])):
                return None
            return parts.get("kind") or "", found["name"], parts.get("owner") or ""
    return None


def _end(lines: Sequence[str], at: int, last: int) -> int:
    """The last line of what begins at a line."""
    indent = _indent(lines[at])
    if not re.search(r"[\[{(,=]\s*$|\b(?:do|then)\b|=>\s*$|^\s*(?:def|class|module)\b", lines[at]):
        follows = lines[at + 1] if at + 1 < last else ""
        if not follows.strip().startswith(("{", ".", "?", ":", "throws", "where", "&&", "||")):
            return at
    for number in range(at + 1, last):
        line = lines[number]
        if not line.strip() or _indent(line) > indent:
            continue
        stripped = line.strip()
        if stripped == "{" or (stripped[0] in ")]}>" and re.search(r"(?:[{(\[:]|=>)$", stripped)):
            continue  # the signature ends here, the body begins
        if stripped[0] in ")]}" or stripped.startswith("end"):
            return number
        return max(at, number - 1)
    while last - 1 > at and not lines[last - 1].strip():
        last -= 1
    return last - 1


def with_comment(lines: Sequence[str], at: int, least: int) -> int:
    """With the comment and annotations that stand directly before."""
    start = at
    while start > least and re.match(r"\s*(?://|/?\*|#|@\w)", lines[start - 1]):
        start -= 1
    return start if at - start <= LOOSE else at


def between(lines: Sequence[str], found: Sequence[Definition]) -> Iterator[Definition]:
    """Statements of the file itself, between its definitions."""
    covered = {line for one in found for line in range(one.start, one.end + 1)}
    start = 0
    for number in range(1, len(lines) + 2):
        free = number <= len(lines) and number not in covered
        if free and not start:
            start = number
        elif start and (not free or number - start >= LOOSE):
            if len("".join(lines[start - 1 : number - 1]).strip()) > 3:
                yield made(lines, "", start - 1, number - 2, ())
            start = number if free else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
