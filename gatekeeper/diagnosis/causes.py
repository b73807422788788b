"""Failing cases that look like one failure are one cause: kind, place and message together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.diagnosis.reading import Reading, place, read_case
from gatekeeper.diagnosis.told import exception, normal, one_line
from gatekeeper.domain import CaseId, CaseResult, CaseState, Category, Cause, Delta, RunReport
from gatekeeper.intake.places import is_test
from gatekeeper.intake.stacktrace import Locator
from gatekeeper.ports import Tree

MAX_READ = 100
"""Failing cases that are read; of the others only what they say is compared."""
MAX_CAUSES = 10
MAX_NAMED = 50
"""Cases that one cause names."""

# Where something around the tests is to blame, the place of each test says nothing.
_AROUND = frozenset({
    Category.INFRASTRUCTURE, Category.DEPENDENCY, Category.CONFIGURATION, Category.RESOURCE,
    Category.BUILD,
})  # fmt: skip

_Key = tuple[str, ...]


@dataclass(slots=True)
class _Group:
    reading: Reading
    first: CaseResult
    ids: list[CaseId]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The causes, the most frequent first, and what the first one was read from."""

    causes: tuple[Cause, ...]
    left_out: tuple[CaseId, ...]  # cases of causes that were not taken on
    first: CaseResult
    reading: Reading
    mixed: bool  # not all of one category


def group(
    report: RunReport,
    failing: Sequence[CaseResult],
    tree: Tree,
    delta: Delta,
    roots: Sequence[str] = (),
) -> Grouped:
    """At most `MAX_CAUSES` causes of at least one failing case, and the names of the rest."""
    groups: dict[_Key, _Group] = {}
    by_words: dict[_Key, _Group] = {}
    unread: list[CaseId] = []
    again = _green_again(report)
    index = Locator(tree.paths(), roots)
    for number, case in enumerate(failing):
        words = (exception(case), normal(one_line(case)))
        if number >= MAX_READ:
            known = by_words.get(words)
            (known.ids if known else unread).append(case.id)
            continue
        reading = read_case(case, tree, delta, index, again=case.id in again)
        found = groups.setdefault(_key(reading, words), _Group(reading, case, []))
        found.ids.append(case.id)
        by_words.setdefault(words, found)
    return _ranked(list(groups.values()), unread)


def _ranked(groups: list[_Group], unread: Sequence[CaseId]) -> Grouped:
    votes: Counter[Category] = Counter()
    for each in groups:
        votes[each.reading.category] += len(each.ids)
    first_of = {each.reading.category: -number for number, each in enumerate(groups)}

    def weight(each: _Group) -> tuple[bool, int, int, int]:
        category = each.reading.category
        known = category is not Category.UNKNOWN
        return known, votes[category], first_of[category], len(each.ids)

    ordered = sorted(groups, key=weight, reverse=True)  # a stable order: the report's
    left_out = [id_ for each in ordered[MAX_CAUSES:] for id_ in each.ids]
    main = ordered[0]
    return Grouped(
        tuple(_cause(each) for each in ordered[:MAX_CAUSES]),
        (*left_out, *unread),
        main.first,
        main.reading,
        len(votes) > 1,
    )


def _key(reading: Reading, words: _Key) -> _Key:
    if reading.clear and reading.category in _AROUND:
        return reading.category, reading.why
    return (reading.category, _where(reading), *words)


def _where(reading: Reading) -> str:
    """The innermost frame of product code, else of support code, else the file of the test."""
    ours = reading.frames
    product = next((frame for frame in ours if not is_test(frame.path)), None)
    if product is not None:
        return f"{product.path} {product.function or product.line}"
    if ours and ours[0].path != ours[-1].path:
        return place(ours[0])
    return ours[-1].path if ours else ""


def _cause(each: _Group) -> Cause:
    ours = each.reading.frames
    frame = next((one for one in ours if not is_test(one.path)), ours[0] if ours else None)
    said = one_line(each.first)
    return Cause(
        each.reading.category,
        f"{each.reading.why}: {said}" if said else each.reading.why,
        tuple(each.ids[:MAX_NAMED]),
        len(each.ids),
        frame.path if frame else "",
        frame.line if frame else None,
    )


def _green_again(report: RunReport) -> frozenset[CaseId]:
    """Cases that the report has as red and, after that, as passed (gotestsum --rerun-fails)."""
    red: set[tuple[CaseId, str]] = set()
    last: dict[CaseId, CaseState] = {}
    for case in report.cases:
        if case.state.red:
            red.add((case.id, case.suite))
            last[case.id] = case.state
        elif case.state is CaseState.PASSED and (case.id, case.suite) in red:
            last[case.id] = case.state
    return frozenset(id_ for id_, state in last.items() if state is CaseState.PASSED)
