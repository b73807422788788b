"""Which testcase is which across runs: what changes in a name by itself is masked."""

from __future__ import annotations

import hashlib
import re

from gatekeeper.domain import CaseId

MAX_NAME = 1000
"""Characters of a name that are kept; a longer one ends in a hash of the whole."""

_VOLATILE = re.compile(
    r"(?P<time>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<address>\b0x[0-9a-fA-F]{6,}\b)"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|(?P<tmp>/pytest-of-[^/\s]+/pytest-\d+|/tmp/tmp[a-z0-9_]{8}\b|/var/folders/[^/\s]+/[^/\s]+)"
    r"|(?P<pid>\bpid[=: ]\d+)"
    r"|(?P<stamp>\b20[2-9]\d(?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d[0-5]\d\b)"  # 20261121050446
    r"|(?P<clock>\b1[5-9]\d{8}(?:\.\d+|\d{3})?(?![\w.]))"  # seconds or ms since 1970, from 2017 on
)
_SIGNS = (":", "0x", "/", "pid")
_OTHER_SIGN = re.compile(r"-[0-9a-fA-F]{4}-|1[5-9]\d{8}")
_STAMP = re.compile(r"20[2-9]\d{11}")  # by itself: the engine looks for its first letters quickly
_HINT = re.compile(r"\d[T ]\d|0x|/|pid|-[0-9a-fA-F]{4}-|1[5-9]\d{8}|20[2-9]\d{11}")


def case_id(classname: str, name: str) -> CaseId:
    """The identity of a testcase; two runs of the same test get the same one."""
    return CaseId(masked(classname), masked(name))


def is_volatile(name: str) -> bool:
    """Whether `name`, as a report writes it, holds a part that another run would write otherwise.

    Such a name cannot be given to a test runner to select the test by.
    """
    return _VOLATILE.search(name) is not None


def masked(text: str) -> str:
    """`text` with its volatile parts replaced by what they are, and bounded."""
    if len(text) > MAX_NAME:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        text = f"{text[:MAX_NAME]}...{digest}"
    if _HINT.search(text) is None:  # cheaper than the whole question; nearly every name ends here
        return text
    return _VOLATILE.sub(lambda found: f"<{found.lastgroup}>", text)


def masked_all(names: list[str]) -> list[str]:
    """`masked` of each; quick where not one of them has a sign of a volatile part."""
    if max(map(len, names), default=0) <= MAX_NAME:
        together = "\n".join(names)
        signs = _OTHER_SIGN.search(together) or _STAMP.search(together)
        if signs is None and not any(map(together.__contains__, _SIGNS)):
            return names
    return [masked(name) for name in names]
