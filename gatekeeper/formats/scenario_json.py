"""`scenario_proposal.json`: a scenario drafted from a run, for `gatekeeper scenarios approve`."""

from __future__ import annotations

from dataclasses import asdict

from gatekeeper.domain import Report
from gatekeeper.escape import json_bytes


class ScenarioJson:
    """See `ports.Format`. The keys are those of a scenario file, in the same order."""

    filename = "scenario_proposal.json"

    def render(self, report: Report) -> bytes | None:
        """The draft; nothing where the failure is known, or not understood."""
        if report.proposed is None:
            return None
        plain = asdict(report.proposed)
        del plain["path"]
        return json_bytes(plain)
