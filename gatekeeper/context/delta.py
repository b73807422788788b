"""The author's change as sections: what it touches, and the parts near the failure first."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from gatekeeper.context.budget import estimate, head
from gatekeeper.context.fence import fenced, one_line, shown_path
from gatekeeper.domain import Delta, Section

_MAX_LISTED = 60


def delta_sections(
    delta: Delta,
    diff: bytes,
    near: Sequence[str],
    tokens: int,
    hidden: Collection[str] = (),
) -> list[Section]:
    """The list of changed files, then their diffs; files of `near` come first, in its order.

    `diff` is the delta's, redacted. What does not fit is named in the `cut` of a section. The
    diffs of `hidden` files are not shown.
    """
    summary = _summary(delta, frozenset(near), tokens)
    sections = [summary] if summary.tokens <= tokens else []
    left = tokens - sum(section.tokens for section in sections)
    rank = {path: position for position, path in enumerate(near)}
    shown = (piece for piece in _pieces(diff) if piece[0] not in hidden)
    pieces = sorted(shown, key=lambda piece: rank.get(piece[0], len(rank)))
    missing: list[str] = []
    for path, text in pieces:
        section = _piece(path, text, path in rank, left)
        if section is None:
            missing.append(shown_path(path))
            continue
        sections.append(section)
        left -= section.tokens
    if missing and sections:
        cut = f"the diffs of {', '.join(missing[:5])}" + (
            f" and {len(missing) - 5} more files" if len(missing) > 5 else ""
        )
        sections[-1] = _announcing(sections[-1], cut)
    return sections


def _announcing(section: Section, cut: str) -> Section:
    text = f"{section.text.rstrip()}\n[cut: {cut}]\n\n"
    said = f"{section.cut}, {cut}" if section.cut else cut
    return Section(
        section.title, text, section.path, section.start, section.end, estimate(text), said
    )


def _summary(delta: Delta, near: frozenset[str], tokens: int) -> Section:
    lines = [f"base: {delta.base or 'unknown'}", f"head: {delta.head}"]
    lines += [f"source: {one_line(delta.source)}"] if delta.source else []
    lines += [f"unknown: {one_line(delta.unknown)}"] if delta.unknown else []
    lines += ["with uncommitted changes"] if delta.uncommitted else []
    lines.append("changed_files: (* overlaps the code above)")
    ordered = sorted(delta.files, key=lambda change: (change.path not in near, change.path))
    for change in ordered[:_MAX_LISTED]:
        mark = "*" if change.path in near else "-"
        lines.append(
            f"{mark} {change.status} {shown_path(change.path)} +{change.added} -{change.removed}"
        )
    text, cut = head("\n".join(lines) + "\n", max(tokens - 60, 60))
    cut += max(0, len(delta.files) - _MAX_LISTED)
    said = f"{cut} changed files" if cut else ""
    return fenced("RECENT_REPO_DELTA", "", text, cut=said)


def _piece(path: str, text: str, overlaps: bool, tokens: int) -> Section | None:
    title = f"RECENT_REPO_DELTA_DIFF: {shown_path(path)}"
    note = "overlaps the code above" if overlaps else ""
    overhead = estimate(title + note) + 40
    if tokens - overhead < 40:
        return None
    kept, cut = head(text, tokens - overhead)
    if not kept:
        return None
    said = f"{cut} lines of the diff of {shown_path(path)}" if cut else ""
    section = fenced(title, note, kept, cut=said, path=path)
    return section if section.tokens <= tokens - 60 else None  # room for what is left out


def _pieces(diff: bytes) -> Iterator[tuple[str, str]]:
    """(path, text) of each file in a diff that git rendered."""
    for piece in re.split(rb"^(?=diff --git )", diff, flags=re.MULTILINE):
        if piece.startswith(b"diff --git "):
            yield _path(piece), piece.decode("utf-8", "replace")


def _path(piece: bytes) -> str:
    header = piece.partition(b"\n@@")[0]
    for pattern in (
        rb'^\+\+\+ ("?)b/(.+?)"?\t?$',
        rb'^--- ("?)a/(.+?)"?\t?$',
        rb'^diff --git .* ("?)b/(.+?)"?$',
    ):
        found = re.search(pattern, header, re.MULTILINE)
        if found:
            name = _unquoted(found[2]) if found[1] else found[2]
            return name.decode("utf-8", "surrogateescape")
    return ""


def _unquoted(name: bytes) -> bytes:
    """Git's C-style quoting, undone."""
    simple = {b"n": b"\n", b"t": b"\t", b'"': b'"', b"\\": b"\\", b"r": b"\r"}

    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() else simple.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", plain, name)
