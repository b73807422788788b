"""Versions of three numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHAPE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, order=True)
class Version:
    """Three numbers and nothing else."""

    major: int
    minor: int
    patch: int = 0

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

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
