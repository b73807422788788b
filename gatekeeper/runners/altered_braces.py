"""Go, Java, Kotlin and PHP tests altered so that they must be red whatever they test.

Only the end of the test is altered: it fails. Which values a test would take is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gatekeeper.runners.masked import Masked, masked

_GO = re.compile(r"(?m)^func\s+(?P<name>\w+)\s*\(\s*(?P<t>\w+)\s+\*testing\.(?:T|F)\s*\)\s*\{")
_JAVA = re.compile(
    r"(?<![\w.])(?:void|(?P<kotlin>fun))\s+(?P<name>\w+)\s*\([^(){}]*\)\s*(?:throws\s[^{};=]*)?\{"
)
_PHP = re.compile(r"(?i)\bpublic\s+function\s+(?P<name>\w+)\s*\([^(){}]*\)\s*(?::\s*\??\w+\s*)?\{")
_PATTERNS = {"go": _GO, "java": _JAVA, "php": _PHP}
_THROWS = {
    "java": 'if (true) throw new AssertionError("altered by the gate");',
    "kotlin": 'throw AssertionError("altered by the gate")',
    "php": "\\PHPUnit\\Framework\\Assert::fail('altered by the gate');",
}


def alter(text: str, wanted: Iterable[str], language: str) -> tuple[str, set[str]]:
    """The file with the functions of these names altered, and which of them are in it.

    `language` is `go`, `java` (Kotlin too) or `php`.
    """
    chosen, done = set(wanted), set()
    whole = masked(text, language)
    cuts: list[tuple[int, int, str]] = []
    for found in _PATTERNS[language].finditer(whole.code):
        opening = found.end() - 1
        closing = whole.closing(opening)
        if found["name"] not in chosen or closing < 0 or "<<<" in text:
            continue
        done.add(found["name"])
        body = _BODIES[language](whole, found, text[opening + 1 : closing])
        cuts.append((opening + 1, closing, body))
    for start, end, body in sorted(cuts, reverse=True):
        text = text[:start] + body + text[end:]
    return text, done


def _go(_: Masked, found: re.Match[str], body: str) -> str:
    fail = f'{found["t"]}.Errorf("altered by the gate")'
    return f"\n\tdefer func() {{ {fail} }}()\n{body}"


def _finally(_: Masked, found: re.Match[str], body: str) -> str:
    kotlin = found.re is _JAVA and found["kotlin"]
    fail = _THROWS["kotlin" if kotlin else "java" if found.re is _JAVA else "php"]
    return f" try {{ {body}\n}} finally {{ {fail} }} "


_BODIES: dict[str, Callable[[Masked, re.Match[str], str], str]] = {
    "go": _go,
    "java": _finally,
    "php": _finally,
}
