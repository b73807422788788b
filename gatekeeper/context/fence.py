"""How a section is written: a header line, then the text in a fence that it cannot close."""

from __future__ import annotations

import json
import re

from gatekeeper.context.budget import estimate
from gatekeeper.domain import Section


def one_line(text: str, limit: int = 300) -> str:
    """Untrusted text for a header or a list: no line breaks, no control characters, bounded."""
    shown = "".join(char if char.isprintable() else " " for char in text[: 4 * limit])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[:limit]} [cut]"


def shown_path(path: str) -> str:
    """A path as it is, or as a JSON string where it holds anything unusual."""
    return path if re.fullmatch(r"[\w./@+ -]+", path) else json.dumps(path)


def fenced(
    title: str, note: str, text: str, *, cut: str = "", path: str = "",
    lines: tuple[int, int] | None = None,
) -> Section:  # fmt: skip
    """A section: `# TITLE (NOTE)`, the text between fences, and what was cut from it.

    The fence is longer than any run of backticks in the text, which comes through byte for
    byte: what looks like a header inside of a fence is none.
    """
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    header = f"# {title} ({note})" if note else f"# {title}"
    announced = f"[cut: {cut}]\n" if cut else ""
    whole = f"{header}\n{fence}\n{body}{fence}\n{announced}\n"
    start, end = lines or (None, None)
    return Section(title, whole, path, start, end, estimate(whole), cut)
