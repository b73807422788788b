"""What the gate makes for one run: tests that must be red, beside one that must pass."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.domain import CaseResult, Overlay
from gatekeeper.ports import Tree


@dataclass(frozen=True, slots=True)
class Canary:
    """A file with a case that must be red and one that must pass; both names occur nowhere else.

    `cases` are both as a report would have them, for selecting them.
    """

    overlay: Overlay
    red: str
    control: str
    cases: tuple[CaseResult, ...]


@dataclass(frozen=True, slots=True)
class Altered:
    """Test files in which failing tests are altered so that they must be red.

    `cases` must be there and red; `others`, from a module that could not even be imported before,
    must not pass. `missing` are sentences on those that could not be altered.
    """

    overlays: tuple[Overlay, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    missing: tuple[str, ...] = ()
    others: tuple[CaseResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """One run with tests of the gate's own: what to lay over, what to run, what to expect.

    `red` and `control` are the canary's names, "" where there is none; then `no_canary` says why.
    `altered` must be there and red, `others` must not pass; `not_altered` says what is missing.
    """

    trusted: tuple[Overlay, ...]
    command: str
    reports: tuple[str, ...]
    red: str = ""
    control: str = ""
    no_canary: str = ""
    altered: tuple[CaseResult, ...] = ()
    others: tuple[CaseResult, ...] = ()
    not_altered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Names that nobody could know before: letters only, so that every language takes them."""

    token: str

    def letters(self, what: str, count: int = 8) -> str:
        """`count` letters for one purpose; the same for the same token and purpose."""
        digest = hashlib.sha256(f"{self.token}/{what}".encode()).digest()
        return "".join(chr(ord("a") + byte % 26) for byte in digest[:count])

    def number(self, what: str) -> int:
        """A number of ten digits that no honest test computes."""
        digest = hashlib.sha256(f"{self.token}/{what}".encode()).digest()
        return 6_000_000_000 + int.from_bytes(digest[:4], "big")


@dataclass(frozen=True)
class Remembered:
    """A tree of which no file is read twice."""

    tree: Tree
    _known: dict[str, bytes | None] = field(default_factory=dict, init=False, compare=False)

    def paths(self) -> frozenset[str]:
        """Every file path."""
        return self.tree.paths()

    def read(self, path: str) -> bytes | None:
        """Content of a regular file, or None."""
        if path not in self._known:
            self._known[path] = self.tree.read(path)
        return self._known[path]


@dataclass(frozen=True)
class Overlaid:
    """A tree with files laid over it."""

    tree: Tree
    files: Mapping[str, bytes]

    @classmethod
    def by(cls, tree: Tree, overlays: Sequence[Overlay]) -> Overlaid:
        """The tree with these overlays, none of which removes a file."""
        return cls(tree, {each.path: each.content or b"" for each in overlays})

    def paths(self) -> frozenset[str]:
        """Every file path."""
        return self.tree.paths() | self.files.keys()

    def read(self, path: str) -> bytes | None:
        """Content of a regular file, or None."""
        return self.files[path] if path in self.files else self.tree.read(path)


def text_of(tree: Tree, path: str) -> str:
    """A file as text, whatever its bytes are; "" where it is not there."""
    return (tree.read(path) or b"").decode("utf-8", "surrogateescape")
