"""A prepared image, and the sandboxes that are forked from it."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from gatekeeper.domain import Completed, Ending, Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.border import settled
from gatekeeper.engines.docker.archive import Locked, locked_archive
from gatekeeper.engines.docker.client import already_gone, engine_errors
from gatekeeper.engines.docker.container import Raw, Sandbox
from gatekeeper.engines.docker.frames import WORKSPACE, Answer, payload, read_answer
from gatekeeper.engines.docker.hardening import environment
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

OVERLAY_AGE = 5
"""Seconds: overlays are older than the run and younger than the tree (see archive.py)."""


class DockerSnapshot:
    """Forks sandboxes from one image. Safe to use from several threads."""

    def __init__(
        self,
        api: APIClient,
        spec: SnapshotSpec,
        image: str,
        digest: str,
        fork: Callable[[], Sandbox],
    ) -> None:
        self.digest = digest
        self._api = api
        self._spec = spec
        self._image = image
        self._fork = fork
        self._lock = threading.Lock()
        self._live: set[Sandbox] = set()
        self._warm: list[Future[Sandbox]] = []
        self._starter = ThreadPoolExecutor(2, thread_name_prefix="sandbox-start")
        self._remover = ThreadPoolExecutor(2, thread_name_prefix="sandbox-remove")
        self._closed = False

    def run(self, spec: RunSpec) -> Completed:
        """See `ports.Snapshot.run`."""
        sandbox = self._next()
        try:
            return run_in(sandbox, spec, self._spec)
        finally:
            self.discard(sandbox)

    def warm(self) -> None:
        """Start one more sandbox ahead of its run; a failure shows in the run that takes it."""
        with self._lock:
            if not self._closed:
                self._warm.append(self._starter.submit(self._started))

    def discard(self, sandbox: Sandbox) -> None:
        """Remove a sandbox; nobody waits for it, as the engine takes its time (20 to 100 ms).

        One that cannot be removed stays known, so that `close` tries again, and says so.
        """
        with self._lock:
            self._live.add(sandbox)
            if not self._closed:
                self._remover.submit(self._remove, sandbox)
                return
        self._remove(sandbox)

    def prove(self) -> None:
        """Start the first sandbox and wait until its limits are proven; the first run takes it."""
        self.warm()
        self._warm[0].result()

    def close(self) -> None:
        """Remove every sandbox and the image, whatever still runs in them."""
        with self._lock:
            self._closed = True
            warm, self._warm = self._warm, []
        for future in warm:
            future.cancel()
        self._starter.shutdown(wait=True)
        self._remover.shutdown(wait=True)
        with contextlib.ExitStack() as every, self._lock:  # one that fails keeps none of the others
            every.callback(self._remove_image)
            for sandbox in self._live:
                every.callback(sandbox.remove)

    def _remove(self, sandbox: Sandbox) -> None:
        sandbox.remove()
        with self._lock:
            self._live.discard(sandbox)

    def _remove_image(self) -> None:
        with engine_errors("the snapshot cannot be removed"), already_gone():
            self._api.remove_image(self._image, force=True)

    def _next(self) -> Sandbox:
        with self._lock:
            if self._closed:
                raise SandboxError("the sandbox was closed", hint="start gatekeeper again")
            ready = self._warm.pop(0) if self._warm else None
        return ready.result() if ready else self._started()

    def _started(self) -> Sandbox:
        sandbox = self._fork()
        with self._lock:
            self._live.add(sandbox)
            closed = self._closed
        if closed:
            sandbox.remove()
            raise SandboxError("the sandbox was closed", hint="start gatekeeper again")
        return sandbox


def run_in(
    sandbox: Sandbox,
    spec: RunSpec,
    prepared: SnapshotSpec,
    say: Callable[[bytes], None] | None = None,
) -> Completed:
    """One command in a started sandbox, judged by its answer and by the engine's word."""
    token = secrets.token_hex(16)
    spec = settled(spec)
    env: Mapping[str, str] = environment({**prepared.env, **spec.env})
    limits = prepared.limits
    timeout = limits.timeout if spec.timeout is None else spec.timeout
    now = int(time.time()) - OVERLAY_AGE
    if spec.trusted:  # before anything of the candidate is there that could stand in their place
        sandbox.put(locked_archive(locked(spec.trusted), WORKSPACE.lstrip("/"), now))
    raw = sandbox.run(payload(spec, token, env, limits.report, now), token, timeout, say)
    answer = read_answer(raw.control, token, spec.reports, limits.report)
    if answer.refused:
        # Of one candidate: it must not end the trials of the others.
        said = answer.refused.encode()
        return Completed(125, raw.ending, raw.output + said, (), raw.seconds, answer.refused)
    return _completed(sandbox, raw, answer, timeout)


def locked(files: Iterable[Overlay]) -> Iterator[Locked]:
    """Files of the gate, as an archive takes them."""
    for item in files:
        yield Locked(item.path, item.content or b"", item.executable)


def _completed(sandbox: Sandbox, raw: Raw, answer: Answer, timeout: float) -> Completed:
    ending, exit_code, note = raw.ending, answer.exit_code, "; ".join(answer.notes)
    if ending is Ending.EXITED and exit_code is None:
        state = sandbox.state()
        # Without an answer nothing says that the command succeeded, so 0 is not believed.
        exit_code = int(state.get("ExitCode") or 0) or 137
        if state.get("OOMKilled"):
            ending = Ending.MEMORY
    elif ending is Ending.EXITED and answer.kills:
        ending = Ending.MEMORY
    elif not raw.recorded and answer.exit_code is not None:
        note = "; ".join([*answer.notes, "the end of the record is missing"])
    if ending is not Ending.EXITED:
        note = _ENDINGS[ending].format(seconds=timeout)
    return Completed(
        exit_code=137 if exit_code is None else exit_code,
        ending=ending,
        output=raw.output,
        reports=answer.reports if ending in (Ending.EXITED, Ending.MEMORY) else (),
        seconds=raw.seconds,
        note=note,
        record=raw.record,
    )


_ENDINGS = {
    Ending.TIMEOUT: "stopped after {seconds:g} s",
    Ending.MEMORY: "a process was ended because the memory of the sandbox was used up",
    Ending.OUTPUT: "stopped: more output than the limit",
    Ending.DISK: "stopped: more files written than the limit",
}
