"""`answers.yml`: what a person answered, in the form that `--answers` reads."""

from __future__ import annotations

import yaml

from gatekeeper.domain import Answer, Effect, Report


class AnswersYml:
    """See `ports.Format`."""

    filename = "answers.yml"

    def render(self, report: Report) -> bytes | None:
        """The id of each answered question with its answer; what a file gave is never lost."""
        found = dict(report.given)
        if report.dialog is not None:
            found |= {answer.question: _said(answer) for answer in report.dialog.answers}
        if not found:
            return None
        head = b"# For `gatekeeper run --answers`; the questions are in report.md.\n"
        return head + yaml.safe_dump(found, allow_unicode=False, sort_keys=False).encode()


def _said(answer: Answer) -> str:
    if answer.effect is Effect.NOTE:
        return answer.text
    return f"{answer.effect} {answer.target}".strip()
