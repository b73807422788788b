"""One answer of the Codex CLI, in the shape of a response: what reads those reads this too.

Which server answered what is known from the loopback, so the same faults are tried again, with
the same waits, as where the API is asked directly; the CLI itself tells only a sentence.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gatekeeper.backends import prompt
from gatekeeper.backends.codex.events import Streamed, Turn, read_turn
from gatekeeper.backends.codex.home import fresh_home
from gatekeeper.backends.codex.loopback import Loopback
from gatekeeper.backends.envelope import one_line, read_usage
from gatekeeper.backends.faults import Fault, RequestFailed
from gatekeeper.backends.sending import Sender, faults_of, timeouts
from gatekeeper.errors import BackendError
from gatekeeper.process import Finished, run
from gatekeeper.spending.budget import CLI_REQUESTS

OURS = ("max_output_tokens", "prompt_cache_key", "reasoning", "service_tier", "text")
"""Fields of a request that the run decides and not the CLI."""

MISSING_HINT = (
    "Install it (npm install --global @openai/codex), take the image that has it, or use "
    "--backend responses, which asks the same model without it."
)


@dataclass
class CliSender(Sender):
    """Runs `codex`, found on `search_path`, instead of sending a request.

    The key stays in this process.
    """

    search_path: str = os.defpath

    def _once(self, client: Any, arguments: Mapping[str, Any]) -> bytes:
        left = min(self.ends - time.monotonic(), self.timeout)
        if left <= 0:
            hint = "Raise backend.deadline."
            raise BackendError("there is no time left to ask the model", hint=hint)
        form = arguments.get("text", {}).get("format")
        chosen = {name: arguments[name] for name in OURS if name in arguments}
        ends = time.monotonic() + left

        @contextmanager
        def forward(body: Mapping[str, Any]) -> Iterator[Iterator[bytes]]:
            self.requests += 1
            with faults_of(bytearray()), self._stream(client, body, ends) as response:
                self._remember(response.headers.get("x-request-id", ""))
                yield response.iter_bytes()

        with Loopback(forward, chosen) as loopback:
            schema = form["schema"] if form else None
            model = str(arguments["model"])
            with fresh_home(model, loopback.address, schema, left) as home:
                argv = [self._program(), *home.arguments(schema is not None)]
                env = home.environment(self.search_path)
                done = run(
                    argv, cwd=home.work, env=env, stdin=prompt_of(arguments).encode(),
                    timeout=left, check=False,
                )  # fmt: skip
                said = home.said.read_text("utf-8", "replace") if home.said.is_file() else ""
        return _read(done, said.strip(), loopback)

    def _program(self) -> str:
        found = shutil.which("codex", path=self.search_path)
        if found is None:
            raise BackendError("there is no Codex CLI: no `codex` on the PATH", hint=MISSING_HINT)
        return found

    def _stream(self, client: Any, body: Mapping[str, Any], ends: float) -> Any:
        create: Any = client.responses.with_streaming_response.create
        left = max(1.0, ends - time.monotonic())
        known = {name: body[name] for name in ("model", "input") if name in body}
        more = {name: value for name, value in body.items() if name not in known}
        return create(**known, stream=True, extra_body=more, timeout=timeouts(left))


def prompt_of(arguments: Mapping[str, Any]) -> str:
    """The whole conversation as one prompt."""
    parts = []
    for message in arguments["input"]:
        text = str(message["content"])
        mine = message["role"] == "assistant"
        parts.append(f"You answered:\n{prompt.fence(text)}" if mine else text)
    return prompt.fill(
        "codex", instructions=str(arguments["instructions"]), messages="\n\n".join(parts)
    )


def _read(done: Finished, said: str, loopback: Loopback) -> bytes:
    """The body. Raises RequestFailed, or BackendError where asking again would not help."""
    turn = read_turn(done.stdout)
    body = _body(done, said, turn, loopback.streamed)
    raw = json.dumps(body).encode("ascii")
    if loopback.endless:
        raise BackendError(
            f"the model asked the Codex CLI for tools again and again; after {CLI_REQUESTS} "
            "requests it was ended",
            hint="It has none here: it only proposes. Try another backend.model.",
            raw=raw,
        )
    if loopback.fault is not None:
        raise RequestFailed(replace(loopback.fault, body=raw))
    if done.timed_out:
        raise RequestFailed(Fault("the Codex CLI took too long and was ended", body=raw))
    if body["status"] != "completed" or (done.exit_code == 0 and turn.completed):
        return raw
    stderr = one_line(done.stderr.decode("utf-8", "replace")[-1000:])
    raise RequestFailed(
        Fault(
            f"the Codex CLI ended with {done.exit_code}",
            message=loopback.streamed.error or turn.error or stderr,
            should_retry=None if loopback.requests else False,
            body=raw,
        )
    )


def _body(done: Finished, said: str, turn: Turn, streamed: Streamed) -> dict[str, Any]:
    last = streamed.responses[-1] if streamed.responses else {}
    told = [{"type": "output_text", "text": said}]
    message = {"type": "message", "role": "assistant", "content": told}
    # A refusal is no message for the CLI; the server's own items tell it.
    output = [message] if said else [i for i in streamed.items if isinstance(i, dict)]
    kept = {k: last[k] for k in ("id", "model", "error", "incomplete_details") if last.get(k)}
    return {
        "object": "response",
        "status": last.get("status", "completed"),
        **kept,
        "output": output,
        "usage": _usage(streamed),
        "codex": {
            "exit_code": done.exit_code,
            "timed_out": done.timed_out,
            "events": list(turn.events),
            "stderr": done.stderr.decode("utf-8", "replace")[-4000:],
        },
    }


def _usage(streamed: Streamed) -> dict[str, Any] | None:
    """The sum of what the server billed; None where one answer did not say it."""
    every = [read_usage(response) for response in streamed.responses]
    spent = [(u.input_tokens, u.output_tokens) for u in every]
    if not every or any(a is None or b is None for a, b in spent):
        return None
    return {
        "input_tokens": sum(u.input_tokens or 0 for u in every),
        "input_tokens_details": {"cached_tokens": sum(u.cached_tokens or 0 for u in every)},
        "output_tokens": sum(u.output_tokens or 0 for u in every),
        "output_tokens_details": {"reasoning_tokens": sum(u.reasoning_tokens or 0 for u in every)},
    }
