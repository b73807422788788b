"""What else a candidate must hold once its tests pass: signals beside the report of the runner.

The fail-to-pass cases under other circumstances, tests that the gate made for the occasion, and
the project's own checks. Each signal is clean, against the candidate, or missing with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gatekeeper.domain import CaseId, CaseResult, CaseState, Overlay, Run, Signal, Standing
from gatekeeper.validation.bench import Bench, as_results
from gatekeeper.validation.checks import Checks, check
from gatekeeper.validation.circumstances import SIGNAL as CIRCUMSTANCES
from gatekeeper.validation.circumstances import Surroundings, pass_elsewhere
from gatekeeper.validation.probe import ALTERED, CANARY, Calibration, probe
from gatekeeper.validation.watching import NAME as WATCH
from gatekeeper.validation.watching import watch_signal

SAMPLE = 3
"""So many passing tests stand in for failing ones in the probe, where nothing failed."""

Heard = tuple[tuple[Run, ...], tuple[Signal, ...]]


@dataclass(frozen=True)
class Wanted:
    """What the configuration asks for; `checks` maps a check's name to its command."""

    circumstances: tuple[str, ...] = ()
    watch: bool = False
    probe: bool = False
    checks: Mapping[str, str] | None = None
    checks_timeout: float = 300.0


@dataclass(frozen=True)
class Doubts:
    """The doubts of one job, with what is known of the unchanged commit. For several threads."""

    failing: tuple[CaseResult, ...]
    inventory: Run
    around: Surroundings
    calibration: Calibration
    checks: Checks
    probing: bool

    @classmethod
    def about(
        cls, bench: Bench, inventory: Run, failing: Sequence[CaseId], wanted: Wanted
    ) -> Doubts:
        """Nothing is run before a candidate needs it."""
        found = as_results(failing, inventory.report)
        return cls(
            found,
            inventory,
            Surroundings(bench, inventory, wanted.circumstances),
            Calibration(bench, found or _sample(inventory)),
            Checks(bench, wanted.checks or {}, wanted.checks_timeout),
            wanted.probe,
        )

    def raised(self, overlays: Sequence[Overlay], *, alone: bool) -> Heard:
        """What speaks for and against a candidate whose suite run is spotless.

        The probe goes on beside the run under other circumstances. The checks are run last, and
        only where nothing spoke against it.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="probe") as beside:
            probing = beside.submit(self._probe, overlays)
            runs, signals = self._elsewhere(overlays, alone=alone)
            probed = probing.result()
        runs, signals = (*runs, *probed[0]), (*signals, *probed[1])
        if any(signal.standing is Standing.AGAINST for signal in signals):
            return runs, signals
        checked, said = check(self.checks, overlays)
        return (*runs, *checked), (*signals, said)

    def _elsewhere(self, overlays: Sequence[Overlay], *, alone: bool) -> Heard:
        if not self.failing:
            why = "No case failed, so there is none to run under other circumstances."
            return (), (Signal(CIRCUMSTANCES, Standing.MISSING, why),)
        runs, signal = pass_elsewhere(self.around, self.failing, overlays, alone=alone)
        return runs, (signal,)

    def _probe(self, overlays: Sequence[Overlay]) -> Heard:
        if not self.probing:
            off = "trial.probe is off."
            return (), tuple(Signal(name, Standing.OFF, off) for name in (CANARY, ALTERED))
        calibration = self.calibration
        run, signals = probe(calibration.bench, calibration.failing, overlays, calibration)
        return ((run,) if run else ()), signals


def _sample(inventory: Run) -> tuple[CaseResult, ...]:
    passed = (case for case in inventory.report.cases if case.state is CaseState.PASSED)
    return tuple(case for case, _ in zip(passed, range(SAMPLE), strict=False))


def watched(runs: Sequence[Run], inventory: Run, overlays: Sequence[Overlay]) -> Signal:
    """The signal of the watch over all runs of a candidate: the worst that one of them gives."""
    changed = frozenset(overlay.path for overlay in overlays)
    said = [watch_signal(run, inventory, changed) for run in runs]
    for standing in (Standing.AGAINST, Standing.CLEAN):
        for signal in said:
            if signal.standing is standing:
                return signal
    return said[0] if said else Signal(WATCH, Standing.MISSING, "Nothing was run.")
