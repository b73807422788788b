"""A model's words for the analysis, where the command line asks for a model; the facts stay."""

from __future__ import annotations

from gatekeeper.diagnosis.grounded import facts_of, worded
from gatekeeper.domain import Diagnosis, Proposal, RunReport
from gatekeeper.paying import aside, paid_aside
from gatekeeper.steps import Tools, gather


def in_words(tools: Tools, report: RunReport, diagnosis: Diagnosis) -> Diagnosis:
    """Summary and suggested fix by the model; those of the rules where it gives nothing usable."""
    if tools.writer is None:
        return diagnosis
    context = gather(tools, report, report.failing)
    facts = tools.redactor.text(facts_of(diagnosis))
    with tools.journal.step(f"ask {tools.writer.model}", tools.progress):
        told = f"{facts}\n{context.text}"
        may = aside(tools, tools.writer.model, told)
        if may.refused:
            tools.journal.warn(f"The analysis is that of the rules: {may.refused}.")
            return diagnosis
        tools.journal.asking(facts)
        said = tools.writer(facts, context.text, may.output_tokens)
        paid_aside(tools, said.model or tools.writer.model, said.usage, told, may)
        if said.raw:
            tools.journal.proposal(Proposal(raw=said.raw, model=said.model, usage=said.usage))
        if said.missing:
            tools.journal.warn(f"The analysis is that of the rules: {said.missing}.")
            return diagnosis
        tree = tools.repo.view(tools.delta.tree)
        found = worded(diagnosis, said, tree, f"{facts}\n{context.text}")
        tools.journal.note(diagnosis=found, model=said.model)
        tools.progress.say(found.summary)
        if found.dropped:
            tools.journal.warn(
                f"{len(found.dropped)} name(s) in the model's analysis do not exist, and the "
                f"sentences with them were dropped: {', '.join(found.dropped[:5])}."
            )
    return found
