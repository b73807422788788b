"""One sandbox: a hardened container whose PID 1 waits on its standard input."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from gatekeeper.domain import Ending, Limits
from gatekeeper.engines.border import Output
from gatekeeper.engines.docker import probe
from gatekeeper.engines.docker.client import already_gone, engine_errors
from gatekeeper.engines.docker.frames import STDERR, Demultiplexer
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

START_TIMEOUT = 60.0
WATCH_FROM = 0.5
CONTROL_SLACK = 4 * 1024 * 1024
"""Answer channel beyond the reports themselves: tar's padding of many small files."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What came out of a container before it is judged."""

    ending: Ending
    output: bytes
    control: bytes
    seconds: float


def pid1() -> str:
    """The script that every sandbox runs as PID 1."""
    return resources.files(__package__).joinpath("pid1.sh").read_text("utf-8")


class Sandbox:
    """A started container, proven closed, waiting for its payload. Use once, then `remove`."""

    def __init__(self, api: APIClient, identity: str, limits: Limits) -> None:
        self.identity = identity
        self._api = api
        self._limits = limits
        self._stream: Any = None
        self._socket: socket.socket | None = None
        # Closing a socket frees its number, and a reader in another thread would wait on whatever
        # gets that number next. So the one who closes wakes the reader, and waits for this.
        self._using = threading.Lock()
        self._closing = threading.Lock()
        self._hung_up = False
        self._frames = Demultiplexer()
        self._early = b""

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
            self._stream = self._api.attach_socket(
                self.identity, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
            # A unix socket comes wrapped in a file object, a TLS one does not.
            self._socket = getattr(self._stream, "_sock", self._stream)
            self._api.start(self.identity)
        probe.require(self._read_probe(), self._limits, network=network)

    def _read_probe(self) -> bytes:
        deadline, said = time.monotonic() + START_TIMEOUT, b""
        for stream, data in self._receive(deadline):
            if stream == STDERR:
                said += data
            if said.endswith(probe.READY):
                return said
        text = said.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(
            f"a sandbox did not get ready: {text or 'it ended at once'}",
            hint="the image needs a POSIX sh, tar, dd and find",
        )

    def run(
        self, payload: bytes, timeout: float, say: Callable[[bytes], None] | None = None
    ) -> Raw:
        """Send the payload and read until the container ends or a limit is reached."""
        begun = time.monotonic()
        output, control = Output(), bytearray()
        ending = Ending.EXITED
        with engine_errors("the connection to the sandbox broke"), self._disk_watch() as full:
            self._send(payload, timeout)
            for stream, data in self._receive(begun + timeout):
                if stream == STDERR:
                    control += data
                else:
                    output.add(data)
                    if say:
                        say(data)
                if output.total > self._limits.output:
                    ending = Ending.OUTPUT
                    break
                if len(control) > self._limits.report + CONTROL_SLACK:
                    break
            else:
                ending = Ending.TIMEOUT if time.monotonic() >= begun + timeout else ending
        if full.is_set():
            ending = Ending.DISK
        return Raw(ending, output.text(), bytes(control), time.monotonic() - begun)

    def state(self) -> dict[str, Any]:
        """The engine's word on a container that ended without an answer of its own."""
        with engine_errors("the state of a sandbox cannot be read"):
            self.hang_up()
            with contextlib.suppress(SandboxError), engine_errors("wait"):
                self._api.wait(self.identity, timeout=5)
            return dict(self._api.inspect_container(self.identity)["State"])

    def hang_up(self) -> None:
        """Close the stream. Before any kill: a stream that nobody reads makes engines hang."""
        with self._closing:
            stream = self._socket
            if stream is None:
                return
            self._hung_up = True
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)  # ends what another thread does with it
            with self._using:
                self._socket = None
                # The SDK hangs the response that holds the file object on a TLS socket.
                response = getattr(self._stream, "_response", None)
                for holder in (response, self._stream, stream):
                    if holder is not None:
                        with contextlib.suppress(OSError):
                            holder.close()

    def remove(self) -> None:
        """End and remove the container with its volumes; safe to call twice."""
        self.hang_up()
        with engine_errors("a sandbox cannot be removed"), already_gone():
            self._api.remove_container(self.identity, force=True, v=True)

    def _send(self, payload: bytes, timeout: float) -> None:
        with self._using:
            if self._socket is None:
                raise SandboxError("the sandbox was closed before its run")
            self._socket.settimeout(min(timeout, START_TIMEOUT))
            self._socket.sendall(payload)

    def _receive(self, deadline: float) -> Iterator[tuple[int, bytes]]:
        """Frames until the end of the stream or the deadline; the caller compares the clock."""
        while (left := deadline - time.monotonic()) > 0:
            with self._using:
                if self._socket is None:
                    return
                try:
                    self._socket.settimeout(left)
                    data = self._socket.recv(65536)
                except TimeoutError:
                    return
                except (OSError, ValueError):
                    if self._hung_up:  # by another thread, on purpose
                        return
                    raise
            if not data:
                return
            yield from self._frames.feed(data)

    @contextlib.contextmanager
    def _disk_watch(self) -> Iterator[threading.Event]:
        """Ends the container once its layer is larger than the limit; seen a little late.

        In a thread of its own: an engine may not answer while the stream is not being read.
        """
        full, done = threading.Event(), threading.Event()

        def watch() -> None:
            pause = WATCH_FROM
            while not done.wait(pause):
                begun = time.monotonic()
                if self._layer_size() > self._limits.disk:
                    full.set()
                    self.hang_up()
                    return
                pause = max(WATCH_FROM / 2, 20 * (time.monotonic() - begun))

        thread = threading.Thread(target=watch, name="disk-watch", daemon=True)
        thread.start()
        try:
            yield full
        finally:
            done.set()
            self.hang_up()  # before the join: see the docstring
            thread.join()

    def _layer_size(self) -> int:
        """Bytes written to the container's layer; 0 where the engine does not say."""
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{self.identity}/json"
        with contextlib.suppress(SandboxError), engine_errors("size"):
            reply = self._api.get(url, params={"size": 1}, timeout=30)
            if reply.ok:
                return int(reply.json().get("SizeRw") or 0)
        return 0
