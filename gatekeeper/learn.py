"""What a run has taught, drafted for a person; nothing is stored by itself."""

from __future__ import annotations

from gatekeeper.domain import Conclusion
from gatekeeper.scenarios import draft
from gatekeeper.steps import Tools, confirmed


def learned(tools: Tools, end: Conclusion) -> Conclusion:
    """The same conclusion; where the failure is new, or known in part, a scenario is drafted."""
    report = tools.journal.report
    if report.failures is None:
        return end
    failing = report.failures.failing
    if report.baseline is not None:
        failing = confirmed(report.failures, report.baseline)
    drafted = draft(
        report,
        failing,
        tools.repo.view(tools.delta.tree),
        tools.redactor.text,
        taken={known.id for known in tools.memory.scenarios},
        roots=tools.roots,
    )
    if drafted is not None:
        tools.journal.note(proposed=drafted)
        tools.progress.say(f"drafted the scenario `{drafted.id}`; a person may approve it")
    return end
