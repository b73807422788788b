"""What may enter and leave a sandbox: variables by name, output in part, reports by glob."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gatekeeper.domain import RunSpec
from gatekeeper.errors import SandboxError

TOOLS = "GATEKEEPER_TOOLS"
"""Where a command finds the folder of the gate's own files; set only where there are any."""
RECORD_LIMIT = 32 * 1024 * 1024
"""Bytes that a command may record; one that writes more is ended."""
HEAD = 256 * 1024
TAIL = 768 * 1024


def require_names(env: Mapping[str, str]) -> None:
    """Raise SandboxError for a name that no shell takes for a variable, or that it would run."""
    for name in env:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise SandboxError(
                f"{name!r} is no name for an environment variable",
                hint="use letters, digits and underscores",
            )


def settled(spec: RunSpec) -> RunSpec:
    """The same without the overlays in whose place a trusted file comes.

    Raises SandboxError for a trusted file that has no content or a name that leads elsewhere.
    """
    for item in spec.trusted:
        parts = item.path.split("/")
        if item.content is None or not all(parts) or {".", ".."} & set(parts):
            raise SandboxError(f"{item.path!r} cannot be laid over the workspace as a test")
    trusted = {item.path for item in spec.trusted}
    return replace(spec, overlays=tuple(o for o in spec.overlays if o.path not in trusted))


class Output:
    """Keeps the first HEAD and the last TAIL bytes of a stream, and counts all of it.

    The tail is what a person reads first; the head tells which tool ran and how.
    """

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self.total = 0
        self._room = head
        self._keep = tail
        self._head: list[bytes] = []
        self._tail: deque[bytes] = deque()
        self._held = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self.total += len(data)
        if self._room:
            first, data = data[: self._room], data[self._room :]
            self._head.append(first)
            self._room -= len(first)
        if data:
            self._tail.append(data)
            self._held += len(data)
        while self._tail and self._held - len(self._tail[0]) >= self._keep:
            self._held -= len(self._tail.popleft())

    def text(self) -> bytes:
        """What was kept, with a line that says how many bytes are left out between."""
        head, tail = b"".join(self._head), b"".join(self._tail)[-self._keep :]
        left_out = self.total - len(head) - len(tail)
        if not left_out:
            return head + tail
        return head + b"\n[... %d bytes left out ...]\n" % left_out + tail


def matches(globs: Iterable[str]) -> re.Pattern[str]:
    """One pattern for any of the globs; matches nothing where there is none."""
    parts = [_translated(_plain(glob)) for glob in globs]
    return re.compile("|".join(f"(?:{part})" for part in parts) or r"(?!)", re.DOTALL)


def literal_prefix(glob: str) -> tuple[str, str]:
    """Split a glob in the folders without any wildcard and the rest ("" where it is a path)."""
    parts = _plain(glob).split("/")
    for index, part in enumerate(parts):
        if re.search(r"[*?\[]", part):
            return "/".join(parts[:index]), "/".join(parts[index:])
    return "/".join(parts), ""


def _plain(glob: str) -> str:
    """Without `./` and doubled slashes, so that it compares with workspace paths."""
    return "/".join(part for part in glob.split("/") if part not in ("", "."))


_TOKEN = re.compile(
    r"(?P<deep>\*\*/)|(?P<rest>\*\*)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[!?\]?[^\]/]*\])"
)


def _translated(glob: str) -> str:
    regex, position = "", 0
    for token in _TOKEN.finditer(glob):
        regex += re.escape(glob[position : token.start()]) + _wildcard(token)
        position = token.end()
    return regex + re.escape(glob[position:])


def _wildcard(token: re.Match[str]) -> str:
    simple = {"deep": "(?:[^/]+/)*", "rest": ".*", "star": "[^/]*", "one": "[^/]"}
    kind = token.lastgroup or ""
    if kind in simple:
        return simple[kind]
    negated = token.group().startswith("[!")
    members = token.group()[2 if negated else 1 : -1].replace("\\", "\\\\").replace("[", "\\[")
    members = members.replace("^", "\\^").replace("]", "\\]")
    return f"(?!/)[{'^' if negated else ''}{members}]"
