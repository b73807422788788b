"""The server on loopback that holds the key, asked as the CLI asks it and as others might."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from gatekeeper.backends.codex.loopback import MOST_BYTES, Loopback
from gatekeeper.backends.faults import Fault, RequestFailed
from gatekeeper.backends.sending import MAX_BODY
from gatekeeper.spending.budget import CLI_REQUESTS

EVENT = b'data: {"type": "response.completed", "response": {"id": "r"}}\n\n'


class Server:
    """The far side: keeps the bodies, answers with pieces or a fault."""

    def __init__(self, *pieces: bytes, fault: Fault | None = None) -> None:
        self.pieces, self.fault = pieces, fault
        self.bodies: list[Mapping[str, Any]] = []

    @contextmanager
    def forward(self, body: Mapping[str, Any]) -> Iterator[Iterator[bytes]]:
        self.bodies.append(body)
        if self.fault and not self.pieces:
            raise RequestFailed(self.fault)
        yield iter(self.pieces)
        if self.fault:
            raise RequestFailed(self.fault)


def post(
    loopback: Loopback, body: bytes, path: str = "/responses", base: str | None = None,
    method: str = "POST", **headers: str,
) -> tuple[int, bytes]:  # fmt: skip
    """Status and body of one request."""
    address = urllib.parse.urlsplit(loopback.address)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    try:
        line.request(method, (address.path if base is None else base) + path, body, headers)
        got = line.getresponse()
        return got.status, got.read()
    finally:
        line.close()


def test_a_request_goes_on_with_what_the_run_has_chosen() -> None:
    """Tools and what tells of the machine stay; the limit of tokens is put in."""
    asked = {
        "model": "m", "tools": [{"name": "exec"}], "tool_choice": "auto", "client_metadata": {},
        "input": [
            {"type": "additional_tools"},
            {"type": "message", "id": "msg_1", "role": "user", "content": [{"text": "why"}]},
            {"type": "message", "content": [{"text": "<environment_context>/home/me"}]},
            "odd", {"type": "message", "content": "text"}, {"type": "message", "content": []},
        ],
    }  # fmt: skip
    server = Server(EVENT)
    with Loopback(server.forward, {"max_output_tokens": 7}) as loopback:
        assert post(loopback, json.dumps(asked).encode()) == (200, EVENT)
    assert server.bodies == [
        {
            "model": "m",
            "input": [
                {"type": "message", "role": "user", "content": [{"text": "why"}]},
                "odd", {"type": "message", "content": "text"}, {"type": "message", "content": []},
            ],
            "max_output_tokens": 7,
        }
    ]  # fmt: skip
    assert loopback.streamed.responses == [{"status": "completed", "id": "r"}]


def test_what_the_run_leaves_to_the_server_the_cli_does_not_decide() -> None:
    """Its own effort, verbosity, tier and cache key stay out, and what it needs goes on."""
    own = {
        "reasoning": {"effort": "low", "context": "all_turns"}, "text": {"verbosity": "low"},
        "service_tier": "priority", "prompt_cache_key": "thread", "max_output_tokens": 1,
    }  # fmt: skip
    needed = {"model": "m", "stream": True, "store": False, "include": ["x"], "input": []}
    server = Server(EVENT)
    with Loopback(server.forward, {"text": {"format": {}}}) as loopback:
        post(loopback, json.dumps(own | needed).encode())
    assert server.bodies == [needed | {"text": {"format": {}}}]


STRANGERS = {
    "no word": ({"base": "/v1"}, 404),
    "a wrong word": ({"base": "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/v1"}, 404),
    "another path": ({"path": "/models"}, 404),
    "not ASCII": ({"base": "/%FF/v1"}, 404),
    "a query": ({"path": "/responses?x=1"}, 404),
    "another method": ({"method": "GET"}, 501),
    "no JSON": ({"body": b"{"}, 400),
    "too deep": ({"body": b"[" * 100_000}, 400),
    "no object": ({"body": b"[]"}, 400),
    "half a size": (dict(**{"content-length": "-1"}), 411),
    "a huge size": (dict(**{"content-length": str(MOST_BYTES + 1)}), 411),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_who_does_not_know_the_word_or_speaks_otherwise_reaches_no_model(name: str) -> None:
    """Another program of the machine cannot spend the key: nothing is sent on."""
    how, status = STRANGERS[name]
    server = Server(EVENT)
    with Loopback(server.forward, {}) as loopback:
        assert post(loopback, **{"body": b"{}", **how})[0] == status
    assert server.bodies == []


def test_more_requests_than_an_answer_takes_are_not_sent() -> None:
    """A model that calls for tools for ever is ended by count, not only by the clock."""
    server = Server(EVENT)
    with Loopback(server.forward, {}) as loopback:
        got = [post(loopback, b"{}")[0] for _ in range(CLI_REQUESTS + 2)]
        assert loopback.endless
    assert got == [200] * CLI_REQUESTS + [400] * 2
    assert len(server.bodies) == CLI_REQUESTS


FAULTS = {
    "a status": (Fault("HTTP 403", 403), 403),
    "no status": (Fault("cannot be reached"), 502),
    "a redirect": (Fault("HTTP 302", 302), 302),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_server_is_kept_and_told_as_a_status(name: str) -> None:
    """The CLI sees a status, who reads afterwards sees the fault itself."""
    fault, status = FAULTS[name]
    with Loopback(Server(fault=fault).forward, {}) as loopback:
        assert post(loopback, b"{}")[0] == status
        assert loopback.fault == fault


def test_a_stream_that_breaks_ends_what_was_begun() -> None:
    """What came is passed on, then the line is closed and the fault is known."""
    fault = Fault("the answer broke off")
    with Loopback(Server(b"data: 1\n\n", fault=fault).forward, {}) as loopback:
        assert post(loopback, b"{}") == (200, b"data: 1\n\n")
        assert loopback.fault == fault


def test_an_answer_without_a_byte_is_a_stream_without_events() -> None:
    """The CLI is told of a stream that ended, not of a line that failed."""
    with Loopback(Server().forward, {}) as loopback:
        assert post(loopback, b"{}") == (200, b"")


def test_an_answer_without_end_is_cut() -> None:
    """More than any answer has: a fault, and memory is bounded."""
    piece = b"x" * (1024 * 1024)
    server = Server(*[piece] * 40)
    with Loopback(server.forward, {}) as loopback:
        status, got = post(loopback, b"{}")
        assert loopback.fault is not None
        assert "larger than" in loopback.fault.what
        assert loopback.fault.should_retry is False
    assert status == 200
    assert len(got) <= MAX_BODY


@pytest.mark.parametrize("sent", [b"", b"{", b"{}"])
def test_a_cli_that_is_ended_while_it_speaks_leaves_no_traceback(
    sent: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """The line is reset in the middle of a request: nothing of it reaches a person's terminal."""
    piece = b"x" * (1024 * 1024)
    with Loopback(Server(*[piece] * 8).forward, {}) as loopback:
        address = urllib.parse.urlsplit(loopback.address)
        line = socket.create_connection((str(address.hostname), address.port))
        head = f"POST {address.path}/responses HTTP/1.1\r\ncontent-length: 2\r\n\r\n"
        line.sendall(head.encode() + sent)
        time.sleep(0.3)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        time.sleep(0.3)
    assert capfd.readouterr().err == ""
