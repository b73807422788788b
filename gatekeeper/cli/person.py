"""Whoever sits at the terminal, or what a pipe says in their place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from gatekeeper.cli.progress import printable

LONGEST = 100_000
"""Characters of one line that are read; a pipe may have no line ends at all."""


@dataclass(frozen=True)
class Terminal:
    """See `ports.Person`. Prompts go to standard error: standard output is for the result."""

    redact: Callable[[str], str]

    def show(self, line: str) -> None:
        """One line, harmless and without secrets."""
        click.echo(printable(self.redact(line)).replace("\n", "\n    "), err=True)

    def read(self, prompt: str) -> str | None:
        """One line of standard input; undecodable bytes are replaced."""
        click.echo(printable(prompt), nl=False, err=True)
        stream = sys.stdin
        line = stream.buffer.readline(LONGEST).decode(stream.encoding or "utf-8", "replace")
        if not stream.isatty():
            click.echo(err=True)  # nobody typed an end of line
        return line.rstrip("\r\n") if line else None
