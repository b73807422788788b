"""Who may take away what a run left behind."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from gatekeeper.engines.docker.orphans import (
    DEADLINE,
    OWNER,
    abandoned,
    ended_before,
    labels,
    owner,
)

NOW = time.time()


def test_own_things_are_kept() -> None:
    """What this process made just now is in use."""
    assert not abandoned(labels("run"), NOW)


def test_past_deadline() -> None:
    """Past its deadline nobody waits for it, whoever owns it."""
    assert abandoned(labels("run") | {DEADLINE: "1"}, NOW)


def test_dead_owner() -> None:
    """A process that has ended, seen from its own pid namespace, left it behind."""
    with subprocess.Popen(["sleep", "60"]) as child:
        marks = labels("run") | {OWNER: owner(child.pid)}
        assert not abandoned(marks, NOW)
        child.kill()
    assert abandoned(marks, NOW)


def test_number_that_was_used_again() -> None:
    """The same process id with another start time is another process."""
    boot, space, pid, started = owner(os.getpid()).split()
    assert abandoned(labels("run") | {OWNER: f"{boot} {space} {pid} {int(started) + 1}"}, NOW)


@pytest.mark.parametrize("mark", ["", "x", "other-boot pid:[1] 1 1"])
def test_owner_out_of_sight(mark: str) -> None:
    """An owner in another container or on another machine counts as alive until the deadline."""
    assert not abandoned(labels("run") | {OWNER: mark}, NOW)


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        ("1970-01-01T00:01:39.999999999Z", True),
        ("1970-01-01T00:01:41Z", False),
        ("0001-01-01T00:00:00Z", True),
        ("", False),
        ("yesterday", False),
    ],
)
def test_time_of_the_end(finished: str, expected: bool) -> None:
    """The engine's times have nine digits of a second; one that cannot be read proves nothing."""
    assert ended_before(finished, 100) is expected
