"""A conversation on a terminal or through a pipe: ask, show the answers, change or confirm them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gatekeeper.diagnosis.clarification.answers import read_answer
from gatekeeper.diagnosis.clarification.shown import answer_line, lines_of
from gatekeeper.domain import Answer, Dialog, Effect, Question, Round, Typed
from gatekeeper.ports import Person

ROUNDS = 3
"""Passes through the answers; who has not confirmed by then needs more than a prompt."""

MISTAKES = 3
"""Answers to one question that name no option; a pipe that says nonsense must come to an end."""

_YES = ("y", "yes")


class _Ended(Exception):
    """The person left, or the input is at its end; `why` is a few words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def converse(dialog: Dialog, person: Person) -> Iterator[Dialog]:
    """Ask what is open; yields the dialogue after each line, so that nothing typed is ever lost.

    The last one has the confirmed answers and no end, or no answers of this conversation and
    says in `ended` why it stopped. Answers that came from elsewhere stay.
    """
    talk = _Talk(dialog, person, answers={a.question: a for a in dialog.answers})
    try:
        yield from talk.ask_open()
        for _ in range(ROUNDS):
            if (yield from talk.confirm()):
                return
        raise _Ended(f"not confirmed in {ROUNDS} rounds")
    except _Ended as end:
        yield replace(talk.noted(), answers=dialog.answers, ended=end.why)


@dataclass
class _Talk:
    dialog: Dialog
    person: Person
    answers: dict[str, Answer]
    typed: list[Typed] = field(default_factory=list)

    def ask_open(self) -> Iterator[Dialog]:
        for question in self.dialog.open:
            if not self._stopped():
                yield from self._ask(question)

    def _ask(self, question: Question) -> Iterator[Dialog]:
        for line in lines_of(question):
            self.person.show(line)
        for _ in range(MISTAKES):
            said = self._read(f"Number, or your own words (an empty line stops) [{question.id}]: ")
            before = self.answers.get(question.id)
            self.typed.append(Typed(question.id, said, before.text if before else ""))
            yield self.noted()
            if not said:
                raise _Ended("an empty answer")
            read = read_answer(question, said, "dialogue")
            if isinstance(read, Answer):
                self.answers[question.id] = read
                return
            self.person.show(f"    {read.why}. {read.hint}")
        raise _Ended(f"no answer to `{question.id}` in {MISTAKES} tries")

    def confirm(self) -> Generator[Dialog, None, bool]:
        """One round of confirmation; returns whether the answers are confirmed."""
        numbered = [q for q in self.dialog.questions if q.id in self.answers]
        for number, question in enumerate(numbered, 1):
            self.person.show(f"  {number}  {question.id}: {answer_line(self.answers[question.id])}")
        said = self._read("Is that right? y goes on, `e NUMBER` changes one: ")
        self.typed.append(Typed("", said))
        yield self.noted()
        word, _, rest = said.casefold().partition(" ")
        if word in _YES:
            yield self._closed(confirmed=True)
            return True
        if word not in ("e", "edit"):
            raise _Ended("not confirmed" if said else "an empty answer")
        chosen = dict(zip(map(str, range(1, len(numbered) + 1)), numbered, strict=False))
        if rest.strip() in chosen:
            yield from self._ask(chosen[rest.strip()])
            yield from self.ask_more()
        else:
            self.person.show(f"    There is no answer {rest.strip() or '(no number)'} to change.")
        yield self._closed(confirmed=False)
        return False

    def ask_more(self) -> Iterator[Dialog]:
        """What an earlier answer made needless may have to be asked after it was changed."""
        if self._stopped():
            return
        for question in self.dialog.questions:
            if question.id not in self.answers:
                yield from self._ask(question)

    def _stopped(self) -> bool:
        return any(answer.effect is Effect.STOP for answer in self.answers.values())

    def _read(self, prompt: str) -> str:
        said = self.person.read(prompt)
        if said is None:
            raise _Ended("the input is at its end")
        return said.strip()

    def noted(self) -> Dialog:
        """The dialogue with the round that is going on."""
        if not self.typed:
            return self.dialog
        return replace(self.dialog, rounds=(*self.dialog.rounds, Round(tuple(self.typed))))

    def _closed(self, *, confirmed: bool) -> Dialog:
        done = Round(tuple(self.typed), confirmed)
        self.typed = []
        self.dialog = replace(
            self.dialog,
            rounds=(*self.dialog.rounds, done),
            answers=self._in_order() if confirmed else self.dialog.answers,
        )
        return self.dialog

    def _in_order(self) -> tuple[Answer, ...]:
        """What was asked and answered; after an answer that ends the run, nothing else counts."""
        found: Sequence[Answer] = [
            self.answers[q.id] for q in self.dialog.questions if q.id in self.answers
        ]
        stops = [answer for answer in found if answer.effect is Effect.STOP]
        return tuple(stops or found)
