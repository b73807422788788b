"""`gatekeeper clarify`."""

from __future__ import annotations

import json
from typing import Any

import click

from gatekeeper import pipeline, wiring
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import answering
from gatekeeper.cli.session import conclude
from gatekeeper.domain import Report


@click.command("clarify")
@answering
def command(**values: Any) -> int:
    """Ask what the diagnosis of the failure leaves open, before anything is spent. Runs nothing.

    Answers are typed on the terminal or come through a pipe, a line each, and are confirmed with
    `y`; with --answers they are checked only. They are stored as answers.yml beside the report,
    for `gatekeeper run --answers`. Where the diagnosis is sure enough, nothing is asked.
    """
    if not any(item.startswith("clarification.policy=") for item in values["sets"]):
        policy = "fail" if values["answers"] else "interactive"
        values["sets"] = (*values["sets"], f"clarification.policy={policy}")
    return conclude(
        "clarify",
        values,
        lambda tools: pipeline.clarify(tools, tools.reports.found()),
        render=_render,
        runs=Runs.NOTHING,
    )


def _render(report: Report) -> object:
    dialog = next(f for f in wiring.FORMATS if f.filename == "clarification_dialog.json")
    return json.loads(dialog.render(report) or b"{}")
