"""`gatekeeper doctor`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gatekeeper import assembly, runners, wiring
from gatekeeper.cli.options import asking, options_of
from gatekeeper.cli.progress import choose, colored, printable, sentence
from gatekeeper.cli.session import simple
from gatekeeper.doctor import Check, Facts, Health, checks
from gatekeeper.domain import Delta
from gatekeeper.errors import GatekeeperError, SandboxError, UsageError
from gatekeeper.git import Repository
from gatekeeper.intake.code import grammar
from gatekeeper.intake.junit import find_reports
from gatekeeper.intake.provider import detect
from gatekeeper.intake.reports import USUAL
from gatekeeper.ports import Progress, Tree
from gatekeeper.process import run
from gatekeeper.settings import Settings, load
from gatekeeper.trust import Asked, settings_and_delta

MARKS = {Health.OK: ("ok", "green"), Health.WARN: ("warn", "yellow"), Health.MISSING: ("no", "red")}


@click.command("doctor")
@asking
def command(**values: Any) -> int:
    """Say what is there, what is missing, how to get it, and where each setting comes from.

    Exits 0 where `run` could start, else 6.
    """
    seen: list[Check] = []

    def job() -> str:
        facts = _facts(options_of(values), choose(values["color"], True, os.environ))
        seen.extend(checks(facts))
        table = facts.settings.table()
        if values["format_"] == "json":
            _show_json(seen, table)
        else:
            color = colored(values["color"], os.environ, sys.stdout)
            _show(seen, table, everything=values["verbose"], color=color)
        return ""

    code = simple({**values, "quiet": True, "format_": "text"}, job)
    if code == 0 and any(check.health is Health.MISSING for check in seen):
        return SandboxError.exit_code
    return code


def _show(
    found: list[Check], table: tuple[tuple[str, str, str], ...], *, everything: bool, color: bool
) -> None:
    for check in found:
        word, look = MARKS[check.health]
        mark = click.style(f"{word:>4}", fg=look)
        click.echo(f"{mark}  {printable(f'{check.name}: {check.detail}')}", color=color)
        if check.hint and check.health is not Health.OK:
            click.echo(f"      {printable(sentence(check.hint))}")
    shown = [row for row in table if everything or row[2] != "default"]
    click.echo(f"\nsettings{'' if everything else ' that are not defaults (-v: all of them)'}:")
    for key, value, source in shown:
        click.echo(printable(f"  {key} = {value}  ({source})"))
    if not shown:
        click.echo("  none")


def _show_json(found: list[Check], table: tuple[tuple[str, str, str], ...]) -> None:
    rows = [{"name": c.name, "health": c.health, "detail": c.detail, "hint": c.hint} for c in found]
    settings = [{"key": key, "value": value, "source": source} for key, value, source in table]
    click.echo(json.dumps({"checks": rows, "settings": settings}, indent=2))


def _facts(asked: Asked, progress: Progress) -> Facts:
    """What `checks` judges; an error stands where something could not be had."""
    workspace = asked.workspace.resolve()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        provider = detect(asked.env)
        version = _version(asked, "git")
        delta: Delta | GatekeeperError
        plan: runners.Plan | GatekeeperError
        found: Sequence[Path] = ()
        also: Sequence[str] = ()
        endings: Sequence[str] = ()
        try:
            repo = Repository.open(workspace, Path(scratch))
            settings, delta = settings_and_delta(asked, repo, provider, lambda _: None)
            found = find_reports(workspace, settings.tests.junit or USUAL)
            tree = repo.view(delta.tree)
            also = [name for name, _ in runners.candidates(tree)]
            endings = grammar.endings(tree.paths())
            plan = _plan_or_error(settings, tree)
        except UsageError as error:
            settings = load(file=None, env=asked.env, flags=asked.flags)
            delta = plan = error
    engine = wiring.ENGINES[assembly.engine_name(settings)](progress)
    image = None if isinstance(plan, GatekeeperError) or not plan.image else plan.image
    return Facts(
        settings=settings,
        git=version,
        delta=delta,
        plan=plan,
        engine=engine.describe(),
        image_there=engine.has_image(image) if image else None,
        reports=[os.fspath(path.relative_to(workspace)) for path in found],
        also=also,
        by_layout=[one for one in endings if one not in grammar.installed()],
        by_grammar=[one for one in endings if one in grammar.installed()],
        codex=_version(asked, "codex") if "codex" in settings.backend.name else "",
    )


def _version(asked: Asked, program: str) -> str:
    """What a program on the PATH says of itself, "" where there is none."""
    found = shutil.which(program, path=asked.env.get("PATH"))
    if found is None:
        return ""
    done = run((found, "--version"), check=False, timeout=20)
    return done.stdout.decode("utf-8", "replace").strip()


def _plan_or_error(settings: Settings, tree: Tree) -> runners.Plan | GatekeeperError:
    try:
        return runners.plan_for(settings.tests, settings.sandbox, tree)
    except UsageError as error:
        return error
