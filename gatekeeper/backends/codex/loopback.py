"""The only server that the CLI talks to: ours, on loopback, which holds the key and passes on.

It takes requests for one path with a random word in it, leaves out of them the tools and what the
CLI tells of the machine, and puts in what the run has chosen (its limit of tokens above all,
which the CLI cannot be told).
"""

from __future__ import annotations

import contextlib
import http.server
import json
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends.codex.events import Streamed
from gatekeeper.backends.faults import Fault, RequestFailed
from gatekeeper.backends.sending import MAX_BODY
from gatekeeper.spending.budget import CLI_REQUESTS

MOST_BYTES = 64 * 1024 * 1024

_MACHINE = ("<environment_context>", "<permissions instructions>")

OURS = ("max_output_tokens", "prompt_cache_key", "reasoning", "service_tier", "text")
"""Fields that the run decides, or leaves to the server: never the CLI, which has an effort and a
verbosity of its own for each model."""

_LEFT_OUT = (*OURS, "client_metadata", "tools", "tool_choice", "parallel_tool_calls")

Forward = Callable[[Mapping[str, Any]], AbstractContextManager[Iterator[bytes]]]
"""Sends a body on and gives the answer by pieces; raises RequestFailed."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence where the CLI was ended while it spoke; anything else is a bug of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@dataclass
class Loopback:
    """A server for one run of the CLI. `chosen` are fields that every request gets."""

    forward: Forward
    chosen: Mapping[str, Any]
    streamed: Streamed = field(default_factory=Streamed, init=False)
    fault: Fault | None = field(default=None, init=False)
    requests: int = field(default=0, init=False)
    _word: str = field(default_factory=lambda: secrets.token_urlsafe(24), init=False, repr=False)

    def __enter__(self) -> Loopback:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        """The base URL for the CLI."""
        return f"http://127.0.0.1:{self._server.server_port}/{self._word}/v1"

    @property
    def endless(self) -> bool:
        """Whether more was asked for than an answer takes."""
        return self.requests > CLI_REQUESTS

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        loopback, path = self, f"/{self._word}/v1/responses"

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 30

            def do_POST(self) -> None:
                if not secrets.compare_digest(self.path.encode(), path.encode()):
                    self.send_error(404)
                    return
                size = self.headers.get("content-length", "")
                if not size.isdecimal() or int(size) > MOST_BYTES:
                    self.send_error(411)
                    return
                try:
                    body = json.loads(self.rfile.read(int(size)))
                except (ValueError, RecursionError):
                    self.send_error(400)
                    return
                loopback._answer(self, body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, line: http.server.BaseHTTPRequestHandler, body: Any) -> None:
        self.requests += 1
        if self.endless or not isinstance(body, dict):
            line.send_error(400, "no more requests")
            return
        begun = False
        try:
            with self.forward(self.passed_on(body)) as chunks:
                begun = True
                line.send_response(200)
                line.send_header("content-type", "text/event-stream")
                line.end_headers()
                for chunk in _bounded(chunks):
                    self.streamed.feed(chunk)
                    line.wfile.write(chunk)
        except RequestFailed as failed:
            self.fault = failed.fault
            if not begun:
                with contextlib.suppress(OSError):
                    line.send_error(failed.fault.status or 502)
        except OSError:
            pass  # the CLI has gone

    def passed_on(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is sent of a request of the CLI's."""
        kept = {key: value for key, value in body.items() if key not in _LEFT_OUT}
        items = body.get("input")
        if isinstance(items, list):
            kept["input"] = [_plain(item) for item in items if not _of_the_machine(item)]
        return {**kept, **self.chosen}


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    passed = 0
    for chunk in chunks:
        passed += len(chunk)
        if passed > MAX_BODY:
            what = f"the answer is larger than {MAX_BODY} bytes"
            raise RequestFailed(Fault(what, should_retry=False))
        yield chunk


def _of_the_machine(item: object) -> bool:
    """Tools, permissions and folders: the model has none here, and they differ each time."""
    if not isinstance(item, dict):
        return False
    content = item.get("content")
    first = content[0] if isinstance(content, list) and content else {}
    text = first.get("text", "") if isinstance(first, dict) else ""
    return item.get("type") == "additional_tools" or str(text).startswith(_MACHINE)


def _plain(item: object) -> object:
    """A message without its random name: what was sent before is then the same again."""
    if isinstance(item, dict) and item.get("type") == "message":
        return {key: value for key, value in item.items() if key != "id"}
    return item
