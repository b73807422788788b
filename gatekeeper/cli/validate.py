"""`gatekeeper validate PATCH...`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gatekeeper import pipeline
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import judging
from gatekeeper.cli.session import conclude
from gatekeeper.domain import Draft, Report
from gatekeeper.errors import UsageError


@click.command("validate")
@click.argument("patches", metavar="PATCH...", nargs=-1, required=True)
@judging
def command(patches: tuple[str, ...], **values: Any) -> int:
    """The gate alone: judge each PATCH (a unified diff, `-` for stdin) on its own.

    Exits 0 only if every patch is accepted. Without --junit the failing cases are those of a
    run on the unchanged commit; where that is green, a patch must break nothing.
    """
    # Read before the report's folder is cleared of an earlier report: a patch may lie in it.
    given = {patch: _read(patch) for patch in patches}
    return conclude(
        "validate",
        values,
        lambda tools: pipeline.validate(tools, _drafts(given), tools.reports.given()),
        render=_render,
        runs=Runs.FOREIGN,
    )


def _drafts(given: Mapping[str, bytes | OSError]) -> list[Draft]:
    drafts = []
    for patch, content in given.items():
        if isinstance(content, OSError):
            raise UsageError(
                f"cannot read the patch {patch}: {content.strerror}", hint="Name a unified diff."
            ) from content
        drafts.append(Draft(diff=content, name=patch))
    return drafts


def _read(patch: str) -> bytes | OSError:
    if patch == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(patch).read_bytes()
    except OSError as error:
        return error


def _render(report: Report) -> object:
    return {
        "outcome": report.outcome,
        "exit_code": report.exit_code,
        "reason": report.reason,
        "candidates": [
            {
                "patch": attempt.draft.name,
                "verdict": attempt.verdict.decision,
                "reasons": list(attempt.verdict.reasons),
                "findings": [
                    {
                        "guard": finding.guard,
                        "level": finding.level,
                        "message": finding.message,
                        "path": finding.path or None,
                        "line": finding.line,
                    }
                    for finding in attempt.findings
                ],
                "notes": list(attempt.candidate.notes) if attempt.candidate else [],
            }
            for attempt in report.attempts
        ],
    }
