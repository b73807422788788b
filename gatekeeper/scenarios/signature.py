"""What a failure says, without what the next run would say otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.intake.identity import masked

_MOST_CASES = 10
_MOST_TEXT = 50_000  # characters of one case
_LONGEST_LINE = 1000
_LONGEST_SIGNATURE = 300

_COLOR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MASKS = (
    (re.compile(r"(\.[A-Za-z]{1,5}):\d+(?::\d+)?\b"), r"\1:<line>"),
    (re.compile(r"\bline \d+\b"), "line <line>"),
    (
        re.compile(r"\b((?:localhost|\d{1,3}(?:\.\d{1,3}){3})):\d{2,5}\b"),
        r"\1:<port>",
    ),
    (
        re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|milliseconds?|s|secs?|seconds?|minutes?)\b"),
        "<duration>",
    ),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}\b"), "<hash>"),
)
_NOTHING = frozenset({
    "", "failed", "failure", "error", "test failed", "assertionerror",
    "traceback (most recent call last):",
})  # fmt: skip
_REDACTED = re.compile(r"\[redacted:[^\]]*\]")


def without_volatile(line: str) -> str:
    """One line with times, addresses, places, ports and durations replaced by what they are."""
    shown = masked(_COLOR.sub("", line)[:_LONGEST_LINE])
    for pattern, name in _MASKS:
        shown = pattern.sub(name, shown)
    return shown


def comparable(text: str) -> str:
    """A text so that two runs of the same failure agree: masked, one line, lower case."""
    lines = text[:_MOST_TEXT].split("\n")
    return " ".join(" ".join(map(without_volatile, lines)).split()).lower()


def everything_said(failing: Sequence[CaseResult]) -> str:
    """The texts of the failing cases, comparable."""
    return "\n".join(
        comparable(
            f"{case.kind}: {case.message}\n{_bounded(case.details)}\n{_bounded(case.output)}"
        )
        for case in failing[:_MOST_CASES]
    )


def contains(said: str, wanted: str) -> bool:
    """Whether a comparable text holds another, not as a part of its words and numbers."""
    before = r"(?<!\w)" if wanted[:1].isalnum() else ""
    after = r"(?!\w)" if wanted[-1:].isalnum() else ""
    return bool(wanted) and re.search(f"{before}{re.escape(wanted)}{after}", said) is not None


def signature(case: CaseResult) -> str:
    """The line that tells this failure from others, masked; "" where there is none."""
    for line in _telling(case):
        shown = " ".join(line.split())
        if shown.lower().rstrip(":.") not in _NOTHING:
            return without_volatile(shown)[:_LONGEST_SIGNATURE].strip()
    return ""


def known_part(redacted: str) -> str:
    """The longest part of a redacted line that is as it was, so that it can be found again."""
    return max((part.strip() for part in _REDACTED.split(redacted)), key=len)


def _telling(case: CaseResult) -> Iterator[str]:
    yield case.message.strip().partition("\n")[0]
    yield from re.findall(r"^E +(.+)$", case.details[:_MOST_TEXT], re.MULTILINE)
    body = [line for line in _bounded(case.details).split("\n") if line.strip()]
    if body and body[0].lstrip().startswith("Traceback "):
        body.reverse()  # Python says in the last line what happened
    yield from body
    yield case.kind


def _bounded(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT // 2] + text[-_MOST_TEXT // 2 :]
