"""Signs in the text of a failure that give its category away: a table, first match wins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gatekeeper.domain import Category


@dataclass(frozen=True, slots=True)
class Sign:
    """A pattern, what it says, and what a person does next. `{0}` is the first group."""

    category: Category
    pattern: re.Pattern[str]
    says: str
    advice: str


def _sign(category: Category, pattern: str, says: str, advice: str) -> Sign:
    return Sign(category, re.compile(pattern, re.MULTILINE), says, advice)


_SIGNS = (
    _sign(
        Category.RESOURCE,
        r"\bMemoryError\b|java\.lang\.OutOfMemoryError|JavaScript heap out of memory|"
        r"Cannot allocate memory|No space left on device|\bENOSPC\b|Too many open files|\bEMFILE\b",
        "the machine ran out of memory, disk or file handles",
        "Give the job more of it, or make the test use less; a change of code may not be needed.",
    ),
    _sign(
        Category.INFRASTRUCTURE,
        r"Temporary failure in name resolution|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|"
        r"Name or service not known|UnknownHostException|no such host|"
        r"Cannot connect to the Docker daemon|\bECONNREFUSED\b|ConnectionRefusedError|"
        r"Connection refused|\bECONNRESET\b|ConnectionResetError|Network is unreachable|"
        r"(?:502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)",
        "a service or the network did not answer",
        "Check the services of the job; run it again before changing code.",
    ),
    _sign(
        Category.TIMEOUT,
        r"Failed: Timeout|\bTimeoutError\b|TimeoutException|TimeoutExpired|test timed out|"
        r"Exceeded timeout of \d+ ?ms|panic: test timed out|timed out after \d+",
        "a time limit was reached",
        "Look for a loop or a wait without end in the code under test before raising the limit.",
    ),
    _sign(
        Category.DEPENDENCY,
        r"No matching distribution found|VersionConflict|DistributionNotFound|npm ERR! ERESOLVE|"
        r"PackageNotFoundError|Could not resolve dependencies|unresolved import|"
        r"cannot find package|no required module provides package|"
        r"java\.lang\.(?:NoClassDefFoundError|ClassNotFoundException)",
        "a dependency is missing or has the wrong version",
        "Install or pin the dependency in the job's image or lock file.",
    ),
    _sign(
        Category.TEST_BUG,
        r"fixture '([^'\n]+)' not found",
        "the test asks for a fixture that does not exist ({0})",
        "Correct the test or add the fixture; product code is not the cause.",
    ),
    _sign(
        Category.CONFIGURATION,
        r"ImproperlyConfigured|environment variable \S{1,200} (?:is )?(?:not set|missing|required)|"
        r"KeyError: '[A-Z][A-Z0-9]*_[A-Z0-9_]+'|unrecognized arguments|"
        r"Missing required (?:setting|configuration)|'\S{1,200}' not found in `markers`",
        "a setting or an environment variable is missing or wrong",
        "Set it in the job, or give the code a default.",
    ),
    _sign(
        Category.BUILD,
        r"\b(?:SyntaxError|IndentationError|TabError)\b|error TS\d+|error\[E\d+\]|"
        r"COMPILATION ERROR|cannot find symbol|\[build failed\]|undefined: \w+|"
        r"error: expected |PHP Parse error|ParseError: ",
        "the code does not compile",
        "Repair the syntax or the missing name at the place named.",
    ),
    _sign(
        Category.LINT,
        r"^(?:would reformat|Oh no! )|\b[EWF]\d{3} .+|eslint\(|✖ \d+ problems?",
        "a linter complains",
        "Do what the linter says at the place named.",
    ),
)  # fmt: skip

_MISSING_MODULE = re.compile(
    r"No module named '([^'\n]+)'|Cannot find (?:module|package) '([^'\n]+)'|"
    r"cannot load such file -- (\S+)|Class \"([^\"\n]+)\" not found"
)


def signs(text: str) -> Iterator[tuple[Sign, str]]:
    """Each sign that the text bears, in the order of the table, with its first group."""
    for sign in _SIGNS:
        found = sign.pattern.search(text)
        if found:
            yield sign, (found[1] or "") if found.re.groups else ""


def missing_module(text: str) -> str:
    """The module that could not be loaded, or ""."""
    found = _MISSING_MODULE.search(text)
    return next((group for group in found.groups() if group), "") if found else ""
