"""Events of the CLI and of the server's stream, in pieces as they come."""

from __future__ import annotations

import json
import time

import pytest

from gatekeeper.backends.codex.events import MOST_EVENTS, Streamed, read_turn

ITEM = {"type": "message", "content": [{"type": "output_text", "text": "äöü"}]}
STREAM = (
    b": a comment\n\n"
    b'event: response.output_item.done\r\ndata: {"type": "response.output_item.done", "item": '
    + json.dumps(ITEM, ensure_ascii=False).encode()
    + b'}\r\n\r\ndata: {cut\n\ndata: [1]\n\ndata:{"type": "response.completed", "response": '
    b'{"id": "r", "usage": {"input_tokens": 3}}}\n\ndata: [DONE]\n\n'
)


@pytest.mark.parametrize("size", [1, 2, 7, 64, len(STREAM)])
def test_a_stream_reads_the_same_however_it_is_cut(size: int) -> None:
    """By single bytes, through an umlaut, or at once: one item, one response, its status."""
    streamed = Streamed()
    for start in range(0, len(STREAM), size):
        streamed.feed(STREAM[start : start + size])
    assert streamed.items == [ITEM]
    assert streamed.responses == [
        {"status": "completed", "id": "r", "usage": {"input_tokens": 3}},
    ]
    assert streamed.error == ""


ENDINGS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}


@pytest.mark.parametrize("kind", ENDINGS)
def test_the_event_says_how_a_response_ended_where_the_response_does_not(kind: str) -> None:
    """A server's own `status` counts before the name of the event."""
    streamed = Streamed()
    for response in ({}, {"status": "own"}):
        streamed.feed(f"data: {json.dumps({'type': kind, 'response': response})}\n".encode())
    assert [one["status"] for one in streamed.responses] == [ENDINGS[kind], "own"]


def test_a_line_without_end_is_read_once_and_not_again_for_each_piece() -> None:
    """8 MB in pieces of 1 kB: were all of it copied each time, this would take a minute."""
    streamed, began = Streamed(), time.monotonic()
    streamed.feed(b'data: {"type": "error", "message": "')
    for _ in range(8_000):
        streamed.feed(b"x" * 1024)
    streamed.feed(b'"}\n')
    assert streamed.error.startswith("xxx")
    assert time.monotonic() - began < 5


TURNS = {
    "done": (b'{"type":"turn.started"}\n{"type":"turn.completed"}\n', True, ""),
    "failed": (b'{"type":"turn.failed","error":{"message":"a\\nb"}}', False, "a b"),
    "the last error counts": (
        b'{"type":"error","message":"one"}\n{"type":"error","message":"two"}', False, "two",
    ),
    "other things": (b'\xff\nnull\n[]\n"turn.completed"\n{"type":1}\n', False, ""),
    "nothing": (b"", False, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TURNS)
def test_what_the_cli_tells_is_read_line_by_line(name: str) -> None:
    """Whether the turn was completed, and the last error as one line; else nothing is believed."""
    said, completed, error = TURNS[name]
    turn = read_turn(said)
    assert (turn.completed, turn.error) == (completed, error)


def test_a_flood_of_events_is_cut_and_its_end_still_counts() -> None:
    """What is stored is bounded, what is judged is the whole."""
    said = b'{"type":"item.started"}\n' * (MOST_EVENTS + 9) + b'{"type":"turn.completed"}\n'
    turn = read_turn(said)
    assert turn.completed
    assert len(turn.events) == MOST_EVENTS
