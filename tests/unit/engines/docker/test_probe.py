"""What a sandbox must prove before anything runs in it."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Limits
from gatekeeper.engines.docker.probe import require
from gatekeeper.errors import SandboxError

LIMITS = Limits(memory=1000, pids=36)
GOOD = """\
Uid: 1000
CapEff: 0000000000000000
CapBnd: 0000000000000000
NoNewPrivs: 1
Seccomp: 2
memory: 1000
pids: 100
interface: lo
interface:  sit0
ready
"""


def test_closed_sandbox() -> None:
    """All limits hold, and a tunnel that the kernel puts in every namespace is no network."""
    require(GOOD.encode(), LIMITS, network=False)


def test_granted_network() -> None:
    """A network is fine where the set-up was granted one, and nowhere else."""
    said = GOOD + "interface: eth0\n"
    require(said.encode(), LIMITS, network=True)
    with pytest.raises(SandboxError, match="there is a network"):
        require(said.encode(), LIMITS, network=False)


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ("Uid: 1000", "Uid: 0", "run as root"),
        ("CapEff: 0000000000000000", "CapEff: 00000000a80425fb", "have capabilities"),
        ("CapBnd: 0000000000000000", "CapBnd: 00000000a80425fb", "gain capabilities"),
        ("NoNewPrivs: 1", "NoNewPrivs: 0", "gain privileges"),
        ("Seccomp: 2", "Seccomp: 0", "not filtered"),
        ("memory: 1000", "memory: 1001", "limit on memory is 1001 and not 1000"),
        ("memory: 1000", "memory: max", "limit on memory is max"),
        ("memory: 1000", "", "limit on memory is unknown"),
        ("pids: 100", "pids: 101", "limit on pids"),
        ("pids: 100", "", "limit on pids is unknown"),
        ("NoNewPrivs: 1", "", "nonewprivs is unknown"),
        ("interface: lo", "socket: /run/docker.sock", "socket /run/docker.sock is inside"),
        ("interface: lo", "missing: tar", "lacks `tar`"),
        ("interface: lo", "readable: PID 1", "read the memory of the gate's own process"),
    ],
)
def test_open_sandbox(good: str, bad: str, sentence: str) -> None:
    """Each limit that does not hold, or that cannot be seen, is refused by name."""
    with pytest.raises(SandboxError) as caught:
        require(GOOD.replace(good, bad).encode(), LIMITS, network=False)
    assert sentence in caught.value.message
    assert caught.value.hint


def test_nothing_said() -> None:
    """Silence proves nothing."""
    with pytest.raises(SandboxError):
        require(b"ready\n", LIMITS, network=False)
