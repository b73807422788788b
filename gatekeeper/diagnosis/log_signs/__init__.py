"""Signs in the lines of a job's log, of any tool: what a line says, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatekeeper.diagnosis.log_signs.building import BUILD
from gatekeeper.diagnosis.log_signs.code import CODE, LINT, OTHERS
from gatekeeper.diagnosis.log_signs.configuring import CONFIGURATION
from gatekeeper.diagnosis.log_signs.depending import DEPENDENCY
from gatekeeper.diagnosis.log_signs.machine import INFRASTRUCTURE, RESOURCE, TIMEOUT
from gatekeeper.diagnosis.log_signs.model import LogSign, Row
from gatekeeper.domain import Category

_TABLES = {
    Category.BUILD: BUILD,
    Category.DEPENDENCY: DEPENDENCY,
    Category.CONFIGURATION: CONFIGURATION,
    Category.INFRASTRUCTURE: INFRASTRUCTURE,
    Category.RESOURCE: RESOURCE,
    Category.TIMEOUT: TIMEOUT,
    Category.LINT: LINT,
    Category.PRODUCT_BUG: CODE,
    Category.UNKNOWN: OTHERS,
}


def _sign(category: Category, row: Row) -> LogSign:
    name, weight, words, pattern, says, advice = row
    return LogSign(
        name, category, weight, tuple(words.split("|")), re.compile(pattern), says, advice
    )


SIGNS = {row[0]: _sign(category, row) for category, rows in _TABLES.items() for row in rows}
"""Name to sign; the names are unique, which a test checks."""

_NO_DIGITS = {ord(digit): None for digit in "0123456789"}
_BY_WEIGHT = sorted(SIGNS.values(), key=lambda sign: -sign.weight)
_LAST = (Category.PRODUCT_BUG, Category.UNKNOWN)
_CODE_LAST = sorted(_BY_WEIGHT, key=lambda sign: sign.category in _LAST)
_CODE_FIRST = sorted(_BY_WEIGHT, key=lambda sign: sign.category is not Category.PRODUCT_BUG)

_STEMS = (
    "fail", "exception", "not found", "could not", "cannot", "no such", "denied", "memory",
    "timeout", "timed out", "unknown", "invalid", "unable", "assert", "expected", "abort",
    "error", "missing", "require", "connect", "exit ", "undefined",
    "unrecognized", "unsupported", "resol", "reformat",
)  # fmt: skip
"""Parts of the words that many of them share: fewer words are looked for faster."""


def _shortened(words: Iterable[str]) -> tuple[str, ...]:
    every = {next((stem for stem in _STEMS if stem in word), word) for word in words}
    return tuple(sorted(w for w in every if not any(other != w and other in w for other in every)))


WORDS = _shortened(word for sign in SIGNS.values() for word in sign.words)
"""In lower case and without digits; every line that bears a sign has one of them."""

_COMPARES = re.compile(
    r"\bassert\b|Assertion|^\s*(?:Expected|Received)\b|\bexpect\(|\bgot\b.*\bwant|"
    r"\bwant\b.*\bgot\b|\bto (?:be|equal|eq)\b|^FAIL: "
)
_NO_CAUSE = re.compile(
    r"\bPASS(?:ED)?\b|\bSKIPPED\b|\bXFAIL\b|\.\.\. ok$|^\s*(?:\u2713|\u2714|ok \d)|--- PASS|"
    r"^\$ |^\+ |^\s*(?:WARN(?:ING)?|warning|DEBUG|INFO|NOTICE)\b|^npm warn|: warning: |"
    r"^\[(?:INFO|WARNING|DEBUG)\]|\blevel=(?:info|debug|warn)|^\s*#"
)
"""Lines in which words of errors are somebody else's: passed tests, echoed commands, warnings."""


def recognise(line: str) -> str:
    """Name of the sign that a line bears, "" if it bears none.

    An exception is what it says (no connection, no memory) before it is an exception. Where
    values are compared, words of errors are values.
    """
    low = line.lower().translate(_NO_DIGITS)
    if _NO_CAUSE.search(line):
        return ""
    for sign in _CODE_FIRST if _COMPARES.search(line) else _CODE_LAST:
        if any(word in low for word in sign.words) and sign.pattern.search(line):
            return sign.name
    return ""
