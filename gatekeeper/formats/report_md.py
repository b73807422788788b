"""`report.md`: what people read. The verdict first, then why, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gatekeeper.diagnosis.clarification.shown import dialog_markdown, questions_markdown
from gatekeeper.domain import (
    Attempt,
    Band,
    CaseChange,
    CaseResult,
    Diagnosis,
    LogText,
    Match,
    Outcome,
    Report,
    Risk,
    Run,
    RunReport,
    Scenario,
    Signal,
    SourceState,
    Standing,
    Suspect,
    Trial,
)
from gatekeeper.escape import cell, code, fence, prose, shortened

MAX_TESTS = 20
MAX_PASSAGES = 3
MAX_ROWS = 50
MAX_REASONS = 10
DIFF_LINES = 400
DIFF_CHARACTERS = 40_000

_HEADLINES = {
    Outcome.GREEN: "Green: the tests pass as they stand",
    Outcome.ACCEPTED: "Accepted: a candidate passes the gate",
    Outcome.REJECTED: "Rejected: no candidate passes the gate",
    Outcome.CLARIFY: "A person must answer first",
    Outcome.UNREADABLE: "No readable test result",
    Outcome.BACKEND: "The model could not be asked, or gave nothing usable",
    Outcome.SANDBOX: "The sandbox failed; nothing is known about a candidate",
    Outcome.PUBLISHER: "The verdict stands, posting it failed",
    Outcome.NOT_REPRODUCED: "Not reproduced: flaky, or a matter of the environment",
    Outcome.ANALYZED: "Analysed; nothing was judged",
    Outcome.BUDGET: "The budget is spent",
    Outcome.USAGE: "Usage or configuration is wrong",
    Outcome.BUG: "gatekeeper has a bug",
    Outcome.INTERRUPTED: "Interrupted",
    Outcome.UNFINISHED: "Unfinished: the run goes on, or was killed",
}


class ReportMarkdown:
    """GitLab-flavoured Markdown in which no text of a test or a model can do anything."""

    filename = "report.md"

    def render(self, report: Report) -> bytes:
        """The sections that there is something to say in, separated by blank lines."""
        accepted = next((a for a in report.attempts if a.id == report.accepted), None)
        blocks = (
            *_verdict(report),
            *questions_markdown(report.questions),
            *dialog_markdown(report.dialog),
            *(_failing(report.failures) if report.failures else ()),
            *(_cause(report.diagnosis) if report.diagnosis else ()),
            *(_known(report.match) if report.match else ()),
            *_logs(report.logs),
            *(_candidate(accepted) if accepted else ()),
            *_validation(report, accepted),
            *_unchecked(report, accepted),
            *_others(report),
            *(_apply() if accepted else ()),
            *(_proposed(report.proposed) if report.proposed else ()),
            *_footer(report),
        )
        return ("\n\n".join(blocks) + "\n").encode("utf-8", "replace")


def _verdict(report: Report) -> Iterator[str]:
    yield f"# {_HEADLINES[report.outcome]}"
    yield f"**Why:** {prose(report.reason)}"
    if report.hint:
        yield f"**What to do:** {prose(report.hint)}"


def _failing(failures: RunReport) -> Iterator[str]:
    failing = failures.failing
    if not failing:
        return
    counts = failures.counts
    yield f"## Failing tests ({len(failing)} of {counts.tests})"
    for case in failing[:MAX_TESTS]:
        yield _failing_case(case)
    if len(failing) > MAX_TESTS:
        yield f"... and {len(failing) - MAX_TESTS} more; `analysis.json` has all of them."


def _failing_case(case: CaseResult) -> str:
    where = f" at {code(_place(case.file, case.line))}" if case.file else ""
    title = f"- {code(str(case.id))}{where} ({case.state})"
    message = case.message or case.details
    if not message:
        return title
    block = fence(shortened(message, lines=8, characters=600), "text")
    return f"{title}\n\n{_indented(block)}"


def _cause(found: Diagnosis) -> Iterator[str]:
    yield "## Cause"
    yield f"**{found.category}** (confidence {found.confidence:.0%}). {prose(found.summary)}"
    if found.confidence_reasons:
        yield f"Confidence: {prose('; '.join(found.confidence_reasons))}"
    if found.suspects:
        yield _list(_suspect(suspect) for suspect in found.suspects[:MAX_REASONS])
    if found.suggested_fix:
        yield f"**Suggested:** {prose(found.suggested_fix)}"
    if found.prose != "rules":
        dropped = f" {len(found.dropped)} name(s) in them do not exist and were dropped."
        yield f"Summary and suggestion are written by {code(found.prose)}, from these facts." + (
            dropped if found.dropped else ""
        )
    if len(found.causes) > 1 or found.left_out:
        yield from _causes(found)


def _causes(found: Diagnosis) -> Iterator[str]:
    yield f"The failing tests look like {len(found.causes)} cause(s):"
    yield _list(
        f"{each.category}, {each.count} test(s), such as {code(str(each.cases[0]))}: "
        f"{prose(shortened(each.summary, lines=1, characters=300))}"
        for each in found.causes
    )
    if found.left_out:
        names = ", ".join(code(str(id_)) for id_ in found.left_out[:MAX_TESTS])
        more = len(found.left_out) - MAX_TESTS
        yield f"Not looked at: {names}" + (f" and {more} more." if more > 0 else ".")


def _logs(logs: Sequence[LogText]) -> Iterator[str]:
    passages = [passage for log in logs for passage in log.passages]
    if passages:
        yield "## What the log says"
    for passage in passages[:MAX_PASSAGES]:
        width = len(str(passage.start + len(passage.lines)))
        rows = [
            f"{'>' if number == passage.at else ' '} {number:{width}} | {line}"
            for number, line in enumerate(passage.lines, start=passage.start)
        ]
        yield f"{code(passage.source)}, line {passage.at}:\n\n{fence(chr(10).join(rows), 'text')}"


def _suspect(suspect: Suspect) -> str:
    symbol = f", {code(suspect.symbol)}" if suspect.symbol else ""
    return f"{code(_place(suspect.path, suspect.start))}{symbol}: {prose(suspect.why)}"


_SURE = {
    Band.HIGH: "This failure is known",
    Band.MEDIUM: "This failure may be known",
    Band.LOW: "This failure is hardly like any that is known; the nearest",
}


def _known(match: Match) -> Iterator[str]:
    known = match.scenario
    yield "## Known failure"
    title = f" ({prose(known.title)})" if known.title else ""
    yield f"{_SURE[match.band]}: {code(known.id)}{title}, score {match.score:.2f}."
    yield f"Score: {prose('; '.join(match.reasons))}"
    if match.band is Band.LOW:
        return
    parts = (
        ("must hold", known.invariants),
        ("helped before", known.accepted_fix_patterns),
        ("was rejected before", known.rejected_fix_patterns),
    )
    lines = [
        f"{what}: {prose(text[:300])}"
        for what, texts in parts
        for text in texts
        if "\n" not in text  # hunks are in its file
    ]
    if lines:
        yield _list(_cut(lines))
    if known.review_required:
        yield "**It asks for a review:** a person must look at a fix of this before it is merged."


def _proposed(drafted: Scenario) -> Iterator[str]:
    yield "## To remember"
    yield (
        f"The scenario {code(drafted.id)} was drafted in `scenario_proposal.json`; nothing is"
        " stored. Read it, correct it, then:"
    )
    yield fence("gatekeeper scenarios approve", "sh")


def _candidate(attempt: Attempt) -> Iterator[str]:
    label = f" ({prose(attempt.draft.label)})" if attempt.draft.label else ""
    yield f"## Candidate {code(attempt.id)}{label}"
    if attempt.draft.rationale:
        why = shortened(attempt.draft.rationale, lines=20, characters=2_000)
        yield f"What its author says:\n\n{fence(why, 'text')}"
    if attempt.candidate is not None:
        if attempt.candidate.notes:
            yield _list(prose(note) for note in attempt.candidate.notes)
        diff = attempt.candidate.diff.decode("utf-8", "replace")
        yield fence(shortened(diff, DIFF_LINES, DIFF_CHARACTERS), "diff")
        if len(diff) > DIFF_CHARACTERS or diff.count("\n") > DIFF_LINES:
            yield "The whole diff is in `patch.diff`."
    if attempt.findings:
        yield "Findings of the guards:"
        yield _list(_findings(attempt))


def _validation(report: Report, accepted: Attempt | None) -> Iterator[str]:
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
        yield _list(prose(reason) for reason in risk.reasons)


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


def _unchecked(report: Report, accepted: Attempt | None) -> Iterator[str]:
    gaps = list(_gaps(report, accepted))
    if gaps:
        yield "## What was not checked"
        yield _list(gaps)


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


def _others(report: Report) -> Iterator[str]:
    others = [attempt for attempt in report.attempts if attempt.id != report.accepted]
    if others:
        yield "## Other attempts" if report.accepted else "## Attempts"
    for attempt in others:
        name = code(attempt.draft.name or attempt.id)
        label = f" ({prose(attempt.draft.label)})" if attempt.draft.label else ""
        yield f"{name}{label}: **{attempt.verdict.decision}**"
        reasons = [prose(reason) for reason in attempt.verdict.reasons]
        said = _list([*_cut(reasons), *_findings(attempt)])
        if said:
            yield said


def _findings(attempt: Attempt) -> list[str]:
    return _cut(
        [
            f"{finding.level}, guard {code(finding.guard)}: {prose(finding.message)}"
            + (f" {code(_place(finding.path, finding.line))}" if finding.path else "")
            for finding in attempt.findings
        ]
    )


def _apply() -> Iterator[str]:
    yield "## How to apply it"
    yield fence("gatekeeper apply", "sh")
    yield "It applies `patch.diff` to your working tree; nothing is committed, a person merges."


def _footer(report: Report) -> Iterator[str]:
    delta, usage = report.delta, report.usage
    tokens = [
        f"{count} {kind}"
        for count, kind in ((usage.input_tokens, "in"), (usage.output_tokens, "out"))
        if count is not None
    ]
    facts = (
        ("gatekeeper", report.version),
        ("backend", report.backend),
        ("model", report.model),
        ("tokens", ", ".join(tokens)),
        ("seconds", f"{sum(step.seconds for step in report.steps):.0f}"),
        ("engine", report.engine.name if report.engine else ""),
        ("commit", delta.head if delta else ""),
        ("base", (delta.base or "") if delta else ""),
    )
    yield "---"
    for guess in report.guesses:
        if guess.what == "backend" and "no key" in guess.source:
            yield f"No model was asked: {prose(guess.source)}."
    yield " · ".join(f"{name} {code(value)}" for name, value in facts if value)


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"


def _cut(lines: list[str]) -> list[str]:
    left = len(lines) - MAX_REASONS
    return lines if left <= 0 else [*lines[:MAX_REASONS], f"... and {left} more"]


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _indented(block: str) -> str:
    return "\n".join(f"  {line}" for line in block.split("\n"))
