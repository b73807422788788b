"""What a dead gate may have left on this machine: processes, containers, images."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gatekeeper.engines.docker.orphans import OWNER, TOOL

GRANTED = 15.0
"""Seconds after which nothing of a dead gate may be there any more."""


def after_a_while(look: Callable[[], Sequence[str]], seconds: float = GRANTED) -> list[str]:
    """What `look` still finds once it found nothing, or once so many seconds are over."""
    ends = time.monotonic() + seconds
    while (found := list(look())) and time.monotonic() < ends:
        time.sleep(0.2)
    return found


def processes_below(folder: Path) -> list[str]:
    """Command lines of the processes that work below `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            where = (entry / "cwd").resolve(strict=True)
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if command and where.is_relative_to(folder):
            found.append(command)
    return found


def containers_of(owner: int, *, running: bool = False) -> list[str]:
    """Containers whose label says that process `owner` made them; `running`: only such."""
    identities = _docker("ps", "--quiet", *(() if running else ("--all",)), *_FILTER)
    return _owned("inspect", identities, owner)


def images_of(owner: int) -> list[str]:
    """Images whose label says that process `owner` made them."""
    return _owned("image", _docker("images", "--quiet", *_FILTER), owner)


_FILTER = ("--filter", f"label={TOOL}=gatekeeper")


def _owned(kind: str, identities: Sequence[str], owner: int) -> list[str]:
    found = []
    for identity in identities:
        argv = ["image", "inspect", identity] if kind == "image" else ["inspect", identity]
        done = subprocess.run(["docker", *argv], capture_output=True, check=False)
        found += [
            f"{identity} {item.get('State', {}).get('Status', kind)}"
            for item in json.loads(done.stdout or b"[]")
            if f" {owner} " in (item["Config"]["Labels"] or {}).get(OWNER, "")
        ]
    return found


def _docker(*argv: str) -> list[str]:
    return subprocess.run(
        ["docker", *argv], capture_output=True, text=True, check=True
    ).stdout.split()
