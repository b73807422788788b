"""The README in parts, for the tests that compare it with the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    found = re.search(rf"(?ms)^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", README)
    assert found, f"the README has no section {title}"
    return found[1]


def rows(title: str, column: str) -> list[list[str]]:
    """The cells of the table in a section whose first column has this name, without backticks."""
    lines = [line.strip() for line in section(title).splitlines()]
    tables = "\n".join(lines).split("\n\n")
    table = next(table for table in tables if table.lstrip().startswith(f"| {column} |"))
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.strip().splitlines()[2:]
    ]


def named(title: str, column: str) -> list[str]:
    """The first cells of that table."""
    return [row[0].strip("`") for row in rows(title, column)]


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", README)
