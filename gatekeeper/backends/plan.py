"""The cause and a plan before any edit, where `backend.ask` wants them: a request of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatekeeper.backends.answer import TEXT, clean, decoded, mismatch, object_of
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Question

SCHEMA_NAME = "gatekeeper_plan"
SCHEMA: dict[str, Any] = object_of(analysis=TEXT, plan=TEXT, question={"type": ["string", "null"]})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a model makes of a failure before it may edit anything."""

    analysis: str
    plan: str
    question: Question | None


def parse_plan(text: str, form: str) -> Plan:
    """Read an answer's text; `form` is `schema` or `text`. Raises UnusableAnswer."""
    value, _ = decoded(text, form)
    if form == "text" and isinstance(value, dict):
        if value.get("candidates"):
            raise UnusableAnswer("it has candidates, where only a plan was asked for")
        value = {name: value.get(name, "") for name in ("analysis", "plan", "question")}
        value["question"] = value["question"] or None
    wrong = mismatch(value, SCHEMA, "the answer")
    if wrong:
        raise UnusableAnswer(wrong)
    assert isinstance(value, dict)  # noqa: S101 -- the schema has just said so
    asked = clean(value["question"] or "", "question")
    analysis, plan = clean(value["analysis"], "analysis"), clean(value["plan"], "plan")
    if not plan and not asked:
        raise UnusableAnswer("it has neither a plan nor a question")
    return Plan(analysis, plan, Question(asked, reason=analysis) if asked else None)
