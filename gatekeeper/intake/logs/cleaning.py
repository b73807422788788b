"""One line of a job's log as a person sees it: no colours, time stamps, section marks, echoes.

Understood are the escape sequences of terminals, GitLab's section marks and its time stamps
(`2026-11-21T04:20:29.123456Z 00O `), Jenkins' and GitHub's time stamps, and carriage returns, by
which progress bars overwrite themselves.
"""

from __future__ import annotations

import re

MAX_LINE = 600
"""Characters of one line that are kept: its head and its tail."""

_LOOKED_AT = 1 << 14  # bytes

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]{0,60}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)|"
    r"[()*+][0-9A-Za-z]|[@-Z\\^_=>78])"
)
_STAMP = re.compile(
    r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)\]?"
    r"(?: \d\d[OE][+ ]?)? ?"
)
_MARK = re.compile(r"section_(?:start|end):\d{1,12}:[\w.-]{1,100}(?:\[[^\]\n]{0,200}\])?\r?")
_GITHUB = re.compile(r"^##\[(?:error|group|endgroup|debug|command)\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(raw: bytes) -> str:
    """The line that stays on the screen; "" for a line that only marks a section."""
    if len(raw) > _LOOKED_AT:
        raw = raw[: _LOOKED_AT // 2] + b" [...] " + raw[-_LOOKED_AT // 2 :]
    text = _ESCAPES.sub("", _STAMP.sub("", raw.decode("utf-8", "replace"), count=1))
    text = _STAMP.sub("", _MARK.sub("", text), count=1).rstrip("\r\n \t")
    if "\r" in text:
        text = _overwritten(text.split("\r"))
    text = _GITHUB.sub("", _CONTROL.sub("", text))
    if len(text) > MAX_LINE:
        text = f"{text[: MAX_LINE - 200]} [...] {text[-190:]}"
    return text


def _overwritten(parts: list[str]) -> str:
    """What is left of a line that was written over: its last words, and each error before."""
    parts = [part for part in parts if part.strip()]
    if not parts:
        return ""
    told = [part for part in parts[:-1] if "rror" in part or "ERR" in part or "atal" in part]
    return " ".join([*told[-2:], parts[-1]])
