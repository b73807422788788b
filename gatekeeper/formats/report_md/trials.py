"""The part of `report.md` about trials: what was run, what it showed, what was not checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.domain import (
    Attempt,
    CaseChange,
    Report,
    Risk,
    Run,
    Signal,
    SourceState,
    Standing,
    Trial,
)
from gatekeeper.escape import cell, code, prose
from gatekeeper.formats.report_md.parts import MAX_REASONS, bullets

MAX_ROWS = 50


def validation(report: Report, accepted: Attempt | None) -> Iterator[str]:
    """Blocks: what was red, what the accepted candidate changed, signals, risk, every run."""
    runs = _runs(report, accepted)
    if not runs:
        return
    yield "## How it was validated"
    if report.baseline is not None:
        always, times = len(report.baseline.fail_to_pass), len(report.baseline.runs)
        yield f"Red in every run of the unchanged commit (runs: {times}): {always} of the tests."
    trial = accepted.trial if accepted else None
    if trial is not None:
        yield _changes_table((*trial.fail_to_pass, *trial.broken, *trial.new_red))
        yield f"Tests that passed before and pass still: {trial.pass_to_pass}."
        if trial.signals:
            yield _signals_table(trial.signals)
    if accepted is not None and accepted.risk is not None:
        yield from _risk(accepted.risk)
    yield _runs_table(runs)


def _signals_table(signals: Sequence[Signal]) -> str:
    rows = [f"| {cell(each.name)} | {each.standing} | {cell(each.why)} |" for each in signals]
    return "\n".join(("| signal beside the report | says | why |", "|---|---|---|", *rows))


def _risk(risk: Risk) -> Iterator[str]:
    yield f"Risk that it only fits the tests: **{risk.score} of 100**."
    if risk.reasons:
        yield bullets(prose(reason) for reason in risk.reasons)


def _runs(report: Report, accepted: Attempt | None) -> tuple[Run, ...]:
    baseline = report.baseline.runs if report.baseline else ()
    inventory = (report.inventory,) if report.inventory else ()
    trial = accepted.trial.runs if accepted and accepted.trial else ()
    return (*baseline, *inventory, *trial)


def _changes_table(changes: Sequence[CaseChange]) -> str:
    rows = [
        f"| {cell(str(change.id))} | {change.before or 'missing'} | {change.after or 'missing'} |"
        for change in changes[:MAX_ROWS]
    ]
    if len(changes) > MAX_ROWS:
        rows.append(f"| ... and {len(changes) - MAX_ROWS} more | | |")
    return "\n".join(("| test | before | after |", "|---|---|---|", *rows))


def _runs_table(runs: Sequence[Run]) -> str:
    head = "| run | command | exit | tests | passed | failures | errors | skipped | seconds |"
    rows = []
    for run in runs[:MAX_ROWS]:
        counts = run.report.counts
        ended = str(run.exit_code) if run.ending == "exited" else f"{run.exit_code} ({run.ending})"
        rows.append(
            f"| {prose(run.purpose)} | {cell(run.command)} | {ended} | {counts.tests} |"
            f" {counts.passed} | {counts.failures} | {counts.errors} | {counts.skipped} |"
            f" {run.seconds:.1f} |"
        )
    return "\n".join((head, "|" + "---|" * 9, *rows))


def unchecked(report: Report, accepted: Attempt | None) -> Iterator[str]:
    """Blocks: everything a reader could take for checked that was not."""
    gaps = list(_gaps(report, accepted))
    if gaps:
        yield "## What was not checked"
        yield bullets(gaps)


def _gaps(report: Report, accepted: Attempt | None) -> Iterator[str]:
    if accepted is not None:
        yield from _gaps_of_trial(accepted)
    if report.baseline is not None:
        for case in report.baseline.flaky[:MAX_REASONS]:
            yield f"{code(str(case))}: flaky on the unchanged commit."
        for case in report.baseline.missing[:MAX_REASONS]:
            yield f"{code(str(case))}: the report names it, the sandbox never ran it."
    if report.delta is not None and report.delta.unknown:
        yield f"The author's change: {prose(report.delta.unknown)}"
    for source in report.failures.sources if report.failures else ():
        if source.state is not SourceState.READ:
            yield f"{code(source.path)} ({source.state}): {prose(source.note)}"
    if report.engine is not None and not report.engine.isolated:
        yield f"Isolation: the engine {code(report.engine.name)} does not isolate what it runs."
    yield from map(prose, report.warnings)


def _gaps_of_trial(accepted: Attempt) -> Iterator[str]:
    yield (
        "Whether the change is right: it passes every test there is, which is not the same."
        " Read the diff before you merge it."
    )
    if accepted.trial is not None and not _watched(accepted.trial):
        yield (
            "Whether the candidate deceives the test runner from inside product code: it shares a"
            " process with it, and no watch could be set up there. Look for code that knows of"
            " tests."
        )
    if accepted.trial is not None:
        for signal in accepted.trial.signals:
            if signal.standing is Standing.MISSING:
                yield f"The signal {code(signal.name)}: {prose(signal.why)}"
        yield from map(prose, accepted.trial.notes)
        for case in accepted.trial.excused[:MAX_REASONS]:
            yield f"{code(str(case))}: it flickers on the unchanged commit as well."


def _watched(trial: Trial) -> bool:
    return any(each.name == "watch" and each.standing is Standing.CLEAN for each in trial.signals)
