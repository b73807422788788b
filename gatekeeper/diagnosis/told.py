"""What a failing case says, without the code and the places that a trace quotes."""

from __future__ import annotations

import re

from gatekeeper.domain import CaseResult
from gatekeeper.intake.identity import masked

MAX_TEXT = 50_000
"""Characters of one case that are searched."""

_SAYS_NOTHING = frozenset({
    "", "failed", "failure", "error", "test failed", "traceback (most recent call last):",
})  # fmt: skip
_NO_WORDS = re.compile(r"^(?:=== RUN|--- FAIL|--- PASS|=== (?:PAUSE|CONT)|={5,}|-{5,}|_{5,})")
_QUOTED = re.compile(  # a place of Python with the line of code below it; code as pytest quotes it
    r"^[ |+]*File \"[^\"]+\", line \d+.*\n(?:[ |+]*[^\n]*\n)??(?:[ |+]*[~^]+\n)?|^>.*$|"
    r"^[ \t]+assert\b.*$|^[ \t]*Failure/Error: .*$|^[ \t]*at \S.*:\d+(?::\d+)?\)?$",
    re.MULTILINE,
)
_E_LINES = re.compile(r"^E(?: +(.*))?$", re.MULTILINE)
_CLASS = re.compile(r"^(?:[\w.$\\]*\.|\\)?([A-Z]\w*(?:Error|Exception|Errno|Failure|Expired))\b")


def told(case: CaseResult) -> str:
    """Kind, message and what the body says; the output only where there is nothing else."""
    details = case.details
    if len(details) > MAX_TEXT:
        details = details[: MAX_TEXT // 2] + "\n" + details[-MAX_TEXT // 2 :]
    marked = "\n".join(line for line in _E_LINES.findall(details) if line)
    body = marked or _QUOTED.sub("", details)
    if not (case.message.strip() or details.strip()):
        body = case.output[-MAX_TEXT:]
    message = case.message[:MAX_TEXT]
    return f"{case.kind}: {message}\n{message}\n{body}"


def exception(case: CaseResult) -> str:
    """The name of the exception's class without its package, "" if none is told."""
    for text in (case.kind, case.message, *_E_LINES.findall(case.details[:MAX_TEXT])[:3]):
        found = _CLASS.match(text.strip())
        if found:
            return found[1]
    return ""


def one_line(case: CaseResult) -> str:
    """The assertion or the message in one line, as the runner wrote it; at most 300 characters."""
    lines = [case.message.strip().partition("\n")[0]]
    lines += re.findall(r"^E +(.+)$", case.details[:MAX_TEXT], re.MULTILINE)
    body = [line for line in case.details[:MAX_TEXT].split("\n") if line.strip()]
    if body and body[0].startswith("Traceback "):
        body.reverse()  # CPython says what happened in the last line
    output = [line for line in case.output[-2_000:].split("\n") if line.strip()][-1:]
    for line in (*lines, *body, *output):
        found = " ".join(line.split())
        if found.lower() not in _SAYS_NOTHING and not _NO_WORDS.match(found):
            name = case.kind if _CLASS.match(case.kind) else ""
            kind = f"{name}: " if name and name not in found else ""
            return f"{kind}{found}"[:300].rstrip(".")
    return case.kind


_QUOTED_VALUE = re.compile(r"'[^'\n]{0,300}'|\"[^\"\n]{0,300}\"|`[^`\n]{0,300}`|<[^<>\n]{0,300}>")
_NUMBER = re.compile(r"(?<![A-Za-z_])-?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?")


def normal(text: str) -> str:
    """A message without its values, so that failures of one kind say the same."""
    text = masked(text[:1_000])
    return _NUMBER.sub("N", _QUOTED_VALUE.sub("'...'", text))[:200]
