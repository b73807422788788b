"""`gatekeeper.env`: a few variables for later jobs (GitLab: at most 5 KB and 20 variables)."""

from __future__ import annotations

from gatekeeper.domain import Band, Report
from gatekeeper.escape import env_value


class Dotenv:
    """`GATEKEEPER_...=value` lines; a variable without a value is left out."""

    filename = "gatekeeper.env"

    def render(self, report: Report) -> bytes:
        """ASCII, one variable a line, values without blanks, quotes and line breaks."""
        lines = (
            f"GATEKEEPER_{name}={env_value(value)}"
            for name, value in _variables(report).items()
            if value
        )
        return "".join(f"{line}\n" for line in lines).encode("ascii")


def _variables(report: Report) -> dict[str, str]:
    delta, diagnosis, failures = report.delta, report.diagnosis, report.failures
    match = report.match
    return {
        "OUTCOME": report.outcome,
        "EXIT_CODE": str(report.exit_code),
        "COMMAND": report.command,
        "VERSION": report.version,
        "ACCEPTED": report.accepted,
        "PATCH": "patch.diff" if report.accepted else "",
        "CATEGORY": diagnosis.category if diagnosis else "",
        "CONFIDENCE": f"{diagnosis.confidence:.2f}" if diagnosis else "",
        "SCENARIO": match.scenario.id if match and match.band is not Band.LOW else "",
        "FAILED_TESTS": str(len(failures.failing)) if failures else "",
        "ATTEMPTS": str(len(report.attempts)),
        "BASE": (delta.base or "") if delta else "",
        "HEAD": delta.head if delta else "",
        "BACKEND": report.backend,
        "MODEL": report.model,
        "INPUT_TOKENS": _number(report.usage.input_tokens),
        "OUTPUT_TOKENS": _number(report.usage.output_tokens),
        "SECONDS": str(round(sum(step.seconds for step in report.steps))),
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
