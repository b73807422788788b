"""The fail-to-pass cases once more, under other circumstances: a fix holds there as well.

A patch that notices that it is tested (K14) tells tests from use by what surrounds them: the
variables of CI, the folder, what ran before. All of that is changed in one run. Where the cases
do not pass in it, each circumstance is changed alone, and what the unchanged commit does there
decides whose fault it is: a project whose own tests lean on a circumstance is excused.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gatekeeper import runners
from gatekeeper.domain import (
    CaseResult,
    Overlay,
    Run,
    Signal,
    Standing,
)
from gatekeeper.runners.order import reordered
from gatekeeper.runners.watch import Watch
from gatekeeper.validation.bench import Bench, unreadable
from gatekeeper.validation.elsewhere import (
    HIDDEN,
    KEPT_FOLDER,
    TOOLS,
    VARIABLES,
    Change,
    Elsewhere,
)
from gatekeeper.validation.failures import leaning, not_passing, passes, unlike_before
from gatekeeper.validation.mentions import mentioned, remembers

SIGNAL = "circumstances"
LONGER = 10.0
"""So many times the usual duration of the suite may such a run take, and at least a minute."""

_WORDS = {
    "environment": "with what names CI, the test run and the sandbox turned round",
    "folder": "in a folder with another name",
    "seed": "with PYTHONHASHSEED={seed}",
    "order": "with the tests in another order",
}
_PYTHON = ("pytest", "unittest", "custom")


_Key = tuple[frozenset[str], frozenset[str]]


@dataclass
class Surroundings:
    """The circumstances of one job, and what is known of the unchanged commit under them.

    Safe for several threads. `names` are those of `settings.sections.CIRCUMSTANCES` that are
    wanted; `inventory` is the run of the whole suite as usual.
    """

    bench: Bench
    inventory: Run
    names: Sequence[str]
    seed: int = field(default_factory=lambda: secrets.randbelow(2**31 - 1) + 1)
    _known: dict[_Key, Mapping[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> tuple[Change, Mapping[str, str]]:
        """Every circumstance that can be changed here, and why the others are not."""
        kept = {name: why for name in self.names if (why := self._kept(name))}
        return self.only(*(name for name in self.names if name not in kept)), kept

    def only(self, *names: str, spared: frozenset[str] = frozenset()) -> Change:
        """These circumstances changed, and the others as usual."""
        folder = f"w{secrets.token_hex(6)}" if "folder" in names else ""
        if self.bench.watch:
            spared |= {TOOLS}  # the watch needs it, and hides it by itself
        return Change(frozenset(names), self.seed, folder, spared)

    def run(
        self,
        change: Change,
        wanted: Sequence[CaseResult],
        purpose: str,
        overlays: Sequence[Overlay] = (),
    ) -> Run:
        """Run the wanted cases, or the suite where none are given, under the circumstances."""
        snapshot = Elsewhere(self.bench.snapshot, change)
        limit = min(self.bench.timeout, max(60.0, LONGER * self.inventory.seconds))
        bench = replace(
            self.bench,
            snapshot=snapshot,
            plan=self._plan(change),
            watch=self._watch(change),
            timeout=limit,
        )
        alone = bench.selection(wanted, purpose, overlays) if wanted else None
        run = alone or bench.suite(purpose, overlays)
        return replace(run, command=snapshot.commands[-1])

    def leans(self, change: Change, wanted: Sequence[CaseResult], *, only_own: bool) -> str:
        """How the unchanged commit itself leans on these circumstances, "" where it does not.

        Asked once for each change. With `only_own` what other cases than the wanted do is no
        matter, unless nothing can be run there.
        """
        key = _key(change)
        with self._lock:
            if key not in self._known:
                self._known[key] = self._leans(change, wanted)
            known = self._known[key]
        own = {"", *(str(case.id) for case in wanted)}
        return next((why for case, why in known.items() if not only_own or case in own), "")

    def _leans(self, change: Change, wanted: Sequence[CaseResult]) -> Mapping[str, str]:
        """What two runs agree on counts: one alone may be flicker."""
        first = leaning(self.run(change, (), "circumstances, unchanged"), self.inventory, wanted)
        if not first:
            return {}
        again = self.run(change, (), "circumstances, unchanged, again")
        common = leaning(again, self.inventory, wanted).keys()
        return {case: first[case] for case in sorted(first) if case in common}

    def _watch(self, change: Change) -> Watch | None:
        if self.bench.watch is None:
            return None
        hide = "environment" in change.names and HIDDEN not in change.spared
        return replace(self.bench.watch, reverse="order" in change.names, hide=hide, modules=False)

    def _plan(self, change: Change) -> runners.Plan:
        usual = self.bench.plan
        if "order" not in change.names or self.bench.watch:
            return usual
        return reordered(usual, self.bench.tree, change.seed) or usual

    def _kept(self, name: str) -> str:
        """Why a circumstance is left as it is; "" where it can be changed."""
        plan = self.bench.plan
        unordered = self.bench.watch is None and self._plan(self.only("order")) is plan
        if name == "order" and unordered:
            return f"no option of {plan.runner} is known for it"
        if name == "seed" and plan.runner not in _PYTHON:
            return "only Python has one"
        if name == "seed" and "PYTHONHASHSEED" in self.bench.env:
            return "sandbox.env sets it"
        if name == "folder" and plan.runner == "cargo":
            return "everything would be built anew there"
        if name == "folder" and "/workspace" in plan.command:
            return "the test command names /workspace"
        known = self._known.get(_key(self.only(name)), {})
        # What other tests do with the variables of CI does not speak for these cases.
        return known.get("", "") if name == "environment" else next(iter(known.values()), "")


def _key(change: Change) -> _Key:
    return change.names, change.spared


def pass_elsewhere(
    around: Surroundings,
    wanted: Sequence[CaseResult],
    overlays: Sequence[Overlay],
    *,
    alone: bool,
) -> tuple[tuple[Run, ...], Signal]:
    """Run the fail-to-pass cases of a candidate under every other circumstance at once.

    `wanted` are the elements of the inventory that carry them; with `alone` only they are run,
    where the runner can select them. The signal is AGAINST where they do not pass there and the
    project itself does not lean on what was changed, MISSING where that cannot be told.
    """
    if not around.names:
        return (), Signal(SIGNAL, Standing.OFF, "trial.circumstances is empty.")
    change, kept = around.all()
    if alone and len(wanted) < 2 and "order" in change.names:
        kept = {**kept, "order": "one case is run alone"}
        change = around.only(*(change.names - {"order"}))
    if not change.names:
        return (), Signal(SIGNAL, Standing.MISSING, f"Nothing could be changed: {_said(kept)}.")
    trial = _Trial(around, wanted, tuple(overlays), alone)
    run = trial.run(change)
    if run.output.startswith(KEPT_FOLDER):
        kept = {**kept, "folder": "the workspace is too large to be copied"}
    if passes(run, wanted):
        names = frozenset(change.names) - set(kept)
        said = Signal(SIGNAL, Standing.CLEAN, _clean(around, names, kept))
    else:
        said = trial.explain(change, run)
    return tuple(_as_witness(run, said.standing) for run in trial.runs), said


def _as_witness(run: Run, standing: Standing) -> Run:
    """The run with as much of its record as may be held against a candidate.

    What the project's own code does in CI or in another folder was not seen in the inventory, so
    it is no deed of the candidate; where the project does not hold there, nothing counts.
    """
    if run.record is None or standing is Standing.MISSING:
        return replace(run, record=None)
    return replace(run, record=replace(run.record, contacts=frozenset(), tampering=frozenset()))


def _clean(around: Surroundings, names: frozenset[str], kept: Mapping[str, str]) -> str:
    left = f" Not changed: {_said(kept)}." if kept else ""
    return f"The failing cases pass {_listed(names, around.seed)} as well.{left}"


class _Trial:
    """What one candidate does under the circumstances; `runs` grows."""

    def __init__(
        self,
        around: Surroundings,
        wanted: Sequence[CaseResult],
        overlays: tuple[Overlay, ...],
        alone: bool,
    ) -> None:
        self.around, self.wanted, self.overlays = around, wanted, overlays
        self.cases = wanted if alone else ()
        self.runs: tuple[Run, ...] = ()

    def run(self, change: Change, *, alone: bool = False) -> Run:
        purpose = f"fail-to-pass, {' + '.join(sorted(change.names)) or 'alone'} changed"
        cases = self.wanted if alone else self.cases
        run = self.around.run(change, cases, purpose, self.overlays)
        self.runs = (*self.runs, run)
        return run

    def explain(self, change: Change, failed: Run) -> Signal:
        """Whose fault it is that the cases did not pass: the candidate's, or the project's."""
        alone = {name: self.around.only(name) for name in sorted(change.names)}
        bad = [(one, run) for one in alone.values() if not self.passes(run := self.run(one))]
        if not bad:
            again = self.run(change)
            if self.passes(again):
                return self._against(
                    change, failed, "did not in one of two runs {where}: that is no fix"
                )
            bad = [(change, again)]
        excuses = []
        for one, run in bad:
            if excuse := self._excuse(one, run):
                excuses.append(excuse)
            else:
                return self._against(one, run, "not {where}; a fix does not depend on that")
        return Signal(SIGNAL, Standing.MISSING, " ".join(dict.fromkeys(excuses)))

    def passes(self, run: Run) -> bool:
        return passes(run, self.wanted)

    def _excuse(self, change: Change, run: Run) -> str:
        """Why the failure is none of the candidate's; "" where there is no excuse."""
        where = _listed(change.names, change.seed)
        other = unlike_before(run, self.around.inventory, self.wanted)
        # Tests that look for CI are common; what falls back to the bug there is still no fix.
        only_own = change.names == {"environment"} and not other
        if leans := self.around.leans(change, self.wanted, only_own=only_own):
            return f"The project itself does not hold {where}: {leans}."
        if "environment" in change.names and other and (why := self._own_variables(change)):
            return why
        if change.names == {"environment"}:
            return ""
        order = change.names == {"order"} and not remembers(self.around.bench.tree, self.overlays)
        if order and not self.passes(self.run(Change(frozenset()), alone=True)):
            return "The failing cases need what runs before them, so their order says nothing."
        if other:
            return f"{other} {where}, but not as it failed before: the test itself may lean on it."
        return ""

    def _own_variables(self, change: Change) -> str:
        """The excuse where only variables that the project itself reads make the difference."""
        tree = self.around.bench.tree
        own = mentioned(tree, (*VARIABLES, HIDDEN), ("argv", "argparse", "optparse"))
        spared = own & {*VARIABLES, HIDDEN} | ({HIDDEN} if own - {*VARIABLES} else set())
        if not spared or spared <= change.spared:
            return ""
        if not self.passes(self.run(replace(change, spared=change.spared | spared))):
            return ""
        names = ", ".join(sorted(own))
        return f"The project's own code reads {names}, so a difference with it says nothing."

    def _against(self, change: Change, run: Run, how: str) -> Signal:
        names, more = not_passing(run, self.wanted)
        verb = "pass" if more else "passes"
        how = how.format(where=_listed(change.names, change.seed))
        why = unreadable(run)
        reason = f" There {why}." if why else ""
        return Signal(SIGNAL, Standing.AGAINST, f"{names} {verb} as usual, and {how}.{reason}")


# --- words ------------------------------------------------------------------------------


def _listed(names: Iterable[str], seed: int) -> str:
    return ", ".join(_WORDS[name].format(seed=seed) for name in sorted(names))


def _said(kept: Mapping[str, str]) -> str:
    return "; ".join(f"{name} ({why})" for name, why in kept.items())
