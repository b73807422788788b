"""Which lines a diff touches, on the side after it."""

from __future__ import annotations

import re


def touched_lines(diff: bytes) -> dict[str, set[int]]:
    """Path to the lines that a diff of git added, or next to which it removed."""
    found: dict[str, set[int]] = {}
    path, line = "", 0
    for row in diff.decode("utf-8", "surrogateescape").split("\n"):
        if row.startswith("+++ "):
            path = row[6:] if row.startswith("+++ b/") else ""
        elif row.startswith("@@"):
            header = re.match(r"@@ -\S+ \+(\d+)", row)
            line = int(header[1]) if header else 0
        elif row.startswith(("+", "-")):
            found.setdefault(path, set()).add(line)
            line += row.startswith("+")
        elif row.startswith(" "):
            line += 1
    return found
