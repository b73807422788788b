"""What a person watches: a live line on a terminal, sections in GitLab, plain lines elsewhere.

Everything goes to standard error; standard output is for the result. Whatever is printed may
hold text of a test, a model or a file name, so control characters never reach the terminal.
"""

from __future__ import annotations

import itertools
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

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LOG_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)|^(?P<blank>\s*):(?=:)", re.MULTILINE)
"""What the logs of Azure, TeamCity and GitHub take for a command, wherever a job prints it."""
_SPINNER = "|/-\\"

WORTH_SAYING = 0.1
"""Seconds; a step that took less has its time in the report only."""


def printable(text: str) -> str:
    """Text without what steers a terminal, a job's log or the reading direction; newlines stay."""
    clean = _CONTROL.sub("?", text.replace("\r\n", "\n").replace("\t", "    "))
    clean = _LOG_COMMAND.sub(
        lambda found: "# #" if found["blank"] is None else f"{found[0]} ", clean
    )
    return clean.encode("utf-8", "replace").decode("utf-8")


def sentence(text: str) -> str:
    """A hint as a sentence: a capital and a full stop, where they change no name or path."""
    first, last = text.partition(" ")[0], text.rpartition(" ")[2]
    if first.isalpha():
        text = text[0].upper() + text[1:]
    ends_in_word = last[-1:].isalnum() or last[-1:] in ("`", ")")
    return f"{text}." if ends_in_word and "/" not in last else text


@dataclass(frozen=True)
class Style:
    """How lines look: colour or not, and where they go."""

    stream: TextIO
    color: bool

    def line(self, text: str, **look: object) -> None:
        """One line, untrusted text made harmless; what it breaks into is indented, like no line."""
        shown = printable(text).replace("\n", "\n    ")
        if self.color and look:
            shown = click.style(shown, **look)  # type: ignore[arg-type]
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
    """A heading when a step starts, what it says, and its time; for logs."""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with its time, which is left out where nobody waited."""
        start = time.monotonic()
        self.style.line(f"==> {title}", bold=True)
        try:
            yield
        finally:
            self._time(time.monotonic() - start)

    def say(self, text: str) -> None:
        """Lines of detail, indented."""
        for line in text.splitlines():
            self.style.line(f"    {line}")

    def _time(self, seconds: float) -> None:
        if seconds >= WORTH_SAYING:
            self.style.line(f"    ({seconds:.1f} s)", dim=True)


class GitLabSections(Plain):
    """Collapsible sections of GitLab's job log, which shows the time of each by itself."""

    def __init__(self, style: Style, clock: Callable[[], float] = time.time) -> None:
        super().__init__(style)
        self._clock = clock
        self._count = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A section; its header stays readable when it is collapsed."""
        self._count += 1
        slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
        name = f"gatekeeper_{self._count}_{slug}"
        header = printable(title)
        self._mark("start", name, click.style(header, bold=True) if self.style.color else header)
        try:
            yield
        finally:
            self._mark("end", name, "")

    def _mark(self, kind: str, name: str, header: str) -> None:
        stamp = int(self._clock())
        self.style.stream.write(f"\x1b[0Ksection_{kind}:{stamp}:{name}\r\x1b[0K{header}\n")
        self.style.stream.flush()


class Live(Plain):
    """A terminal: below what a step says, a line turns and counts its seconds until it ends."""

    def __init__(self, style: Style, tick: float = 0.12) -> None:
        super().__init__(style)
        self._tick = tick
        self._lock = threading.Lock()
        self._turning = False

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with a live clock below it."""
        start = time.monotonic()
        done = threading.Event()
        self._above(title, bold=True)
        clock = threading.Thread(target=self._turn, args=(start, done), daemon=True)
        clock.start()
        broken = True
        try:
            yield
            broken = False
        finally:
            done.set()
            clock.join()
            seconds = time.monotonic() - start
            if broken:
                self._above(f"  stopped after {seconds:.1f} s", fg="red")
            elif seconds >= WORTH_SAYING:
                self._above(f"  {seconds:.1f} s", dim=True)

    def say(self, text: str) -> None:
        """Lines of detail above the live one."""
        for line in text.splitlines():
            self._above(f"  {line}")

    def warn(self, text: str) -> None:
        """A warning above the live line."""
        self._above(f"  warning: {text}", fg="yellow")

    def _above(self, text: str, **look: object) -> None:
        with self._lock:
            self._erase()
            self.style.line(text, **look)

    def _turn(self, start: float, done: threading.Event) -> None:
        for mark in itertools.cycle(_SPINNER):
            if done.wait(self._tick):
                break
            with self._lock:
                self.style.stream.write(f"\r  {mark} {time.monotonic() - start:.0f} s")
                self.style.stream.flush()
                self._turning = True
        with self._lock:
            self._erase()

    def _erase(self) -> None:
        if self._turning:
            self.style.stream.write("\r\x1b[K")
            self._turning = False


def colored(color: str, env: Mapping[str, str], stream: TextIO) -> bool:
    """Whether this stream gets colours. `color` is auto, always or never."""
    if color != "auto":
        return color == "always"
    shown = _is_terminal(stream, env) or bool(env.get("GITLAB_CI"))
    return shown and not env.get("NO_COLOR")


def choose(
    color: str, quiet: bool, env: Mapping[str, str], stream: TextIO | None = None
) -> Progress:
    """The progress that fits this stream. `color` is auto, always or never."""
    out = stream or sys.stderr
    style = Style(out, colored(color, env, out))
    if quiet:
        return Quiet(style)
    if env.get("GITLAB_CI"):
        return GitLabSections(style)
    return Live(style) if _is_terminal(out, env) else Plain(style)


def _is_terminal(stream: TextIO, env: Mapping[str, str]) -> bool:
    return stream.isatty() and env.get("TERM") != "dumb"
