"""What the CLI tells while it works (`--json`), and what the model's server streamed to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends.envelope import one_line

ENDS = ("response.completed", "response.incomplete", "response.failed")
MOST_EVENTS = 500
"""Events that are kept; a turn of an answer without tools has about five."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the CLI said of its turn."""

    completed: bool
    error: str
    events: tuple[Mapping[str, Any], ...]


def read_turn(said: bytes) -> Turn:
    """The lines of standard output; what is no event is left out."""
    events = tuple(_objects(said.splitlines()))
    kinds = [event.get("type") for event in events]
    errors = [_error(event) for event in events if event.get("type") in ("error", "turn.failed")]
    return Turn("turn.completed" in kinds, (errors or [""])[-1], events[:MOST_EVENTS])


def _error(event: Mapping[str, Any]) -> str:
    error = event.get("error")
    message = error.get("message") if isinstance(error, dict) else event.get("message")
    return one_line(message or "")


@dataclass
class Streamed:
    """Reads a stream of server-sent events as it passes by: the last response, and its items."""

    responses: list[dict[str, Any]] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    error: str = ""
    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, chunk: bytes) -> None:
        """Some bytes more."""
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = bytes(self._rest) + lines[0]
            self._rest.clear()
        self._rest += rest
        for event in _objects(line[5:] for line in lines if line.startswith(b"data:")):
            self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        kind, response = event.get("type"), event.get("response")
        if kind in ENDS and isinstance(response, dict):
            status = str(kind).removeprefix("response.")
            self.responses.append({"status": status, **response})
        elif kind == "response.output_item.done":
            self.items.append(event.get("item"))
        elif kind == "error":
            self.error = _error(event)


def _objects(lines: Any) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found
