"""Builds the context: what a backend is told, in the order of its value, within a budget.

    # FAILURE_RECORD            which cases fail, and what each says, in a line
    # ANSWERS                   what a person was asked about this failure, and said
    # FAILURE_OUTPUT: CASE      stack trace and output
    # FAILURE_LOG: FILE         what the job's raw log says of it, where one was named
    # FILE: PATH (lines ...)    the code that the failure touches, see `intake.reach`
    # RECENT_REPO_DELTA         what the author changed, and where that was found out
    # RECENT_REPO_DELTA_DIFF: PATH
    # SCENARIO_MATCH, ...       what people know of this failure, see `scenario`
    # INSTRUCTIONS              AGENTS.md at the merge base
    # OMITTED                   what did not fit

Everything but the headers is untrusted and stands between fences (see `fence`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gatekeeper.context.budget import BYTES_PER_TOKEN, estimate, head, head_and_tail
from gatekeeper.context.code import Sources, code_sections
from gatekeeper.context.delta import delta_sections
from gatekeeper.context.fence import fenced, one_line, shown_path
from gatekeeper.context.held_out import hold_out
from gatekeeper.context.scenario import scenario_places, scenario_sections
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Context,
    Delta,
    Match,
    Passage,
    RunReport,
    Section,
)
from gatekeeper.intake.coverage_data import Spectrum
from gatekeeper.intake.reach import MAX_CASES, own_source, reach
from gatekeeper.intake.stacktrace import case_frames
from gatekeeper.ports import Tree
from gatekeeper.redact import Redactor
from gatekeeper.scenarios.invariants import stated

_SHARES = {"record": 0.15, "output": 0.20, "log": 0.12, "delta": 0.12, "scenario": 0.10,
           "instructions": 0.10,
    "answers": 0.15,
}  # fmt: skip
"""Of the budget, at most, before the code; what the code leaves is given back to them."""

_OMITTED_SHARE = 0.04
_MAX_LISTED = 50  # failing cases named in the record
_STATED = 3  # assertions quoted in the record

_Sections = list[Section]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a backend may be told: tokens at most, by estimate, and the share held out."""

    tokens: int
    held_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Known:
    """What people of the project say beforehand, from where it may be trusted."""

    instructions: str = ""  # AGENTS.md
    match: Match | None = None  # the known failure that this one is like
    answers: tuple[str, ...] = ()  # what a person said about this failure, a line each
    run: Spectrum | None = None  # what the project's coverage data tells of the failing tests
    passages: tuple[Passage, ...] = ()  # of the job's raw logs, redacted, the most telling first


@dataclass(frozen=True, slots=True)
class _Failure:
    """One failing case with its texts redacted."""

    case: CaseResult
    message: str
    output: str


def build_context(
    report: RunReport,
    failing: Sequence[CaseResult],
    delta: Delta,
    tree: Tree,
    known: Known,
    allowance: Allowance,
    redactor: Redactor,
    roots: Sequence[str] = (),
) -> Context:
    """The context of one failure, within the allowance; same input, same bytes.

    `tree` is the tree under test, `roots` are folders at which the workspace may have been
    mounted when the report was written. The failure record is there however small the budget is.
    """
    budget_tokens = allowance.tokens
    held = hold_out(failing, allowance.held_out, tree, roots)
    hidden = list(own_source(held, tree, roots).values())
    kept_back = {case.id for case in held}
    failing = [case for case in failing if case.id not in kept_back]
    failures = [_redacted(case, redactor) for case in failing]
    passages = () if held else known.passages  # a log quotes what is held out, in any form
    about = failing or _as_cases(passages)
    frames = case_frames(about[:MAX_CASES], tree.paths(), roots)
    places = [
        *reach(about, frames, tree, roots, delta, known.run),
        *scenario_places(known.match, tree),
    ]
    near = {place.path: None for place in places}
    said = redactor.text(known.instructions)
    diff = redactor.bytes(delta.diff)
    states = [redactor.text(text) for text in stated(failing, tree, roots)[:_STATED]]
    writers: dict[str, Callable[[int], _Sections]] = {
        "record": lambda tokens: _record(report, failures, states, delta, tokens, len(held)),
        "output": lambda tokens: _output(failures, tokens),
        "log": lambda tokens: _logs(passages, tokens),
        "delta": lambda tokens: delta_sections(
            delta, diff, list(near), tokens, {place.path for place in hidden}
        ),
        "scenario": lambda tokens: scenario_sections(known.match, tokens, redactor, kept_back),
        "instructions": lambda tokens: _instructions(said, tokens),
    }
    answers = _answers(
        redactor.text("\n".join(known.answers)), int(budget_tokens * _SHARES["answers"])
    )
    parts = {name: write(int(budget_tokens * _SHARES[name])) for name, write in writers.items()}
    spare = budget_tokens - _tokens(*parts.values(), answers) - int(budget_tokens * _OMITTED_SHARE)
    code, omitted = code_sections(places, Sources(tree, redactor), max(0, spare), hidden)
    spare -= _tokens(code)
    for name in ("output", "log", "delta", "scenario", "instructions"):
        if any(section.cut for section in parts[name]) and spare > 0:
            wider = writers[name](_tokens(parts[name]) + spare)
            spare -= _tokens(wider) - _tokens(parts[name])
            parts[name] = wider
    sections = [*parts["record"], *answers, *parts["output"], *parts["log"], *code]
    sections += [*parts["delta"], *parts["scenario"], *parts["instructions"]]
    sections += _omitted(omitted, int(budget_tokens * _OMITTED_SHARE))
    text = "".join(section.text for section in sections)
    cuts = [f"{section.cut} ({section.title})" for section in sections if section.cut]
    return Context(
        text,
        tuple(sections),
        estimate(text),
        (*cuts, *omitted),
        redactor.removed,
        tuple(case.id for case in held),
    )


