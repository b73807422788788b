"""`gatekeeper scenarios list|show|approve`."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path
from typing import Any

import click

from gatekeeper import assembly
from gatekeeper.cli.options import general, options_of
from gatekeeper.cli.progress import printable
from gatekeeper.cli.session import simple
from gatekeeper.domain import Scenario
from gatekeeper.errors import UsageError
from gatekeeper.files import write_atomically
from gatekeeper.git import Repository
from gatekeeper.intake.provider import detect
from gatekeeper.scenarios import Memory, dump, parse, redacted
from gatekeeper.trust import Asked, known_scenarios, plain_folder, read_optional, settings_and_delta

FORMAT = """\b
A scenario is one YAML file, scenarios/ID.yml. Only one of the first three is needed.
  affected_tests         CLASS::NAME, FILE::NAME, FILE or NAME
  failure_signatures     parts of what the failure says; times, lines, ports do not count
  likely_code_areas      PATH, PATH::SYMBOL, FOLDER/ or a glob
  invariants             what must hold
  accepted_fix_patterns  what helped, and
  rejected_fix_patterns  what did not
  id, title, origin      its name, a line for people, where the knowledge is from
  review_required        whether a person must look at a fix before a merge (true)"""


@click.group("scenarios", epilog=FORMAT)
def command() -> None:
    """List, show and approve known failures: reviewed files in scenarios/."""


@command.command("list")
@general
def list_(**values: Any) -> int:
    """List the scenarios, from where `run` would read them. Exits 2 where a file is broken."""

    def job() -> str:
        memory = _memory(options_of(values))
        if values["format_"] == "json":
            known = [dataclasses.asdict(one) for one in memory.scenarios]
            _print_json({"source": memory.source, "scenarios": known, "problems": memory.problems})
        else:
            _print_table(memory)
        if memory.problems:
            raise UsageError(
                f"{len(memory.problems)} file(s) are no scenario: {' '.join(memory.problems)}",
                hint="Correct them, or keep other files elsewhere (scenarios.folder).",
            )
        return ""

    return simple({**values, "quiet": True, "format_": "text"}, job)


@command.command("show")
@click.argument("id_", metavar="ID")
@general
def show(id_: str, **values: Any) -> int:
    """Show one scenario as its file has it."""

    def job() -> str:
        memory = _memory(options_of(values))
        found = memory.get(id_)
        if found is None:
            known = ", ".join(one.id for one in memory.scenarios[:20]) or "none"
            raise UsageError(
                f"there is no scenario `{id_}` in {memory.source}", hint=f"Known are: {known}."
            )
        if values["format_"] == "json":
            _print_json(dataclasses.asdict(found))
        else:
            click.echo(printable(f"# {found.path}\n{dump(found).decode()}"), nl=False)
        return ""

    return simple({**values, "quiet": True, "format_": "text"}, job)


@command.command("approve", short_help="Write the drafted scenario to scenarios/ID.yml.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--id", "id_", metavar="NAME", help="Another id than that of the draft.")
@click.option("--force", is_flag=True, help="Replace a scenario of that id; approve in CI.")
@general
def approve(file: Path | None, id_: str | None, force: bool, **values: Any) -> int:
    """Write the drafted scenario (of the report in --out, or FILE) to scenarios/ID.yml.

    It is a file of the working tree: commit it, so that a merge request reviews it. Until it is
    in the target branch, CI does not know it.
    """

    def job() -> str:
        asked = options_of(values)
        drafted = _drafted(file or asked.out / "scenario_proposal.json", id_)
        if detect(asked.env).in_ci and not force:
            raise UsageError(
                "a person approves a scenario, and this is CI",
                hint="Approve it on a laptop, or with --force.",
            )
        path = _write(asked, drafted, force)
        return f"wrote {path}; read it, commit it, and have it reviewed as any other change"

    return simple(values, job)


def _memory(asked: Asked) -> Memory:
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        provider = detect(asked.env)
        repo = Repository.open(asked.workspace.resolve(), Path(scratch))
        settings, delta = settings_and_delta(asked, repo, provider, _warn)
        return known_scenarios(repo, delta, provider, settings.scenarios.folder, _warn)


def _warn(text: str) -> None:
    click.echo(printable(f"warning: {text}"), err=True)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def _print_table(memory: Memory) -> None:
    for one in memory.scenarios:
        review = ", review required" if one.review_required else ""
        title = " ".join(one.title.split()) or "(no title)"
        click.echo(printable(f"{one.id}  {title} ({len(one.affected_tests)} test(s){review})"))
    if not memory.scenarios:
        click.echo(printable(f"no scenario in {memory.source}"))


def _drafted(path: Path, id_: str | None) -> Scenario:
    content = read_optional(path)
    if content is None:
        raise UsageError(
            f"there is no draft {path}",
            hint="A run drafts one where a failure is new and was understood; or name a FILE.",
        )
    found = parse(str(path), content)
    return parse(f"{path}.yml", dump(dataclasses.replace(found, id=id_))) if id_ else found


def _write(asked: Asked, drafted: Scenario, force: bool) -> Path:
    """Into the working tree, through no link, over no other scenario unless told to."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        repo = Repository.open(asked.workspace.resolve(), Path(scratch))
        settings, _ = settings_and_delta(asked, repo, detect(asked.env), _warn)
    name = Path(plain_folder(settings.scenarios.folder)) / f"{drafted.id}.yml"
    path = asked.workspace / name
    steps = [asked.workspace.joinpath(*name.parts[: end + 1]) for end in range(len(name.parts))]
    if any(step.is_symlink() for step in steps):
        raise UsageError(f"{name} lies behind a symbolic link", hint="Make it a plain folder.")
    if path.exists() and not force:
        raise UsageError(
            f"{name} is there already", hint="Choose another --id, or replace it with --force."
        )
    clean = redacted(drafted, assembly.redactor_for(asked).text)
    try:
        write_atomically(path, dump(clean))
    except OSError as error:
        raise UsageError(f"cannot write {name}: {error.strerror}") from error
    return name
