"""Asks a person what the diagnosis leaves open, before a sandbox, a minute or a token is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gatekeeper.diagnosis.clarification.answers import cases_of, directions, given_answers
from gatekeeper.diagnosis.clarification.dialogue import converse
from gatekeeper.diagnosis.clarification.questions import all_questions, open_questions
from gatekeeper.diagnosis.clarification.shown import RERUNS, lines_of
from gatekeeper.diagnosis.grounded import facts_of
from gatekeeper.domain import (
    Answer,
    Band,
    CaseResult,
    Conclusion,
    Dialog,
    Outcome,
    Proposal,
    Question,
)
from gatekeeper.paying import aside, paid_aside
from gatekeeper.steps import Tools

HINT = (
    "Answer with --answers FILE (clarification_request.json has the ids), or run `gatekeeper"
    " clarify`, or set clarification.policy to `interactive` or `off`."
)


def questions(tools: Tools) -> tuple[Question, ...]:
    """What must be asked about the failure of the report, by its diagnosis and known failures."""
    report = tools.journal.report
    if report.diagnosis is None or tools.asking.policy == "off":
        return ()
    return open_questions(report.diagnosis, report.match, tools.asking.threshold)


def directed(tools: Tools) -> tuple[Tools, Conclusion | None]:
    """The tools as a person's answers want them, and the end if the run cannot go on.

    Answers that were given beforehand count even where nothing had to be asked. Where nobody is
    there to be asked, the run goes on until the failure is proven; see `waiting`.
    """
    asked = _asked(tools)
    given, needless = given_answers(asked, tools.asking.given, tools.asking.origin)
    for id_ in needless:
        tools.journal.warn(f"The answer to `{id_}` is not used: this failure has no such question.")
    if not asked:
        return tools, None
    dialog = Dialog(tools.asking.policy, asked, answers=given)
    tools.journal.note(dialog=dialog)
    if dialog.open and tools.asking.policy == "interactive":
        dialog = _conversed(
            tools, _worded(tools, dialog)
        )  # no step: its live line would write over the prompt
        if dialog.open:
            return tools, unanswered(dialog)
    return _obeyed(tools, dialog)


def waiting(tools: Tools) -> Conclusion | None:
    """The end of a run whose questions nobody has answered.

    It comes once the failure is proven, which costs no money: of one that is not there, or is
    flaky, nobody has to be asked anything.
    """
    dialog = tools.journal.report.dialog
    if dialog is None or not dialog.open:
        return None
    dialog = _worded(tools, dialog)
    with tools.journal.step("questions", tools.progress):
        tools.journal.note(dialog=dialog, questions=dialog.open)
        for question in dialog.open:
            for line in lines_of(question):
                tools.progress.say(line)
    return unanswered(dialog)


def _worded(tools: Tools, dialog: Dialog) -> Dialog:
    """The dialogue with a model's options for what is open, where one is to word them."""
    suggest, found = tools.asking.suggest, tools.journal.report.diagnosis
    if suggest is None or found is None:
        return dialog
    facts = tools.redactor.text(facts_of(found))
    asked = [_clean(tools, one) for one in dialog.open]
    told = facts + "".join(f"{one.text}{one.reason}{one.options}" for one in asked)
    may = aside(tools, suggest.model, told, answers=max(1, len(asked)))
    if may.refused:
        note = f"The options are those of the rules: {may.refused}."
        tools.journal.warn(note)
        return replace(dialog, note=note)
    with tools.journal.step(f"ask {suggest.model} for options", tools.progress):
        tools.journal.asking(facts)
        said = suggest(asked, facts, may.output_tokens)
        paid_aside(tools, said.model, said.usage, told, may)
        if said.raw:
            # Under a name of its own: a replay takes every response.json for candidates.
            tools.journal.proposal(
                Proposal(raw=said.raw, raw_name="options.json", model=said.model, usage=said.usage)
            )
    options = dict(said.options)
    questions = tuple(
        replace(one, options=options[one.id], source="backend") if one.id in options else one
        for one in dialog.questions
    )
    note = ""
    if said.missing:
        note = f"The options of {len(dialog.open) - len(options)} are those of the rules: "
        note += f"{said.missing}."
        tools.journal.warn(note)
    return replace(
        dialog,
        questions=questions,
        options=said.model if options else "heuristic",
        thread_ids=said.thread_ids,
        note=note,
    )


