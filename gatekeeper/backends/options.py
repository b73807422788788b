"""A model's words for the answers that a person is offered; what an answer does stays ours.

The questions are those of the rules, asked one after the other in one conversation: by
`previous_response_id` where the server may store it, else the dialogue is sent again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gatekeeper.backends.answer import unwrapped
from gatekeeper.backends.envelope import decode, one_line, read_envelope, read_usage
from gatekeeper.backends.prompt import fence, fill
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.stored import dump_exchanges
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Option, Question, Suggested, Usage
from gatekeeper.errors import BackendError

TEXT_LIMIT = 160
"""Characters of an option; it is one line of a list."""

MOST = 6

SCHEMA_NAME = "gatekeeper_options"
_TEXT = {"type": "string"}
_OPTION = {
    "type": "object",
    "properties": {"effect": _TEXT, "text": _TEXT},
    "required": ["effect", "text"],
    "additionalProperties": False,
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"options": {"type": "array", "items": _OPTION}},
    "required": ["options"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class ModelOptions:
    """Asks one model to word and order the options of questions. See `ports.Suggester`.

    `timeout` bounds all the questions together in seconds. `store` allows the server to keep
    the conversation, which is then not sent again.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    timeout: float = 120.0
    store: bool = False
    tries: int = 3
    ca_file: str = ""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)

    def __call__(
        self, questions: Sequence[Question], facts: str, output_tokens: int = 0
    ) -> Suggested:
        """Options by question; of a question whose answer fails, and of those after it, none."""
        ends = time.monotonic() + self.timeout
        sender = Sender(
            self.api_key,
            self.base_url,
            self.timeout,
            self.tries,
            ends,
            self.sleep,
            self.say,
            self.ca_file,
        )
        talk = _Talk(self, sender, facts, output_tokens)
        missing = ""
        try:
            for question in questions:
                talk.ask(question)
        except BackendError as error:
            talk.bodies += [error.raw] if error.raw else []
            missing = one_line(error.message)
        except UnusableAnswer as error:
            missing = f"its answer cannot be used: {one_line(error.reason)}"
        ids = tuple(sender.request_ids)
        return Suggested(
            tuple(talk.options),
            talk.model or self.model,
            tuple(talk.ids),
            replace(talk.usage, requests=sender.requests, request_ids=ids),
            dump_exchanges(talk.bodies, ()),
            missing,
        )


@dataclass
class _Talk:
    """One conversation: what was said so far, and what came of it."""

    asker: ModelOptions
    sender: Sender
    facts: str
    most: int  # tokens of an answer; 0 is no limit
    messages: list[dict[str, str]] = field(default_factory=list)
    options: list[tuple[str, tuple[Option, ...]]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    model: str = ""

    def ask(self, question: Question) -> None:
        """One question, one response; raises UnusableAnswer or BackendError."""
        if not self.messages:
            self._say("user", fill("options_facts", facts=fence(self.facts)))
        self._say("user", _rendered(question))
        raw = self.sender.send(self._arguments())
        self.bodies.append(raw)
        body = decode(raw)
        self.usage = self.usage.plus(read_usage(body))
        answer = read_envelope(body)
        self.model = answer.model or self.model
        if isinstance(body.get("id"), str):
            self.ids.append(body["id"])
        self._say("assistant", answer.text)
        self.options.append((question.id, read_options(answer.text, question)))

    def _say(self, role: str, text: str) -> None:
        self.messages.append({"role": role, "content": text.encode("utf-8", "replace").decode()})

    def _arguments(self) -> dict[str, Any]:
        form = {"type": "json_schema", "name": SCHEMA_NAME, "schema": SCHEMA, "strict": True}
        arguments: dict[str, Any] = {
            "model": self.asker.model,
            "instructions": fill("options"),
            "input": self.messages,
            "store": self.asker.store,
            "text": {"format": form},
            **({"max_output_tokens": self.most} if self.most else {}),
        }
        if self.asker.store and self.ids:
            arguments["previous_response_id"] = self.ids[-1]
            arguments["input"] = self.messages[-1:]
        return arguments


def _rendered(question: Question) -> str:
    effects = "\n".join(f"- `{option.key}`: {option.text}" for option in question.options)
    said = f"{question.text}\n{question.reason}"
    return fill("options_question", question=fence(said), effects=fence(effects))


def read_options(text: str, question: Question) -> tuple[Option, ...]:
    """The model's options, then those of the rules that it left out: no way out is ever lost.

    Raises UnusableAnswer for all that is not of the schema, or names an effect that is not
    offered: an option may be worded as a model likes, and does only what the rules allow.
    """
    known = {option.key: option for option in question.options}
    found: dict[str, Option] = {}
    for item in _items(text):
        key, said = item["effect"].strip().strip("`"), one_line(item["text"], TEXT_LIMIT)
        if key not in known:
            raise UnusableAnswer(f"it offers `{key[:80]}`, which the question does not")
        if said:
            found.setdefault(key, replace(known[key], text=said))
    if not found:
        raise UnusableAnswer("it has no option")
    return (*found.values(), *(known[key] for key in known if key not in found))


def _items(text: str) -> list[dict[str, str]]:
    try:
        value = json.loads(unwrapped(text)[0])
    except (ValueError, RecursionError):
        raise UnusableAnswer("it is not valid JSON") from None
    items = value.get("options") if isinstance(value, dict) and set(value) == {"options"} else None
    if not isinstance(items, list) or not 0 < len(items) <= MOST:
        raise UnusableAnswer(f"it is no object of one to {MOST} `options`")
    for item in items:
        whole = isinstance(item, dict) and set(item) == {"effect", "text"}
        if not whole or not all(isinstance(one, str) for one in item.values()):
            raise UnusableAnswer("an option is no object of `effect` and `text`")
    return items
