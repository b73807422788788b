"""Small parts that every section of `report.md` is made of."""

from __future__ import annotations

from collections.abc import Iterable

MAX_REASONS = 10


def place(path: str, line: int | None) -> str:
    """`path:line`, or the path alone."""
    return path if line is None else f"{path}:{line}"


def cut(lines: list[str]) -> list[str]:
    """The first lines, and how many more there are."""
    left = len(lines) - MAX_REASONS
    return lines if left <= 0 else [*lines[:MAX_REASONS], f"... and {left} more"]


def bullets(lines: Iterable[str]) -> str:
    """Lines of Markdown as one list."""
    return "\n".join(f"- {line}" for line in lines)
