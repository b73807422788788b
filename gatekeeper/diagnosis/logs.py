"""What kind of failure the raw log of a job tells, by its passages; no model is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from gatekeeper.diagnosis.log_signs import SIGNS
from gatekeeper.diagnosis.log_signs.model import LogSign
from gatekeeper.domain import Category, Delta, Diagnosis, Frame, LogText, Passage, Suspect
from gatekeeper.intake.places import is_test
from gatekeeper.intake.stacktrace import frames as frames_of
from gatekeeper.ports import Tree

SHOWN = 3
"""Passages of one log that are shown."""

_BESIDE = ("after_script", "restore_cache", "upload_artifacts", "archive_cache", "cleanup_file")
"""Sections of GitLab's runner in which a failure does not fail the job."""

_BESIDE_COST = 45
_LATER = 4.0  # what the end of a log is worth more than its beginning
_APART = 100  # lines between two passages of one sign that belong together
_GO_STATE = re.compile(r"\s*--- (?:PASS|FAIL)")
_PASSED_COST = 60
_WENT_ON = re.compile(
    r"(?i)^\W*warn|\bretry|\btrying again|\b(?:going|goes) on\b|\bcontinuing\b|\bignor(?:ed|ing)\b|"
    r"\bfalling back\b|\bskipping\b"
)
_WENT_ON_COST = 25
_CONFIDENT = {90: 0.85, 70: 0.75, 50: 0.6, 30: 0.45, 0: 0.3}
_SECOND = 0.05  # another passage says the same
_OTHER = -0.15  # another passage, as strong, says something else
_OURS = 0.05  # a file of the workspace is named


@dataclass(frozen=True, slots=True)
class _Reading:
    """One passage, what its sign says here, and how likely it is the cause."""

    passage: Passage
    sign: LogSign
    category: Category
    says: str
    advice: str
    score: float


def diagnose_log(
    logs: Sequence[LogText], delta: Delta, tree: Tree, roots: Sequence[str] = ()
) -> tuple[Diagnosis, tuple[Passage, ...]]:
    """What the logs of a job say, and the passages that say it, the most telling first.

    With no sign the category is unknown and the passages are the logs' last lines. `roots` are
    folders at which the workspace may have been when the logs were written.
    """
    known = tree.paths()
    readings = [
        _read(passage, score, known, roots) for log in logs for passage, score in _scored(log)
    ]
    if not readings:
        tails = tuple(log.tail for log in logs if log.tail is not None)[:SHOWN]
        return _nothing(logs), tails
    ranked = sorted(readings, key=lambda reading: -reading.score)
    first = ranked[0]
    shown = _shown(ranked)
    ours = [frame for frame in frames_of(first.passage.text, known, roots) if frame.ours]
    confidence, reasons = _confidence(first, ranked, ours)
    found = _suspects(ours, delta)
    return (
        Diagnosis(
            first.category,
            _summary(first, ours),
            found,
            _advice(first, found),
            confidence,
            reasons,
        ),
        shown,
    )


def _scored(log: LogText) -> Iterator[tuple[Passage, float]]:
    """How likely each passage is the cause: by its sign, its place, and what follows it."""
    for name in dict.fromkeys(passage.sign for passage in log.passages):
        alike = [passage for passage in log.passages if passage.sign == name]
        leading = _first_of_last_group(alike)
        for passage in alike:
            place = alike[-1].at if passage is leading else passage.at
            score = SIGNS[name].weight + _LATER * place / max(1, log.lines)
            score += 1 if passage is leading else 0
            if passage.section.startswith(_BESIDE):
                score -= _BESIDE_COST
            yield passage, score - _went_on(passage)


def _first_of_last_group(alike: Sequence[Passage]) -> Passage:
    """A tool that fails says so many times, and its first words tell most."""
    first = alike[-1]
    for passage in reversed(alike[:-1]):
        if first.at - passage.at > _APART:
            break
        first = passage
    return first


def _went_on(passage: Passage) -> float:
    """What the lines after it take off: somebody counted on it, or the test passed all the same."""
    after = passage.lines[passage.at - passage.start + 1 :]
    state = next((found[0] for line in after if (found := _GO_STATE.match(line))), "")
    if state == "--- PASS":
        return _PASSED_COST
    return _WENT_ON_COST if any(_WENT_ON.search(line) for line in after[:3]) else 0


def _read(passage: Passage, score: float, known: frozenset[str], roots: Sequence[str]) -> _Reading:
    sign = SIGNS[passage.sign]
    found = sign.pattern.search(passage.said)
    group = next((text for text in found.groups() if text), "") if found else ""
    category, says, advice = _in_context(sign, group.strip(), passage, known, roots)
    return _Reading(passage, sign, category, says, advice, score)


def _in_context(
    sign: LogSign, group: str, passage: Passage, known: frozenset[str], roots: Sequence[str]
) -> tuple[Category, str, str]:
    """The sign's category, or what the passage around it and the workspace make of it."""
    says = sign.says.format(_short(group))
    if sign.name in _MODULES and _is_ours(group, known):
        return (
            Category.PRODUCT_BUG,
            f"a module of this project cannot be loaded ({group})",
            f"Restore `{group}`, or correct the place that imports it.",
        )
    if sign.name in _DOWNLOADS and any(map(_NO_NETWORK.search, passage.lines)):
        return (
            Category.INFRASTRUCTURE,
            f"the registry cannot be reached, so {says}",
            "Check the network and the registry's address; run the job again.",
        )
    if sign.name == "system header" and _has_header(group, known):
        return Category.BUILD, says, "Add the header's folder to the include path."
    if sign.category is Category.PRODUCT_BUG and _only_in_tests(passage, group, known, roots):
        return (
            Category.TEST_BUG,
            f"the error arises in test code ({_short(group)})",
            "Look at the test first: no product code is in the stack trace.",
        )
    return sign.category, says, sign.advice


