"""`gatekeeper demo`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from gatekeeper import pipeline
from gatekeeper.cli.options import general
from gatekeeper.cli.progress import colored, printable
from gatekeeper.cli.session import conclude, simple
from gatekeeper.demo import make_demo
from gatekeeper.errors import SandboxError

PASSED_ON = ("PATH", "HOME", "LANG", "TERM", "NO_COLOR", "TMPDIR")
"""The demo is neither a CI job nor yours to pay for: nothing else of the environment counts."""

LOOKS = {"+": "green", "-": "red", "@": "cyan"}
"""Colours of a diff, by the first character of a line."""


@click.command("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--engine",
    type=click.Choice(["auto", "docker", "process"]),
    default="auto",
    show_default=True,
    help="auto: docker where it works, else process, said plainly.",
)
@general
def command(folder: Path | None, engine: str, **values: Any) -> int:
    """Show a whole run on a bundled project whose last commit broke two tests.

    No key, no network, no model: the `search` backend takes back the smallest part of that
    commit that turns the tests green. The project stays in FOLDER (else a new folder in the
    system's temporary place) for you to look at.
    """  # fmt: skip
    place = (folder or Path(tempfile.mkdtemp(prefix="gatekeeper-demo-")) / "shop").resolve()
    made = simple({**values, "quiet": True, "format_": "text"}, lambda: _make(place))
    if made != 0:
        return made
    code = _run(place, engine, values)
    if code == SandboxError.exit_code and engine == "auto":
        click.echo("\nThe Docker engine cannot run it here; once more without isolation:", err=True)
        code = _run(place, "process", values)
    patch = (values["out"] or place / "gatekeeper-report") / "patch.diff"
    if values["format_"] == "text" and patch.is_file():
        _show(patch.read_text(errors="replace"), colored(values["color"], os.environ, sys.stdout))
        program = sys.argv[0] if Path(sys.argv[0]).name == "gatekeeper" else "gatekeeper"
        click.echo(f"project: {place}\napply:   {program} apply --workspace {place}")
    return code


def _show(diff: str, color: bool) -> None:
    click.echo()
    for line in printable(diff).splitlines():
        click.echo(click.style(line, fg=LOOKS.get(line[:1])), color=color)
    click.echo()


def _make(place: Path) -> str:
    make_demo(place)
    return ""


def _run(place: Path, engine: str, values: dict[str, Any]) -> int:
    mine = {
        **values,
        "workspace": place,
        "junit": ("report.xml",),
        "engine": engine,
        "backend": "search",
    }
    return conclude(
        "demo",
        mine,
        lambda tools: pipeline.run(tools, tools.reports.of_job()),
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
    )
