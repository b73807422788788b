"""`clarification_request.json`: what a person must answer before anything else is asked for."""

from __future__ import annotations

from gatekeeper.domain import Question, Report
from gatekeeper.escape import json_bytes


class ClarificationJson:
    """See `ports.Format`. The keys are those that other tools of this kind write."""

    filename = "clarification_request.json"

    def render(self, report: Report) -> bytes | None:
        """The open questions, the recommended option first; nothing where there is none."""
        if not report.questions:
            return None
        confidence = report.diagnosis.confidence if report.diagnosis else 0.0
        return json_bytes(
            {
                "required": True,
                "reason": report.reason,
                "confidence_band": _band(confidence),
                "confidence": confidence,
                "questions": [_question(one) for one in report.questions],
                "candidate_scenario_id": report.match.scenario.id if report.match else None,
                "candidate_confidence": report.match.score if report.match else 0.0,
            }
        )


def _question(question: Question) -> dict[str, object]:
    """`options` and `effects` go together; an effect is also how a file of answers says it."""
    return {
        "id": question.id,
        "text": question.text,
        "options": [option.text for option in question.options],
        "effects": [option.key for option in question.options],
        "recommended": question.options[0].text if question.options else None,
        "reason": question.reason,
    }


def _band(confidence: float) -> str:
    """The bands of `reference/features.md` row B18."""
    return "high" if confidence >= 0.8 else "medium" if confidence >= 0.5 else "low"
