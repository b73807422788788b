"""Questions and answers as a person reads them: in a log, on a terminal, in the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.domain import Answer, Dialog, Effect, Question
from gatekeeper.escape import code, prose

RERUNS = 5
"""How often the failing cases are run more where a person asks for it."""

DOES = {
    Effect.FIX: "the run goes on",
    Effect.STOP: "the run ends",
    Effect.ONLY: "the run goes on, with this file alone",
    Effect.FIRST: "the run goes on, with these tests alone",
    Effect.RERUN: f"runs them {RERUNS} times more, and goes on if they stay red",
    Effect.KNOWN: "the run goes on, with its record as a fact",
    Effect.TAKE: "this one is accepted",
    Effect.NOTE: "the run goes on, with this note",
}
"""What an answer does, beside what it says: an option of a model may be worded as it likes."""


def lines_of(question: Question) -> Iterator[str]:
    """The question as lines of plain text, the options numbered from 1."""
    yield f"[{question.id}] {question.text}"
    if question.reason:
        yield f"    why: {question.reason}"
    for number, option in enumerate(question.options, 1):
        best = " (recommended)" if number == 1 else ""
        yield f"    {number}  {option.text}{best} [{DOES[option.effect]}]"


def answer_line(answer: Answer) -> str:
    """One answer as one line of plain text."""
    return f"{answer.text} ({DOES[answer.effect]})"


def questions_markdown(questions: Sequence[Question]) -> Iterator[str]:
    """Blocks of Markdown that ask the open questions and say how to answer."""
    if not questions:
        return
    yield "## Questions"
    for number, question in enumerate(questions, start=1):
        reason = f" {prose(question.reason)}" if question.reason else ""
        yield f"{number}. {code(question.id)}: {prose(question.text)}{reason}"
        if question.options:
            yield "\n".join(
                f"   - {'**recommended**: ' if place == 0 else ''}{prose(option.text)}"
                f" ({code(option.key)}: {DOES[option.effect]})"
                for place, option in enumerate(question.options)
            )


def dialog_markdown(dialog: Dialog | None) -> Iterator[str]:
    """Blocks of Markdown with what a person answered."""
    if dialog is None or not dialog.answers:
        return
    yield "## Answers"
    asked = {question.id: question.text for question in dialog.questions}
    yield "\n".join(
        f"- {prose(asked.get(answer.question, answer.question))} **{prose(answer.text)}**"
        f" ({DOES[answer.effect]}; from {code(answer.origin)})"
        for answer in dialog.answers
    )
    if dialog.note:
        yield prose(dialog.note)
