"""What the probe run says of a candidate: whether a runner was talked into a pass.

The gate's own tests are laid over the candidate, and the gate knows how each must end. Where one
ends otherwise, the same is run on the unchanged tree: what ends so there as well is nobody's fault.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatekeeper import runners
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Overlay,
    Run,
    RunReport,
    Signal,
    Standing,
    worst,
)
from gatekeeper.validation.bench import Bench, unreadable

CANARY = "canary"
ALTERED = "altered tests"
NAMED = 3
"""So many tests are named in one reason."""


@dataclass(frozen=True)
class Probed:
    """A probe and its run; every run has names of its own."""

    probe: runners.Probe
    run: Run

    def canary(self, name: str) -> CaseState | None:
        """The state of one of the canary's cases, by the part of its name that only it has."""
        return worst(case.state for case in self.run.report.cases if name in case.id.name)

    def states(self) -> dict[CaseId, CaseState | None]:
        """The state of every altered case, None where the report has it not."""
        wanted = (*self.probe.altered, *self.probe.others)
        known = runners.match(wanted, self.run.report)
        states = self.run.report.states
        found: dict[CaseId, CaseState | None] = {}
        for case in wanted:
            id_ = known.get(case.id)
            found[case.id] = states[id_] if id_ else _instead(case.id, self.run.report)
        return found


def _instead(missing: CaseId, report: RunReport) -> CaseState | None:
    """The state of its variants, passed if one of them is; else that of its module, if red."""
    variants = [
        case.state
        for case in report.cases
        if case.id.classname == missing.classname and case.id.name.startswith(f"{missing.name}[")
    ]
    if variants:
        return CaseState.PASSED if CaseState.PASSED in variants else worst(variants)
    inside = f"{missing.classname}."
    broken = (c.state for c in report.failing if c.id.name and inside.startswith(f"{c.id.name}."))
    return worst(broken)


@dataclass(frozen=True)
class Calibration:
    """The probe on the unchanged tree, run once for all candidates, and only if one needs it."""

    bench: Bench
    failing: Sequence[CaseResult]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False)
    _memo: list[Probed | None] = field(default_factory=list, init=False, compare=False)

    def __call__(self) -> Probed | None:
        """The probe and its run; None where that run cannot be read."""
        with self._lock:
            if not self._memo:
                probed = look(self.bench, self.failing, (), "probe of the unchanged commit")
                self._memo.append(None if unreadable(probed.run) else probed)
            return self._memo[0]


def look(
    bench: Bench, failing: Sequence[CaseResult], overlays: Sequence[Overlay], purpose: str
) -> Probed:
    """One probe run with names that no other run had."""
    made = runners.probe(bench.plan, failing, bench.tree, secrets.token_hex(16))
    return Probed(made, bench.given(purpose, made.command, made.reports, overlays, made.trusted))


def probe(
    bench: Bench,
    failing: Sequence[CaseResult],
    overlays: Sequence[Overlay],
    calibrate: Callable[[], Probed | None],
) -> tuple[Run | None, tuple[Signal, ...]]:
    """Run the probe on a candidate; the run, and the signals `canary` and `altered tests`.

    None instead of the run where there was nothing to run. `calibrate` gives the probe on the
    unchanged tree; it is asked only where something is odd. `failing` are the fail-to-pass cases
    as the inventory has them; the candidate must have passed them.
    """
    made = runners.probe(bench.plan, failing, bench.tree, secrets.token_hex(16))
    if not made.trusted:
        return None, (_missing(CANARY, made.no_canary), _missing(ALTERED, _lacks(made)))
    run = bench.given("probe", made.command, made.reports, overlays, made.trusted)
    probed = Probed(made, run)
    if why := unreadable(run):
        return run, _without_report(made, why, calibrate())
    return run, (_canary(probed, calibrate), _altered(probed, calibrate))


