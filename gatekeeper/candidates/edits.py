"""Edits applied to the files of a tree: a text that must be there exactly once, replaced."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from gatekeeper.candidates.paths import path_problem
from gatekeeper.domain import Edit
from gatekeeper.git import TreeView

_MAX_LOOK = 512 * 1024  # bytes of a file in which similar lines are looked for
_SHOWN = 6  # lines
_ENOUGH = 0.6  # difflib's own idea of "similar"


class EditRefused(ValueError):
    """An edit that cannot be made; the message is a sentence for its author."""


def edit_files(edits: Sequence[Edit], view: TreeView) -> tuple[Mapping[str, bytes], list[str]]:
    """Contents of the edited files, and notes. Edits of one file build on each other.

    Raises EditRefused on the first edit that cannot be made.
    """
    contents: dict[str, bytes] = {}
    notes: list[str] = []
    for edit in edits:
        _check_path(edit.path, view)
        before = contents.get(edit.path)
        if before is None and edit.path in view.entries:
            before = view.read(edit.path)
            if before is None:
                raise EditRefused(f"{edit.path} is a link or a submodule, not a regular file")
        contents[edit.path] = _edited(edit, before, notes)
    return contents, notes


def _check_path(path: str, view: TreeView) -> None:
    if path in view.entries:
        return
    if problem := path_problem(path):
        raise EditRefused(f"the path {path!r} {problem}")
    parts = path.split("/")
    for length in range(1, len(parts)):
        above = view.entries.get("/".join(parts[:length]))
        if above is not None:
            kind = "file" if above.regular else "link or a submodule"
            raise EditRefused(f"{path} cannot be: {'/'.join(parts[:length])} is a {kind}")
    if view.has_folder(path):
        raise EditRefused(f"{path} is a folder")


def _edited(edit: Edit, before: bytes | None, notes: list[str]) -> bytes:
    search, replace = _as_bytes(edit.search, edit.path), _as_bytes(edit.replace, edit.path)
    if before is None:
        if search:
            raise EditRefused(f"{edit.path} does not exist; for a new file leave `search` empty")
        return replace
    if not search:
        raise EditRefused(f"{edit.path} exists; say in `search` which text is to be replaced")
    if b"\r\n" in before and b"\n" in search and b"\r" not in search and _all_crlf(before):
        search, replace = search.replace(b"\n", b"\r\n"), _crlf(replace)
        notes.append(f"{edit.path}: the file has CRLF line ends, the edit had LF.")
    found = _places(before, search)
    if len(found) == 1:
        return before[: found[0]] + replace + before[found[0] + len(search) :]
    if found:
        lines = ", ".join(str(before.count(b"\n", 0, at) + 1) for at in found[:10])
        raise EditRefused(
            f"the `search` text occurs {len(found)} times in {edit.path} (lines {lines}); "
            "make it longer, so that it occurs once"
        )
    raise EditRefused(f"the `search` text does not occur in {edit.path}{_similar(before, search)}")


def _as_bytes(text: str, path: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise EditRefused(f"the edit of {path} holds half a surrogate pair") from None


def _all_crlf(content: bytes) -> bool:
    return content.count(b"\r\n") == content.count(b"\n")


def _crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _places(content: bytes, search: bytes) -> list[int]:
    """Every start, also of places that overlap."""
    found = []
    at = content.find(search)
    while at >= 0:
        found.append(at)
        at = content.find(search, at + 1)
    return found


def _similar(content: bytes, search: bytes) -> str:
    """The lines of the file that are most like the text, as the end of a sentence."""
    lines = content[:_MAX_LOOK].decode("utf-8", "replace").splitlines()
    wanted = [line for line in search.decode("utf-8", "replace").splitlines() if line.strip()]
    if not wanted:
        return ""
    key = max(wanted, key=len)
    near = difflib.get_close_matches(key, dict.fromkeys(lines), n=1, cutoff=_ENOUGH)
    if not near:
        return "; no line of it is similar"
    at = max(0, lines.index(near[0]) - wanted.index(key))
    shown = [f"{at + n + 1}: {line}" for n, line in enumerate(lines[at : at + _SHOWN])]
    return "; the most similar lines are\n" + "\n".join(shown)
