"""Line ends of a diff that are not those of the file: CRLF, and the end of the last line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gatekeeper.candidates.unified import FilePatch, TextHunk

_MARKER = b"\\ No newline at end of file"


def mend_crlf(file: FilePatch, content: bytes | None) -> tuple[FilePatch, str]:
    """Give the hunks the line ends of the file, where both are of one kind."""
    found = {line.endswith(b"\r") for hunk in file.hunks for line in _ended(hunk)}
    if len(found) != 1:
        return file, ""
    carried = found.pop()
    if content is None:
        if carried and not file.binary:
            return _each_line(file, _without_cr), "the diff had CRLF line ends; LF is used."
        return file, ""
    wanted = _is_crlf(content)
    if wanted is None or wanted == carried:
        return file, ""
    if wanted:
        return _each_line(file, _with_cr), "the file has CRLF line ends, the diff had LF."
    return _each_line(file, _without_cr), "the file has LF line ends, the diff had CRLF."


def mend_last_line(file: FilePatch, content: bytes | None) -> tuple[FilePatch, str]:
    """Say of the file's last line that it has no line end, where only the diff forgot it."""
    if not file.hunks or not content or content.endswith(b"\n"):
        return file, ""
    last = file.hunks[-1]
    old, lines = last.old, content.split(b"\n")
    if _MARKER in last.lines or not old or lines[-len(old) :] != old:
        return file, ""
    at = max(n for n, line in enumerate(last.lines) if line[:1] in (b" ", b"-"))
    line, after = last.lines[at], last.lines[at + 1 :]
    if line[:1] == b" " and after:  # something follows now, so the line gets its end
        marked = [b"-" + line[1:], _MARKER, b"+" + line[1:]]
    else:
        marked = [line, _MARKER]
    hunk = replace(last, lines=(*last.lines[:at], *marked, *after))
    mended = replace(file, hunks=(*file.hunks[:-1], hunk))
    return mended, "the file's last line has no line end, which the diff did not say."


def _ended(hunk: TextHunk) -> list[bytes]:
    """The lines of a hunk that have a line end."""
    after = (*hunk.lines[1:], b"")
    return [a for a, b in zip(hunk.lines, after, strict=True) if _MARKER not in (a, b)]


def _is_crlf(content: bytes) -> bool | None:
    """Whether every line ends with CRLF; None where the lines do not agree or there are none."""
    lines, carried = content.count(b"\n"), content.count(b"\r\n")
    return None if lines == 0 or 0 < carried < lines else carried == lines


def _each_line(file: FilePatch, change: Callable[[bytes], bytes]) -> FilePatch:
    hunks = []
    for hunk in file.hunks:
        after = (*hunk.lines[1:], b"")
        lines = tuple(
            a if _MARKER in (a, b) else change(a) for a, b in zip(hunk.lines, after, strict=True)
        )
        hunks.append(replace(hunk, lines=lines))
    return replace(file, hunks=tuple(hunks))


def _without_cr(line: bytes) -> bytes:
    return line.removesuffix(b"\r")


def _with_cr(line: bytes) -> bytes:
    return line + b"\r"
