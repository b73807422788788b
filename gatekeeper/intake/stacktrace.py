"""Stack traces in text: frames of nine languages, mapped to files of the workspace.

`frame_lines.py` knows how each language writes a frame, `locate.py` whose file a path means.
Text of a test run is untrusted and may be long: it is read line by line, long lines are
passed over, and only the head and the tail of a very long text are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from gatekeeper.domain import CaseResult, Frame, Origin
from gatekeeper.intake.frame_lines import written
from gatekeeper.intake.locate import Locator

__all__ = ["Locator", "case_frames", "frames", "frames_by", "frames_of_case"]

_MAX_FRAMES = 200


def frames(text: str, known: Collection[str], roots: Sequence[str] = ()) -> tuple[Frame, ...]:
    """Frames that `text` names, innermost first where the language's order is known.

    `known` are the files of the workspace; `roots` are folders at which the workspace may
    have been mounted when the text was written. A path is mapped by its root, else by the
    longest suffix that it shares with one known file only. What cannot be mapped keeps its
    path as written, with `ours` False and an `origin` that says whose it is. Each place (path
    and line) comes once, with the first function that is named for it; where several exceptions
    are told, those of the one that reached the top come first.
    """
    return frames_by(text, Locator(known, roots))


def frames_by(text: str, index: Locator) -> tuple[Frame, ...]:
    """The same for many texts of one workspace, whose files are indexed once."""
    told = tuple(written(text))
    index = index.also(index.roots_of(each.path for each in told))
    innermost_last: list[Frame] = []
    innermost_first: list[Frame] = []
    for each in told:
        path, origin = index.place(each.path)
        ours = origin is Origin.OURS
        if each.line is None and not ours:
            continue  # a class that no file of the workspace is named after
        frame = Frame(path, each.line, each.function, ours, origin)
        (innermost_last if each.innermost_last else innermost_first).append(frame)
    return _once((*reversed(innermost_last), *innermost_first))


def case_frames(
    cases: Iterable[CaseResult], known: Collection[str], roots: Sequence[str] = ()
) -> tuple[Frame, ...]:
    """Frames of the cases in turn, from what each says of its failure, then from its output."""
    index = Locator(known, roots)
    return _once(frame for case in cases for frame in frames_of_case(case, index))


def frames_of_case(case: CaseResult, index: Locator) -> tuple[Frame, ...]:
    """Frames of one case, from what it says of its failure, then from its output."""
    texts = (case.details, case.message, case.output)
    return _once(frame for text in texts for frame in frames_by(text, index))


def _once(found: Iterable[Frame]) -> tuple[Frame, ...]:
    """Each place at its first position, with its first function that has a name.

    In Ruby the last one has the place: a native method is told at the line of its caller.
    """
    kept: dict[tuple[str, int | str], Frame] = {}
    for frame in found:
        place = (frame.path, frame.function if frame.line is None else frame.line)
        if place not in kept:
            kept[place] = frame
        elif frame.function and (not kept[place].function or frame.path.endswith(".rb")):
            kept[place] = replace(kept[place], function=frame.function)
    return tuple(kept.values())[:_MAX_FRAMES]
