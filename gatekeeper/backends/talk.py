"""The messages of one round, sent and received; what a server does not take is left out.

What came is kept before it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends import answer as edits
from gatekeeper.backends import plan as plans
from gatekeeper.backends import prompt
from gatekeeper.backends.envelope import Envelope, decode, read_envelope, read_usage
from gatekeeper.backends.faults import Unanswered, unsupported
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.stored import Exchange, Exchanges, dump_conversation
from gatekeeper.backends.wire import CACHE_KEY, FORMAT, PREVIOUS, Wire
from gatekeeper.domain import Draft, Request, Usage

MAX_REPEATED = 60_000  # characters of an answer that are sent back

Message = dict[str, str]


@dataclass
class Memory:
    """What a run has learned of its server, round by round.

    `without` are fields that it does not take. `previous` is the stored response that the next
    round goes on from, `context` the text that it knows by it.
    """

    without: set[str] = field(default_factory=set)
    previous: str = ""
    context: str = ""


@dataclass(frozen=True)
class Manner:
    """How a model is asked. `form` is `auto`, `schema` or `text`; see `plain` for the last.

    `check` says why a draft does not fit the files, "" where it does.
    """

    wire: Wire
    form: str = "auto"
    ask: bool = False
    check: Callable[[Draft], str] = lambda _: ""


@dataclass
class Talk:
    """What was said in one round, and what it cost; `known` messages are stored at the server."""

    manner: Manner
    request: Request
    sender: Sender
    memory: Memory
    messages: list[Message] = field(default_factory=list)
    known: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    model: str = ""
    had: Exchanges = field(default_factory=lambda: Exchanges(()))

    def begin(self) -> None:
        """The context and what became of earlier attempts; of a stored context only the latter."""
        self.messages = opening(self.request)
        if self.memory.previous and self.memory.context == self.request.context.text:
            self.known = 1

    def raw(self) -> bytes:
        """What is stored: everything that came back."""
        every = tuple(self.exchanges)
        return dump_conversation(Exchanges(every, self.had.answer, self.had.kept))

    def usage(self) -> Usage:
        """Sum over the responses; None only where none of them said it."""
        return Usage(
            input_tokens=_total(u.input_tokens for u in self.usages),
            cached_tokens=_total(u.cached_tokens for u in self.usages),
            output_tokens=_total(u.output_tokens for u in self.usages),
            reasoning_tokens=_total(u.reasoning_tokens for u in self.usages),
            requests=self.sender.requests,
            request_ids=tuple(self.sender.request_ids),
        )

    def keep(self, raw: bytes) -> None:
        """Something came that is no response; it is stored with the others."""
        self.exchanges.append(Exchange(raw, form=self.form()))

    def ask(self, plan: bool = False) -> Envelope:
        """One response; its body is kept before it is read."""
        raw = self._sent(plan)
        self.exchanges.append(Exchange(raw, form=self.form(), plan=plan))
        body = decode(raw)
        self.usages.append(read_usage(body))
        envelope = read_envelope(body)
        self.model = envelope.model or self.model
        self._note_tier(body.get("service_tier"))
        text = envelope.text[:MAX_REPEATED]
        self.say("assistant", text if text.strip() else "")
        if self.manner.wire.store and isinstance(body.get("id"), str):
            self.memory.previous, self.known = body["id"], len(self.messages)
            self.memory.context = self.request.context.text
        return envelope

    def _sent(self, plan: bool) -> bytes:
        """A body; where the server does not take a field that can be left out, without it."""
        while True:
            try:
                return self.sender.send(self._arguments(plan))
            except Unanswered as error:
                field_ = unsupported(error.fault)
                if not self._left_out(field_):
                    raise
                self.notes.append(f"the server does not take {field_}; asked again without it")
                self.sender.say(f"the server does not take {field_}; asking again without it")

    def _left_out(self, name: str) -> bool:
        """Whether the next request is one without this field, and this one was not."""
        if name == PREVIOUS and self.memory.previous:
            self.forget()
            return True
        had = {
            CACHE_KEY: bool(self.manner.wire.cache_key),
            FORMAT: self.manner.form == "auto",
        }
        if name in self.memory.without or not had.get(name):
            return False
        self.memory.without.add(name)
        return True

    def forget(self) -> None:
        """Go on without what the server has stored."""
        self.memory.previous, self.known = "", 0

    def _arguments(self, plan: bool) -> dict[str, Any]:
        form = self.form()
        room = plans if plan else edits
        wanted = {
            "type": "json_schema",
            "name": room.SCHEMA_NAME,
            "schema": room.SCHEMA,
            "strict": True,
        }
        arguments = self.manner.wire.arguments(
            prompt.instructions(form),
            self.messages[self.known :],
            wanted if form == "schema" else None,
            self.request.output_tokens,
            self.memory.previous if self.known else "",
        )
        if CACHE_KEY in self.memory.without:
            arguments.pop(CACHE_KEY, None)
        return arguments

    def form(self) -> str:
        """Of the next answer: `schema` or `text`."""
        if self.manner.form == "auto":
            return "text" if FORMAT in self.memory.without else "schema"
        return self.manner.form

    def _note_tier(self, said: object) -> None:
        asked = self.manner.wire.service_tier
        if asked and isinstance(said, str) and said != asked:
            self.notes.append(f"served as {said}, not as {asked}: the cost may differ")

    def say(self, role: str, text: str) -> None:
        """Add a message; nothing where there is no text."""
        if text:
            self.messages.append({"role": role, "content": _encodable(text)})


def opening(request: Request) -> list[Message]:
    """The first messages: context.txt byte for byte, then what became of earlier attempts."""
    messages = [{"role": "user", "content": _encodable(request.context.text)}]
    feedback = request.feedback or prompt.render_feedback(request.attempts)
    if feedback:
        messages.append({"role": "user", "content": _encodable(feedback)})
    return messages


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _encodable(text: str) -> str:
    """The same text, but for halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
