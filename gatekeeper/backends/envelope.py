"""How the Responses API wraps an answer: the body of a response to the model's final text.

The body is read as bytes, not through the SDK's models: those lose what was sent where it is
HTML, cut, failed or incomplete, and their `output_text` joins a commentary to the answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.domain import Usage
from gatekeeper.errors import BackendError


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a finished response holds. `text` is "" where no final message came."""

    text: str
    model: str = ""
    usage: Usage = field(default_factory=Usage)


def one_line(text: object, limit: int = 300) -> str:
    """Untrusted text for a message: one line, printable, bounded."""
    flat = "".join(c if c.isprintable() else " " for c in str(text))
    flat = " ".join(flat.split())
    return flat if len(flat) <= limit else f"{flat[:limit]}..."


def decode(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`. Raises BackendError that says what it is instead."""
    start = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if not start:
        raise BackendError(
            "the server answered with an empty body", hint="Try again; check backend.base_url."
        )
    if start.startswith(b"<"):
        raise BackendError(
            f"the server answered with a web page: {one_line(start.decode('utf-8', 'replace'))}",
            hint="backend.base_url leads to a login page, a proxy or a website; it must lead to "
            "the API and mostly ends in /v1.",
        )
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BackendError(
            f"the server's answer is not whole JSON ({one_line(error)})",
            hint="It was cut on the way or is not an API's answer; the stored response has it as "
            "it came. Try again; check proxies and backend.base_url.",
        ) from None
    if not isinstance(value, dict):
        raise _not_a_response("no JSON object")
    return value


def read_usage(body: Mapping[str, Any]) -> Usage:
    """Tokens of one response; what the server left out or garbled is None."""
    usage = _mapping(body.get("usage"))
    return Usage(
        input_tokens=_count(usage.get("input_tokens")),
        cached_tokens=_count(_mapping(usage.get("input_tokens_details")).get("cached_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        reasoning_tokens=_count(
            _mapping(usage.get("output_tokens_details")).get("reasoning_tokens")
        ),
    )


def read_envelope(body: Mapping[str, Any]) -> Envelope:
    """The final text of a finished response.

    Raises BackendError where it failed, is incomplete or was refused, each told apart.
    """
    _refuse_unfinished(body)
    if not isinstance(body.get("output"), list):
        raise _not_a_response("no `output` list")
    parts = list(_final_parts(body["output"]))
    refusals = [one_line(p.get("refusal", "")) for p in parts if p.get("type") == "refusal"]
    if refusals:
        raise BackendError(
            f"the model refused to answer: {refusals[0] or 'no reason given'}",
            hint="Read context.txt for what may have caused it, or try another backend.model; "
            "--backend search needs no model.",
        )
    texts = (p.get("text") for p in parts if p.get("type") == "output_text")
    text = "".join(t for t in texts if isinstance(t, str))
    return Envelope(text, one_line(body.get("model") or "", 100), read_usage(body))


def _refuse_unfinished(body: Mapping[str, Any]) -> None:
    """Raise unless the status is `completed`; gateways also say `complete`, or nothing."""
    status = body.get("status")
    error = _mapping(body.get("error"))
    if status == "failed" or error:
        said = " ".join(one_line(error[key]) for key in ("code", "message") if error.get(key))
        raise BackendError(
            f"the server says that the response failed: {said or 'no reason given'}",
            hint="Nothing was answered. Try again later, or try another backend.model.",
        )
    if status == "incomplete":
        reason = one_line(_mapping(body.get("incomplete_details")).get("reason") or "not said")
        raise BackendError(f"the answer is incomplete: {reason}", hint=_incomplete_hint(reason))
    if status not in ("completed", "complete", None):
        raise BackendError(
            f"the response is {one_line(status)}, not completed",
            hint="The server answered before it was done; try again.",
        )


def _incomplete_hint(reason: str) -> str:
    if reason == "max_output_tokens":
        return (
            "Raise backend.max_output_tokens (reasoning counts as output), or lower "
            "backend.reasoning or backend.candidates."
        )
    if reason == "content_filter":
        return "The provider's filter cut the answer; try another backend.model."
    return "Try again, or raise backend.max_output_tokens."


def _final_parts(output: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Content parts of the last message that is not commentary."""
    messages = [
        item
        for item in map(_mapping, output)
        if item.get("type") == "message" and item.get("phase") in (None, "final_answer")
    ]
    told = [item for item in messages if item.get("phase") == "final_answer"] or messages
    content = told[-1].get("content") if told else None
    return map(_mapping, content if isinstance(content, list) else [])


def _not_a_response(what: str) -> BackendError:
    return BackendError(
        f"the server's answer is JSON, but no answer of the Responses API: {what}",
        hint="The server must offer POST /responses; one that speaks only chat/completions "
        "needs a gateway in front.",
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None
