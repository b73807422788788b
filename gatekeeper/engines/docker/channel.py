"""One hijacked connection to the engine: the standard streams of a container or of an exec."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from gatekeeper.engines.docker.frames import Demultiplexer
from gatekeeper.errors import SandboxError

SEND_TIMEOUT = 60.0
BEAT = 1.0
"""Seconds of silence after which the other side is given a sign of life, where it wants one."""


class Channel:
    """Read by one thread; any other may hang up."""

    def __init__(self, stream: Any) -> None:
        """`stream` is what the SDK's `attach_socket` or `exec_start(socket=True)` gives."""
        self._stream = stream
        # A unix socket comes wrapped in a file object, a TLS one does not.
        self._socket: socket.socket | None = getattr(stream, "_sock", stream)
        # Closing a socket frees its number, and a reader in another thread would wait on whatever
        # gets that number next. So the one who closes wakes the reader, and waits for this.
        self._using = threading.Lock()
        self._closing = threading.Lock()
        self._hung_up = False
        self._frames = Demultiplexer()

    def send(self, data: bytes, timeout: float = SEND_TIMEOUT) -> None:
        """Everything, or OSError; by the thread that also reads (TLS takes no two at a time)."""
        with self._using:
            if self._socket is None:
                raise SandboxError("the sandbox was closed before its run")
            self._socket.settimeout(min(timeout, SEND_TIMEOUT))
            self._socket.sendall(data)

    def receive(self, deadline: float, beat: bytes = b"") -> Iterator[tuple[int, bytes]]:
        """Frames until the end of the stream or the deadline; the caller compares the clock.

        `beat` is sent after every BEAT seconds without a frame.
        """
        while (left := deadline - time.monotonic()) > 0:
            data = self._next(min(left, BEAT) if beat else left)
            if data is None and beat:
                with contextlib.suppress(OSError, SandboxError):  # reading says what is wrong
                    self.send(beat)
            if data == b"":
                return
            yield from self._frames.feed(data or b"")

    def _next(self, patience: float) -> bytes | None:
        """The next bytes; none at the end of the stream, None where there are none so far."""
        with self._using:
            if self._socket is None:
                return b""
            try:
                self._socket.settimeout(patience)
                return self._socket.recv(65536)
            except TimeoutError:
                return None
            except (OSError, ValueError):
                if self._hung_up:  # by another thread, on purpose
                    return b""
                raise

    def hang_up(self) -> None:
        """Close the stream; safe to call twice."""
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
