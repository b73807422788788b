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
        Category.FLAKY,
        r"test passed on attempt \d+/\d+|\bflaky failure\b",
        "the runner itself says that a rerun passed",
        "Find what differs between the runs: time, order, randomness, shared state.",
    ),
    _sign(
        Category.RESOURCE,
        r"\bMemoryError\b|java\.lang\.OutOfMemoryError|JavaScript heap out of memory|"
        r"[Cc]annot allocate memory|failed to allocate memory|NoMemoryError|\bENOMEM\b|"
        r"Array buffer allocation failed|Invalid string length|Allowed memory size of \d+ bytes|"
        r"[Nn]o space left on device|\bENOSPC\b|Disk quota exceeded|"
        r"[Tt]oo many open files|\bEMFILE\b|can't start new thread|unable to create native thread|"
        r"Resource temporarily unavailable|died with <Signals\.SIGKILL|signal: killed|"
        r"exit(?:ed with)? (?:code|status) (?:137|-9)\b",
        "the machine ran out of memory, disk, threads or file handles",
        "Give the job more of it, or make the test use less; a change of code may not be needed.",
    ),
    _sign(
        Category.INFRASTRUCTURE,
        r"Temporary failure in name resolution|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|"
        r"Name or service not known|nodename nor servname|UnknownHostException|no such host|"
        r"Cannot connect to the Docker daemon|\bECONNREFUSED\b|ConnectionRefusedError|"
        r"[Cc]onnection refused|\bECONNRESET\b|ConnectionResetError|[Cc]onnection reset by peer|"
        r"[Nn]etwork is unreachable|\bEHOSTUNREACH\b|[Nn]o route to host|\bfetch failed\b|"
        r"(?:502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out)",
        "a service or the network did not answer",
        "Check the services of the job; run it again before changing code.",
    ),
    _sign(
        Category.TIMEOUT,
        r"Failed: Timeout|\bTimeoutError\b|TimeoutException|TimeoutExpired|test timed out|"
        r"Exceeded timeout of \d+ ?ms|panic: test timed out|[Tt]imed out after \d+|"
        r"[Tt]est timeout of \d+ ?ms exceeded|Timeout of \d+ ?ms exceeded|testTimeoutFailure|"
        r"Timeout::Error|execution expired|execution timed out|context deadline exceeded|"
        r"execution exceeded timeout|callback was not invoked within",
        "a time limit was reached",
        "Look for a loop or a wait without end in the code under test before raising the limit.",
    ),
    _sign(
        Category.DEPENDENCY,
        r"No matching distribution found|VersionConflict|DistributionNotFound|npm ERR! ERESOLVE|"
        r"PackageNotFoundError|Could not resolve dependencies|unresolved import|"
        r"cannot find package|no required module provides package|"
        r"java\.lang\.(?:NoClassDefFoundError|ClassNotFoundException|NoSuchMethodError)|"
        r"^Gem::(?:LoadError|MissingSpecError)",
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
        Category.TEST_BUG,
        r"does not have the attribute '([^'\n]+)'",
        "the test replaces a name that does not exist ({0})",
        "Let the test patch the name that the code has now.",
    ),
    _sign(
        Category.TEST_BUG,
        r"^No keyword with name '([^'\n]+)' found|^This test did not perform any assertions",
        "the test itself is not complete ({0})",
        "Give the test what it lacks; product code is not the cause.",
    ),
    _sign(
        Category.PRODUCT_BUG,
        r"\bSIGSEGV\b|[Ss]egmentation fault|\bSIGABRT\b|\bSIGBUS\b|[Aa]ccess violation",
        "the program under test crashed",
        "Run the failing test under a debugger or a sanitizer; correct the first frame of yours.",
    ),
    _sign(
        Category.PRODUCT_BUG,
        r"WARNING: DATA RACE|ThreadSanitizer: data race|race detected during execution",
        "two threads use the same memory, and at least one writes",
        "Guard the memory that the report names by a lock, or do not share it.",
    ),
    _sign(
        Category.PRODUCT_BUG,
        r"(?:Address|Leak|Memory|UndefinedBehavior)Sanitizer: ([\w-]+)|: runtime error: (?=\w)",
        "a sanitizer found invalid use of memory or undefined behaviour ({0})",
        "Correct the code at the first frame of this project in the sanitizer's report.",
    ),
    _sign(
        Category.CONFIGURATION,
        r"spawn(?:Sync)? (\S+) ENOENT|exec: \"([^\"\n]+)\": executable file not found|"
        r"\b([\w.-]+): command not found|"
        r"FileNotFoundError: \[Errno 2\] No such file or directory: '([\w-]+)'$",
        "a program that is called is not installed ({0})",
        "Install it in the job's image, or check the name.",
    ),
    _sign(
        Category.CONFIGURATION,
        r"\bPermissionError\b|\bEACCES\b|[Pp]ermission denied|\bEPERM\b|Operation not permitted|"
        r"AccessDeniedException",
        "the job's user may not do what the test needs",
        "Check the owner and the mode of the file, and the user of the job.",
    ),
    _sign(
        Category.CONFIGURATION,
        r"ImproperlyConfigured|environment variable \S{1,200} (?:is )?(?:not set|missing|required)|"
        r"[Mm]issing (?:required )?environment variable|\S{1,200} environment variable is not set|"
        r"KeyError: '[A-Z][A-Z0-9]*_[A-Z0-9_]+'|key not found: \"[A-Z][A-Z0-9]*_[A-Z0-9_]+\"|"
        r"unrecognized arguments|"
        r"Missing required (?:setting|configuration)|'\S{1,200}' not found in `markers`",
        "a setting or an environment variable is missing or wrong",
        "Set it in the job, or give the code a default.",
    ),
    _sign(
        Category.BUILD,
        r"\b(?:SyntaxError|IndentationError|TabError)\b|error TS\d+|error\[E\d+\]|"
        r"COMPILATION ERROR|cannot find symbol|\[build failed\]|undefined: \w+|"
        r"error: expected (?:[^\w\s]|unqualified|declaration|expression|identifier|primary|"
        r"statement)|"
        r"PHP Parse error|ParseError: ",
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
    r"cannot import name '[^'\n]+' from (?:partially initialized module )?'([^'\n]+)'|"
    r"No module named '([^'\n]+)'|Cannot find (?:module|package) '([^'\n]+)'|"
    r"cannot load such file -- (\S+)|Class [\"']([^\"'\n]+)[\"'] not found|"
    r"Cannot find package '([^'\n]+)'"
)


def signs(text: str) -> Iterator[tuple[Sign, str]]:
    """Each sign that the text bears, in the order of the table, with its first group."""
    for sign in _SIGNS:
        found = sign.pattern.search(text)
        if found:
            yield sign, next((group for group in found.groups() if group), "")


def missing_module(text: str) -> str:
    """The module that could not be loaded, or ""."""
    found = _MISSING_MODULE.search(text)
    return next((group for group in found.groups() if group), "") if found else ""
