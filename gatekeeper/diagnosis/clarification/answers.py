"""What a person says to a question, read strictly, and what all the answers ask of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.diagnosis.clarification.questions import IDS, KNOWN, MODEL
from gatekeeper.domain import Answer, CaseId, Cause, Dialog, Effect, Question
from gatekeeper.errors import UsageError

MAX_TEXT = 4000
"""Characters of one answer in a person's own words; a context has to hold it."""


@dataclass(frozen=True, slots=True)
class Directions:
    """What the answers ask of a run; one without answers asks nothing."""

    stop: str = ""  # what was answered that ends the run
    rerun: bool = False
    only: tuple[str, ...] = ()  # files that may be changed; () is any
    first: int = 0  # the number of the cause that is taken on, from 1; 0 is all
    known: str = ""  # the id of the scenario that it is
    unknown: bool = False  # it is not the known failure that it looked like
    told: tuple[str, ...] = ()  # what a backend is told, a line each


@dataclass(frozen=True, slots=True)
class Misread:
    """Why something is no answer, and what would be one."""

    why: str
    hint: str


def read_answer(question: Question, said: str, origin: str) -> Answer | Misread:
    """An answer by the number, the key or the text of an option; else it is a note.

    What looks like a number or a key, but names no option, is not taken for a note.
    """
    text = said.strip()
    keys = ", ".join(option.key for option in question.options)
    if not text:
        return Misread(f"the answer to `{question.id}` is empty", f"Options are {keys}.")
    for number, option in enumerate(question.options, 1):
        names = (str(number), option.key.casefold(), option.text.casefold())
        if text.casefold() in names:
            return Answer(question.id, option.text, option.effect, option.target, origin)
    if text.isdecimal() or _like_a_key(text, question):
        return Misread(
            f"`{question.id}` has no option `{text}`",
            f"Options are 1 to {len(question.options)}: {keys}; or your own words.",
        )
    return Answer(question.id, text[:MAX_TEXT], Effect.NOTE, "", origin)


def _like_a_key(text: str, question: Question) -> bool:
    """Whether it is meant as a key, or as a yes to a question that has more answers than that."""
    word, _, target = text.casefold().partition(" ")
    if not question.options:
        return False
    if not target:
        return word in _WORDS
    meant = {str(option.effect) for option in question.options if option.target}
    meant |= {"first"} if target.strip().isdecimal() else set()
    meant |= {"only"} if "/" in target else set()
    return word in meant and " " not in target.strip()


_WORDS = {str(effect) for effect in Effect} - {"note"} | {"y", "yes", "n", "no", "e"}


def given_answers(
    questions: Sequence[Question], given: Mapping[str, str], origin: str
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    """Answers from a file or the settings, and the ids among them that were not asked.

    UsageError where an id is none of `IDS`, or an answer names an option that there is not.
    """
    if wrong := sorted(id_ for id_ in given if id_ not in IDS and not is_model(id_)):
        raise UsageError(
            f"{origin} answers `{wrong[0]}`, and there is no such question",
            hint=f"Questions are {', '.join(IDS)}; clarification_request.json has this run's.",
        )
    answers = tuple(
        _required(read_answer(question, given[question.id], origin), origin)
        for question in questions
        if question.id in given
    )
    asked = {question.id for question in questions}
    needless = tuple(id_ for id_ in given if id_ not in asked and not is_model(id_))
    for id_ in needless:
        if given[id_].strip().casefold().startswith(_BINDING):
            raise UsageError(
                f"{origin} answers `{id_}: {given[id_]}`, and this failure has no such question",
                hint="An answer that restricts the run is not left out silently; remove it.",
            )
    return answers, needless


_BINDING = ("only ", "first ", "stop")
"""What an answer begins with that must not be ignored, where there is nothing to obey it by."""


def is_model(id_: str) -> bool:
    """Whether it is the id of a question of a backend: `model`, and after it `model-2`."""
    return id_.partition("-")[0] == MODEL


def _required(read: Answer | Misread, origin: str) -> Answer:
    if isinstance(read, Misread):
        raise UsageError(f"{read.why} ({origin})", hint=read.hint)
    return read


def directions(dialog: Dialog | None) -> Directions:
    """What the answers of a dialogue ask of the run."""
    if dialog is None:
        return Directions()
    by_effect: dict[Effect, list[Answer]] = {}
    for answer in dialog.answers:
        by_effect.setdefault(answer.effect, []).append(answer)
    stops = by_effect.get(Effect.STOP, [])
    first = by_effect.get(Effect.FIRST, [])
    known = by_effect.get(Effect.KNOWN, [])
    return Directions(
        stops[0].text if stops else "",
        Effect.RERUN in by_effect,
        tuple(answer.target for answer in by_effect.get(Effect.ONLY, [])),
        int(first[0].target) if first else 0,
        known[0].target if known else "",
        any(a.question == KNOWN and a.effect is Effect.FIX for a in dialog.answers),
        tuple(_told(dialog)),
    )


def _told(dialog: Dialog) -> Iterator[str]:
    asked = {question.id: question for question in dialog.questions}
    for answer in dialog.answers:
        yield f"{asked[answer.question].text} -> {answer.text}"


def cases_of(causes: Sequence[Cause], number: int) -> frozenset[CaseId]:
    """The failing cases of one cause, by its number from 1."""
    return frozenset(causes[number - 1].cases) if 1 <= number <= len(causes) else frozenset()
