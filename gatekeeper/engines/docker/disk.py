"""What a container has written, watched while it runs: engines have no limit of their own on it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gatekeeper.engines.docker.client import engine_errors
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

WATCH_FROM = 0.5
REST = 5
"""How many times as long as a look at the layer the watch then rests."""
MANY = 0.03
"""Seconds of a look from which on the files are counted too: it took so long for their number."""
BLOCK = 4096
"""Bytes that the smallest file takes. An engine adds up sizes, and a million files of one byte
would use up the disk, and the inodes, of its machine."""


@contextlib.contextmanager
def watched(
    api: APIClient, identity: str, limit: int, hang_up: Callable[[], None]
) -> Iterator[threading.Event]:
    """Hangs up once the container's layer is over `limit` bytes; seen a little late.

    Yields the event that says so. At the end of the block it hangs up in any case. In a thread
    of its own: an engine may not answer while the stream is not being read.
    """
    full, done = threading.Event(), threading.Event()

    def watch() -> None:
        pause = WATCH_FROM
        while not done.wait(pause):
            begun = time.monotonic()
            if _layer_size(api, identity, limit) > limit:
                full.set()
                hang_up()
                return
            pause = max(WATCH_FROM / 2, REST * (time.monotonic() - begun))

    thread = threading.Thread(target=watch, name="disk-watch", daemon=True)
    thread.start()
    try:
        yield full
    finally:
        done.set()
        hang_up()  # before the join: see the docstring
        thread.join()


def _layer_size(api: APIClient, identity: str, limit: int) -> int:
    """Bytes written to the container's layer; 0 where the engine does not say."""
    url = f"{api.base_url}/v{api.api_version}/containers/{identity}"
    begun, size = time.monotonic(), 0
    with contextlib.suppress(SandboxError), engine_errors("size"):
        reply = api.get(f"{url}/json", params={"size": 1}, timeout=30)
        if reply.ok:
            size = int(reply.json().get("SizeRw") or 0)
        if size <= limit and time.monotonic() - begun > MANY:
            size += BLOCK * _files(api, f"{url}/changes", most=limit // BLOCK + 1)
    return size


def _files(api: APIClient, url: str, most: int) -> int:
    """How many paths of the layer differ from the image; no more than about `most` are counted."""
    found = 0
    with api.get(url, stream=True, timeout=30) as reply:
        for part in reply.iter_content(1024 * 1024) if reply.ok else ():
            found += part.count(b'"Path"')
            if found > most:
                break
    return found
