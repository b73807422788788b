"""`context.txt`: what the backend was told, byte for byte."""

from __future__ import annotations

from gatekeeper.domain import Report


class ContextText:
    """The text of the context; there is none before one was built."""

    filename = "context.txt"

    def render(self, report: Report) -> bytes | None:
        """UTF-8, nothing added and nothing left out."""
        return report.context.text.encode("utf-8", "replace") if report.context else None
