"""The search finds the smallest part of a change whose revert turns the failing cases green."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.backends.ddmin import Items, LimitReached, Probes, minimal_sets, minimise
from gatekeeper.backends.search import SearchBackend
from gatekeeper.domain import (
    Attempt,
    CaseChange,
    CaseId,
    CaseState,
    Context,
    Decision,
    Draft,
    Request,
    Trial,
    Verdict,
)
from gatekeeper.errors import SandboxError

REQUEST = Request(Context("unused"), round=1, candidates=1)
FOREVER = float("inf")


def contains(*wanted: Sequence[int]) -> Callable[[Items], bool]:
    """A monotone probe: holds where any of the wanted sets is wholly in."""
    return lambda items: any(set(one) <= items for one in wanted)


def search(
    count: int, probe: Callable[[Items], bool], **options: object
) -> tuple[SearchBackend[str], list[Items]]:
    """A search over hunks h0..hN, and the sets that were really tried."""
    tried: list[Items] = []

    def run(hunks: Sequence[str], also: Sequence[CaseId]) -> bool:
        items = frozenset(int(hunk[1:]) for hunk in hunks)
        tried.append(items)
        return probe(items)

    hunks = [f"h{number}" for number in range(count)]
    render = lambda chosen: Draft(diff=" ".join(chosen).encode())  # noqa: E731
    return SearchBackend(hunks, run, render, **options), tried  # type: ignore[arg-type]


def one_minimal(items: Items, probe: Callable[[Items], bool]) -> bool:
    """No single item can be left out; the empty set is the baseline, which is red."""
    return all(len(items) == 1 or not probe(items - {item}) for item in items)


MONOTONE = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n), st.lists(st.sets(st.integers(0, n - 1), min_size=1), min_size=1, max_size=4)
    )
)


@given(MONOTONE)
def test_of_monotone_probes_the_result_holds_and_is_minimal(
    case: tuple[int, list[set[int]]],
) -> None:
    """For monotone probes 1-minimal is minimal: the result is one of the sets that are needed."""
    count, wanted = case
    probe = contains(*map(tuple, wanted))
    found = minimise(frozenset(range(count)), Probes(probe, 10_000, FOREVER))
    assert not found.stopped
    assert probe(found.items)
    assert not any(
        probe(frozenset(less))
        for size in range(1, len(found.items))
        for less in combinations(found.items, size)
    )


@given(st.integers(1, 9), st.integers(0, 2**32), st.integers(2, 9))
def test_of_any_probe_the_result_holds_and_is_one_minimal(
    count: int, seed: int, one_in: int
) -> None:
    """Also where a part fails that a smaller part passes, as with hunks that need each other."""
    whole = frozenset(range(count))

    def probe(items: Items) -> bool:
        return items == whole or hash((seed, tuple(sorted(items)))) % one_in == 0

    probes = Probes(probe, 100_000, FOREVER)
    found = minimise(whole, probes)
    assert not found.stopped
    assert probe(found.items)
    assert one_minimal(found.items, probe)
    assert frozenset() not in probes.known


@given(MONOTONE, st.integers(1, 12))
def test_within_any_limit_the_result_still_holds(
    case: tuple[int, list[set[int]]], limit: int
) -> None:
    """A search that is stopped gives what it has, never more probes, and says that it stopped."""
    count, wanted = case
    probe = contains(*map(tuple, wanted))
    probes = Probes(probe, limit, FOREVER)
    found = minimise(frozenset(range(count)), probes)
    assert probes.spent <= limit
    assert probe(found.items)
    assert found.stopped or one_minimal(found.items, probe)


@given(MONOTONE)
def test_all_minimal_sets_of_a_monotone_probe_are_found(case: tuple[int, list[set[int]]]) -> None:
    """Each once, and no others."""
    count, wanted = case
    smallest = {frozenset(w) for w in wanted if not any(set(o) < set(w) for o in wanted)}
    probes = Probes(contains(*map(tuple, wanted)), 100_000, FOREVER)
    found = [each.items for each in minimal_sets(frozenset(range(count)), probes)]
    assert len(found) == len(set(found))
    assert set(found) == smallest
    assert frozenset() not in probes.known


def test_a_single_culprit_of_many_is_found_in_few_probes() -> None:
    """One of 256 hunks takes about two probes for each halving."""
    backend, tried = search(256, contains([171]))
    proposal = backend.propose(REQUEST)
    assert proposal.drafts[0].diff == b"h171"
    assert len(tried) <= 20


def test_the_draft_says_what_it_is() -> None:
    """Labelled revert, with a rationale that does not sell it as a repair."""
    backend, _ = search(6, contains([1, 4]))
    draft = backend.propose(REQUEST).drafts[0]
    assert (draft.label, draft.diff) == ("revert", b"h1 h4")
    assert "Takes back 2 of 6 revertible hunks" in draft.rationale
    assert "repairs nothing" in draft.rationale
    assert "no single hunk" in draft.rationale


def test_a_whole_change_that_is_needed_is_named_so() -> None:
    """Nothing smaller holds."""
    backend, _ = search(3, lambda items: len(items) == 3)
    assert "Takes back all 3 revertible hunks" in backend.propose(REQUEST).drafts[0].rationale


def test_no_set_is_tried_twice() -> None:
    """Probes cost a sandbox each."""
    backend, tried = search(10, contains([1, 4], [7, 8]), offers=9)
    for number in (1, 2, 3):
        backend.propose(replace(REQUEST, round=number))
    assert len(tried) == len(set(tried))


def test_each_round_offers_another_set_until_none_is_left() -> None:
    """Where the suite breaks with one revert, the next distinct one is offered; then exhausted."""
    backend, _ = search(10, contains([1, 4], [7, 8]), offers=9)
    rounds = [backend.propose(replace(REQUEST, round=n)) for n in (1, 2, 3, 4)]
    assert {p.drafts[0].diff for p in rounds[:2]} == {b"h1 h4", b"h7 h8"}
    assert [bool(p.drafts) for p in rounds] == [True, True, False, False]
    assert rounds[0].exhausted is False
    assert rounds[3].exhausted is True


def broke(name: str) -> Attempt:
    """An offered set that was rejected because this case broke."""
    change = CaseChange(CaseId("t", name), CaseState.PASSED, CaseState.FAILURE)
    return Attempt("1.1", 1, Draft(), Verdict(Decision.REJECTED, ()), trial=Trial(broken=(change,)))


def test_what_an_offered_set_broke_is_asked_for_too() -> None:
    """A part of a change that needs another part is taken back with it, and with no more."""
    asked: list[list[str]] = []

    def probe(hunks: Sequence[str], also: Sequence[CaseId]) -> bool:
        asked.append([case.name for case in also])
        return {"h4"} <= set(hunks) and (not also or {"h1", "h4"} <= set(hunks))

    backend = SearchBackend(
        [f"h{n}" for n in range(6)], probe, lambda h: Draft(diff=" ".join(h).encode())
    )
    first = backend.propose(REQUEST)
    second = backend.propose(replace(REQUEST, round=2, attempts=(broke("test_other"),)))
    assert [p.drafts[0].diff for p in (first, second)] == [b"h4", b"h1 h4"]
    assert asked[0] == []
    assert asked[-1] == ["test_other"]
    assert json.loads(second.raw)["probes"] == len(asked)


def test_learning_spends_the_same_probes() -> None:
    """A search that begins again gets no further allowance."""
    backend, tried = search(9, contains([4]), max_probes=12)
    for number in range(1, 9):
        attempts = tuple(broke(f"test_{n}") for n in range(number - 1))
        proposal = backend.propose(replace(REQUEST, round=number, attempts=attempts))
    assert len(tried) <= 12
    assert proposal.exhausted


def test_several_candidates_come_in_one_round_and_offers_bound_them() -> None:
    """`candidates` sets at once, never more than `offers` in all."""
    backend, _ = search(6, bool, offers=3)
    first = backend.propose(replace(REQUEST, candidates=2))
    second = backend.propose(replace(REQUEST, candidates=2, round=2))
    assert [len(p.drafts) for p in (first, second)] == [2, 1]
    assert len({d.diff for p in (first, second) for d in p.drafts}) == 3
    assert [first.exhausted, second.exhausted] == [False, True]


def test_a_cause_outside_of_the_change_costs_one_probe() -> None:
    """If the whole revert is not green, no part is tried, and the note says why."""
    backend, tried = search(50, lambda items: False)
    proposal = backend.propose(REQUEST)
    assert len(tried) == 1
    assert (proposal.drafts, proposal.exhausted) == ((), True)
    assert "does not turn the failing tests green" in proposal.notes[0]


def test_a_change_without_hunks_is_exhausted_at_once() -> None:
    """Nothing to revert, nothing to try."""
    backend, tried = search(0, lambda items: True)
    proposal = backend.propose(REQUEST)
    assert not tried
    assert proposal.exhausted
    assert "no revertible hunk" in proposal.notes[0]


def test_at_the_limit_of_probes_the_best_is_offered_and_says_so() -> None:
    """A revert that is too large is still proof of where the cause is."""
    backend, tried = search(64, contains([3, 60]), max_probes=6)
    proposal = backend.propose(REQUEST)
    assert len(tried) == 6
    assert proposal.exhausted
    assert "stopped at the limit of 6 probes" in proposal.drafts[0].rationale
    assert contains([3, 60])(
        frozenset(int(h[1:]) for h in proposal.drafts[0].diff.decode().split())
    )


def test_no_time_is_no_probe() -> None:
    """The deadline of the request counts as well as the own limit."""
    backend, tried = search(4, contains([1]))
    proposal = backend.propose(replace(REQUEST, deadline=time.monotonic() - 1))
    assert not tried
    assert "the time limit before anything was found" in proposal.notes[0]


def test_the_answer_that_is_stored_says_what_was_tried() -> None:
    """Every set with its colour, so that a reader can check the search."""
    backend, tried = search(4, contains([2]))
    stored = json.loads(backend.propose(REQUEST).raw)
    assert stored["backend"] == "search"
    assert (stored["hunks"], stored["probes"]) == (4, len(tried))
    assert {"reverted": [2], "green": True} in stored["tried"]
    assert [draft["diff"] for draft in stored["drafts"]] == ["h2"]


def test_an_engine_that_fails_is_not_a_red_probe() -> None:
    """SandboxError ends the search: it says nothing about a hunk."""

    def broken(items: Items) -> bool:
        raise SandboxError("gone")

    backend, _ = search(4, broken)
    with pytest.raises(SandboxError):
        backend.propose(REQUEST)


def test_each_probe_is_told() -> None:
    """A person who watches sees the search get closer."""
    said: list[str] = []
    backend, tried = search(4, contains([3]), say=said.append)
    backend.propose(REQUEST)
    assert len(said) == len(tried)
    assert said[0] == "revert of 4 of 4 revertible hunks: green"
    assert "revert of 1 of 4 revertible hunks: not green" in said


def test_a_limit_between_two_sets_ends_the_search() -> None:
    """The generator says so instead of giving a set that was not proven."""
    probes = Probes(contains([0], [1]), 2, FOREVER)
    sets = minimal_sets(frozenset({0, 1}), probes)
    assert next(sets).items in ({0}, {1})
    with pytest.raises(LimitReached):
        list(sets)
