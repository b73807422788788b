"""One answer of the Codex CLI, in the shape of a response: what reads those reads this too.

Which server answered what is known from the loopback, so the same faults are tried again, with
the same waits, as where the API is asked directly; the CLI itself tells only a sentence.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatekeeper.backends import prompt
from gatekeeper.backends.codex.events import Turn, read_turn
from gatekeeper.backends.codex.home import fresh_home
from gatekeeper.backends.codex.loopback import OURS, Loopback
from gatekeeper.backends.envelope import one_line, read_usage
from gatekeeper.backends.faults import Fault, RequestFailed
from gatekeeper.backends.sending import NO_KEY_HINT, Sender, faults_of, timeouts
from gatekeeper.errors import BackendError
from gatekeeper.process import Finished, NotStarted, run
from gatekeeper.spending.budget import CLI_REQUESTS

MISSING_HINT = (
    "Install it (npm install --global @openai/codex), take the image that has it, or use "
    "--backend responses, which asks the same model without it."
)


BROKEN_HINT = (
    "This works with codex-cli 0.169: compare `codex --version` and install it anew (npm install "
    "--global @openai/codex), or use --backend responses, which asks the same model without it."
)

MOST_PROMPT = 1_048_576
"""Characters that codex-cli 0.169.0 takes, measured: one more, and it ends with a backtrace."""


@dataclass
class CliSender(Sender):
    """Runs `codex`, found on `search_path`, instead of sending a request.

    The key stays in this process.
    """

    search_path: str = os.defpath
    billed: list[Mapping[str, Any]] = field(default_factory=list, init=False)

    def send(self, arguments: Mapping[str, Any]) -> bytes:
        """See `Sender.send`. The usage in the body is that of all tries, which all cost."""
        if not self.api_key.strip():
            why = "there is no key for the model, and a login of the Codex CLI is not used"
            raise BackendError(why, hint=NO_KEY_HINT)
        self.billed = []
        return super().send(arguments)

    def _once(self, client: Any, arguments: Mapping[str, Any]) -> bytes:
        left = min(self.ends - time.monotonic(), self.timeout)
        if left <= 0:
            hint = "Raise backend.deadline."
            raise BackendError("there is no time left to ask the model", hint=hint)
        told = _bounded(prompt_of(arguments))
        form = arguments.get("text", {}).get("format")
        chosen = {name: arguments[name] for name in OURS if name in arguments}
        ends = time.monotonic() + left

        @contextmanager
        def forward(body: Mapping[str, Any]) -> Iterator[Iterator[bytes]]:
            self.requests += 1
            with faults_of(bytearray()), self._stream(client, body, ends) as response:
                self._remember(response.headers.get("x-request-id", ""))
                _refuse_other(response.headers.get("content-type", ""))
                yield response.iter_bytes()

        with Loopback(forward, chosen) as loopback:
            schema = form["schema"] if form else None
            model = str(arguments["model"])
            with fresh_home(model, loopback.address, schema, left) as home:
                argv = [self._program(), *home.arguments(schema is not None)]
                env = home.environment(self.search_path)
                done = _run(argv, home.work, env, told, left)
                said = home.said.read_text("utf-8", "replace") if home.said.is_file() else ""
        self.billed += loopback.streamed.responses
        return _read(done, said.strip(), loopback, self.billed)

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


def _run(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], said: str, left: float
) -> Finished:
    try:
        return run(argv, cwd=cwd, env=env, stdin=said.encode(), timeout=left, check=False)
    except NotStarted as error:
        raise BackendError(f"the Codex CLI: {error.message}", hint=BROKEN_HINT) from None


def _bounded(told: str) -> str:
    """The prompt. Raises BackendError where the CLI would not take it."""
    if len(told) <= MOST_PROMPT:
        return told
    raise BackendError(
        f"the prompt has {len(told)} characters, and the Codex CLI takes {MOST_PROMPT}",
        hint="Lower context.tokens, or use --backend responses.",
    )


def _reason(stderr: bytes) -> str:
    """The line that says what is wrong, among warnings and backtraces; else the last one."""
    lines = [one_line(line) for line in stderr.decode("utf-8", "replace").splitlines()]
    wrong = [line for line in lines if line.lower().startswith("error")]
    return next(iter(wrong or [line for line in reversed(lines) if line]), "")


def _refuse_other(kind: str) -> None:
    """Raise where a page or a whole body comes: the CLI reads streams only."""
    if kind.startswith(("text/html", "application/json")):
        what = f"HTTP 200, but no stream of events: {one_line(kind, 100)}"
        raise RequestFailed(Fault(what, should_retry=False))


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


def _read(
    done: Finished, said: str, loopback: Loopback, billed: Sequence[Mapping[str, Any]]
) -> bytes:
    """The body. Raises RequestFailed, or BackendError where asking again would not help."""
    turn = read_turn(done.stdout)
    body = _body(done, said, turn, loopback, billed)
    raw = json.dumps(body).encode("ascii")
    if done.exit_code == 0 and turn.completed and loopback.streamed.responses:
        return raw  # whole, even where the line broke after it
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
    if loopback.streamed.responses and body["status"] != "completed":
        return raw  # failed or incomplete, as its reader will say
    raise _ended(done, turn, loopback, raw)


def _ended(done: Finished, turn: Turn, loopback: Loopback, raw: bytes) -> Exception:
    """What to raise of a CLI that ended for a reason of its own."""
    what = f"the Codex CLI ended with {done.exit_code}"
    told = loopback.streamed.error or turn.error or _reason(done.stderr)
    if loopback.requests:
        return RequestFailed(Fault(what, message=told, body=raw))
    why = f"{what} before it asked the model{': ' if told else ''}{told}"
    return BackendError(why, hint=BROKEN_HINT, raw=raw)


def _body(
    done: Finished,
    said: str,
    turn: Turn,
    loopback: Loopback,
    billed: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    streamed, fault = loopback.streamed, loopback.fault
    last = streamed.responses[-1] if streamed.responses else {}
    told = [{"type": "output_text", "text": said}]
    message = {"type": "message", "role": "assistant", "content": told}
    # A refusal is no message for the CLI; the server's own items tell it.
    output = [message] if said else [i for i in streamed.items if isinstance(i, dict)]
    kept = {k: last[k] for k in ("id", "model", "error", "incomplete_details") if last.get(k)}
    return {
        "object": "response",
        "status": last.get("status", "failed"),
        **kept,
        "output": output,
        "usage": _usage(billed),
        "codex": {
            "exit_code": done.exit_code,
            "timed_out": done.timed_out,
            "events": list(turn.events),
            "stderr": done.stderr.decode("utf-8", "replace")[-4000:],
            "server": fault.body.decode("utf-8", "replace")[:4000] if fault else "",
        },
    }


def _usage(billed: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The sum of what the server billed; None where one answer did not say it."""
    every = [read_usage(response) for response in billed]
    spent = [(u.input_tokens, u.output_tokens) for u in every]
    if not every or any(a is None or b is None for a, b in spent):
        return None
    return {
        "input_tokens": sum(u.input_tokens or 0 for u in every),
        "input_tokens_details": {"cached_tokens": sum(u.cached_tokens or 0 for u in every)},
        "output_tokens": sum(u.output_tokens or 0 for u in every),
        "output_tokens_details": {"reasoning_tokens": sum(u.reasoning_tokens or 0 for u in every)},
    }
