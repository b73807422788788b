"""`clarification_dialog.json`: what was asked, offered, typed, changed and answered."""

from __future__ import annotations

from dataclasses import asdict

from gatekeeper.domain import Dialog, Question, Report, Round
from gatekeeper.escape import json_bytes


class DialogJson:
    """See `ports.Format`. The keys are those that other tools of this kind write."""

    filename = "clarification_dialog.json"

    def render(self, report: Report) -> bytes | None:
        """The whole dialogue; nothing where nothing was asked and nothing was answered."""
        if report.dialog is None:
            return None
        found = report.dialog
        return json_bytes(
            {
                "policy": found.policy,
                "question_count": len(found.questions),
                "questions": [_question(one) for one in found.questions],
                "answers": [asdict(answer) for answer in found.answers],
                "dialog_backend": found.options,
                "response_thread_ids": found.thread_ids,
                "rounds": [_round(number, one) for number, one in enumerate(found.rounds, 1)],
                "ended": found.ended or _unended(found),
                "note": found.note,
            }
        )


def _unended(found: Dialog) -> str:
    if not found.open:
        return "confirmed" if found.rounds else "answered beforehand"
    return "broke off" if found.rounds else "not answered"


def _question(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "text": question.text,
        "reason": question.reason,
        "source": question.source,
        "suggested_options": [asdict(option) for option in question.options],
    }


def _round(number: int, one: Round) -> dict[str, object]:
    """`question_id` is null where a line was about all the answers."""
    return {
        "round": number,
        "inputs": [
            {"question_id": typed.question or None, "input": typed.text} for typed in one.typed
        ],
        "revisions": [
            {"question_id": typed.question, "from": typed.replaced, "to": typed.text}
            for typed in one.typed
            if typed.replaced
        ],
        "confirmed": one.confirmed,
    }
