"""Hunks without the context that git wants after them, put in their place by the file itself."""

from __future__ import annotations

from dataclasses import replace

from gatekeeper.candidates.refusal import NotADiff
from gatekeeper.candidates.unified import FilePatch, TextHunk

_CONTEXT = 3
_MARKER = b"\\ No newline at end of file"


def mend_context(file: FilePatch, content: bytes | None) -> tuple[FilePatch, str]:
    """Give a file's hunks context where one ends without any in the middle of the file.

    git would need --unidiff-zero for them, with which a wrong line number puts a line in a
    wrong place. Here each hunk must fit exactly where it says, or at one place only; then all
    become one hunk with what stands between them. Raises NotADiff where one does not fit.
    """
    if content is None or not content or not file.hunks:
        return file, ""
    lines = content.removesuffix(b"\n").split(b"\n")
    if all(_is_anchored(hunk, len(lines)) for hunk in file.hunks):
        return file, ""
    joined = _join(file.hunks, lines, whole=content.endswith(b"\n"))
    return replace(file, hunks=(joined,)), "the diff had no context; it was taken from the file."


def _is_anchored(hunk: TextHunk, length: int) -> bool:
    body = [line for line in hunk.lines if line != _MARKER]
    return bool(body) and (body[-1][:1] == b" " or hunk.old_start - 1 + len(hunk.old) >= length)


def _join(hunks: tuple[TextHunk, ...], lines: list[bytes], *, whole: bool) -> TextHunk:
    places = [_place(hunk, lines) for hunk in hunks]
    first = max(0, places[0] - _CONTEXT)
    made: list[bytes] = []
    at = first
    for hunk, place in zip(hunks, places, strict=True):
        if place < at:
            raise NotADiff(f"the hunk for line {hunk.old_start} overlaps the one before it")
        made += [b" " + line for line in lines[at:place]]
        made += hunk.lines
        at = place + len(hunk.old)
    made += [b" " + line for line in lines[at : at + _CONTEXT]]
    if not whole and at < len(lines) <= at + _CONTEXT:
        made.append(_MARKER)
    return TextHunk(first + 1, first + 1, tuple(made), hunks[0].tail)


def _place(hunk: TextHunk, lines: list[bytes]) -> int:
    """Index of the line at which the hunk's old lines begin."""
    old = hunk.old
    if not old:
        if hunk.old_start <= len(lines):
            return hunk.old_start  # after that line
        raise NotADiff(f"line {hunk.old_start}, after which lines are to be added, is not there")
    stated = hunk.old_start - 1
    if stated >= 0 and lines[stated : stated + len(old)] == old:
        return stated
    found = _all_places(old, lines)
    if len(found) == 1:
        return found[0]
    raise NotADiff(
        f"the hunk for line {hunk.old_start} has no context and its lines occur {len(found)} "
        "times in the file; give three lines of context"
    )


def _all_places(old: list[bytes], lines: list[bytes]) -> list[int]:
    starts = range(len(lines) - len(old) + 1)
    return [n for n in starts if lines[n] == old[0] and lines[n : n + len(old)] == old]
