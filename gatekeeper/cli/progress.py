"""What a person watches: a live line on a terminal, sections in GitLab, plain lines elsewhere.

Everything goes to standard error; standard output is for the result. Whatever is printed may
hold text of a test, a model or a file name, so control characters never reach the terminal.
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TextIO

import click

from gatekeeper.ports import Progress

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPINNER = "|/-\\"


def printable(text: str) -> str:
    """Text without what steers a terminal or turns the reading direction; newlines stay."""
    clean = _CONTROL.sub("?", text.replace("\r\n", "\n").replace("\t", "    "))
    return clean.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Style:
    """How lines look: colour or not, and where they go."""

    stream: TextIO
    color: bool

    def line(self, text: str, **look: object) -> None:
        """One line, untrusted text made harmless."""
        shown = click.style(printable(text), **look) if self.color else printable(text)  # type: ignore[arg-type]
        click.echo(shown, file=self.stream, color=self.color)


class Quiet:
    """Only warnings."""

    def __init__(self, style: Style) -> None:
        self.style = style

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show nothing."""
        yield

    def say(self, text: str) -> None:
        """Show nothing."""

    def warn(self, text: str) -> None:
        """Show a warning."""
        self.style.line(f"warning: {text}", fg="yellow")


@dataclass(frozen=True)
class Redacted:
    """Another progress, without the secrets that a test or a tool may have printed."""

    inner: Progress
    redact: Callable[[str], str]

    def step(self, title: str) -> AbstractContextManager[None]:
        """Titles are ours."""
        return self.inner.step(title)

    def say(self, text: str) -> None:
        """One line of detail."""
        self.inner.say(self.redact(text))

    def warn(self, text: str) -> None:
        """A warning."""
        self.inner.warn(self.redact(text))


class Plain(Quiet):
    """A line when a step starts and its duration when it ends; for logs."""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with its time."""
        start = time.monotonic()
        self.style.line(f"==> {title}", bold=True)
        try:
            yield
        finally:
            self.style.line(f"    {title}: {time.monotonic() - start:.1f} s", dim=True)

    def say(self, text: str) -> None:
        """Lines of detail, indented."""
        for line in text.splitlines():
            self.style.line(f"    {line}")


class GitLabSections(Plain):
    """Collapsible sections of GitLab's job log (`section_start`, `section_end`)."""

    def __init__(self, style: Style, clock: Callable[[], float] = time.time) -> None:
        super().__init__(style)
        self._clock = clock
        self._count = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A section; what it says stays readable when it is collapsed."""
        self._count += 1
        slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
        name = f"gatekeeper_{self._count}_{slug}"
        self._mark("start", name, printable(title))
        try:
            yield
        finally:
            self._mark("end", name, "")

    def _mark(self, kind: str, name: str, title: str) -> None:
        stamp = int(self._clock())
        self.style.stream.write(f"\x1b[0Ksection_{kind}:{stamp}:{name}\r\x1b[0K{title}\n")
        self.style.stream.flush()


class Live(Plain):
    """A terminal: the running step turns and counts its seconds, then becomes one line."""

    def __init__(self, style: Style) -> None:
        super().__init__(style)
        self._lock = threading.Lock()
        self._running = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with a live clock."""
        start = time.monotonic()
        done = threading.Event()
        turning = threading.Thread(target=self._turn, args=(title, start, done), daemon=True)
        turning.start()
        mark, look = "x", "red"
        try:
            yield
            mark, look = "+", "green"
        finally:
            done.set()
            turning.join()
            seconds = time.monotonic() - start
            self._above(f"{mark} {printable(title)} ({seconds:.1f} s)", fg=look)

    def say(self, text: str) -> None:
        """Lines of detail above the live one."""
        for line in text.splitlines():
            self._above(f"    {printable(line)}", dim=True)

    def warn(self, text: str) -> None:
        """A warning above the live line."""
        self._above(f"! {printable(text)}", fg="yellow")

    def _above(self, text: str, **look: object) -> None:
        with self._lock:
            self._erase()
            shown = click.style(text, **look) if self.style.color else text  # type: ignore[arg-type]
            click.echo(shown, file=self.style.stream, color=self.style.color)

    def _turn(self, title: str, start: float, done: threading.Event) -> None:
        turn = 0
        while not done.wait(0.12):
            with self._lock:
                self._running = (
                    f"{_SPINNER[turn % 4]} {printable(title)} {time.monotonic() - start:.0f} s"
                )
                self.style.stream.write(f"\r{self._running}")
                self.style.stream.flush()
            turn += 1
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._running:
            self.style.stream.write("\r" + " " * len(self._running) + "\r")
            self._running = ""


def choose(
    color: str, quiet: bool, env: Mapping[str, str], stream: TextIO | None = None
) -> Progress:
    """The progress that fits this stream. `color` is auto, always or never."""
    out = stream or sys.stderr
    terminal = out.isatty() and env.get("TERM") != "dumb"
    gitlab = bool(env.get("GITLAB_CI"))
    wanted = terminal or gitlab
    colored = color == "always" or (color == "auto" and wanted and not env.get("NO_COLOR"))
    style = Style(out, colored)
    if quiet:
        return Quiet(style)
    if gitlab:
        return GitLabSections(style)
    return Live(style) if terminal else Plain(style)
