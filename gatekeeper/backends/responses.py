"""Candidates from a model behind the Responses API, at OpenAI or at any compatible address.

What is sent: the fixed instructions, context.txt byte for byte, and from the second round on
what became of earlier attempts; nothing is stored at the server. An answer that cannot be used
is given back once, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends.answer import SCHEMA, SCHEMA_NAME, Answer, UnusableAnswer, parse_answer
from gatekeeper.backends.envelope import Envelope, decode, one_line, read_envelope, read_usage
from gatekeeper.backends.prompt import PROMPT_VERSION, instructions, render_feedback, repair
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.stored import dump_exchanges
from gatekeeper.domain import Proposal, Request, Usage
from gatekeeper.errors import BackendError

MAX_REPEATED = 60_000  # characters of an unusable answer that are given back


@dataclass
class ResponsesBackend:
    """Asks a model. Times in seconds; 0 or "" leaves a choice to the server.

    `timeout` bounds one HTTP request, `deadline` a whole `propose` with its waits and its
    repair; `tries` is how often one request is sent at most. `say` gets a line for every wait.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    timeout: float = 120.0
    deadline: float = 600.0
    reasoning: str = ""
    max_output_tokens: int = 0
    tries: int = 5
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    name: str = field(default="responses", init=False)

    def propose(self, request: Request) -> Proposal:
        """One round: a request, and one more with the reason where the answer is unusable.

        Raises BackendError with the `raw` and `usage` of what came until then.
        """
        ends = time.monotonic() + self.deadline
        if request.deadline is not None:
            ends = min(ends, request.deadline)
        sender = Sender(
            self.api_key, self.base_url, self.timeout, self.tries, ends, self.sleep, self.say
        )
        conversation = _Conversation(self, request, sender)
        try:
            return conversation.run()
        except BackendError as error:
            conversation.bodies += [error.raw] if error.raw else []
            error.raw = conversation.raw()
            error.usage = conversation.usage()
            raise


@dataclass
class _Conversation:
    """One `propose`: what came back, and what it cost."""

    backend: ResponsesBackend
    request: Request
    sender: Sender
    bodies: list[bytes] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)

    def run(self) -> Proposal:
        messages = opening(self.request)
        envelope = self._ask(messages)
        try:
            answer = parse_answer(envelope.text, self.request.candidates)
        except UnusableAnswer as unusable:
            envelope, answer = self._ask_again(messages, envelope, unusable)
        notes = [f"prompt version {PROMPT_VERSION}", *self.sender.notes, *answer.notes]
        notes += [f"an answer was given back: {text}" for text in self.complaints]
        if any(usage.output_tokens is None for usage in self.usages):
            notes.append("the server did not report the usage of every response")
        return Proposal(
            drafts=answer.drafts,
            analysis=answer.analysis,
            question=answer.question,
            usage=self.usage(),
            raw=self.raw(),
            model=envelope.model or self.backend.model,
            notes=tuple(one_line(note) for note in notes),
        )

    def raw(self) -> bytes:
        """What is stored: everything that came back."""
        return dump_exchanges(self.bodies, self.complaints)

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

    def _ask_again(
        self, messages: list[dict[str, str]], envelope: Envelope, unusable: UnusableAnswer
    ) -> tuple[Envelope, Answer]:
        complaint = repair(unusable.reason)
        self.complaints.append(complaint)
        if envelope.text.strip():
            answer = _encodable(envelope.text[:MAX_REPEATED])
            messages.append({"role": "assistant", "content": answer})
        messages.append({"role": "user", "content": complaint})
        envelope = self._ask(messages)
        try:
            return envelope, parse_answer(envelope.text, self.request.candidates)
        except UnusableAnswer as still:
            raise BackendError(
                "the model's answer is unusable, also after it was given back: "
                f"{one_line(still.reason)}",
                hint="The stored response has it as it came. Try another backend.model, or a "
                "server that honours structured output.",
            ) from None

    def _ask(self, messages: list[dict[str, str]]) -> Envelope:
        """One response; its body is kept before it is read."""
        raw = self.sender.send(self._arguments(messages))
        self.bodies.append(raw)
        body = decode(raw)
        self.usages.append(read_usage(body))
        return read_envelope(body)

    def _arguments(self, messages: list[dict[str, str]]) -> dict[str, Any]:
        form = {"type": "json_schema", "name": SCHEMA_NAME, "schema": SCHEMA, "strict": True}
        arguments: dict[str, Any] = {
            "model": self.backend.model,
            "instructions": instructions(self.request.candidates),
            "input": messages,
            "store": False,
            "text": {"format": form},
        }
        if self.backend.reasoning:
            arguments["reasoning"] = {"effort": self.backend.reasoning}
        limits = (self.backend.max_output_tokens, self.request.output_tokens)
        if any(limits):
            arguments["max_output_tokens"] = min(limit for limit in limits if limit)
        return arguments


def opening(request: Request) -> list[dict[str, str]]:
    """The first messages: context.txt byte for byte, then what became of earlier attempts."""
    messages = [{"role": "user", "content": _encodable(request.context.text)}]
    feedback = request.feedback or render_feedback(request.attempts)
    if feedback:
        messages.append({"role": "user", "content": _encodable(feedback)})
    return messages


def _total(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _encodable(text: str) -> str:
    """The same text, but for halves of surrogate pairs, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
