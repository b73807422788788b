"""One sandbox: a hardened container whose PID 1 waits on its standard input."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from gatekeeper.domain import Ending, Limits
from gatekeeper.engines.border import Output
from gatekeeper.engines.docker import disk, probe
from gatekeeper.engines.docker.channel import Channel
from gatekeeper.engines.docker.client import already_gone, engine_errors
from gatekeeper.engines.docker.frames import STDERR, last_line, recorded_line
from gatekeeper.engines.docker.recorder import Recorder
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

START_TIMEOUT = 60.0
CONTROL_SLACK = 4 * 1024 * 1024
"""Answer channel beyond the reports themselves: tar's padding of many small files."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What came out of a container before it is judged."""

    ending: Ending
    output: bytes
    control: bytes
    seconds: float
    record: bytes = b""
    recorded: bool = False  # whether the record has come to its end


def pid1() -> str:
    """The script that every sandbox runs as PID 1."""
    return resources.files(__package__).joinpath("pid1.sh").read_text("utf-8")


class Sandbox:
    """A started container, proven closed, waiting for its payload. Use once, then `remove`."""

    def __init__(self, api: APIClient, identity: str, limits: Limits) -> None:
        self.identity = identity
        self._api = api
        self._limits = limits
        self._channel: Channel | None = None
        self._recorder: Recorder | None = None

    @classmethod
    def start(
        cls, api: APIClient, arguments: dict[str, Any], limits: Limits, *, network: bool
    ) -> Sandbox:
        """Create, attach, start, and read the probe. Raises SandboxError; leaves nothing then."""
        with engine_errors("a sandbox cannot be created"):
            created = api.create_container(**arguments)
        sandbox = cls(api, str(created["Id"]), limits)
        try:
            sandbox.begin(network=network)
        except BaseException:
            sandbox.remove()
            raise
        return sandbox

    def begin(self, *, network: bool) -> None:
        """Attach and start the created container, then require what its probe must say."""
        with engine_errors(
            "a sandbox cannot be started", "the image needs a POSIX shell at /bin/sh"
        ):
            streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            channel = Channel(self._api.attach_socket(self.identity, params=streams))
            self._channel = channel
            self._api.start(self.identity)
        with contextlib.suppress(SandboxError), engine_errors("no record"):
            # Where the container has ended already, its probe says why.
            self._recorder = Recorder.start(self._api, self.identity)
        probe.require(self._read_probe(channel), self._limits, network=network)

    def _read_probe(self, channel: Channel) -> bytes:
        deadline, said = time.monotonic() + START_TIMEOUT, b""
        for stream, data in channel.receive(deadline):
            if stream == STDERR:
                said += data
            if said.endswith(probe.READY):
                return said
        text = said.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(
            f"a sandbox did not get ready: {text or 'it ended at once'}",
            hint="the image needs a POSIX sh, tar, dd, find and cat",
        )

    def put(self, files: bytes) -> None:
        """Unpack a tar at the root, as the engine: USER has no say in it."""
        with engine_errors("the gate's own tests cannot be put into a sandbox"):
            self._api.put_archive(self.identity, "/", files)

    def run(
        self,
        payload: bytes,
        token: str,
        timeout: float,
        say: Callable[[bytes], None] | None = None,
    ) -> Raw:
        """Send the payload and read until the container ends or a limit is reached.

        `token` is the word in the payload by which PID 1's own lines are known.
        """
        channel, recorder = self._channel, self._recorder
        if channel is None or recorder is None:
            raise SandboxError("the sandbox was not started", hint="run it again")
        begun, recorded = time.monotonic(), recorded_line(token)
        with (
            engine_errors("the connection to the sandbox broke"),
            disk.watched(self._api, self.identity, self._limits.disk, self.hang_up) as full,
            recorder.reading(recorded, timeout, self.hang_up),
        ):
            channel.send(payload, timeout)
            reading = _Reading(last_line(token), self._limits, say)
            for stream, data in channel.receive(begun + timeout, beat=b"\n"):
                if reading.take(stream, data):
                    break
                if reading.answered():
                    recorder.wait()
                    channel.send(b"done\n")
        late = reading.ending is Ending.EXITED and time.monotonic() >= begun + timeout
        ending = Ending.TIMEOUT if late and not reading.whole else reading.ending
        ending = Ending.OUTPUT if recorder.overflowed else ending
        ending = Ending.DISK if full.is_set() else ending
        record, whole = recorder.text(recorded)
        seconds = time.monotonic() - begun
        return Raw(ending, reading.output.text(), bytes(reading.control), seconds, record, whole)

    def state(self) -> dict[str, Any]:
        """The engine's word on a container that ended without an answer of its own."""
        with engine_errors("the state of a sandbox cannot be read"):
            self.hang_up()
            with contextlib.suppress(SandboxError), engine_errors("wait"):
                self._api.wait(self.identity, timeout=5)
            return dict(self._api.inspect_container(self.identity)["State"])

    def hang_up(self) -> None:
        """Close the streams. Before any kill: a stream that nobody reads makes engines hang."""
        for end in (self._channel, self._recorder):
            if end is not None:
                end.hang_up()

    def remove(self) -> None:
        """End and remove the container with its volumes; safe to call twice."""
        self.hang_up()
        with engine_errors("a sandbox cannot be removed"), already_gone():
            self._api.remove_container(self.identity, force=True, v=True)


class _Reading:
    """What has come so far on the two streams of a container, and why to read no further."""

    def __init__(self, last: bytes, limits: Limits, say: Callable[[bytes], None] | None) -> None:
        self.output, self.control = Output(), bytearray()
        self.ending = Ending.EXITED
        self.whole = False
        self._last = last
        self._limits = limits
        self._say = say

    def take(self, stream: int, data: bytes) -> bool:
        """Take one frame; True where it was too much."""
        if stream == STDERR:
            self.control += data
            return len(self.control) > self._limits.report + CONTROL_SLACK
        self.output.add(data)
        if self._say:
            self._say(data)
        if self.output.total > self._limits.output:
            self.ending = Ending.OUTPUT
        return self.ending is Ending.OUTPUT

    def answered(self) -> bool:
        """True once: when PID 1 has said its last line."""
        first = not self.whole
        self.whole = self.whole or self.control.endswith(self._last)
        return first and self.whole
