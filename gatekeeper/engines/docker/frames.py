"""The bytes between the gate and PID 1 of a sandbox. Pure: no engine, no files."""

from __future__ import annotations

import io
import os
import re
import shlex
import struct
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.domain import Overlay, RunSpec
from gatekeeper.engines.border import literal_prefix, matches, require_names

BLOCK = 10240
"""tar's record: parts are padded to it, so that `dd` reads them exactly, also from a pipe."""
WORKSPACE = "/workspace"
EPOCH_FILE = "/gatekeeper/epoch"
"""Not writable for the sandbox's user. Whatever is older was there before the run."""
FIFO = "/gatekeeper/record"
"""Of root; the sandbox's user may write to it and not read from it (see recorder.py)."""
EPOCH = 978307200  # 2001-01-01
OLD = "200001010000"  # `touch -t` for reports that were there before
STDOUT, STDERR = 1, 2
PROGRAMS = 'export PATH="$PATH:$HOME/.local/bin"'
"""A set-up without rights puts its programs there (`pip install`), as the image's PATH may not."""


class Demultiplexer:
    """Splits the stream of an attached container in (stream number, bytes)."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._stream = 0
        self._left = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take the next bytes; yield what can be told already."""
        self._pending += data
        while self._pending:
            if not self._left:
                if len(self._pending) < 8:
                    return
                self._stream, self._left = struct.unpack(">B3xI", self._pending[:8])
                del self._pending[:8]
                continue
            part = bytes(self._pending[: self._left])
            del self._pending[: len(part)]
            self._left -= len(part)
            yield self._stream, part


@dataclass(frozen=True, slots=True)
class Answer:
    """What PID 1 said at the end. `exit_code` is None where it could not say anything."""

    exit_code: int | None = None
    kills: int = 0  # processes ended because the memory was used up
    refused: str = ""
    reports: tuple[tuple[str, bytes], ...] = ()
    notes: tuple[str, ...] = field(default=())


def last_line(token: str) -> bytes:
    """The end of PID 1's answer."""
    return f"{token} end\n".encode()


def recorded_line(token: str) -> bytes:
    """What PID 1 adds to the record when nothing of the command is left that could write."""
    return f"\n{token} recorded\n".encode()


def payload(
    spec: RunSpec, token: str, env: Mapping[str, str], report_limit: int, now: int
) -> bytes:
    """First line, script and overlays, as `pid1.sh` reads them. `now` in seconds since 1970."""
    require_names(env)
    script = os.fsencode(_script(spec, env, report_limit))
    script += b"\n" * (-len(script) % BLOCK)
    tree = _overlay_archive(spec.overlays, now)
    first = f"{token} {len(script) // BLOCK} {len(tree) // BLOCK}\n".encode()
    return first + script + tree


def read_answer(control: bytes, token: str, globs: Sequence[str], limit: int) -> Answer:
    """Judge what came on the answer channel. Nothing in it is trusted to be well formed."""
    word = re.escape(token.encode())
    refused = re.search(rb"^%b refused (.*)" % word, control, re.MULTILINE | re.DOTALL)
    if refused:
        return Answer(refused=refused[1].decode("utf-8", "replace").strip())
    said = re.search(rb"^%b exit (\d+) (\d+)\n%b reports\n" % (word, word), control, re.MULTILINE)
    if not said:
        return Answer(notes=("the sandbox ended without saying how",))
    body, whole, _ = control[said.end() :].rpartition(last_line(token))
    reports, notes = _reports(body if whole else control[said.end() :], globs, limit)
    if not whole:
        notes = (*notes, "the reports were cut off")
    return Answer(int(said[1]), int(said[2]), reports=reports, notes=notes)


def _overlay_archive(overlays: Sequence[Overlay], now: int) -> bytes:
    """A tar of the files to lay over the tree, or nothing.

    Their time differs from that of the tree (see archive.py): compiled Python is found stale by
    time and size alone.
    """
    present = [item for item in overlays if item.content is not None]
    if not present:
        return b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for item in present:
            content = item.content or b""
            entry = tarfile.TarInfo(item.path)
            entry.size, entry.mtime = len(content), now
            entry.mode = 0o755 if item.executable else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _script(spec: RunSpec, env: Mapping[str, str], report_limit: int) -> str:
    exports = [f"export {key}={shlex.quote(value)}" for key, value in env.items()]
    return "\n".join(
        [
            f"command={shlex.quote(spec.command)}",
            _function("environment", [*exports, PROGRAMS]),
            _function("discard", list(_discards(spec.overlays))),
            _function("outdate", [_outdate(glob) for glob in spec.reports]),
            _function("collect", [_collect(glob, report_limit) for glob in spec.reports]),
            "",
        ]
    )


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{name}() {{", *lines, ":", "}"])


def _discards(overlays: Sequence[Overlay]) -> Iterator[str]:
    """Every named path goes first: a link or a folder in its place must not be written through.

    Folders that a removal leaves empty go too, as they do in git.
    """
    paths = [shlex.quote("./" + item.path) for item in overlays]
    for start in range(0, len(paths), 100):
        yield "rm -rf " + " ".join(paths[start : start + 100])
    for item in overlays:
        folder = item.path.rpartition("/")[0]
        if item.content is None and folder:
            yield f"rmdir -p {shlex.quote(folder)}"


def _find(glob: str, test: str) -> str:
    """A `find` for a superset of the glob: its `*` also matches slashes; Python is exact."""
    prefix, rest = literal_prefix(glob)
    start = "./" + prefix if prefix else "."
    if not rest:
        limits = "-maxdepth 0"
    else:
        depth = "" if "**" in rest else f"-maxdepth {rest.count('/') + 1} "
        path = re.sub(r"\*\*/?", "*", rest)
        limits = f"{depth}-path {shlex.quote(_literal(start) + '/' + path)}"
    return f"find {shlex.quote(start)} {limits} -type f {test}"


def _literal(path: str) -> str:
    return re.sub(r"([\\*?\[])", r"\\\1", path)


def _outdate(glob: str) -> str:
    """Reports that were there before the run get a time before the epoch."""
    return _find(glob, f"-exec touch -t {OLD} {{}} +")


def _collect(glob: str, limit: int) -> str:
    test = f"-newer {EPOCH_FILE} -size -{limit + 1}c -exec tar -cf - {{}} +"
    return _find(glob, test)


def _reports(
    body: bytes, globs: Sequence[str], limit: int
) -> tuple[tuple[tuple[str, bytes], ...], tuple[str, ...]]:
    """Regular files out of one or more tar archives in a row, read in memory."""
    wanted, found, size = matches(globs), dict[str, bytes](), 0
    try:
        with tarfile.open(
            fileobj=io.BytesIO(body), mode="r|", ignore_zeros=True, errors="surrogateescape"
        ) as tar:
            for entry in tar:
                path = entry.name.removeprefix("./")
                if path in found or not wanted.fullmatch(path):
                    continue
                if entry.islnk():  # tar stores the second name of one file as a link to the first
                    target = entry.linkname.removeprefix("./")
                    if target in found:
                        found[path] = found[target]
                elif entry.isreg():
                    size += entry.size
                    if size > limit:
                        return tuple(found.items()), (f"reports over {limit} bytes were left out",)
                    member = tar.extractfile(entry)
                    found[path] = member.read() if member else b""
    except tarfile.TarError:
        if body.strip(b"\0"):  # nothing at all is no archive, and no report either
            return tuple(found.items()), ("not every report could be read",)
    return tuple(found.items()), ()