def _as_cases(passages: Sequence[Passage]) -> list[CaseResult]:
    """What a log says, as if a test had said it: where no test is known to fail."""
    return [
        CaseResult(CaseId("", ""), CaseState.ERROR, passage.said, details=passage.text)
        for passage in passages
    ]


def _logs(passages: Sequence[Passage], tokens: int) -> _Sections:
    sections: _Sections = []
    for position, passage in enumerate(passages):
        end = passage.start + len(passage.lines) - 1
        title = f"FAILURE_LOG: {one_line(passage.source, 150)}"
        note = f"lines {passage.start}-{end}"
        room = (tokens - _tokens(sections)) // (len(passages) - position)
        overhead = estimate(title + note) + 30
        text, cut = head_and_tail(passage.text, room - overhead)
        if text and room > overhead:
            sections.append(fenced(title, note, text, cut=f"{cut} lines of this log" * bool(cut)))
    return sections


def _tokens(*parts: _Sections) -> int:
    return sum(section.tokens for sections in parts for section in sections)


def _redacted(case: CaseResult, redactor: Redactor) -> _Failure:
    details = case.details if case.message in case.details else f"{case.message}\n{case.details}"
    output = f"\n[output of the case]\n{case.output}" if case.output.strip() else ""
    return _Failure(
        case,
        redactor.text(case.message),
        redactor.text(f"{details.rstrip()}\n{output}").strip("\n"),
    )


def _record(
    report: RunReport,
    failures: Sequence[_Failure],
    states: Sequence[str],
    delta: Delta,
    tokens: int,
    held: int,
) -> _Sections:
    counts = report.counts
    lines = [
        f"tests: {counts.tests}, passed: {counts.passed}, failures: {counts.failures}, "
        f"errors: {counts.errors}, skipped: {counts.skipped}",
        f"commit under test: {delta.head or 'unknown'}",
    ]
    if held:
        lines.append(f"held_out: {held} more that fail in the same way; they must pass as well")
    lines.append("failed_tests:")
    for failure in failures[:_MAX_LISTED]:
        case = failure.case
        place = f" {shown_path(case.file)}" + (f":{case.line}" if case.line else "")
        lines.append(f"- {one_line(str(case.id))} [{case.state}]{place if case.file else ''}")
        reason = failure.message or failure.output.strip().partition("\n")[0]
        if reason:
            lines.append(f"  {one_line(_with_kind(case, reason), 500)}")
    if states:
        lines += ["stated_by_the_tests:", *(f"- {one_line(text, 200)}" for text in states)]
    left = len(failures) - _MAX_LISTED
    text, cut = head("\n".join(lines) + "\n", max(tokens - 40, 80))
    said = [f"{left} further failing cases"] if left > 0 else []
    said += [f"{cut} lines of the record"] if cut else []
    return [fenced("FAILURE_RECORD", "", text, cut=", ".join(said))]


def _with_kind(case: CaseResult, reason: str) -> str:
    return reason if not case.kind or case.kind in reason else f"{case.kind}: {reason}"


def _answers(text: str, tokens: int) -> _Sections:
    """A person's word, which outweighs everything that was guessed; a novel is cut."""
    if not text:
        return []
    room = int(max(tokens - 50, 30) * BYTES_PER_TOKEN)
    kept = text.encode("utf-8", "replace")[:room].decode("utf-8", "ignore")
    left = len(text) - len(kept)
    note = "a person's answers; they are right, whatever else seems likely"
    return [fenced("ANSWERS", note, kept, cut=f"{left} characters" * bool(left))]


def _output(failures: Sequence[_Failure], tokens: int) -> _Sections:
    sections: _Sections = []
    shown: set[str] = set()
    taken = [failure for failure in failures[:MAX_CASES] if failure.output]
    for position, failure in enumerate(taken):
        if failure.output in shown:
            continue
        shown.add(failure.output)
        title = f"FAILURE_OUTPUT: {one_line(str(failure.case.id), 150)}"
        room = (tokens - _tokens(sections)) // (len(taken) - position)
        overhead = estimate(title) + 30
        text, cut = head_and_tail(failure.output, room - overhead)
        if text and room > overhead:
            sections.append(fenced(title, "", text, cut=f"{cut} lines of this output" * bool(cut)))
    return sections


def _instructions(text: str, tokens: int) -> _Sections:
    if not text.strip():
        return []
    kept, cut = head(text, tokens - 40)
    if not kept:
        kept = "\n"
    note = "AGENTS.md at the merge base"
    section = fenced("INSTRUCTIONS", note, kept, cut=f"{cut} lines of AGENTS.md" * bool(cut))
    return [section] if section.tokens <= tokens else []


def _omitted(omitted: Sequence[str], tokens: int) -> _Sections:
    if not omitted:
        return []
    kept, cut = head("\n".join(omitted) + "\n", tokens - 40)
    text = kept if kept else ""
    section = fenced("OMITTED", "did not fit", text, cut=f"{cut} further places" * bool(cut))
    return [section] if section.tokens <= tokens else []
