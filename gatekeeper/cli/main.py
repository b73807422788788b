"""The entry point, the table of commands, and what click itself can say.

Every command ends in `session.conclude`, the only place that catches the error tree. What is
caught here comes from reading the command line, before there is anything to report on.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from gatekeeper import __version__

COMMANDS = {
    "run": "The whole loop: prove the failure, ask for candidates, judge them.",
    "analyze": "Say what failed, what kind of failure it is, and where to look.",
    "context": "Write context.txt, what `run` would send, and send nothing.",
    "clarify": "Ask what the diagnosis leaves open; the answers are for `run --answers`.",
    "validate": "The gate alone, for any patch, whoever wrote it.",
    "apply": "Apply the accepted patch to the working tree.",
    "replay": "Judge the stored answers of an earlier run again, without a model.",
    "scenarios": "List, show and approve known failures, the reviewed memory.",
    "doctor": "Say what is there, what is missing, and how to get it.",
    "demo": "Show a whole run on a bundled project, without key or network.",
}
"""Name to one line of help. `gatekeeper.cli.NAME` is imported only when it is called."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"gatekeeper.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


EPILOG = """\b
Exit codes: 0 green or accepted, 1 rejected, 2 usage, 3 a person must answer,
4 no readable test result, 5 backend, 6 sandbox, 7 publisher, 8 not reproduced,
9 budget spent, 10 accepted but the gate stays red, 70 a bug of ours."""


@click.group(
    cls=_Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gatekeeper")
def gatekeeper() -> None:
    """Decide whether a generated fix for a failing test may be trusted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    _fill_closed_streams()
    try:
        code = gatekeeper.main(
            list(sys.argv[1:] if argv is None else argv),
            prog_name="gatekeeper",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        return 130
    return code if isinstance(code, int) else 0


_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}


def _fill_closed_streams() -> None:
    """Stand in for streams that the caller closed: the next file opened would take their number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STREAMS["stderr"]:
        pass
    os.close(number)
    for name, known in _STREAMS.items():
        if getattr(sys, name) is None:
            setattr(sys, name, open(known, "w" if known else "r", closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    raise SystemExit(main())