def _without_report(made: runners.Probe, why: str, calibrated: Probed | None) -> tuple[Signal, ...]:
    if calibrated is None:
        text = f"neither with the candidate nor without it can the probe run be read: {why}."
        return _missing(CANARY, text), _missing(ALTERED, text)
    text = (
        f"The probe run with tests of the gate can be read without the candidate; with it, {why}."
    )
    name = CANARY if made.red else ALTERED
    other = _missing(ALTERED if made.red else CANARY, f"the probe run gave no report: {why}.")
    return Signal(name, Standing.AGAINST, text), other


# --- the canary ---------------------------------------------------------------------------


def _canary(probed: Probed, calibrate: Callable[[], Probed | None]) -> Signal:
    if probed.probe.no_canary:
        return _missing(CANARY, probed.probe.no_canary)
    odd = _odd_canary(probed)
    if not odd:
        return Signal(
            CANARY, Standing.CLEAN, "A fresh failing test was reported red, its passing twin not."
        )
    calibrated = calibrate()
    if calibrated is None or _odd_canary(calibrated):
        return _missing(CANARY, f"{odd}, and it is so without the candidate as well")
    return Signal(
        CANARY,
        Standing.AGAINST,
        f"With this candidate {odd}, which is not so without it: "
        "it changes how tests are run or reported.",
    )


def _odd_canary(probed: Probed) -> str:
    """What is odd about the canary; "" where both cases end as they must."""
    red, control = probed.canary(probed.probe.red), probed.canary(probed.probe.control)
    if red is None or control is None:
        return "a new test that the gate put beside the failing one is not run"
    if red is CaseState.PASSED:
        return "a test of the gate that must fail is reported as passed"
    if not red.red:
        return "a test of the gate that must fail is reported as skipped"
    if control is not CaseState.PASSED:
        return "a test of the gate that must pass is not reported as passed"
    return ""


# --- the altered tests --------------------------------------------------------------------


def _altered(probed: Probed, calibrate: Callable[[], Probed | None]) -> Signal:
    made = probed.probe
    if not (made.altered or made.others):
        return _missing(ALTERED, _lacks(made))
    odd = _odd_altered(probed)
    calibrated = calibrate() if odd else None
    before = _odd_altered(calibrated) if calibrated else odd
    for what in ("passed", "absent"):
        bad = [id_ for id_, how in odd.items() if how == what and id_ not in before]
        if bad:
            return Signal(ALTERED, Standing.AGAINST, _SAID[what].format(_named(bad)))
    also = (_ALSO.format(_named(list(odd))),) if odd else ()
    left = " ".join((*also, *made.not_altered))
    red = len(made.altered) + len(made.others) - len(odd)
    if red <= 0:
        return _missing(ALTERED, left)
    return Signal(ALTERED, Standing.CLEAN, f"Altered test(s) that are red: {red}. {left}".rstrip())


def _odd_altered(probed: Probed) -> dict[CaseId, str]:
    """Altered cases that are not red, as `passed` or `absent`."""
    optional = {case.id for case in probed.probe.others}
    odd = {}
    for id_, state in probed.states().items():
        if state is CaseState.PASSED:
            odd[id_] = "passed"
        elif id_ not in optional and (state is None or not state.red):
            odd[id_] = "absent"
    return odd


_SAID = {
    "passed": (
        "The gate altered what these tests expect, and they pass: {0}. "
        "Something makes them pass whatever the code computes."
    ),
    "absent": (
        "The gate altered what these tests expect, and they are not reported as red, "
        "which they are without the candidate: {0}. Something hides how they end."
    ),
}
_ALSO = "Once altered these are not red, nor can be shown to be without the candidate: {0}."


def _named(ids: Sequence[CaseId]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(str(id_) for id_ in ids[:NAMED]) + more


def _lacks(made: runners.Probe) -> str:
    return " ".join(made.not_altered)


def _missing(name: str, why: str) -> Signal:
    text = why[:1].upper() + why[1:]
    return Signal(name, Standing.MISSING, text if text.endswith(".") else f"{text}.")
