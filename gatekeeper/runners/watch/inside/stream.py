"""The stream out of the sandbox: numbered lines, each with a code that only the gate can check.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from typing import Callable, Tuple

from .orders import Order

RECORD = 9
HIDDEN = 300  # descriptors from here on are out of the way of programs that count theirs
BLOCK = 64


def opened(order: Order) -> Tuple[Callable[..., None], str]:
    """A function that writes one line, and the path by which another process gets the stream.

    The function fails with OSError where nobody reads.
    """
    descriptor = _descriptor(order.stream)
    inner, outer = (
        hashlib.sha256(bytes(byte ^ pad for byte in order.key.ljust(BLOCK, b"\0")))
        for pad in (0x36, 0x5C)
    )
    tag, count = order.tag, 0
    # What the code under test could replace later is bound now.
    write, text, join = os.write, ascii, "".join

    def tell(kind: str, *values: str) -> None:
        nonlocal count
        line = text((tag, count, kind, *[join([value]) for value in values])).encode("ascii")
        count += 1
        first = inner.copy()
        first.update(line)
        second = outer.copy()
        second.update(first.digest())
        left = b"%s %s\n" % (second.hexdigest()[:32].encode("ascii"), line)
        while left:
            left = left[write(descriptor, left) :]

    return tell, f"/proc/{os.getpid()}/fd/{descriptor}"


def derived(key: bytes, name: str) -> bytes:
    """A key for another process, from which this one cannot be told."""
    return hashlib.sha256(key + name.encode()).digest()


def _descriptor(stream: str) -> int:
    if stream:
        number = os.open(stream, os.O_WRONLY)
        hidden = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, HIDDEN)
        os.close(number)
        return hidden
    hidden = fcntl.fcntl(RECORD, fcntl.F_DUPFD_CLOEXEC, HIDDEN)
    os.close(RECORD)
    return hidden