def _clean(tools: Tools, question: Question) -> Question:
    """The question without secrets: it leaves the machine."""
    text = tools.redactor.text
    options = tuple(replace(one, text=text(one.text)) for one in question.options)
    return replace(
        question, text=text(question.text), reason=text(question.reason), options=options
    )


def unasked(tools: Tools) -> Tools:
    """The same tools for a job that obeys given answers, and asks nobody for more."""
    return replace(tools, asking=replace(tools.asking, policy="off"))


def _asked(tools: Tools) -> tuple[Question, ...]:
    report = tools.journal.report
    must = {question.id for question in questions(tools)}
    every = all_questions(report.diagnosis, report.match) if report.diagnosis else ()
    return tuple(one for one in every if one.id in must or one.id in tools.asking.given)


def _conversed(tools: Tools, dialog: Dialog) -> Dialog:
    """The dialogue after a person was asked; every line of it is in the journal at once."""
    for grown in converse(dialog, tools.asking.person):
        tools.journal.note(dialog=grown, questions=grown.open)
        dialog = grown
    return dialog


def unanswered(dialog: Dialog) -> Conclusion:
    """The end of a run that waits for a person."""
    count = len(dialog.open)
    ended = f" ({dialog.ended})" if dialog.ended else ""
    return Conclusion(
        Outcome.CLARIFY,
        3,
        f"{count} question(s) must be answered first{ended}: {dialog.open[0].text}",
        HINT,
    )


def answered_back(tools: Tools, question: Question) -> Answer | None:
    """A person's answer to a backend's own question: given beforehand, or typed; None without one.

    What was asked and typed is in the journal either way.
    """
    before = tools.journal.report.dialog or Dialog(tools.asking.policy, ())
    asked = replace(before, questions=(*before.questions, question), ended="")
    given, _ = given_answers((question,), _only(tools.asking.given, question), tools.asking.origin)
    dialog = replace(asked, answers=(*before.answers, *given))
    if dialog.open and tools.asking.policy == "interactive":
        dialog = _conversed(tools, dialog)
    tools.journal.note(dialog=dialog, questions=dialog.open)
    return next((one for one in dialog.answers if one.question == question.id), None)


def _only(given: Mapping[str, str], question: Question) -> dict[str, str]:
    return {question.id: given[question.id]} if question.id in given else {}


def _obeyed(tools: Tools, dialog: Dialog) -> tuple[Tools, Conclusion | None]:
    wanted = directions(dialog)
    if wanted.stop:
        why = f"A person answered: {wanted.stop}. So no fix was asked for."
        return tools, Conclusion(Outcome.CLARIFY, 3, why, "Do that, and run again.")
    policy = tools.policy
    if wanted.rerun:
        policy = replace(policy, reruns=policy.reruns + RERUNS)
    match = tools.journal.report.match
    if match is not None and wanted.known == match.scenario.id:
        said = "a person says that it is this one"
        tools.journal.note(match=replace(match, band=Band.HIGH, reasons=(*match.reasons, said)))
    if match is not None and wanted.unknown:
        said = "a person says that it is not this one"
        tools.journal.note(match=replace(match, band=Band.LOW, reasons=(*match.reasons, said)))
    for line in wanted.told:
        tools.progress.say(f"answered: {line}")
    return replace(tools, policy=policy, directions=wanted), None


def taken_on(tools: Tools, failing: Sequence[CaseResult]) -> tuple[CaseResult, ...]:
    """The failing cases that a person's answers leave to be repaired; all, if they say nothing."""
    found = tools.journal.report.diagnosis
    wanted = cases_of(found.causes, tools.directions.first) if found else frozenset()
    return tuple(case for case in failing if case.id in wanted) or tuple(failing)
