"""Rounds: ask the backend, judge what it proposes, tell it why, until something is accepted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future

from gatekeeper.domain import (
    Attempt,
    Band,
    Baseline,
    Conclusion,
    Context,
    Decision,
    Outcome,
    Proposal,
    Question,
    Request,
    Run,
    Usage,
)
from gatekeeper.errors import BackendError, BudgetSpent
from gatekeeper.gate import try_all
from gatekeeper.ports import Backend
from gatekeeper.steps import (
    Tools,
    compared,
    evidence,
    first_run,
    gate_of,
    ground,
    not_reproduced,
    record,
    settled,
)
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.trial import Ground


class Rounds:
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


def _best(judged: Sequence[Attempt]) -> Attempt | None:
    """The accepted attempt to offer: a revert after every other, then the smallest."""
    accepted = [a for a in judged if a.verdict.decision is Decision.ACCEPTED]
    return min(accepted, key=lambda a: (a.draft.label == "revert", _size(a)), default=None)


def _size(attempt: Attempt) -> int:
    changes = attempt.candidate.changes if attempt.candidate else ()
    return sum(change.added + change.removed for change in changes)
