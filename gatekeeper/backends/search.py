"""Candidates without a model: the smallest part of the change whose revert turns the cases green.

A revert takes the author's work back and repairs nothing; every draft is labelled and named as
what it is. The backend knows hunks, and neither git nor engines: whoever builds it says how a
set of hunks is tried and how it becomes a draft.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from gatekeeper.backends.ddmin import Found, Items, LimitReached, Probes, minimal_sets
from gatekeeper.backends.stored import dump_drafts
from gatekeeper.domain import Attempt, CaseId, Draft, Proposal, Request

LABEL = "revert"

H = TypeVar("H")


@dataclass
class SearchBackend(Generic[H]):
    """Each round gets the next minimal sets that were not offered yet.

    Where the suite broke with a set, the search begins again and also asks for what broke: a
    part of a change may need another part of it.

    `hunks` are those of the change that a candidate may take back at all.
    `probe` says whether all failing cases, and those given, pass with the given hunks reverted;
    what does not apply, compile or end in time has not passed. `render` makes the draft. At most
    `max_probes` probes and `seconds` are spent over all rounds, and at most `offers` sets are
    offered. SandboxError of a probe passes through.
    """

    hunks: Sequence[H]
    probe: Callable[[Sequence[H], Sequence[CaseId]], bool]
    render: Callable[[Sequence[H]], Draft]
    max_probes: int = 100
    seconds: float = 900.0
    offers: int = 3
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)
    name: str = field(default="search", init=False)
    _ends: float | None = field(default=None, init=False, repr=False)
    _probes: Probes = field(init=False, repr=False)
    _sets: Iterator[Found] = field(init=False, repr=False)
    _offered: list[Found] = field(default_factory=list, init=False, repr=False)
    _ended: str = field(default="", init=False, repr=False)
    _broken: frozenset[CaseId] = field(default=frozenset(), init=False, repr=False)
    _tried: list[tuple[Items, bool]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        left = self.max_probes - len(self._tried)
        self._probes = Probes(self._try, left, ends=float("inf"))
        self._sets = minimal_sets(frozenset(range(len(self.hunks))), self._probes)

    def propose(self, request: Request) -> Proposal:
        """The next `request.candidates` sets as drafts; without any, `exhausted` and a note."""
        self._learn(request.attempts)
        self._start_clock(request)
        found: list[Found] = []
        while len(found) < max(1, request.candidates):
            following = self._next()
            if following is None:
                break
            found.append(following)
        drafts = tuple(self._draft(each) for each in found)
        note = self._note()
        return Proposal(
            drafts=drafts,
            analysis=self._analysis(found),
            raw=dump_drafts(self.name, drafts, self._facts(note)),
            notes=(note,) if note else (),
            exhausted=bool(self._ended) or len(self._offered) >= self.offers,
        )

    def _learn(self, attempts: Sequence[Attempt]) -> None:
        """Ask from now on for what an offered set broke."""
        trials = [attempt.trial for attempt in attempts if attempt.trial is not None]
        broken = {change.id for trial in trials for change in trial.broken}
        if broken - self._broken:
            self._broken |= broken
            self._begin()

    def _start_clock(self, request: Request) -> None:
        if self._ends is None:
            self._ends = time.monotonic() + self.seconds
        late = self._ends if request.deadline is None else request.deadline
        self._probes.ends = min(self._ends, late)

    def _next(self) -> Found | None:
        if self._ended or not self.hunks or len(self._offered) >= self.offers:
            self._ended = self._ended or "nothing else to offer"
            return None
        known = {offered.items for offered in self._offered}
        try:
            found = next((each for each in self._sets if each.items not in known), None)
        except LimitReached as reached:
            self._ended = str(reached)
            return None
        if found is None:
            self._ended = "every smaller part was tried"
            return None
        self._offered.append(found)
        self._ended = found.stopped
        return found

    def _try(self, items: Items) -> bool:
        green = self.probe(self._chosen(items), sorted(self._broken))
        self._tried.append((items, green))
        self.say(
            f"revert of {len(items)} of {_hunks(len(self.hunks))}: "
            f"{'green' if green else 'not green'}"
        )
        return green

    def _chosen(self, items: Items) -> list[H]:
        return [self.hunks[number] for number in sorted(items)]

    def _draft(self, found: Found) -> Draft:
        total, some = len(self.hunks), len(found.items)
        what = f"all {_hunks(total)}" if some == total else f"{some} of {_hunks(total)}"
        proof = "no single hunk of these can be left out"
        if found.stopped:
            proof = f"the search for fewer hunks stopped at {found.stopped}"
        rationale = (
            f"Takes back {what}: then the failing tests pass, and {proof}. This undoes the "
            "author's work and repairs nothing; it shows where the cause is."
        )
        return replace(self.render(self._chosen(found.items)), label=LABEL, rationale=rationale)

    def _analysis(self, found: Sequence[Found]) -> str:
        if not found:
            return ""
        sizes = " and ".join(str(len(each.items)) for each in found)
        return (
            f"The cause lies in {sizes} of {_hunks(len(self.hunks))} of the change: with just "
            "these reverted the failing tests pass."
        )

    def _note(self) -> str:
        """Why there is nothing, or nothing more; "" while there may be."""
        if not self.hunks:
            return "search: the change has no revertible hunk outside of what the guards protect"
        whole = frozenset(range(len(self.hunks)))
        if not self._broken and self._probes.known.get(whole) is False:
            return (
                "search: reverting everything that may be reverted does not turn the failing "
                "tests green, so no part was tried; the cause is older than the change, or in "
                "what may not be reverted (tests, configuration)"
            )
        if self._ended and not self._offered:
            return f"search: stopped by {self._ended} before anything was found"
        return f"search: ended ({self._ended})" if self._ended else ""

    def _facts(self, note: str) -> dict[str, Any]:
        """What was tried, for the stored answer: hunks are numbered in the order of the diff."""
        tried = [{"reverted": sorted(items), "green": green} for items, green in self._tried]
        return {
            "hunks": len(self.hunks),
            "probes": len(self._tried),
            "tried": tried,
            "note": note,
        }


def _hunks(count: int) -> str:
    return "1 revertible hunk" if count == 1 else f"{count} revertible hunks"
