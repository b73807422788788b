"""`patch.diff`: the accepted candidate, as git rendered it."""

from __future__ import annotations

from gatekeeper.domain import Report


class PatchDiff:
    """The diff of the accepted attempt; no file where there is none."""

    filename = "patch.diff"

    def render(self, report: Report) -> bytes | None:
        """The bytes of the diff, unchanged."""
        for attempt in report.attempts:
            if report.accepted and attempt.id == report.accepted and attempt.candidate:
                return attempt.candidate.diff
        return None
