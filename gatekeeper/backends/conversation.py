"""One round with a model: the plan, the answer, and what is made of them.

At most three answers are paid for: a plan where one is wanted, the answer, and one more where
that could not be used or its edits do not fit the files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatekeeper.backends import prompt
from gatekeeper.backends.answer import Answer, parse_answer
from gatekeeper.backends.envelope import one_line
from gatekeeper.backends.plan import parse_plan
from gatekeeper.backends.stored import Exchange, Exchanges
from gatekeeper.backends.talk import Talk
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Draft, Proposal, Question
from gatekeeper.errors import BackendError


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer, and why it is given back: "" where it is not. `number` is its exchange."""

    number: int
    answer: Answer | None = None
    wrong: tuple[str, ...] = ()  # by draft, or one reason for the whole
    back: str = ""

    def fitting(self) -> list[tuple[int, Draft]]:
        """The drafts that fit the files, with their numbers."""
        drafts = self.answer.drafts if self.answer else ()
        return [(n, draft) for n, draft in enumerate(drafts) if not self.wrong[n]]


def converse(talk: Talk) -> Proposal:
    """The round's proposal. Raises BackendError where nothing usable came."""
    talk.begin()
    if talk.manner.ask and (question := _planned(talk)):
        return _proposal(talk, (), question, talk.notes)
    talk.say("user", prompt.wanted(talk.request.candidates))
    first = _hear(talk)
    if not first.back:
        assert first.answer is not None  # noqa: S101 -- else it was given back
        if first.answer.ignored:  # how many were wanted is not to be known later
            talk.had = _all_of(first.number, first.answer)
        return _answered(talk, first.answer, first.answer.drafts)
    return _chosen(talk, first, _given_back(talk, first))


def _planned(talk: Talk) -> Question | None:
    """Ask for the cause and a plan first; a question where the model asks one instead."""
    length = len(talk.messages)
    talk.say("user", prompt.plan_first(talk.form()))
    envelope = talk.ask(plan=True)
    try:
        plan = parse_plan(envelope.text, talk.exchanges[-1].form)
    except UnusableAnswer as unusable:
        talk.notes.append(f"the plan could not be used: {unusable.reason}")
        del talk.messages[length:]
        talk.known = min(talk.known, length)
        talk.forget()
        return None
    if plan.question is not None:
        return plan.question
    talk.notes.append(f"plan: {plan.plan}")
    talk.say("user", prompt.by_plan())
    return None


def _hear(talk: Talk) -> Heard:
    """One answer with edits, read and checked."""
    envelope = talk.ask()
    number = len(talk.exchanges) - 1
    try:
        limit, form = talk.request.candidates, talk.exchanges[-1].form
        answer = parse_answer(envelope.text, limit, form)
    except UnusableAnswer as unusable:
        return Heard(number, None, (unusable.reason,), prompt.repair(unusable.reason))
    wrong = tuple(talk.manner.check(draft) for draft in answer.drafts)
    if not any(wrong):
        return Heard(number, answer, wrong)
    told = [f"candidate {n}: {why}" for n, why in enumerate(wrong, 1) if why]
    return Heard(number, answer, wrong, prompt.misfit(told))


def _given_back(talk: Talk, first: Heard) -> Heard | None:
    """The answer to a complaint; None where none came and the first one will do."""
    why = "; ".join(one_line(reason) for reason in first.wrong if reason)
    talk.notes.append(f"an answer was given back: {why}")
    last = talk.exchanges[-1]
    talk.exchanges[-1] = Exchange(last.body, first.back, last.form, last.plan)
    talk.say("user", first.back)
    try:
        return _hear(talk)
    except BackendError as error:
        if first.answer is None:
            raise
        if error.raw:
            talk.keep(error.raw)
        talk.notes.append(f"no second answer came: {error.message}")
        return None


def _chosen(talk: Talk, first: Heard, second: Heard | None) -> Proposal:
    """The drafts that count: of the first answer those that fit, and the second's."""
    mended = second.answer if second is not None else None
    if second is None or mended is None:  # the first one is there, or no second would be missing
        if first.answer is None:
            raise _still_unusable(second)
        talk.had = _all_of(first.number, first.answer)
        return _answered(talk, first.answer, first.answer.drafts)
    once: list[tuple[int, int, Draft]] = []
    for heard, drafts in ((first, first.fitting()), (second, list(enumerate(mended.drafts)))):
        for which, draft in drafts:
            if all(draft.edits != other.edits for _, _, other in once):
                once.append((heard.number, which, draft))
    once = once[: max(1, talk.request.candidates)]
    talk.had = Exchanges((), second.number, tuple((number, n) for number, n, _ in once))
    return _answered(talk, mended, tuple(draft for _, _, draft in once))


def _all_of(number: int, answer: Answer) -> Exchanges:
    return Exchanges((), number, tuple((number, n) for n in range(len(answer.drafts))))


def _still_unusable(second: Heard | None) -> BackendError:
    said = one_line(second.wrong[0]) if second is not None else "no other came"
    return BackendError(
        f"the model's answer is unusable, also after it was given back: {said}",
        hint="The stored response has it as it came. Try another backend.model, or set "
        "backend.format to text if the server does not honour structured output.",
    )


def _answered(talk: Talk, answer: Answer, drafts: tuple[Draft, ...]) -> Proposal:
    notes = [*talk.notes, *answer.notes]
    return _proposal(talk, drafts, answer.question, notes, answer.analysis)


def _proposal(
    talk: Talk,
    drafts: tuple[Draft, ...],
    question: Question | None,
    notes: Iterable[str],
    analysis: str = "",
) -> Proposal:
    told = [f"prompt version {prompt.PROMPT_VERSION}", *talk.sender.notes, *notes]
    if any(usage.output_tokens is None for usage in talk.usages):
        told.append("the server did not report the usage of every response")
    return Proposal(
        drafts=drafts,
        analysis=analysis or (question.reason if question else ""),
        question=question,
        usage=talk.usage(),
        raw=talk.raw(),
        model=talk.model or talk.manner.wire.model,
        notes=tuple(one_line(note) for note in told),
    )
