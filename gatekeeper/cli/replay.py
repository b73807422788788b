"""`gatekeeper replay DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gatekeeper import pipeline
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import judging
from gatekeeper.cli.session import conclude


@click.command("replay")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True))
@judging
def command(folder: Path, **values: Any) -> int:
    """Judge the stored answers of an earlier run (its report folder) again: no model, no key.

    The verdict is the same as long as the commit, the tests and the image are.
    """
    if values["out"] is None:
        values["out"] = folder.parent / f"{folder.name}-replay"
    values["sets"] = (
        "backend.name=replay",
        f"backend.replay={folder.resolve()}",
        *values["sets"],
    )
    stored = folder / "answers.yml"
    if stored.is_file():  # a person's answers were part of that run
        values["answers"] = stored.open("rb")
    return conclude(
        "replay",
        values,
        lambda tools: pipeline.run(tools, tools.reports.of_job()),
        runs=Runs.FOREIGN,
    )
