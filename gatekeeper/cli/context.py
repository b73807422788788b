"""`gatekeeper context`."""

from __future__ import annotations

from typing import Any

import click

from gatekeeper import pipeline
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import logging, logs_of, reading
from gatekeeper.cli.session import conclude
from gatekeeper.domain import Report


@click.command("context")
@reading
@logging
def command(**values: Any) -> int:
    """Write context.txt, byte for byte what `run` would send, and send nothing.

    `run` leaves out cases that turn out flaky or green on the unchanged commit. With --log or
    --pipeline the passages of the raw log are in it; no JUnit report is needed then.
    """
    logs = logs_of(values)
    return conclude(
        "context",
        values,
        lambda tools: (
            pipeline.show_context_of_logs(tools, logs)
            if logs
            else pipeline.show_context(tools, tools.reports.found())
        ),
        render=_render,
        runs=Runs.NOTHING,
    )


def _render(report: Report) -> object:
    context = report.context
    if context is None:
        return {"outcome": report.outcome, "reason": report.reason, "sections": []}
    return {
        "bytes": len(context.text.encode("utf-8", "replace")),
        "tokens": context.tokens,
        "sections": [
            {
                "title": section.title,
                "path": section.path or None,
                "lines": [section.start, section.end] if section.start else None,
                "bytes": section.size,
                "tokens": section.tokens,
                "cut": section.cut or None,
            }
            for section in context.sections
        ],
        "omitted": list(context.omitted),
        "redactions": [{"kind": r.kind, "count": r.count} for r in context.redactions],
    }
