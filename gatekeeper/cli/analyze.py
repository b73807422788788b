"""`gatekeeper analyze`."""

from __future__ import annotations

import json
from typing import Any

import click

from gatekeeper import pipeline, wiring
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import logging, logs_of, reading, wording
from gatekeeper.cli.session import conclude
from gatekeeper.domain import Report


@click.command("analyze")
@reading
@logging
@wording
def command(**values: Any) -> int:
    """Say what failed, what kind of failure it is, and where to look. Runs nothing.

    Nothing is sent either, but with --backend responses, which lets a model word the findings.
    With --log or --pipeline the raw log of the job is read; no JUnit report is needed then.
    """
    logs = logs_of(values)
    return conclude(
        "analyze",
        values,
        lambda tools: (
            pipeline.analyze_logs(tools, logs)
            if logs
            else pipeline.analyze(tools, tools.reports.found())
        ),
        render=_render,
        runs=Runs.NOTHING,
    )


def _render(report: Report) -> object:
    analysis = next(f for f in wiring.FORMATS if f.filename == "analysis.json")
    return json.loads(analysis.render(report) or b"{}")
