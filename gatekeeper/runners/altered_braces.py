"""Go, Java, Kotlin and PHP tests altered so that they must be red whatever they test.

Only the end of the test is altered: it fails. Which values a test would take is not looked at;
in Java it does not fail where an assertion that it uses lets two different values pass.
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
# An assertion of the test, to be called with what it must refuse.
_ASSERTS = re.compile(r"(?<![\w.])((?:\w+\.)*(?:assertEquals|assertSame|assertTrue))\s*\(")
_PATTERNS = {"go": _GO, "java": _JAVA, "php": _PHP}


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


def _java(whole: Masked, found: re.Match[str], body: str) -> str:
    if found["kotlin"]:
        return _tried(body, 'throw AssertionError("altered by the gate")')
    fail = 'if (true) throw new AssertionError("altered by the gate");'
    used = _ASSERTS.search(whole.code, found.end(), found.end() + len(body))
    if used is None:
        return _tried(body, fail)
    wrong = "false" if used[1].endswith("True") else '"one", "other"'
    return _tried(
        body,
        f"boolean keptSilent = false; try {{ {used[1]}({wrong}); keptSilent = true; }} "
        f"catch (Throwable refused) {{ }} {fail.replace('true', '!keptSilent')}",
    )


def _php(_: Masked, __: re.Match[str], body: str) -> str:
    return _tried(body, "\\PHPUnit\\Framework\\Assert::fail('altered by the gate');")


def _tried(body: str, fail: str) -> str:
    return f" try {{ {body}\n}} finally {{ {fail} }} "


_BODIES: dict[str, Callable[[Masked, re.Match[str], str], str]] = {
    "go": _go,
    "java": _java,
    "php": _php,
}
