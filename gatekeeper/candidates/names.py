"""The file names of a diff's header. They only steer the mending: git decodes what is applied."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gatekeeper.candidates.unified import FilePatch

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13}
_PREFIXES = ("a", "b", "c", "i", "o", "w")  # what git may put in front of a path
_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Header:
    """Old and new name as written; "" where the file does not exist on that side."""

    old: str
    new: str
    git_line: str

    @classmethod
    def of(cls, file: FilePatch) -> Header:
        """The names of one part of a diff."""
        names = [_name(raw) for raw in file.names or (b"", b"")]
        return cls(names[0], names[1], file.git_line.decode("utf-8", "surrogateescape"))

    def old_path(self, strip: int) -> str:
        """Path of the file that the hunks are for, "" where it is new or not named."""
        return _stripped(self.old, strip)

    def agree(self, strip: int) -> bool:
        """Whether both sides are the same path, or one does not exist."""
        sides = {_stripped(name, strip) for name in (self.old, self.new) if name}
        return len(sides) < 2

    def fits(self, paths: AbstractSet[str], strip: int) -> bool:
        """Whether these names make sense in a tree if `strip` (0 or 1) parts are left out."""
        if self.old:
            return _stripped(self.old, strip) in paths
        if self.new:
            return self._is_prefixed(self.new, paths) == bool(strip)
        # Only a mode, a rename or a binary: nothing but git's own line names the file.
        first = self.git_line.removeprefix("diff --git ").lstrip('"')
        return self._is_prefixed(first, paths) == bool(strip)

    @staticmethod
    def _is_prefixed(name: str, paths: AbstractSet[str]) -> bool:
        first, slash, _ = name.partition("/")
        if not slash or first not in _PREFIXES:
            return False
        return first in ("a", "b") or not any(path.startswith(first + slash) for path in paths)


def _stripped(name: str, strip: int) -> str:
    return name.partition("/")[2] if strip else name


def _name(raw: bytes) -> str:
    quoted = _QUOTED.match(raw)
    name = _ESCAPE.sub(_unescape, quoted.group(1)) if quoted else raw.split(b"\t")[0].rstrip()
    text = name.decode("utf-8", "surrogateescape")
    return "" if text == _NOWHERE else text


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    if code[:1] in b"01234567":
        return bytes((int(code, 8) & 0xFF,))
    return bytes((_LETTERS[code],)) if code in _LETTERS else code
