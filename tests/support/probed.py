"""The probe run on a candidate in the process engine, and what it told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import runners
from gatekeeper.domain import CaseState, Limits, Overlay, Signal, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.process import ProcessEngine
from gatekeeper.settings import SandboxSection, SuiteSection
from gatekeeper.validation.bench import Bench, states_of
from gatekeeper.validation.probe import Calibration, probe
from tests.support.trees import tree


@dataclass(frozen=True)
class Told:
    """What the probe told of a candidate."""

    canary: Signal
    altered: Signal

    @property
    def standings(self) -> tuple[str, str]:
        return self.canary.standing.value, self.altered.standing.value


def tell(
    folder: Path,
    before: Mapping[str, str],
    after: Mapping[str, str],
    command: str,
    path: str = os.environ["PATH"],
    image: str = "",
) -> Told:
    """Run the tests before and after, then the probe; `path` is where programs are looked for.

    With an image in its containers, where the tests belong to root; else in processes.
    """
    for name, content in before.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    there = tree(before)
    plan = runners.plan_for(SuiteSection(command=command), SandboxSection(), there)
    engine = DockerEngine() if image else ProcessEngine()
    spec = SnapshotSpec(
        os.fspath(folder),
        image,
        protected=tuple(name for name in before if "test" in name),
        env={} if image else {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        limits=Limits(memory=512 * 1024**2, timeout=120),
    )
    overlays = [Overlay(name, text.encode()) for name, text in after.items()]
    with engine.prepare(spec) as snapshot:
        bench = Bench(snapshot, plan, there, 120, {})
        failing = bench.suite("inventory").report.failing
        assert failing
        suite = bench.suite("suite", overlays)
        states = states_of(suite, failing)
        assert set(states.values()) == {CaseState.PASSED}, (states, suite.output)
        _, (canary, altered) = probe(bench, failing, overlays, Calibration(bench, failing))
    return Told(canary, altered)
