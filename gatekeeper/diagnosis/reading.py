"""One failing case: what kind of failure it is, and by what that is seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gatekeeper.diagnosis.signs import missing_module, signs
from gatekeeper.diagnosis.told import MAX_TEXT, exception, told
from gatekeeper.domain import CaseResult, Category, Delta, Frame
from gatekeeper.intake.places import is_test
from gatekeeper.intake.stacktrace import Locator, frames_of_case
from gatekeeper.ports import Tree

_ASSERTION = re.compile(  # every gap is bounded: the text is somebody else's
    r"\bAssert(?:ion|ed)?(?:Error|FailedError|ionFailedError)\b|ComparisonFailure|"
    r"ExpectationNotMet|Failed asserting|\bassertion\b.{0,300}\bfailed\b|ERR_ASSERTION|"
    r"\bexpect\(.{0,300}\)\.|\bexpected\b.{0,300}\b(?:but|got|actual|was|to)\b|"
    r"\bgot\b.{0,300}\bwant\b|\bwant\b.{0,300}\bgot\b|= .{1,300}, want\b|"
    r"^(?:E +)?assert |\bAssert\.\w+(?:\(\))? fail|"
    r"\bcheck_(?:eq|ne|lt|gt)\w*\(|error: check\(|\bcondition was false|"
    r"\) is (?:true|false)\) failed|Expected equality of|DID NOT RAISE|Missing expected exception|"
    r"^[ \t]{0,40}Expected:.{0,300}(?:\n.{0,300}){0,5}\n[ \t]{0,40}"
    r"(?:Actual|Received|But was|Got):",
    re.IGNORECASE | re.MULTILINE,
)
# What JUnit 5 and Robot Framework call an assertion, and is none.
_NO_ASSERTIONS = ("execution timed out", "execution exceeded", "No keyword with name")
# Classes that code of a project raises for reasons of its own: then words are no signs of trouble.
_PLAIN = frozenset({
    "ValueError", "TypeError", "KeyError", "IndexError", "AttributeError", "ZeroDivisionError",
    "RangeError", "ArgumentError", "IllegalArgumentException", "IllegalStateException",
    "NullPointerException", "InvalidArgumentException", "LogicException",
})  # fmt: skip
_TROUBLE = frozenset({
    Category.INFRASTRUCTURE, Category.TIMEOUT, Category.RESOURCE, Category.DEPENDENCY,
})  # fmt: skip

# What a message names that is not as the caller, mostly the test, thinks it is.
_NAMED = re.compile(
    r"module '([\w.]+)' has no attribute|"
    r"(?:type object )?'([A-Z]\w*)' (?:object )?has no attribute|"
    r"\b(\w+)(?:\.__init__|\.__new__)?\(\) (?:got an unexpected|got multiple|missing \d|takes )|"
    r"\b([A-Za-z_$][\w$]*)\(?[^\s()]{0,80}\)?(?:\.[\w$]+)+ is not a (?:function|constructor)|"
    r"Call to undefined method ([\w\\]+)::|"
    r"undefined method [`'][^`'\n]+' for (?:class )?([A-Z]\w*)"
)
_NOTHING = re.compile(
    r"'NoneType' object|Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null)|"
    r"for nil(?::NilClass)?|on null\b|nil pointer dereference|because .{1,200} is null"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one failing case is, and why."""

    category: Category
    why: str
    advice: str
    clear: bool  # a sign of the table, not an inference
    frames: tuple[Frame, ...] = field(default=(), compare=False)  # those of the workspace


def read_case(
    case: CaseResult, tree: Tree, delta: Delta, index: Locator, *, again: bool = False
) -> Reading:
    """By what the runner says of the rerun, by signs, by whether values were compared, by place.

    `index` knows the files of `tree`; `again` says that the same report has the case once more,
    passed, after it was red.
    """
    ours = tuple(frame for frame in frames_of_case(case, index) if frame.ours)
    found = _by_words(case, tree.paths(), ours, again=again) or _by_place(case, ours, tree, delta)
    return replace(found, frames=ours)


def compares(case: CaseResult) -> bool:
    """Whether the failure is a comparison of values, by what the runner says of it."""
    return _ASSERTION.search(told(case)) is not None


def _by_words(
    case: CaseResult, known: frozenset[str], ours: Sequence[Frame], *, again: bool
) -> Reading | None:
    if case.flaky or again:
        return Reading(
            Category.FLAKY, "the report itself says that a rerun passed",
            "Find what differs between the runs: time, order, randomness, shared state.",
            case.flaky,
        )  # fmt: skip
    if _is_assertion(case):
        return None
    text = told(case)
    module = missing_module(text)
    if module:
        return _missing(module, known)
    own = exception(case) in _PLAIN and bool(ours) and not is_test(ours[0].path)
    for sign, group in signs(text):
        if not (own and sign.category in _TROUBLE):
            says = sign.says.format(group).replace(" ()", "")
            return Reading(sign.category, says, sign.advice, True)
    return None


