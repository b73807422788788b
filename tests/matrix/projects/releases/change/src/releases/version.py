"""Versions of three numbers."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


class Version:
    """Three numbers and nothing else; slots, as a history may hold many thousands."""

    __slots__ = ("major", "minor", "patch")

    def __init__(self, major: int, minor: int, patch: int = 0) -> None:
        self.major = major
        self.minor = minor
        self.patch = patch

    @classmethod
    def parse(cls, text: str) -> Version:
        """`1.2.3`, `v1.2` and the like."""
        found = _SHAPE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not a version: {text!r}")
        return cls(*(int(part or 0) for part in found.groups()))

    def bump(self, part: str) -> Version:
        """The next version when a part changes."""
        if part == "major":
            return Version(self.major + 1, 0)
        if part == "minor":
            return Version(self.major, self.minor + 1)
        return Version(self.major, self.minor, self.patch + 1)

    def _key(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __gt__(self, other: Version) -> bool:
        return other < self

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
