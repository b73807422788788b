"""Whether the limits that were asked for hold, as seen from inside a sandbox.

Some engines ignore limits and claim that they hold; what the kernel says inside does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatekeeper.domain import Limits
from gatekeeper.errors import SandboxError

READY = b"ready\n"
PIDS_SLACK = 64
"""Zombies of daemons count until the end of the sandbox; the tests should not feel them."""
_TUNNELS = re.compile(r"lo|(tunl|gre|gretap|erspan|ip_vti|ip6_vti|sit|ip6tnl|ip6gre)0")


def require(said: bytes, limits: Limits, *, network: bool) -> None:
    """Raise SandboxError unless everything that was demanded holds. `said` is PID 1's probe."""
    broken = list(_broken(_facts(said), limits, network))
    if broken:
        raise SandboxError(
            "the engine does not keep the sandbox closed: " + "; ".join(broken),
            hint="use an engine that applies limits and isolation (rootful Docker does); "
            "nothing was run",
        )


def _facts(said: bytes) -> dict[str, list[str]]:
    facts: dict[str, list[str]] = {}
    for line in said.decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition(":")
        if colon:
            facts.setdefault(key.strip().lower(), []).append(value.strip())
    return facts


def _broken(facts: dict[str, list[str]], limits: Limits, network: bool) -> Iterator[str]:
    for name in facts.get("missing", ()):
        yield f"the image lacks `{name}`"
    for key, wanted, sentence in (
        ("capeff", r"0+", "processes have capabilities"),
        ("capbnd", r"0+", "processes can gain capabilities"),
        ("nonewprivs", r"1", "processes can gain privileges"),
        ("seccomp", r"2", "system calls are not filtered"),
        ("uid", r"[1-9]\d*", "processes run as root"),
    ):
        values = facts.get(key, [])
        if not values or not all(re.fullmatch(wanted, value) for value in values):
            yield f"{sentence} ({key} is {' '.join(values) or 'unknown'})"
    if "readable" in facts:
        yield "the command could read the memory of the gate's own process"
    yield from _exceeded("memory", facts, limits.memory)
    yield from _exceeded("pids", facts, limits.pids + PIDS_SLACK)
    for path in facts.get("socket", ()):
        yield f"the engine's socket {path} is inside"
    others = [name for name in facts.get("interface", ()) if not _TUNNELS.fullmatch(name)]
    if others and not network:
        yield f"there is a network ({', '.join(others)})"


def _exceeded(key: str, facts: dict[str, list[str]], limit: int) -> Iterator[str]:
    values = facts.get(key, [])
    if not values or not all(value.isdigit() and int(value) <= limit for value in values):
        yield f"the limit on {key} is {' '.join(values) or 'unknown'} and not {limit}"
