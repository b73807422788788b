"""What is raised of an answer that came and is not what was asked for."""

from __future__ import annotations


class UnusableAnswer(Exception):
    """The answer is not what was asked for; `reason` is a clause that its author can act on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
