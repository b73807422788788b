"""What a person watches: harmless whatever it shows, and right for each kind of log."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Mapping

import pytest

from gatekeeper.cli.progress import (
    WORTH_SAYING,
    GitLabSections,
    Live,
    Plain,
    Quiet,
    Redacted,
    Style,
    choose,
    colored,
    printable,
    sentence,
)
from gatekeeper.ports import Progress


class Stream(io.StringIO):
    """A stream that is a terminal or not."""

    def __init__(self, *, terminal: bool = False) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def style(*, color: bool = False, terminal: bool = False) -> Style:
    return Style(Stream(terminal=terminal), color)


def written(progress: Quiet) -> str:
    assert isinstance(progress.style.stream, Stream)
    return progress.style.stream.getvalue()


def on_screen(text: str) -> list[str]:
    """The lines that a terminal shows in the end: carriage returns and erasures obeyed."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in re.split(r"(\r|\x1b\[K)", line):
            if part == "\x1b[K":
                shown = ""
            elif part not in ("", "\r"):
                shown = part  # every line of ours starts at the first column
        lines.append(shown)
    return lines


HOSTILE = [
    ("\x1b[2Jgone", "?[2Jgone"),  # clears the screen
    ("a\rb", "a?b"),  # writes over what was there
    ("\x07\x08\x7f\x9b", "????"),
    ("user\u202eexe.txt", "user?exe.txt"),  # turns the reading direction
    ("\ud800", "?"),  # no character at all
    ("tab\there\r\nnext", "tab    here\nnext"),
]


@pytest.mark.parametrize(("text", "harmless"), HOSTILE)
def test_control_characters_do_not_reach_the_terminal(text: str, harmless: str) -> None:
    """Whatever steers a terminal becomes a question mark; lines stay lines."""
    assert printable(text) == harmless


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("use the folder that holds .git", "Use the folder that holds .git."),
        ("Set `sandbox.image`", "Set `sandbox.image`."),
        ("backend.base_url ends in /v1.", "backend.base_url ends in /v1."),
        ("look at build/**/*.xml", "Look at build/**/*.xml"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_hint_is_a_sentence(hint: str, shown: str) -> None:
    """Whoever wrote it, it reads the same; names of settings and paths stay as they are."""
    assert sentence(hint) == shown


@pytest.mark.parametrize("kind", [Quiet, Plain, GitLabSections, Live])
@pytest.mark.parametrize("text", [text for text, _ in HOSTILE[:4]])
def test_every_kind_of_log_is_harmless(kind: type[Quiet], text: str) -> None:
    """Titles, details and warnings that hold such text leave our own sequences alone."""
    progress = kind(style())
    with progress.step(f"step {text}"):
        progress.say(text)
        progress.warn(text)
    ours = r"\x1b\[0Ksection_(?:start|end):\d+:[a-z0-9_]+\r\x1b\[0K|\r\x1b\[K|\r  [|/\\-] \d+ s"
    left = re.sub(ours, "", written(progress))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", left)


def test_sections_are_well_formed() -> None:
    """Each start has its end, in order, with a name that GitLab takes and that is not repeated."""
    times = iter(range(100, 200))
    progress = GitLabSections(style(), clock=lambda: next(times))
    for title in ("round 1: judge", "Ünsafe\n[x]", "round 1: judge"):
        with progress.step(title):
            progress.say("detail")
    with pytest.raises(ValueError, match="broken"), progress.step("sandbox"):
        raise ValueError("broken")
    marks = re.findall(
        r"^\x1b\[0Ksection_(start|end):(\d+):([A-Za-z0-9_.-]+)\r\x1b\[0K", written(progress), re.M
    )
    assert [mark[0] for mark in marks] == ["start", "end"] * 4
    assert [int(mark[1]) for mark in marks] == list(range(100, 108))
    names = [mark[2] for mark in marks]
    assert names[::2] == names[1::2]
    assert len(set(names)) == 4
    assert written(progress).count("section_") == 8


def test_a_live_step_is_erased_and_leaves_what_was_said() -> None:
    """The clock turns while a step runs; afterwards only heading, details and time are there."""
    progress = Live(style(terminal=True), tick=0.01)
    with progress.step("baseline"):
        time.sleep(0.05)
        progress.say("first")
        time.sleep(WORTH_SAYING)
        progress.say("second")
    assert re.search(r"\r  [|/\\-] \d s", written(progress)), "nothing turned"
    *lines, duration, rest = on_screen(written(progress))
    assert lines == ["baseline", "  first", "  second"]
    assert re.fullmatch(r"  \d\.\d s", duration)
    assert rest == ""


def test_a_live_step_that_breaks_says_so() -> None:
    """The erased clock is followed by the time at which it stopped, and the error goes on."""
    progress = Live(style(terminal=True), tick=0.01)
    with pytest.raises(KeyboardInterrupt), progress.step("sandbox"):
        raise KeyboardInterrupt
    heading, last, rest = on_screen(written(progress))
    assert (heading, rest) == ("sandbox", "")
    assert re.fullmatch(r"  stopped after \d\.\d s", last)


def test_a_plain_log_has_no_control_character() -> None:
    """A heading, the details, and a time where somebody waited."""
    progress = Plain(style())
    with progress.step("context"):
        progress.say("14 sections\nabout 2612 tokens")
    with progress.step("sandbox"):
        time.sleep(WORTH_SAYING)
    head, _, tail = written(progress).rpartition("    (")
    assert head == "==> context\n    14 sections\n    about 2612 tokens\n==> sandbox\n"
    assert re.fullmatch(r"\d\.\d s\)\n", tail)


def test_quiet_shows_warnings_only() -> None:
    """Steps and details are left out."""
    progress = Quiet(style())
    with progress.step("context"):
        progress.say("detail")
        progress.warn("look")
    assert written(progress) == "warning: look\n"


def test_redacted_takes_secrets_out_of_details_and_warnings() -> None:
    """What a tool printed passes the redactor before it is shown."""
    inner = Plain(style())
    progress: Progress = Redacted(inner, lambda text: text.replace("hunter2", "***"))
    with progress.step("sandbox"):
        progress.say("pull with hunter2")
        progress.warn("hunter2 is no token")
    assert "hunter2" not in written(inner)
    assert written(inner).count("***") == 2


@pytest.mark.parametrize(
    ("terminal", "env", "quiet", "kind"),
    [
        (True, {"TERM": "xterm"}, False, Live),
        (True, {"TERM": "dumb"}, False, Plain),
        (False, {}, False, Plain),
        (False, {"GITLAB_CI": "true"}, False, GitLabSections),
        (True, {}, True, Quiet),
    ],
)
def test_the_log_fits_its_stream(
    terminal: bool, env: Mapping[str, str], quiet: bool, kind: type[Quiet]
) -> None:
    """A clock on terminals only, sections in GitLab only."""
    assert type(choose("auto", quiet, env, Stream(terminal=terminal))) is kind


@pytest.mark.parametrize(
    ("choice", "env", "terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"GITLAB_CI": "true"}, False, True),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "GITLAB_CI": "true"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, True),  # empty counts as not set
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
    ],
)
def test_colours(choice: str, env: Mapping[str, str], terminal: bool, wanted: bool) -> None:
    """Terminals and GitLab have colours, NO_COLOR is honoured, and the flag has the last word."""
    stream = Stream(terminal=terminal)
    assert colored(choice, env, stream) is wanted
    progress = choose(choice, False, env, stream)
    progress.warn("look")
    assert ("\x1b[33m" in stream.getvalue()) is wanted