def _is_assertion(case: CaseResult) -> bool:
    """Whether the test compared values: then words in the values are no signs."""
    if re.search(r"(?i)assert|comparison|expectation", case.kind):
        return not case.message.startswith(_NO_ASSERTIONS)
    if re.match(r"(?i)assert|AssertionError", case.message):
        return True
    first = case.message.strip().partition("\n")[0]
    return "code: 'ERR_ASSERTION'" in case.details[:MAX_TEXT] or (
        re.match(r"(?i)(?:error: )?expect(?:ed|\()", first) is not None
        and _ASSERTION.search(case.message) is not None
    )


def _missing(module: str, known: frozenset[str]) -> Reading:
    stem = re.sub(r"^(?:file://)?\.{0,2}/", "/", module).replace("\\", "/")
    if not module.startswith(("/", ".", "file:")):
        stem = stem.replace(".", "/")
    top = stem.strip("/").partition("/")[0]
    ours = any(f"/{path}".find(f"/{top}/") >= 0 or _is_named(path, top) for path in known)
    if ours or module.startswith((".", "/", "file:")):
        return Reading(
            Category.PRODUCT_BUG, f"something of this project cannot be loaded ({module})",
            f"Restore it in `{module}`, or correct the place that imports it.", True,
        )  # fmt: skip
    return Reading(
        Category.DEPENDENCY, f"the module `{module}` is not installed",
        f"Install `{module}` in the job's image, or declare it as a dependency.", True,
    )  # fmt: skip


def _is_named(path: str, top: str) -> bool:
    return f"/{path}".rpartition("/")[2].partition(".")[0] == top and bool(top)


def _by_place(case: CaseResult, ours: Sequence[Frame], tree: Tree, delta: Delta) -> Reading:
    """No sign: a comparison, else the innermost frame of the workspace decides."""
    if compares(case):
        return Reading(
            Category.PRODUCT_BUG, "an assertion of the test does not hold",
            "Make the code return what the test expects; the test is the contract.", False,
        )  # fmt: skip
    inner = ours[0] if ours else None
    if inner and all(is_test(frame.path) for frame in ours):
        return _in_the_test(case, inner, tree, delta)
    if inner:
        return Reading(
            Category.PRODUCT_BUG, f"the error arises in {place(inner)}",
            f"Correct `{inner.function or inner.path}` for the input of the test.", False,
        )  # fmt: skip
    return Reading(
        Category.UNKNOWN, "neither the message nor the stack trace names a cause",
        "Read the whole log of the job, then run the failing test alone.", False,
    )  # fmt: skip


def _in_the_test(case: CaseResult, inner: Frame, tree: Tree, delta: Delta) -> Reading:
    """Only test code is in the trace: the test's fault, unless it tells what the product lacks."""
    text = told(case)
    named = _named(text)
    if named and not _defined(named, tree.read(inner.path)):
        return Reading(
            Category.PRODUCT_BUG, f"`{named}` is not what the test takes it for",
            f"Give `{named}` what the test calls; the test is the contract.", False,
        )  # fmt: skip
    if _NOTHING.search(text):
        return Reading(
            Category.PRODUCT_BUG, f"the test is given nothing where it expects a value "
            f"({place(inner)})", "Let the code that the test calls return that value.", False,
        )  # fmt: skip
    changed = {change.path for change in delta.files}
    if inner.path not in changed and any(not is_test(path) for path in changed):
        return Reading(
            Category.PRODUCT_BUG, f"the error arises in test code ({place(inner)}), which the "
            "change under test did not touch", "Look at what the change gives to the test.", False,
        )  # fmt: skip
    return Reading(
        Category.TEST_BUG, f"the error arises in test code ({place(inner)})",
        "Look at the test first: no product code is in the stack trace.", False,
    )  # fmt: skip


def _named(text: str) -> str:
    found = _NAMED.search(text)
    return next((group for group in found.groups() if group), "") if found else ""


def _defined(name: str, source: bytes | None) -> bool:
    """Whether a file defines the name itself (or it is one of the language's own types)."""
    if name in ("NoneType", "Array", "String", "Object", "Promise"):
        return True
    last = re.split(r"[.\\]", name)[-1]
    shape = rb"\b(?:def|class|function|func|fun|const|let|var|module)\s+" + re.escape(last).encode()
    return source is not None and re.search(shape + rb"\b", source[:200_000]) is not None


def place(frame: Frame) -> str:
    """`PATH:LINE`, or the path alone."""
    return f"{frame.path}:{frame.line}" if frame.line else frame.path
