"""Honest diffs with the small faults that editors, mailers and models make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gatekeeper.candidates import endings, placing
from gatekeeper.candidates.names import Header
from gatekeeper.candidates.refusal import NotADiff, Refusal
from gatekeeper.candidates.unified import FilePatch, markers_fit, parse
from gatekeeper.ports import Tree

MAX_DIFF = 16 * 1024**2  # bytes
_FENCE = re.compile(rb"(`{3,}|~{3,})")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Mended:
    """A diff that git can read, the flags it needs, and what was mended, in sentences.

    `sizes` has (lines added, lines removed) for each file in order, None for a binary one:
    what git must find when it reads the diff, or it would apply only a part of it.
    """

    diff: bytes
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sizes: tuple[tuple[int, int] | None, ...] = ()


def mend(diff: bytes, tree: Tree) -> Mended | Refusal:
    """Mend a diff against the tree that it is for. Nothing is guessed where the tree disagrees."""
    try:
        return _mend(diff, tree)
    except NotADiff as error:
        return Refusal((str(error),))


def _mend(diff: bytes, tree: Tree) -> Mended:
    if len(diff) > MAX_DIFF:
        raise NotADiff(f"the diff is larger than {MAX_DIFF // 1024**2} MiB")
    if diff.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotADiff("the diff is UTF-16; write it again as UTF-8")
    notes: list[str] = []
    text = diff.removeprefix(_BOM)
    if text != diff:
        notes.append("The byte order mark at the start was left out.")
    inner = _unfence(text)
    if inner is not None:
        text = inner
        notes.append("The Markdown fence around the diff was left out.")
    if not text.endswith(b"\n"):
        notes.append("The line end of the last line was missing.")
    parsed = parse(text)
    if parsed.talk:
        notes.append("The text around the diff was left out.")
    if wrong := sum(hunk.recounted for file in parsed.files for hunk in file.hunks):
        notes.append(f"The line counts of {wrong} hunk headers were wrong.")
    flags = _strip(parsed.files, tree, notes)
    _check_names(parsed.files, 0 if flags else 1)
    files = _by_content(parsed.files, tree, bool(flags), notes)
    if not all(markers_fit(hunk.lines) for file in files for hunk in file.hunks):
        raise NotADiff("a hunk says that the file ends without a line end, where it goes on")
    rendered = b"".join(line + b"\n" for file in files for line in file.render())
    return Mended(rendered, flags, tuple(notes), tuple(file.sizes for file in files))


def _unfence(text: bytes) -> bytes | None:
    """The fenced blocks that hold a diff, or None where there is none."""
    blocks: list[list[bytes]] = []
    outside: list[bytes] = []
    fence = b""
    for line in text.split(b"\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence = found.group(1)
            blocks.append([])
        elif found and line.strip() == fence:
            fence = b""
        else:
            (blocks[-1] if fence else outside).append(line)
    diffs = [block for block in blocks if _holds_diff(block)]
    if not diffs:
        return None
    if _holds_diff(outside):
        raise NotADiff("one part of the diff is in a Markdown fence, another is not")
    return b"".join(line + b"\n" for block in diffs for line in _trimmed(block))


def _trimmed(block: list[bytes]) -> list[bytes]:
    return block[:-1] if block[-1] == b"" else block


def _holds_diff(lines: Iterable[bytes]) -> bool:
    return any(line.startswith((b"diff --git ", b"@@ -")) for line in lines)


def _strip(files: tuple[FilePatch, ...], tree: Tree, notes: list[str]) -> tuple[str, ...]:
    """Whether the paths are written without a/ and b/, which git must be told."""
    paths = tree.paths()
    headers = [Header.of(file) for file in files]
    if all(header.fits(paths, strip=1) for header in headers):
        return ()
    if all(header.fits(paths, strip=0) for header in headers):
        notes.append("The paths had no a/ and b/ in front.")
        return ("-p0",)
    return ()  # git says which file is not there


def _check_names(files: tuple[FilePatch, ...], strip: int) -> None:
    """Git takes two names under its own header for a rename, even over another file."""
    for file in files:
        header = Header.of(file)
        for name in (header.old, header.new):
            if name.startswith("/"):  # git would leave its first part out, and take the rest
                raise NotADiff(f"the path {name} is absolute; paths begin at the top folder")
        if file.git_line and not file.moves and not header.agree(strip):
            raise NotADiff(f"the names {header.old} and {header.new} are not the same file")


def _by_content(
    files: tuple[FilePatch, ...], tree: Tree, bare: bool, notes: list[str]
) -> tuple[FilePatch, ...]:
    """Mend what only shows against the content of the file: line ends and missing context."""
    seen: set[str] = set()
    mended = []
    for file in files:
        path = Header.of(file).old_path(strip=0 if bare else 1)
        # A second part about the same file is for what the first one made of it.
        content = tree.read(path) if path and path not in seen else None
        for step in _STEPS:
            changed, note = step(file, content)
            if note:
                notes.append(f"{path or 'A new file'}: {note}")
            file = changed  # noqa: PLW2901 - each step works on what the one before it made
        seen.add(path)
        mended.append(file)
    return tuple(mended)


Step = Callable[[FilePatch, bytes | None], tuple[FilePatch, str]]
_STEPS: tuple[Step, ...] = (endings.mend_crlf, endings.mend_last_line, placing.mend_context)
