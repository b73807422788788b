"""What the CLI is told, and what is not even tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.backends.codex import CodexBackend
from gatekeeper.backends.codex.sender import MOST_PROMPT, prompt_of
from gatekeeper.domain import Context, Request
from gatekeeper.errors import BackendError

MESSAGES = [
    {"role": "user", "content": "# FAILURE {{messages}}\n"},
    {"role": "assistant", "content": "```\nfenced\n```"},
    {"role": "user", "content": "again"},
]


def test_the_conversation_is_one_prompt_in_its_order() -> None:
    """The instructions first, each text as it is, and the model's own between longer fences."""
    said = prompt_of({"instructions": "ANSWER SO", "input": MESSAGES})
    places = [said.index(part) for part in ("ANSWER SO", "{{messages}}", "You answered:", "again")]
    assert places == sorted(places)
    assert "````" in said
    assert said.count("You answered:") == 1


def test_a_prompt_that_the_cli_would_refuse_is_not_started(tmp_path: Path) -> None:
    """It takes 1,048,576 characters: one sentence, and what to lower, instead of a backtrace."""
    program = tmp_path / "codex"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    program.chmod(0o755)
    backend = CodexBackend("key", "m", "http://127.0.0.1:9/v1", search_path=str(tmp_path))
    with pytest.raises(BackendError, match="characters") as caught:
        backend.propose(Request(Context("x" * MOST_PROMPT), round=1, candidates=1))
    assert "context.tokens" in caught.value.hint
    assert "--backend responses" in caught.value.hint
    assert not (tmp_path / "started").exists()
