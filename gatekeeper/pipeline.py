"""The loop; the only module that knows the order of steps. Readable top to bottom.

    failure report -> diagnosis -> baseline (red every time?) -> context
        -> [ backend -> candidates -> guards -> trials -> verdicts ] for each round
        -> conclusion

Every job returns a `Conclusion` or raises one of the error tree. Nothing here exits, or knows
which backend, engine or format is in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from gatekeeper.asking import directed, questions, taken_on, unasked, waiting
from gatekeeper.diagnosis.logs import outside_of_tests
from gatekeeper.domain import (
    Attempt,
    Conclusion,
    Decision,
    Draft,
    Outcome,
    Run,
    RunReport,
)
from gatekeeper.errors import UnreadableReport
from gatekeeper.gate import finish_suites, start_suites, untried
from gatekeeper.intake.logs.sources import Logs
from gatekeeper.learn import learned
from gatekeeper.recording import compared, record
from gatekeeper.rounds import Rounds
from gatekeeper.steps import (
    Tools,
    confirmed,
    evidence,
    explain,
    first_run,
    gate_of,
    gather,
    ground,
    not_reproduced,
    prepared,
    prove,
    read_logs,
    settled,
    understand,
)
from gatekeeper.validation.baseline import confirm, reproduce
from gatekeeper.wording import in_words

# --- the jobs ---------------------------------------------------------------------------


def run(tools: Tools, report: RunReport | None) -> Conclusion:
    """The whole loop. Without a report, the failing cases are those of the first baseline run."""
    if report is not None:
        if done := understand(tools, report):
            return done
        explain(tools, report)
        tools, done = directed(tools)
        if done:
            return done
    with prepared(tools) as (bench, pool):
        if report is None:
            first = first_run(tools, bench, pool)
            report = first.report
            if done := understand(tools, report):
                return done
            explain(tools, report)
            tools, done = directed(tools)
            if done:
                return done
            failing = taken_on(tools, report.failing)
            baseline = prove(
                tools, lambda: confirm(bench, first, failing, tools.policy.reruns, pool)
            )
            whole = True
        else:
            failing = taken_on(tools, report.failing)
            baseline = prove(tools, lambda: reproduce(bench, failing, tools.policy.reruns, pool))
            whole = not baseline.selected
        if done := not_reproduced(tools, baseline) or waiting(tools):
            return done
        # The inventory runs beside the model call, not before it; a baseline that had to run the
        # whole suite has it already.
        inventory = _known(baseline.runs[0]) if whole else pool.submit(bench.suite, "inventory")
        context = gather(tools, report, taken_on(tools, confirmed(report, baseline)))
        return learned(tools, Rounds(tools, bench, pool, baseline, inventory).run(context))


def validate(tools: Tools, drafts: Sequence[Draft], report: RunReport | None) -> Conclusion:
    """The gate alone: each draft on its own, accepted only if nothing speaks against it."""
    gate = gate_of(tools)
    with tools.journal.step("guards", tools.progress):
        attempts = [gate.screen(draft, draft.name, 1) for draft in drafts]
    if report is not None:
        tools.journal.note(failures=report)
    if not any(untried(attempt) for attempt in attempts):
        for attempt in attempts:
            record(tools, attempt)
        return _all_or_none(tools, attempts)
    with prepared(tools) as (bench, pool):
        inventory = pool.submit(bench.suite, "inventory")
        suites = start_suites(attempts, gate, bench, pool)
        bench.snapshot.warm()  # for the next run of what is red, or of a candidate
        first = first_run(tools, bench, pool, inventory)
        failing = (report.failing if report else ()) or first.report.failing
        baseline = prove(tools, lambda: confirm(bench, first, failing, tools.policy.reruns, pool))
        if failing:
            baseline = settled(tools, baseline, first)
            if done := not_reproduced(tools, baseline):
                return done
        known = evidence(first, baseline.fail_to_pass)
        attempts = [gate.look_again(attempt, known) for attempt in attempts]
        measured = ground(tools, bench, first, baseline)
        with tools.journal.step("trials", tools.progress):
            judged = finish_suites(
                attempts,
                suites,
                bench,
                measured,
                pool,
                lambda attempt: record(tools, attempt, failing=known.failing),
            )
            compared(tools)
    return _all_or_none(tools, judged)


def analyze(tools: Tools, report: RunReport) -> Conclusion:
    """Intake and diagnosis only."""
    if done := understand(tools, report):
        return done
    diagnosis = in_words(tools, report, explain(tools, report))
    tools.journal.note(questions=questions(tools))
    count = len(report.failing)
    end = Conclusion(Outcome.ANALYZED, 0, f"{count} failing case(s): {diagnosis.category}.")
    return learned(tools, end)


def analyze_logs(tools: Tools, logs: Logs) -> Conclusion:
    """What raw logs say; the red tests of a report that is named as well say more."""
    diagnosis = read_logs(tools, logs)
    report = tools.reports.given()
    if report is not None and report.failing:
        return analyze(tools, report)
    if report is not None:
        tools.journal.note(failures=report)
    return Conclusion(
        Outcome.ANALYZED, 0, f"The log says {diagnosis.category}: {diagnosis.summary}"
    )


def run_with_logs(tools: Tools, logs: Logs) -> Conclusion:
    """The whole loop where there are tests to judge by; else what the log says of the failure."""
    diagnosis = read_logs(tools, logs)
    outside = outside_of_tests(diagnosis)
    if outside and not tools.reports.there():
        raise UnreadableReport(
            f"the job failed outside of its tests ({diagnosis.category}): {diagnosis.summary}",
            hint=diagnosis.suggested_fix,
        )
    end = run(tools, tools.reports.of_job())
    if outside and end.outcome is Outcome.GREEN:
        tools.journal.warn(f"The tests pass, but the log says: {diagnosis.summary}")
    return end


def clarify(tools: Tools, report: RunReport) -> Conclusion:
    """Ask a person what the diagnosis leaves open, and nothing else."""
    if done := understand(tools, report):
        return done
    found = explain(tools, report)
    _, done = directed(tools)
    done = done or waiting(tools)
    answered = tools.journal.report.dialog
    if answered is None:
        off = "clarification.policy is off"
        sure = f"clarification.threshold is {tools.asking.threshold:g}"
        why = off if tools.asking.policy == "off" else sure
        return Conclusion(
            Outcome.ANALYZED,
            0,
            f"Nothing has to be asked: {found.category} with confidence {found.confidence:.2f}, "
            f"and {why}.",
        )
    if done and answered.open:
        return done
    return Conclusion(
        Outcome.ANALYZED,
        0,
        f"{len(answered.answers)} question(s) answered.",
        "gatekeeper run --answers answers.yml, with the one of the report's folder.",
    )


def show_context(tools: Tools, report: RunReport) -> Conclusion:
    """What `run` would send, and nothing sent."""
    if done := understand(tools, report):
        return done
    explain(tools, report)
    tools, done = directed(unasked(tools))
    if done:
        return done
    context = gather(tools, report, taken_on(tools, report.failing))
    return Conclusion(Outcome.ANALYZED, 0, f"The context has about {context.tokens} tokens.")


def show_context_of_logs(tools: Tools, logs: Logs) -> Conclusion:
    """What `run` would send with these logs named; red tests need a report that is named too."""
    read_logs(tools, logs)
    report = tools.reports.given()
    if report is not None and report.failing:
        return show_context(tools, report)
    context = gather(tools, report or RunReport(()), ())
    return Conclusion(Outcome.ANALYZED, 0, f"The context has about {context.tokens} tokens.")


# --- small parts ------------------------------------------------------------------------


def _known(run: Run) -> Future[Run]:
    future: Future[Run] = Future()
    future.set_result(run)
    return future


def _all_or_none(tools: Tools, attempts: Sequence[Attempt]) -> Conclusion:
    bad = [a for a in attempts if a.verdict.decision is not Decision.ACCEPTED]
    if bad:
        return Conclusion(
            Outcome.REJECTED,
            1,
            f"{len(bad)} of {len(attempts)} patch(es) rejected. {bad[0].verdict.reasons[0]}",
            "The report names every reason.",
        )
    if len(attempts) == 1:
        tools.journal.note(accepted=attempts[0].id)
    return Conclusion(
        Outcome.ACCEPTED,
        10 if tools.policy.accepted_fails else 0,
        f"{len(attempts)} patch(es) accepted.",
    )
