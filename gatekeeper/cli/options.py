"""The options that commands share, and their way into `trust.Asked`."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from gatekeeper.intake.logs.sources import Logs
from gatekeeper.settings import RUNNERS
from gatekeeper.trust import Asked

FLAGS: Mapping[str, str] = {
    "image": "sandbox.image",
    "engine": "sandbox.engine",
    "setup": "sandbox.setup",
    "test_command": "tests.command",
    "junit": "tests.junit",
    "runner": "tests.runner",
    "base": "delta.base",
    "backend": "backend.name",
    "model": "backend.model",
}
"""Flag (as a Python name) to the setting that it sets."""

MAX_ANSWERS = 1024 * 1024
"""Bytes of a file of answers that are read; a person writes a few lines."""

_Command = Callable[..., Any]


def _stack(*decorators: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    def decorate(function: _Command) -> _Command:
        return functools.reduce(lambda f, one: one(f), reversed(decorators), function)

    return decorate


_PATH = click.Path(path_type=Path)

_general = _stack(
    click.option("--workspace", "-w", type=_PATH, default=Path(), show_default="this folder",
                 help="The checkout with the failing tests."),
    click.option("--config", type=_PATH,
                 help="Configuration to use instead of the workspace's .gatekeeper.yml."),
    click.option("--out", "-o", type=_PATH, show_default="gatekeeper-report in the workspace",
                 help="Folder for the report and its artifacts."),
    click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text",
                 show_default=True, help="What is printed on standard output at the end."),
    click.option("--set", "sets", multiple=True, metavar="SECTION.KEY=VALUE",
                 help="Any setting; may be given again. `gatekeeper doctor` lists them."),
    click.option("--quiet", "-q", is_flag=True, help="Print the result only."),
    click.option("--verbose", "-v", is_flag=True, help="Print every guess and more detail."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto",
                 show_default=True, help="Colours on the terminal (NO_COLOR is honoured)."),
)  # fmt: skip

_failure = _stack(
    click.option("--junit", metavar="GLOB", multiple=True,
                 help="JUnit XML of the failed job; may be given again."),
    click.option("--base", metavar="COMMIT", help="What the change is compared with."),
)  # fmt: skip

_logs = _stack(
    click.option("--log", "logs", metavar="FILE", multiple=True,
                 help="Raw log of the failed job, `-` for standard input; may be given again."),
    click.option("--pipeline", metavar="ID", default="",
                 help="Read the logs of the failed jobs of this GitLab pipeline, or of `current`."),
)  # fmt: skip

_sandbox = _stack(
    click.option("--image", help="Image in which the tests run."),
    click.option("--test-command", metavar="COMMAND",
                 help="Runs the whole suite; {junit} in it is the report's path."),
    click.option("--setup", metavar="COMMAND", multiple=True,
                 help="Prepares the sandbox once; may be given again."),
    click.option("--runner", type=click.Choice(["auto", *RUNNERS]), help="The test framework."),
    click.option("--engine", type=click.Choice(["auto", "docker", "process"]),
                 help="What makes the sandboxes; `process` is no isolation."),
)  # fmt: skip

_asking = _stack(
    click.option(
        "--backend",
        help="Who proposes: responses, codex, edits, search or replay; or several, in order.",
    ),
    click.option("--model", help="The model that is asked."),
)

_wording = _stack(
    click.option("--backend", metavar="NAME",
                 help="`responses`: a model words what the rules found, and changes none of it."),
    click.option("--model", help="The model that is asked."),
)  # fmt: skip

_answers = _stack(
    click.option("--answers", type=click.File("rb"), metavar="FILE",
                 envvar="GATEKEEPER_ANSWERS",
                 help="Answers to the questions (answers.yml), `-` for standard input."),
)  # fmt: skip

general = _stack(_general)
reading = _stack(_general, _failure)
judging = _stack(_general, _failure, _sandbox)
asking = _stack(_general, _failure, _sandbox, _asking, _answers)
answering = _stack(_general, _failure, _answers)
logging = _stack(_logs)
wording = _stack(_wording)


def options_of(values: Mapping[str, Any], env: Mapping[str, str] | None = None) -> Asked:
    """The options of one invocation from click's parameters; `env` is this process's if None."""
    workspace: Path = values["workspace"]
    return Asked(
        workspace=workspace,
        out=values["out"] or workspace / "gatekeeper-report",
        config=values["config"],
        flags=flags_of(values),
        env=dict(os.environ if env is None else env),
        answers=_answers_file(values.get("answers")),
    )


def logs_of(values: Mapping[str, Any]) -> Logs:
    """The raw logs that the command line names; false where it names none."""
    return Logs(values["logs"], values["pipeline"], os.environ)


def flags_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Settings from named flags and from `--set`, which wins."""
    flags = {}
    for name, key in FLAGS.items():
        value = values.get(name)
        if value:
            flags[key] = json.dumps(value) if isinstance(value, tuple) else str(value)
    for item in values["sets"]:
        key, found, value = item.partition("=")
        if not found:
            raise click.UsageError(f"--set {item}: expected SECTION.KEY=VALUE")
        flags[key.strip()] = value
    return flags


def _answers_file(file: BinaryIO | None) -> tuple[str, bytes] | None:
    """Its name and content. Read at once: it may lie in the folder of the report."""
    return (file.name, file.read(MAX_ANSWERS)) if file else None
