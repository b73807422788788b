"""`report.md`: what people read. The verdict first, then why, and what was not checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.diagnosis.clarification.shown import dialog_markdown, questions_markdown
from gatekeeper.domain import (
    Attempt,
    Band,
    CaseResult,
    Diagnosis,
    LogText,
    Match,
    Outcome,
    Report,
    RunReport,
    Scenario,
    Suspect,
)
from gatekeeper.escape import code, fence, prose, shortened
from gatekeeper.formats.report_md.parts import MAX_REASONS, bullets, cut, place
from gatekeeper.formats.report_md.trials import unchecked, validation

MAX_TESTS = 20
MAX_PASSAGES = 3
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
            *validation(report, accepted),
            *unchecked(report, accepted),
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
    where = f" at {code(place(case.file, case.line))}" if case.file else ""
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
        yield bullets(_suspect(suspect) for suspect in found.suspects[:MAX_REASONS])
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
    yield bullets(
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
    return f"{code(place(suspect.path, suspect.start))}{symbol}: {prose(suspect.why)}"


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
        yield bullets(cut(lines))
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
    if attempt.backend:
        yield f"Proposed by {code(attempt.backend)}. {prose(attempt.rank_why).capitalize()}."
    if attempt.draft.rationale:
        why = shortened(attempt.draft.rationale, lines=20, characters=2_000)
        yield f"What its author says:\n\n{fence(why, 'text')}"
    if attempt.candidate is not None:
        if attempt.candidate.notes:
            yield bullets(prose(note) for note in attempt.candidate.notes)
        diff = attempt.candidate.diff.decode("utf-8", "replace")
        yield fence(shortened(diff, DIFF_LINES, DIFF_CHARACTERS), "diff")
        if len(diff) > DIFF_CHARACTERS or diff.count("\n") > DIFF_LINES:
            yield "The whole diff is in `patch.diff`."
    if attempt.findings:
        yield "Findings of the guards:"
        yield bullets(_findings(attempt))


def _others(report: Report) -> Iterator[str]:
    others = [attempt for attempt in report.attempts if attempt.id != report.accepted]
    if others:
        yield "## Other attempts" if report.accepted else "## Attempts"
    for attempt in others:
        name = code(attempt.draft.name or attempt.id)
        label = f" ({prose(attempt.draft.label)})" if attempt.draft.label else ""
        by = f", by {code(attempt.backend)}" if attempt.backend else ""
        rank = f", rank {attempt.rank}: {prose(attempt.rank_why)}" if attempt.rank else ""
        yield f"{name}{label}{by}: **{attempt.verdict.decision}**{rank}"
        reasons = [prose(reason) for reason in attempt.verdict.reasons]
        said = bullets([*cut(reasons), *_findings(attempt)])
        if said:
            yield said


def _findings(attempt: Attempt) -> list[str]:
    return cut(
        [
            f"{finding.level}, guard {code(finding.guard)}: {prose(finding.message)}"
            + (f" {code(place(finding.path, finding.line))}" if finding.path else "")
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
        ("cost", _cost(report)),
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


def _cost(report: Report) -> str:
    """Dollars by the dated table; "" where no request was made."""
    bills = [bill for bill in report.bills if bill.usage.requests]
    if not bills:
        return ""
    known = sum(bill.money for bill in bills if bill.money is not None)
    unknown = sorted({bill.model for bill in bills if bill.money is None})
    more = f" and an unknown price of {', '.join(unknown)}" if unknown else ""
    return f"{known:.4f} USD{more} (prices of {report.prices})"


def _indented(block: str) -> str:
    return "\n".join(f"  {line}" for line in block.split("\n"))
