"""The project's own lint, type and security commands: what they find anew counts.

Each is run once on the unchanged commit and once with each candidate that nothing else speaks
against. What was found before is nobody's fault; where a line stands does not matter.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gatekeeper.domain import Ending, Overlay, Run, RunReport, RunSpec, Signal, Standing
from gatekeeper.intake.places import configures_checks
from gatekeeper.ports import Tree
from gatekeeper.validation.bench import OUTPUT_KEPT, Bench, trim
from gatekeeper.validation.findings import Found, read_findings

SIGNAL = "checks"
SHOWN = 5
"""So many new findings are told; the output of the run holds them all."""
_LEFT_OUT = " bytes left out ...]"  # as engines.border.Output says it
_ABSENT = (126, 127)


@dataclass
class Checks:
    """The checks of one job, and what they say of the unchanged commit. Safe for several threads.

    `commands` maps "lint", "types" and "security" to shell commands; `timeout` is in seconds.
    """

    bench: Bench
    commands: Mapping[str, str]
    timeout: float
    _before: dict[str, Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, name: str) -> Run:
        """What a check says of the unchanged commit; run once, and again by nobody."""
        with self._lock:
            if name not in self._before:
                self._before[name] = self.run(name, "unchanged", ())
            return self._before[name]

    def run(self, name: str, of: str, overlays: Sequence[Overlay]) -> Run:
        """Run one check; the run has no report, and as output all that the engine kept."""
        command = self.commands[name]
        done = self.bench.snapshot.run(
            RunSpec(command, tuple(overlays), env=self.bench.env, timeout=self.timeout)
        )
        return Run(
            purpose=f"check {name}, {of}",
            command=command,
            exit_code=done.exit_code,
            ending=done.ending,
            seconds=done.seconds,
            report=RunReport(),
            output=done.output.decode("utf-8", "replace"),
            note=done.note,
        )


def check(checks: Checks, overlays: Sequence[Overlay]) -> tuple[tuple[Run, ...], Signal]:
    """Run every check with a candidate; the signal weighs them all, the worst first.

    How the checks are configured comes from the commit under test, whatever the candidate says.
    """
    runs, signals = [], [silenced(checks.bench.tree, overlays)] if checks.commands else []
    overlays = [overlay for overlay in overlays if not configures_checks(overlay.path)]
    for name in checks.commands:
        before = checks.before(name)
        if why := unusable(name, before):
            signals.append(Signal(SIGNAL, Standing.MISSING, why))
            continue
        now = checks.run(name, "candidate", overlays)
        runs.append(replace(now, output=trim(now.output, OUTPUT_KEPT)))
        signals.append(weigh_check(name, before, now))
    return tuple(runs), _together(signals, tuple(checks.commands))


def silenced(tree: Tree, overlays: Sequence[Overlay]) -> Signal:
    """Whether a candidate adds comments that tell a check to look away. Pure."""
    for overlay in overlays:
        before, after = tree.read(overlay.path) or b"", overlay.content or b""
        if len(_LOOK_AWAY.findall(after)) > len(_LOOK_AWAY.findall(before)):
            why = f"`{overlay.path}` tells the project's checks to look away: mend what they find."
            return Signal(SIGNAL, Standing.AGAINST, why)
    return Signal(SIGNAL, Standing.CLEAN)


_LOOK_AWAY = re.compile(
    rb"#\s*(?:noqa|type:\s*ignore|pyright:\s*ignore|pylint:\s*disable|nosec|fmt:\s*off)\b"
    rb"|//\s*(?:@ts-(?:ignore|nocheck|expect-error)|nolint|NOSONAR)\b"
    rb"|(?://|/\*)\s*(?:eslint|biome|tslint)-(?:disable|ignore)",
)


def unusable(name: str, before: Run) -> str:
    """Why a check proves nothing here, by its run on the unchanged commit; "" where it does."""
    said = f"`checks.{name}` proves nothing"
    if before.ending is not Ending.EXITED:
        return f"{said}: on the unchanged commit it came to no end ({before.note})."
    if before.exit_code in _ABSENT:
        return f"{said}: its program is not in the image ({_last_line(before)})."
    if before.exit_code != 0 and not read_findings(before.output):
        code = before.exit_code
        return (
            f"{said}: it ends with {code} on the unchanged commit already ({_last_line(before)})."
        )
    return ""


def weigh_check(name: str, before: Run, now: Run) -> Signal:
    """Compare two runs of one usable check. Pure.

    A check that ends with 0 is content, whatever it prints. Else what it finds is compared; where
    nothing it prints can be understood, its exit status is.
    """
    if now.ending is not Ending.EXITED:
        why = f"`checks.{name}` comes to no end with it ({now.note}), and does as usual."
        return Signal(SIGNAL, Standing.AGAINST, why)
    if now.exit_code == 0:
        return Signal(SIGNAL, Standing.CLEAN)
    if before.exit_code != 0 and _LEFT_OUT in before.output + now.output:
        why = f"`checks.{name}` prints more than can be compared."
        return Signal(SIGNAL, Standing.MISSING, why)
    if new := added(read_findings(before.output), read_findings(now.output)):
        more = f", and {len(new) - SHOWN} more" if len(new) > SHOWN else ""
        told = "; ".join(str(found) for found in new[:SHOWN])
        why = f"`checks.{name}` finds what it did not find before: {told}{more}."
        return Signal(SIGNAL, Standing.AGAINST, why)
    if before.exit_code == 0 or (now.exit_code in _ABSENT):
        why = f"`checks.{name}` ends with {now.exit_code}, and with {before.exit_code} as usual"
        return Signal(SIGNAL, Standing.AGAINST, f"{why}: {_last_line(now)}.")
    return Signal(SIGNAL, Standing.CLEAN)


def added(before: Sequence[Found], now: Sequence[Found]) -> tuple[Found, ...]:
    """What is found now and was not, or less often; of several alike the last ones."""
    left = Counter(found.key for found in before)
    new = []
    for found in now:
        left[found.key] -= 1
        if left[found.key] < 0:
            new.append(found)
    return tuple(new)


def _together(signals: Sequence[Signal], names: Sequence[str]) -> Signal:
    if not names:
        return Signal(SIGNAL, Standing.OFF, "No checks are configured.")
    for standing in (Standing.AGAINST, Standing.MISSING):
        if reasons := [signal.why for signal in signals if signal.standing is standing]:
            return Signal(SIGNAL, standing, " ".join(reasons))
    return Signal(SIGNAL, Standing.CLEAN, f"Nothing new from the project's {', '.join(names)}.")


def _last_line(run: Run) -> str:
    lines = [line.strip() for line in run.output.splitlines() if line.strip()]
    text = "".join(char if char.isprintable() else " " for char in (lines or ["no output"])[-1])
    return text[:200].rstrip(".")
