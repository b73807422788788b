"""Real answers of the API, recorded by others: read without a crash, and none of them is in here.

GATEKEEPER_CASSETTES names a folder of VCR cassettes (YAML), such as those that pydantic-ai keeps
in tests/models/cassettes/test_openai_responses.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from gatekeeper.backends.answer import parse_answer
from gatekeeper.backends.envelope import decode, read_envelope, read_usage
from gatekeeper.backends.faults import explain, read_status_fault, retryable, unsupported
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.errors import BackendError

FOLDER = os.environ.get("GATEKEEPER_CASSETTES", "")


def recorded() -> Iterator[tuple[int, dict[str, str], bytes]]:
    """Status, headers and body of every answer to POST /responses."""
    for path in sorted(Path(FOLDER).rglob("*.yaml")):
        for one in yaml.safe_load(path.read_text("utf-8")).get("interactions", ()):
            if one["request"]["uri"].rstrip("/").endswith("/responses"):
                came = one["response"]
                if "status" not in came:
                    continue  # the recording broke off
                headers = {k.lower(): str(v[0]) for k, v in came.get("headers", {}).items()}
                yield int(came["status"]["code"]), headers, body_of(came)


def body_of(came: dict[str, Any]) -> bytes:
    """A cassette keeps JSON as what it stands for, and anything else as text."""
    if "parsed_body" in came:
        return json.dumps(came["parsed_body"]).encode()
    said = came.get("body") or {}
    text = said.get("string", "") if isinstance(said, dict) else said
    return text if isinstance(text, bytes) else str(text).encode()


def has_text(body: dict[str, Any]) -> bool:
    """Whether a completed answer holds a text of the model that is more than commentary."""
    return body.get("status") == "completed" and any(
        part.get("type") == "output_text" and part.get("text")
        for item in body.get("output", ())
        if item.get("type") == "message" and item.get("phase") != "commentary"
        for part in item.get("content", ())
    )


def read(raw: bytes) -> str:
    """What kind of answer it is."""
    try:
        body = decode(raw)
    except BackendError:
        return "no JSON (a stream)"
    usage = read_usage(body)
    try:
        envelope = read_envelope(body)
    except BackendError as error:
        return f"error: {error.message[:40]}"
    assert bool(envelope.text) >= has_text(body)
    assert usage.input_tokens is not None
    with contextlib.suppress(UnusableAnswer):
        parse_answer(envelope.text)
    return "text" if envelope.text else "no text (tool calls)"


if FOLDER:  # they are nowhere but with whoever has them: there is nothing that CI could skip

    def test_recorded_answers_are_read() -> None:
        """Every body is an answer or an error of ours; where a text is, it is found."""
        seen: Counter[str] = Counter()
        for status, headers, raw in recorded():
            if status >= 400:
                fault = read_status_fault(status, headers, raw, 0.0)
                assert explain(fault, base_url="https://a", tries=1).message
                seen[f"HTTP {status} {retryable(fault)} {unsupported(fault)}"] += 1
                continue
            seen[read(raw)] += 1
        print(dict(seen))
        assert seen["text"] >= 50
