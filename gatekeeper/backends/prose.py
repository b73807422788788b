"""A model's words for what the rules found: summary and suggested fix, and nothing else.

It is told the facts and the context, and changes none of them: category, suspects and confidence
stay those of the rules, and what it names is held against the tree by `diagnosis/grounded.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gatekeeper.backends.answer import unwrapped
from gatekeeper.backends.envelope import decode, one_line, read_envelope, read_usage
from gatekeeper.backends.prompt import fence, fill
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Prose, Usage
from gatekeeper.errors import BackendError

TEXT_LIMIT = 1_200
"""Characters of a summary or a suggestion."""

SCHEMA_NAME = "gatekeeper_prose"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "suggested_fix": {"type": "string"}},
    "required": ["summary", "suggested_fix"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class ModelProse:
    """Asks one model to put the facts into words.

    `timeout` bounds the whole question in seconds, with its waits and retries.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    timeout: float = 120.0
    tries: int = 3
    ca_file: str = ""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)

    def __call__(self, facts: str, context: str, output_tokens: int = 0) -> Prose:
        """See `ports.Writer`."""
        sender = Sender(
            self.api_key,
            self.base_url,
            self.timeout,
            self.tries,
            time.monotonic() + self.timeout,
            self.sleep,
            self.say,
            self.ca_file,
        )
        usage, raw, model = Usage(), b"", ""
        summary, fix, missing = "", "", ""
        try:
            raw = sender.send(
                self._arguments(
                    fill("prose_facts", facts=fence(facts), context=context), output_tokens
                )
            )
            body = decode(raw)
            usage = read_usage(body)
            answer = read_envelope(body)
            model = answer.model
            summary, fix = read_prose(answer.text)
        except BackendError as error:
            raw = raw or error.raw
            missing = one_line(error.message)
        except UnusableAnswer as error:
            missing = f"its answer cannot be used: {one_line(error.reason)}"
        ids = tuple(sender.request_ids)
        usage = replace(usage, requests=sender.requests, request_ids=ids)
        return Prose(summary, fix, model or self.model, usage, raw, missing)

    def _arguments(self, message: str, most: int) -> dict[str, Any]:
        form = {"type": "json_schema", "name": SCHEMA_NAME, "schema": SCHEMA, "strict": True}
        return {
            "model": self.model,
            "instructions": fill("prose"),
            "input": [{"role": "user", "content": message}],
            "store": False,
            "text": {"format": form},
            **({"max_output_tokens": most} if most else {}),
        }


def read_prose(text: str) -> tuple[str, str]:
    """Summary and suggested fix of an answer, each on one bounded line.

    Raises UnusableAnswer for all that is not of the schema.
    """
    try:
        value = json.loads(unwrapped(text)[0])
    except (ValueError, RecursionError):
        raise UnusableAnswer("it is not valid JSON") from None
    if not isinstance(value, dict) or set(value) != {"summary", "suggested_fix"}:
        raise UnusableAnswer("it is no object of `summary` and `suggested_fix`")
    told = (value["summary"], value["suggested_fix"])
    if not all(isinstance(each, str) for each in told):
        raise UnusableAnswer("its texts are no texts")
    summary, fix = (one_line(each, TEXT_LIMIT) for each in told)
    return summary, fix
