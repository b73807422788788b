"""`gatekeeper run`."""

from __future__ import annotations

from typing import Any

import click

from gatekeeper import pipeline
from gatekeeper.cli.options import asking, logging, logs_of
from gatekeeper.cli.session import conclude


@click.command("run")
@asking
@logging
def command(**values: Any) -> int:
    """The whole loop: read the failure, prove it, ask for candidates, judge each, leave a report.

    In CI the JUnit reports are found by themselves; on a laptop, without --junit, the tests
    are run first. Without a key the `search` backend is used: no model, only parts of your
    own change taken back.
    """
    logs = logs_of(values)
    return conclude(
        "run",
        values,
        lambda tools: (
            pipeline.run_with_logs(tools, logs)
            if logs
            else pipeline.run(tools, tools.reports.of_job())
        ),
    )
