"""Rounds: ask the backend, judge what it proposes, tell it why, until something is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

from gatekeeper.asking import answered_back
from gatekeeper.context.budget import estimate
from gatekeeper.context.fence import fenced
from gatekeeper.diagnosis.clarification.questions import MODEL
from gatekeeper.domain import (
    Attempt,
    Band,
    Baseline,
    Conclusion,
    Context,
    Effect,
    Outcome,
    Proposal,
    Question,
    Request,
    Run,
    Usage,
)
from gatekeeper.doubt import doubt, mark
from gatekeeper.errors import BackendError
from gatekeeper.gate import try_all
from gatekeeper.paying import Account, in_time
from gatekeeper.ports import Backend
from gatekeeper.recording import compared, record
from gatekeeper.spending.budget import Allowed
from gatekeeper.steps import (
    Tools,
    evidence,
    first_run,
    gate_of,
    ground,
    not_reproduced,
    settled,
)
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.trial import Ground

_KINDS = {
    "revert": "A revert of the author's own change",
    "search": "A small edit, found by a search without a model,",
}
"""By the label of the draft: what is accepted is called what it is."""


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
        self.account = Account(tools)
        self.ground: Ground | None = None  # once the inventory is there
        self.round = 0
        self.told: tuple[str, ...] = ()  # what a person answered to the backend

    def run(self, context: Context) -> Conclusion:
        """Ask one backend after the other until something is accepted, or none has more to say."""
        tools = self.tools
        last = tools.backends[-1][0]
        for name, make in tools.backends:
            try:
                done = self._with(make(self.bench, self.baseline), context)
            except BackendError as error:  # of the last one it is the end, of another a remark
                if name == last:
                    raise
                tools.journal.warn(f"{name} could not be asked: {error.message}; the next one is.")
                continue
            if done:
                return done
        return self._rejected()

    def _with(self, backend: Backend, context: Context) -> Conclusion | None:
        """The rounds of one backend; None where it comes to nothing."""
        for turn in range(1, self.tools.policy.rounds + 1):
            feedback = self._feedback()
            in_time(self.tools, self.baseline)
            told = context.tokens + estimate(feedback)
            may = self.account.allowed(backend.name, told)
            self.bench.snapshot.warm()
            self.round += 1
            proposal = self._ask(backend, turn, context, feedback, may)
            if proposal.question is not None and not proposal.drafts:
                if done := self._asked_back(proposal.question):
                    return done
                continue
            judged: tuple[Attempt, ...] = ()
            if proposal.drafts:
                if done := self._grounded():
                    return done
                judged = self._judge(proposal, backend.name)
                if passed := self._passed(judged):
                    if done := self._sure(passed):
                        return done
                    continue
            if proposal.exhausted or not self._anything_new(judged):
                return None
        return None

    def _anything_new(self, judged: Sequence[Attempt]) -> bool:
        """Whether another round may bring what was not seen; a replay goes through all it has."""
        fresh = [a for a in judged if a.candidate is None or a.candidate.tree not in self.seen]
        self.seen |= {a.candidate.tree for a in judged if a.candidate is not None}
        return bool(fresh) or self.tools.policy.stored

    def _passed(self, judged: Sequence[Attempt]) -> tuple[Attempt, ...]:
        """The accepted attempts among those of this round, by their rank."""
        ids = {attempt.id for attempt in judged}
        passed = [a for a in self.tools.journal.report.attempts if a.rank and a.id in ids]
        return tuple(sorted(passed, key=lambda attempt: attempt.rank))

    def _sure(self, passed: Sequence[Attempt]) -> Conclusion | None:
        """Accepted, or the question that a person must answer first; None to look further."""
        question = doubt(passed, self.tools.journal.report.diagnosis)
        if question is None or self.tools.asking.policy == "off":
            return self._accepted(passed[0])
        answer = answered_back(self.tools, question)
        if answer is None:
            return self._clarify(question)
        if answer.effect is Effect.TAKE:
            return self._accepted(next(each for each in passed if mark(each) == answer.target))
        self.told = (*self.told, f"{question.text} -> {answer.text}")
        self.seen |= {each.candidate.tree for each in passed if each.candidate is not None}
        return None

    def _feedback(self) -> str:
        # What is sent is made here, where it is redacted and stored, and not by the backend.
        tools = self.tools
        said = tools.feedback(self.attempts) if self.attempts else ""
        if self.told:
            note = "a person's answers to your questions; they are right"
            said = f"{said}\n\n" * bool(said) + fenced("ANSWERS", note, "\n".join(self.told)).text
        return tools.redactor.text(said)

    def _asked_back(self, question: Question) -> Conclusion | None:
        """A person's answer goes into the next round; without one the run ends."""
        number = len(self.told) + 1
        question = replace(question, id=f"{MODEL}-{number}") if number > 1 else question
        answer = answered_back(self.tools, question)
        if answer is None:
            return self._clarify(question)
        self.told = (*self.told, f"{question.text} -> {answer.text}")
        return None

    def _ask(
        self, backend: Backend, turn: int, context: Context, feedback: str, may: Allowed
    ) -> Proposal:
        tools = self.tools
        request = Request(
            context,
            turn,
            may.candidates,
            self.attempts,
            tools.deadline.at,
            feedback,
            may.output_tokens,
        )
        worst = (context.tokens + estimate(feedback), may.output_tokens)
        with tools.journal.step(f"round {self.round}: ask {backend.name}", tools.progress):
            tools.journal.asking(feedback)
            try:
                proposal = backend.propose(request)
            except BackendError as error:
                spent = error.usage if isinstance(error.usage, Usage) else Usage()
                self.account.pay(backend.name, "", spent, 0, worst)
                if error.raw:
                    tools.journal.proposal(
                        Proposal(raw=error.raw, usage=spent, backend=backend.name)
                    )
                raise
            proposal = replace(proposal, backend=backend.name)
            self.folder = tools.journal.proposal(proposal)
            self.account.pay(
                backend.name, proposal.model, proposal.usage, len(proposal.drafts), worst
            )
            if proposal.model:
                tools.journal.note(model=proposal.model)
            for note in proposal.notes:
                tools.progress.say(note)
            tools.progress.say(f"{len(proposal.drafts)} candidate(s)")
        return proposal

    def _judge(self, proposal: Proposal, backend: str) -> tuple[Attempt, ...]:
        tools, round_ = self.tools, self.round
        with tools.journal.step(f"round {round_}: judge", tools.progress):
            seen = set(self.seen)
            known = evidence(self.inventory.result(), self.baseline.fail_to_pass)
            screened = []
            for number, draft in enumerate(proposal.drafts, 1):
                attempt = self.gate.screen(draft, f"{round_}.{number}", round_, seen)
                attempt = replace(attempt, backend=backend)
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

    def _clarify(self, question: Question) -> Conclusion:
        return Conclusion(
            Outcome.CLARIFY,
            3,
            f"A person must answer first: {question.text}",
            f"Answer it with --answers FILE (`{question.id}: ...`) or in AGENTS.md; run again.",
        )

    def _accepted(self, winner: Attempt) -> Conclusion:
        self.tools.journal.note(accepted=winner.id)
        kind = _KINDS.get(winner.draft.label, "A candidate")
        files = ", ".join(c.path for c in winner.candidate.changes) if winner.candidate else ""
        return Conclusion(
            Outcome.ACCEPTED,
            10 if self.tools.policy.accepted_fails else 0,
            f"{kind} was accepted ({winner.id}: {files}).",
            f"{self._left()}{self._rivals(winner)}{self._review()}"
            "Read patch.diff, then `gatekeeper apply`.",
        )

    def _rivals(self, winner: Attempt) -> str:
        """Different candidates that pass as well: the tests do not tell them apart."""
        tree = winner.candidate.tree if winner.candidate else ""
        others = {
            each.candidate.tree
            for each in self.tools.journal.report.attempts
            if each.rank and each.candidate and each.candidate.tree != tree
        }
        if not others:
            return ""
        return (
            f"{len(others)} different candidate(s) pass every test as well, so the tests do not"
            " say which is right: compare them in the report. "
        )

    def _left(self) -> str:
        """What an answer left out: it is red before and after."""
        first = self.tools.directions.first
        return f"Only cause {first} was taken on; the tests of the others are red still. " * bool(
            first
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
