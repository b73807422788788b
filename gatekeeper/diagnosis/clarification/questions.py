"""Which questions a diagnosis leaves open, and the answers that are offered, by rules alone.

Below the threshold of confidence a run would spend money and minutes on a guess. What is asked
is only what changes the run: each option has an effect, and the recommended one stands first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.domain import (
    Band,
    Category,
    Cause,
    Diagnosis,
    Effect,
    Match,
    Option,
    Question,
    Suspect,
)
from gatekeeper.intake.places import is_test

CAUSE, ORDER, PLACE, KNOWN, MODEL = "cause", "order", "place", "known", "model"
IDS = (CAUSE, ORDER, PLACE, KNOWN, MODEL)
"""Every id under which an answer may be filed; the last is the question of a backend."""

MAX_OPTIONS = 4
NEAR = 0.10
"""Suspects whose scores lie closer together than this are not told apart by the rules."""

_FIX = Option("The tests are right: the product code is to be corrected", Effect.FIX)
_WRONG_TEST = Option("The test is wrong: a person changes it", Effect.STOP)
_PERSON = Option("A person looks at it first", Effect.STOP)
_AROUND = Option("It is the environment, not the code: a person mends it", Effect.STOP)
_RERUN = Option("It may be luck: run the red tests more often first", Effect.RERUN)

_OFFERED = {
    Category.PRODUCT_BUG: (_FIX, _WRONG_TEST, _RERUN),
    Category.TEST_BUG: (_WRONG_TEST, _FIX, _RERUN),
    Category.FLAKY: (_RERUN, _PERSON, _FIX),
    Category.TIMEOUT: (_RERUN, _FIX, _AROUND),
    Category.UNKNOWN: (_PERSON, _FIX, _RERUN),
    Category.LINT: (_FIX, _PERSON),
    Category.BUILD: (_FIX, _AROUND),
}
_OFFERED_AROUND = (_AROUND, _FIX, _RERUN)
"""Dependency, configuration, infrastructure, resource: nothing in the code mends those."""


def open_questions(
    diagnosis: Diagnosis, match: Match | None, threshold: float
) -> tuple[Question, ...]:
    """What must be answered before anything is asked of a backend; none from `threshold` on.

    `threshold` is a confidence from 0 to 1; at 0 nothing is ever asked. A known failure that is
    only distantly like this one is asked about with the rest, never by itself: its likeness is
    no reason to doubt a diagnosis that is sure.
    """
    return tuple(all_questions(diagnosis, match)) if diagnosis.confidence < threshold else ()


def all_questions(diagnosis: Diagnosis, match: Match | None) -> Iterator[Question]:
    """Everything that a person could be asked about this failure, sure or not."""
    yield _cause(diagnosis)
    if len(diagnosis.causes) > 1:
        yield _order(diagnosis.causes)
    near = _near(diagnosis.suspects)
    if len(near) > 1:
        yield _place(near)
    if match is not None:
        yield _known(match)


def _cause(diagnosis: Diagnosis) -> Question:
    unknown = diagnosis.category is Category.UNKNOWN
    looks = "Nothing names a cause." if unknown else f"It looks like: {diagnosis.category}."
    return Question(
        f"{looks} What is it?",
        _OFFERED.get(diagnosis.category, _OFFERED_AROUND),
        f"{diagnosis.summary} Confidence {diagnosis.confidence:.2f}: "
        f"{'; '.join(diagnosis.confidence_reasons)}.",
        CAUSE,
    )


def _order(causes: Sequence[Cause]) -> Question:
    each = tuple(
        Option(f"First: {cause.summary} ({cause.count} test(s))", Effect.FIRST, str(number))
        for number, cause in enumerate(causes[: MAX_OPTIONS - 1], 1)
    )
    return Question(
        f"The red tests look like {len(causes)} different causes. Which is taken on?",
        (*each, Option("All of them together", Effect.FIX)),
        "A fix of one cause is small and can be judged by itself; the others stay red.",
        ORDER,
    )


def _place(near: Sequence[Suspect]) -> Question:
    each = tuple(
        Option(f"Only {one.path}: {one.why}", Effect.ONLY, one.path)
        for one in near[: MAX_OPTIONS - 1]
    )
    return Question(
        "Several files may hold the cause. May all of them be changed?",
        (Option("Any of them", Effect.FIX), *each),
        "The rules do not tell them apart: their scores are nearly the same.",
        PLACE,
    )


def _near(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The first suspect of each product file that is about as suspicious as the first of all."""
    product: dict[str, Suspect] = {}
    for one in suspects:
        if not is_test(one.path):
            product.setdefault(one.path, one)
    found = list(product.values())
    return [one for one in found if one.score >= found[0].score - NEAR]


def _known(match: Match) -> Question:
    known = match.scenario
    no = Option("No, or nobody knows: its record is not used", Effect.FIX)
    yes = Option("Yes: its record is taken for a fact", Effect.KNOWN, known.id)
    return Question(
        f"Is it the known failure {known.id} ({known.title or 'without a title'})?",
        (yes, no) if match.band is Band.HIGH else (no, yes),
        f"Likeness {match.score:.2f}: {'; '.join(match.reasons)}.",
        KNOWN,
    )
