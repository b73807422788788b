"""What is asked of a person before anything is asked of a backend, and what the person answers."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Effect(enum.StrEnum):
    """What an answer does to the run."""

    FIX = "fix"  # goes on: the tests are the contract, the product is corrected
    STOP = "stop"  # ends the run: a person does what is to be done
    ONLY = "only"  # goes on with one file of the product alone
    FIRST = "first"  # goes on with one of several causes alone
    RERUN = "rerun"  # runs the failing cases more often first, and goes on if all stay red
    KNOWN = "known"  # the record of a known failure is taken for a fact
    TAKE = "take"  # of several candidates that all pass, this one
    NOTE = "note"  # in the person's own words, for the backend


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that is offered.

    `target` is a path, the number of a cause, the id of a scenario, or a candidate's tree.
    """

    text: str
    effect: Effect
    target: str = ""

    @property
    def key(self) -> str:
        """How a file of answers names it: `stop`, `only PATH`, `first 2`."""
        return f"{self.effect} {self.target}" if self.target else str(self.effect)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can answer; `id` is what answers are filed under."""

    text: str
    options: tuple[Option, ...] = ()  # the recommended one first
    reason: str = ""
    id: str = "model"  # the one that a backend asks
    source: str = "heuristic"  # of the options: "heuristic" or "backend"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says to one question; `origin` is a file, a setting, or "dialogue"."""

    question: str
    text: str
    effect: Effect
    target: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """One line that a person typed. `question` is "" where it was about all the answers."""

    question: str
    text: str
    replaced: str = ""  # the answer that it takes the place of


@dataclass(frozen=True, slots=True)
class Round:
    """One pass through the questions, up to its confirmation."""

    typed: tuple[Typed, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Dialog:
    """Everything that was asked and answered. `ended` says how, "" while it goes on."""

    policy: str
    questions: tuple[Question, ...]
    rounds: tuple[Round, ...] = ()
    answers: tuple[Answer, ...] = ()
    options: str = "heuristic"  # or the name of the model that wrote some of them
    thread_ids: tuple[str, ...] = ()  # of the responses in which it wrote them
    note: str = ""  # why the options are not a model's, though they should be
    ended: str = ""

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that have no answer; none after one that ends the run."""
        if any(answer.effect is Effect.STOP for answer in self.answers):
            return ()
        known = {answer.question for answer in self.answers}
        return tuple(question for question in self.questions if question.id not in known)
