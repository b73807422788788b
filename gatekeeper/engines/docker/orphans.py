"""Labels on everything that an engine makes for us, and the sweep of what a dead gate left."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.engines.docker.client import already_gone, engine_errors
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

TOOL = "gatekeeper.tool"
RUN = "gatekeeper.run"
DEADLINE = "gatekeeper.deadline"
OWNER = "gatekeeper.owner"
LIFETIME = 6 * 3600
"""Seconds after which nothing of a run can be of use any more."""
ENDED_AGE = 600
"""A gate removes its containers at once; one that ended so many seconds ago has lost its gate."""

STILL_MAKING = 0.3
"""Seconds in which an engine ends what it was doing for a gate that hung up."""


def labels(run: str) -> dict[str, str]:
    """The marks of one run: tool, run id, deadline (seconds since 1970), owner."""
    return {
        TOOL: "gatekeeper",
        RUN: run,
        DEADLINE: str(int(time.time()) + LIFETIME),
        OWNER: owner(os.getpid()),
    }


def owner(pid: int) -> str:
    """Names one process for ever: boot, pid namespace, pid, start time; "" where unknown."""
    with contextlib.suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = Path("/proc/self/ns/pid").readlink()
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return f"{boot} {space} {pid} {started}"
    return ""


def abandoned(marks: Mapping[str, str], now: float) -> bool:
    """Whether nobody waits for it: past its deadline, or its owner, seen from here, is dead.

    An owner in another pid namespace (a gate in a container) cannot be seen: only the deadline
    counts then.
    """
    deadline = marks.get(DEADLINE, "")
    if not deadline.isdigit() or int(deadline) < now:
        return True
    ours, theirs = owner(os.getpid()).split(), marks.get(OWNER, "").split()
    if len(theirs) != 4 or ours[:2] != theirs[:2]:
        return False
    return not theirs[2].isdigit() or owner(int(theirs[2])).split() != theirs


def sweep(api: APIClient, now: float) -> int:
    """Remove the containers, images and volumes of dead runs; the number of things removed.

    What cannot be removed now is left for the next sweep: this is a courtesy, not a step.
    """
    removed = 0
    with contextlib.suppress(SandboxError), engine_errors("sweep"):
        for identity in _containers(api, now):
            with already_gone():
                api.remove_container(identity, force=True, v=True)
                removed += 1
        for image in api.images(filters={"label": f"{TOOL}=gatekeeper"}):
            if abandoned(image.get("Labels") or {}, now):
                with already_gone():
                    api.remove_image(image["Id"], force=True)
                    removed += 1
        for volume in api.volumes(filters={"label": f"{TOOL}=gatekeeper"})["Volumes"] or []:
            if abandoned(volume.get("Labels") or {}, now):
                with already_gone():
                    api.remove_volume(volume["Name"])
                    removed += 1
    return removed


@contextlib.contextmanager
def none_left(api: APIClient, run: str) -> Iterator[None]:
    """Where the block is cut short: remove all that is labelled as of this run.

    A signal may come after the engine was asked for something and before its id is known.
    """
    try:
        yield
    except BaseException:
        for pause in (0.0, STILL_MAKING):
            time.sleep(pause)
            _remove_run(api, {"label": f"{RUN}={run}"})
        raise


def _remove_run(api: APIClient, marked: dict[str, str]) -> None:
    with contextlib.suppress(SandboxError), engine_errors("sweep"):
        for container in api.containers(all=True, filters=marked):
            with already_gone():
                api.remove_container(container["Id"], force=True, v=True)
        for image in api.images(filters=marked):
            with already_gone():
                api.remove_image(image["Id"], force=True)


def _containers(api: APIClient, now: float) -> Iterator[str]:
    for container in api.containers(all=True, filters={"label": f"{TOOL}=gatekeeper"}):
        identity = str(container["Id"])
        if abandoned(container.get("Labels") or {}, now):
            yield identity
        elif container.get("State") in ("exited", "dead"):
            with already_gone():
                state = api.inspect_container(identity)["State"]
                if ended_before(str(state.get("FinishedAt", "")), now - ENDED_AGE):
                    yield identity


def ended_before(finished: str, moment: float) -> bool:
    """Compare the engine's time (ISO 8601, UTC) with seconds since 1970; False if unreadable."""
    try:
        parsed = datetime.strptime(finished[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return parsed.replace(tzinfo=UTC).timestamp() < moment
