"""The stream out of a sandbox: what its command writes to descriptor RECORD, as it is written.

A pipe that the command could open again could also be read by it: what it wrote first would be
taken back, or changed on its way. So the stream is a FIFO of root, which the sandbox's user may
write and not read, and its reader is a process of root without any capability, started before
anything of the candidate runs.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gatekeeper.engines.border import RECORD_LIMIT
from gatekeeper.engines.docker.channel import Channel
from gatekeeper.engines.docker.frames import FIFO, STDOUT

if TYPE_CHECKING:
    from docker import APIClient

GRACE = 30.0
"""Seconds in which the end of the record must come once PID 1 has given its answer."""


class Recorder:
    """Keeps what one command records."""

    def __init__(self, channel: Channel) -> None:
        self.overflowed = False
        self._channel = channel
        self._kept = bytearray()
        self._ended = threading.Event()

    @classmethod
    def start(cls, api: APIClient, identity: str) -> Recorder:
        """Start the reader in a running container; PID 1 runs no command before it is there."""
        made = api.exec_create(identity, ["cat", FIFO], user="0:0", workdir="/")
        return cls(Channel(api.exec_start(made["Id"], socket=True)))

    @contextlib.contextmanager
    def reading(self, last: bytes, timeout: float, overflow: Callable[[], None]) -> Iterator[None]:
        """Read beside the block, to the line `last` or the end of the stream.

        `overflow` is called, once and in another thread, where there is more than RECORD_LIMIT.
        """

        def read() -> None:
            try:
                self._read(last, time.monotonic() + timeout + GRACE)
            except OSError:  # a record that breaks off says so by its missing end
                pass
            finally:
                self._ended.set()
            if self.overflowed:
                overflow()

        thread = threading.Thread(target=read, name="record", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.hang_up()
            thread.join()

    def _read(self, last: bytes, deadline: float) -> None:
        for stream, data in self._channel.receive(deadline):
            if stream == STDOUT:
                self._kept += data
            if len(self._kept) > RECORD_LIMIT:
                self.overflowed = True
                return
            if self._kept.endswith(last):
                return

    def wait(self) -> None:
        """Until the record has come to its end."""
        self._ended.wait(GRACE)

    def text(self, last: bytes) -> tuple[bytes, bool]:
        """What was recorded, and whether nothing of it can be missing."""
        body, found, _ = bytes(self._kept).partition(last)
        return body[:RECORD_LIMIT], bool(found)

    def hang_up(self) -> None:
        """Close the stream; safe to call twice."""
        self._channel.hang_up()
