"""The loop; the only module that knows the order of steps. Readable top to bottom.

    failure report -> diagnosis -> baseline (red every time?) -> context
        -> [ backend -> candidates -> guards -> trials -> verdicts ] for each round
        -> conclusion

Every job returns a `Conclusion` or raises one of the error tree. Nothing here exits, or knows
which backend, engine or format is in use.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future

from gatekeeper.diagnosis.logs import outside_of_tests
from gatekeeper.domain import (
    Attempt,
    Band,
    Baseline,
    Conclusion,
    Context,
    Decision,
    Draft,
    Outcome,
    Proposal,
    Question,
    Request,
    Run,
    RunReport,
    Usage,
)
from gatekeeper.errors import BackendError, BudgetSpent, UnreadableReport
from gatekeeper.gate import finish_suites, start_suites, try_all, untried
from gatekeeper.intake.logs.sources import Logs
from gatekeeper.learn import learned
from gatekeeper.ports import Backend
from gatekeeper.steps import (
    Tools,
    compared,
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
    record,
    settled,
    understand,
)
from gatekeeper.validation.baseline import confirm, reproduce
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.trial import Ground
from gatekeeper.wording import in_words

# --- the jobs ---------------------------------------------------------------------------


def run(tools: Tools, report: RunReport | None) -> Conclusion:
    """The whole loop. Without a report, the failing cases are those of the first baseline run."""
    if report is not None:
        if done := understand(tools, report):
            return done
        explain(tools, report)
    with prepared(tools) as (bench, pool):
        if report is None:
            first = first_run(tools, bench, pool)
            report, failing = first.report, first.report.failing
            if done := understand(tools, report):
                return done
            explain(tools, report)
            baseline = prove(
                tools, lambda: confirm(bench, first, failing, tools.policy.reruns, pool)
            )
            whole = True
        else:
            failing = report.failing
            baseline = prove(tools, lambda: reproduce(bench, failing, tools.policy.reruns, pool))
            whole = not baseline.selected
        if done := not_reproduced(tools, baseline):
            return done
        # The inventory runs beside the model call, not before it; a baseline that had to run the
        # whole suite has it already.
        inventory = _known(baseline.runs[0]) if whole else pool.submit(bench.suite, "inventory")
        context = gather(tools, report, confirmed(report, baseline))
        return learned(tools, _Loop(tools, bench, pool, baseline, inventory).run(context))


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


def show_context(tools: Tools, report: RunReport) -> Conclusion:
    """What `run` would send, and nothing sent."""
    if done := understand(tools, report):
        return done
    explain(tools, report)
    context = gather(tools, report, report.failing)
    return Conclusion(Outcome.ANALYZED, 0, f"The context has about {context.tokens} tokens.")


# --- rounds -----------------------------------------------------------------------------


class _Loop:
    """Rounds of proposals, each judged; what was rejected, and why, goes into the next."""

    def __init__(
        self,
        tools: Tools,
        bench: Bench,
        pool: Executor,
        baseline: Baseline,
        inventory: Future[Run],
    ) -> None:
        self.tools = tools
        self.bench = bench
        self.pool = pool
        self.baseline = baseline
        self.inventory = inventory
        self.gate = gate_of(tools)
        self.attempts: tuple[Attempt, ...] = ()
        self.seen = {tools.delta.tree}
        self.ground: Ground | None = None  # once the inventory is there

    def run(self, context: Context) -> Conclusion:
        """Ask and judge until something is accepted or nothing more is to be had."""
        backend = self.tools.backend(self.bench, self.baseline)
        for round_ in range(1, self.tools.policy.rounds + 1):
            self._within_budget(context)
            self.bench.snapshot.warm()
            proposal = self._ask(backend, context, round_)
            if proposal.question is not None and not proposal.drafts:
                return self._clarify(proposal.question)
            if not proposal.drafts:
                break
            if done := self._grounded():
                return done
            judged = self._judge(proposal, round_)
            if winner := _best(judged):
                return self._accepted(winner)
            fresh = [a for a in judged if a.candidate is None or a.candidate.tree not in self.seen]
            self.seen |= {a.candidate.tree for a in judged if a.candidate is not None}
            if proposal.exhausted or not fresh:
                break
        return self._rejected()

    def _ask(self, backend: Backend, context: Context, round_: int) -> Proposal:
        tools = self.tools
        # What is sent is made here, where it is redacted and stored, and not by the backend.
        feedback = tools.redactor.text(tools.feedback(self.attempts)) if self.attempts else ""
        request = Request(
            context, round_, tools.policy.candidates, self.attempts, self._deadline(), feedback
        )
        with tools.journal.step(f"round {round_}: ask {backend.name}", tools.progress):
            tools.journal.asking(feedback)
            try:
                proposal = backend.propose(request)
            except BackendError as error:
                spent = error.usage if isinstance(error.usage, Usage) else Usage()
                tools.journal.spend(spent)
                if error.raw:
                    tools.journal.proposal(Proposal(raw=error.raw, usage=spent))
                raise
            self.folder = tools.journal.proposal(proposal)
            tools.journal.spend(proposal.usage)
            tools.journal.note(model=proposal.model)
            for note in proposal.notes:
                tools.progress.say(note)
            tools.progress.say(f"{len(proposal.drafts)} candidate(s)")
        return proposal

    def _judge(self, proposal: Proposal, round_: int) -> tuple[Attempt, ...]:
        tools = self.tools
        with tools.journal.step(f"round {round_}: judge", tools.progress):
            seen = set(self.seen)
            known = evidence(self.inventory.result(), self.baseline.fail_to_pass)
            screened = []
            for number, draft in enumerate(proposal.drafts, 1):
                attempt = self.gate.screen(draft, f"{round_}.{number}", round_, seen)
                screened.append(self.gate.look_again(attempt, known))
                if attempt.candidate is not None:
                    seen.add(attempt.candidate.tree)
            judged = try_all(screened, self.gate, self.bench, self._ground(), self.pool)
            judged = tuple(
                record(tools, attempt, self.folder + offset, known.failing)
                for offset, attempt in enumerate(judged)
            )
            compared(tools)
            self.attempts = (*self.attempts, *judged)
        return judged

    def _grounded(self) -> Conclusion | None:
        """Wait for the inventory, once; a failure that it does not show is not proven."""
        if self.tools.journal.report.inventory is None:
            first_run(self.tools, self.bench, self.pool, self.inventory)
        self.baseline = settled(self.tools, self.baseline, self.inventory.result())
        return not_reproduced(self.tools, self.baseline)

    def _ground(self) -> Ground:
        if self.ground is None:
            self.ground = ground(self.tools, self.bench, self.inventory.result(), self.baseline)
        return self.ground

    def _deadline(self) -> float | None:
        seconds = self.tools.policy.budget_seconds
        return self.tools.started + seconds if seconds else None

    def _within_budget(self, context: Context) -> None:
        policy = self.tools.policy
        deadline = self._deadline()
        if deadline is not None and time.monotonic() >= deadline:
            raise BudgetSpent(
                f"the {policy.budget_seconds / 60:.0f} minutes of budget.minutes are spent",
                hint="Raise budget.minutes, or look at the rejected attempts in the report.",
            )
        usage = self.tools.journal.report.usage
        spent = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if policy.budget_tokens and spent + context.tokens > policy.budget_tokens:
            raise BudgetSpent(
                f"{spent} tokens are spent, and the next request of about {context.tokens} "
                f"would exceed budget.tokens ({policy.budget_tokens})",
                hint="Raise budget.tokens, or lower context.tokens.",
            )

    def _clarify(self, question: Question) -> Conclusion:
        self.tools.journal.note(questions=(question,))
        return Conclusion(
            Outcome.CLARIFY,
            3,
            f"A person must answer first: {question.text}",
            "Answer it in the code, the test or AGENTS.md, and run again.",
        )

    def _accepted(self, winner: Attempt) -> Conclusion:
        self.tools.journal.note(accepted=winner.id)
        kind = "A revert of the author's own change" if winner.draft.label else "A candidate"
        files = ", ".join(c.path for c in winner.candidate.changes) if winner.candidate else ""
        return Conclusion(
            Outcome.ACCEPTED,
            10 if self.tools.policy.accepted_fails else 0,
            f"{kind} was accepted ({winner.id}: {files}).",
            f"{self._review()}Read patch.diff, then `gatekeeper apply`.",
        )

    def _review(self) -> str:
        """Whose eyes a scenario asks for; the exit code is `gate.accepted`'s to decide."""
        match = self.tools.journal.report.match
        if match is None or match.band is Band.LOW or not match.scenario.review_required:
            return ""
        return f"The scenario {match.scenario.id} asks for a person's review before a merge. "

    def _rejected(self) -> Conclusion:
        tried = len(self.attempts)
        why = self.attempts[-1].verdict.reasons[0] if tried else "No candidate was found."
        return Conclusion(
            Outcome.REJECTED,
            1,
            f"The failure is real, and none of {tried} candidate(s) was accepted. {why}",
            "attempts/ holds each candidate with its reasons and output.",
        )


# --- small parts ------------------------------------------------------------------------


def _known(run: Run) -> Future[Run]:
    future: Future[Run] = Future()
    future.set_result(run)
    return future


def _best(judged: Sequence[Attempt]) -> Attempt | None:
    """The accepted attempt to offer: a revert after every other, then the smallest."""
    accepted = [a for a in judged if a.verdict.decision is Decision.ACCEPTED]
    return min(accepted, key=lambda a: (a.draft.label == "revert", _size(a)), default=None)


def _size(attempt: Attempt) -> int:
    changes = attempt.candidate.changes if attempt.candidate else ()
    return sum(change.added + change.removed for change in changes)


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
