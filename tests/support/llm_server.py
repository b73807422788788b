"""Servers that stand in for a model's API, on loopback and with scripted replies.

`LlmServer` is `llmock serve`, which nobody here wrote, as a process of its own: it answers with
scripted texts, statuses and waits, and judges how its client coped. `RawServer` is for what
llmock cannot send: bodies that are no Responses API at all, refusals, lines that break.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Behaviour = dict[str, Any]


def answer(
    *candidates: Sequence[tuple[str, str, str]],
    analysis: str = "scripted",
    question: str | None = None,
) -> str:
    """The text of a model's answer; each candidate is a list of (path, search, replace)."""
    return json.dumps(
        {
            "analysis": analysis,
            "question": question,
            "candidates": [
                {
                    "rationale": f"scripted candidate {number}",
                    "edits": [{"path": p, "search": s, "replace": r} for p, s, r in edits],
                }
                for number, edits in enumerate(candidates, start=1)
            ],
        }
    )


def reply(text: str, **more: Any) -> Behaviour:
    """The model says `text`; `times=None` for ever, `finish_reason="length"` cuts it."""
    return {"type": "reply", "text": text, **more}


def rate_limit(retry_after: float, times: int | None = 1) -> Behaviour:
    """429 with Retry-After in seconds."""
    return {"type": "fail", "status": 429, "retry_after": retry_after, "times": times}


def outage(status: int = 503) -> Behaviour:
    """Every request fails until the next `script`."""
    return {"type": "fail", "status": status, "times": None}


def cut(text: str) -> Behaviour:
    """An answer that stops at the limit of output tokens, in the middle."""
    return reply(text[: len(text) // 2], finish_reason="length")


def junk(times: int | None = None) -> Behaviour:
    """An answer that is prose."""
    return reply("I had a look and I am sure that it is fine now.", times=times)


@dataclass
class LlmServer:
    """A running llmock: where it listens, what it is to do, what it saw."""

    port: int
    host: str = "127.0.0.1"

    @property
    def base_url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"http://{self.host}:{self.port}/v1"

    def env(self) -> dict[str, str]:
        """What points gatekeeper at this server."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": "sk-llmock-test-key-0000"}

    def script(self, *behaviours: Behaviour) -> None:
        """Forget everything, then do this, in order."""
        self._call("POST", "reset", {})
        self._call("POST", "scenario", {"behaviors": list(behaviours)})

    def requests(self) -> list[dict[str, Any]]:
        """What arrived since `script`."""
        found: list[dict[str, Any]] = self._call("GET", "requests")["requests"]
        return found

    def verdict(self) -> dict[str, Any]:
        """What llmock says of its client: `passed`, `errors`, `warnings`, `findings`."""
        return self._call("GET", "verdict")

    def _call(self, method: str, what: str, body: object = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://{self.host}:{self.port}/_llmock/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            told: dict[str, Any] = json.load(response)
        return told


@contextlib.contextmanager
def llm_server(log: Path, host: str = "127.0.0.1") -> Iterator[LlmServer]:
    """Start `llmock serve`; its output goes to `log`. `host` "0.0.0.0" to reach it from Docker."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("llmock")
    env = {name: value for name, value in os.environ.items() if not name.startswith("LLMOCK_")}
    with log.open("wb") as out:
        child = subprocess.Popen(
            [program, "serve", "--host", host, "--port", str(port), "--log-level", "warning"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=env,
        )
        try:
            _wait_for(child, host, port, log)
            yield LlmServer(port, "127.0.0.1" if host == "0.0.0.0" else host)
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_for(child: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"llmock did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


@dataclass(frozen=True)
class Raw:
    """One HTTP answer as bytes. `promised` bytes more are announced and never sent.

    `delay` is waited before it, `drip` after each of its bytes, in seconds.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    promised: int = 0
    delay: float = 0.0
    drip: float = 0.0


def response_body(
    text: str | None, *, refusal: str | None = None, **changes: Any
) -> dict[str, Any]:
    """A minimal body of the Responses API; `changes` replace its fields, None removes one."""
    part = (
        {"type": "refusal", "refusal": refusal}
        if refusal is not None
        else {"type": "output_text", "text": text, "annotations": []}
    )
    message = {"type": "message", "role": "assistant", "status": "completed", "content": [part]}
    body: dict[str, Any] = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "scripted-model",
        "output": [message],
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 40},
            "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 5},
            "total_tokens": 120,
        },
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def response(text: str | None, **changes: Any) -> Raw:
    """`response_body` as an HTTP answer with a request id."""
    body = json.dumps(response_body(text, **changes)).encode()
    return Raw(body, headers={"x-request-id": "req_1"})


@dataclass
class RawServer:
    """Sends its replies in order, the last one for ever; keeps what was asked."""

    replies: list[Raw]
    base_url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


@contextlib.contextmanager
def raw_server(*replies: Raw, tls: Path | None = None) -> Iterator[RawServer]:
    """Serve `replies` on loopback in a thread; `tls` is a file with a key and its certificate."""
    state = RawServer(list(replies))

    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            state.times.append(time.monotonic())
            length = int(self.headers.get("content-length", 0))
            state.bodies.append(json.loads(self.rfile.read(length)))
            state.headers.append({k.lower(): v for k, v in self.headers.items()})
            state.paths.append(self.path)
            raw = state.replies[min(len(state.bodies), len(state.replies)) - 1]
            time.sleep(raw.delay)
            self.send_response(raw.status)
            self.send_header("content-type", raw.content_type)
            self.send_header("content-length", str(len(raw.body) + raw.promised))
            for name, value in raw.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                step = 1 if raw.drip else max(1, len(raw.body))
                for start in range(0, len(raw.body), step):
                    self.wfile.write(raw.body[start : start + step])
                    time.sleep(raw.drip)
            self.close_connection = bool(raw.promised)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the terminal."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing on the terminal: a client that does not trust us hangs up."""

    with Server(("127.0.0.1", 0), Answer) as server:
        scheme = "https" if tls else "http"
        state.base_url = f"{scheme}://127.0.0.1:{server.server_address[1]}/v1"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join(10)
