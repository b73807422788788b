from __future__ import annotations

import os
import signal
import time

import pytest

from gatekeeper.cli.session import _handlers_kept, interruptible
from gatekeeper.errors import Interrupted


class Dying:
    """Gets a signal in its finalizer, from which nothing can be raised."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)


def test_a_signal_during_a_finalizer_is_not_lost() -> None:
    """What Python swallows there is raised again a moment later, with the same signal."""
    begun = time.monotonic()

    def work() -> None:
        Dying()
        while time.monotonic() - begun < 5:
            time.sleep(0.01)

    with pytest.raises(Interrupted) as caught, _handlers_kept(), interruptible():
        work()
    assert caught.value.exit_code == 143
    assert time.monotonic() - begun < 5


def test_the_callers_handlers_come_back() -> None:
    """After an interruption the process reacts to signals as it did before."""
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
    with pytest.raises(Interrupted), _handlers_kept(), interruptible():
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)] == before