_MODULES = ("Python module", "imported name", "Node module", "Ruby gem", "TypeScript module")
_DOWNLOADS = ("pip", "npm package", "Maven artifact", "crate", "apt", "Go module")
_NO_NETWORK = re.compile(
    r"Failed to establish a new connection|[Cc]onnection refused|ECONNREFUSED|"
    r"[Nn]ame resolution|Name or service not known|[Rr]ead timed out|after connection broken"
)
_COMPARES = re.compile(
    r"\bassert|\bexpect|Expected|Assertion|Received|\bgot\b|Failed asserting|FAIL"
)


def _is_ours(module: str, known: frozenset[str]) -> bool:
    if module.startswith("."):
        return True
    top = re.split(r"[./\\]", module, maxsplit=1)[0]
    return any(
        path.startswith((f"{top}/", f"src/{top}/")) or path in (f"{top}.py", f"src/{top}.py")
        for path in known
    )


def _has_header(name: str, known: frozenset[str]) -> bool:
    return any(path == name or path.endswith(f"/{name}") for path in known)


def _only_in_tests(
    passage: Passage, group: str, known: frozenset[str], roots: Sequence[str]
) -> bool:
    """Whether an error, not a comparison, has its whole stack trace in tests."""
    if _COMPARES.search(passage.said) or _COMPARES.match(group):
        return False
    places = [frame.path for frame in frames_of(passage.text, known, roots) if frame.ours]
    return bool(places) and all(map(is_test, places))


def _shown(ranked: Sequence[_Reading]) -> tuple[Passage, ...]:
    """The most telling passages, none of which is inside of another."""
    shown: list[Passage] = []
    for reading in ranked:
        one = reading.passage
        if len(shown) < SHOWN and not any(
            other.source == one.source and other.start <= one.at < other.start + len(other.lines)
            for other in shown
        ):
            shown.append(one)
    return tuple(shown)


def _nothing(logs: Sequence[LogText]) -> Diagnosis:
    lines = sum(log.lines for log in logs)
    return Diagnosis(
        Category.UNKNOWN,
        f"None of the {lines} lines of the log says why the job failed.",
        suggested_fix="Read the last lines of the log; run the command with more output.",
        confidence=0.1,
        confidence_reasons=("+0.10 a log was read, and nothing in it names a cause",),
    )


def _confidence(
    first: _Reading, ranked: Sequence[_Reading], ours: Sequence[Frame]
) -> tuple[float, tuple[str, ...]]:
    weight = first.sign.weight
    base = next(value for least, value in _CONFIDENT.items() if weight >= least)
    terms = [(base, f"line {first.passage.at} says it: {first.says}")]
    strong = [each for each in ranked[1:] if each.score > first.score - 10]
    if any(each.category is first.category for each in strong):
        terms.append((_SECOND, "another line says the same"))
    if any(each.category is not first.category for each in strong):
        terms.append((_OTHER, "another line names another kind of cause"))
    if ours:
        terms.append((_OURS, "it names a file of the workspace"))
    total = round(min(0.9, sum(value for value, _ in terms)), 2)
    return total, tuple(f"{value:+.2f} {why}" for value, why in terms)


def _summary(first: _Reading, ours: Sequence[Frame]) -> str:
    where = f" at {ours[0].path}:{ours[0].line}" if ours else ""
    says = first.says[:1].upper() + first.says[1:]
    return f"{says}{where}. Line {first.passage.at} of {first.passage.source} says so."


def _suspects(ours: Sequence[Frame], delta: Delta) -> tuple[Suspect, ...]:
    """Files of the workspace that the passage names; what the author changed comes first."""
    changed = {change.path for change in delta.files if change.status != "D"}
    best: dict[str, Suspect] = {}
    for position, frame in enumerate(ours):
        score, why = max(0.3, 0.6 - 0.05 * position), "the log names this line"
        if is_test(frame.path):
            score = 0.15
        if frame.path in changed:
            score, why = score + 0.3, f"{why}, in a file that the author changed"
        found = Suspect(frame.path, frame.line, frame.line, round(score, 2), why, frame.function)
        if frame.path not in best or best[frame.path].score < found.score:
            best[frame.path] = found
    return tuple(sorted(best.values(), key=lambda one: (-one.score, one.path))[:10])


def _advice(first: _Reading, found: Sequence[Suspect]) -> str:
    code = (Category.PRODUCT_BUG, Category.TEST_BUG, Category.BUILD, Category.LINT)
    if not found or first.category not in code:
        return first.advice
    start = f":{found[0].start}" if found[0].start else ""
    return f"{first.advice} Start at {found[0].path}{start}."


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".:")
    return line if len(line) <= 160 else f"{line[:150]} [...]"


def cleaned(log: LogText, shown: Sequence[Passage], redact: Callable[[str], str]) -> LogText:
    """The log with the passages that are shown, and no secret in them; lines keep their numbers."""
    mine = [
        replace(passage, lines=tuple(redact(passage.text).split("\n")))
        for passage in shown
        if passage.source == log.source
    ]
    return replace(log, passages=tuple(mine), tail=None)


def outside_of_tests(diagnosis: Diagnosis) -> bool:
    """Whether no change of the code that the tests try can help."""
    inside = (Category.PRODUCT_BUG, Category.TEST_BUG, Category.FLAKY, Category.UNKNOWN)
    return diagnosis.category not in inside
