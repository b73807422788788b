"""One line of a job's log, as a person sees it."""

from __future__ import annotations

import pytest

from gatekeeper.intake.logs.cleaning import MAX_LINE, clean

LINES = {
    "colours": (b"\x1b[31;1mERROR: Job failed\x1b[0;m", "ERROR: Job failed"),
    "a link of a terminal": (
        b"\x1b]8;;https://example.org\x07E501\x1b]8;;\x07 too long",
        "E501 too long",
    ),
    "GitLab's section, begun": (
        b"section_start:1763700012:step_script\r\x1b[0K\x1b[36;1mExecuting\x1b[0;m",
        "Executing",
    ),
    "GitLab's section, with options": (
        b"section_start:1763700012:build[collapsed=true]\r\x1b[0KBuilding",
        "Building",
    ),
    "an end and a beginning in one line": (
        b"section_end:1:get_sources\r\x1b[0Ksection_start:2:step_script\r\x1b[0KRun\r",
        "Run",
    ),
    "GitLab's time stamps": (b"2026-11-21T04:20:29.123456Z 01E error: no", "error: no"),
    "GitLab's continued lines": (b"2026-11-21T04:20:29.123456Z 00O+more", "more"),
    "Jenkins' time stamps": (b"[2026-11-21T04:20:29.123Z] error: no", "error: no"),
    "a section behind a time stamp": (
        b"2026-11-21T04:20:29.123456Z 00O section_start:1:build\r\x1b[0KBuild",
        "Build",
    ),
    "a progress bar": (b"10%\r50%\r100% done\r\n", "100% done"),
    "an error that a progress bar wrote over": (
        b"10%\rerror: disk\r100% done",
        "error: disk 100% done",
    ),
    "Windows' line ends": (b"error: no\r", "error: no"),
    "no UTF-8": (b"caf\xe9", "caf\ufffd"),
    "what steers a terminal": (b"a\x00b\x08c", "abc"),
    "a date that is the line's own": (b"2026-11-21 is a Saturday", "2026-11-21 is a Saturday"),
    "a word that is no mark": (b"the section_start of it", "the section_start of it"),
    "GitHub's marks": (b"2026-11-21T04:20:29.1234567Z ##[error]no", "no"),
    "indentation": (b"    at f (x.js:1:2)", "    at f (x.js:1:2)"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_what_stays_on_the_screen(name: str) -> None:
    """Each kind of noise goes, and nothing else does."""
    raw, shown = LINES[name]
    assert clean(raw) == shown


def test_a_very_long_line_keeps_its_head_and_its_tail() -> None:
    """What a minified file prints is bounded."""
    line = clean(b"error: " + b"x" * 100_000 + b" at app.js:1:7")
    assert len(line) <= MAX_LINE
    assert line.startswith("error: ")
    assert line.endswith("at app.js:1:7")
