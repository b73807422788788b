"""The Docker engine: a tree goes in by archive, is set up once, and is forked for every run."""

from __future__ import annotations

import contextlib
import itertools
import posixpath
import secrets
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.domain import Ending, EngineInfo, RunSpec, SnapshotSpec
from gatekeeper.engines.border import TOOLS
from gatekeeper.engines.docker import archive, orphans
from gatekeeper.engines.docker.client import (
    START_HINT,
    connect,
    engine_errors,
    where,
)
from gatekeeper.engines.docker.container import Sandbox, pid1
from gatekeeper.engines.docker.frames import WORKSPACE
from gatekeeper.engines.docker.hardening import create_arguments
from gatekeeper.engines.docker.snapshot import DockerSnapshot, locked, run_in
from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

TREE_AGE = 10
"""Seconds by which the tree is older than its snapshot; overlays lie between the two."""
REPOSITORY = "gatekeeper-snapshot"
SETUP_TAIL = 4000
LINKS = 5
"""How many links on the way to a file are followed."""


def _silent(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class _Preparation:
    """One `prepare`: what is known before the first sandbox exists."""

    api: APIClient
    spec: SnapshotSpec
    labels: dict[str, str]
    cores: int

    def arguments(self, image: str, *, network: bool) -> dict[str, Any]:
        return create_arguments(
            self.api,
            image,
            pid1(),
            self.spec.limits,
            self.labels,
            network=network,
            cores=self.cores,
        )


class DockerEngine:
    """Sandboxes are hardened containers of any engine that speaks Docker's API."""

    name = "docker"

    def __init__(self, say: Callable[[str], None] = _silent) -> None:
        """`say` gets the lines of the set-up and of a pull while they come."""
        self._say = say

    def describe(self) -> EngineInfo:
        """See `ports.Engine.describe`."""
        try:
            with _connected() as api, engine_errors("no Docker engine answers", START_HINT):
                version = api.version()
        except SandboxError as error:
            return EngineInfo("docker", available=False, detail=error.message, hint=error.hint)
        detail = f"{version['Version']} at {where()} (API {version['ApiVersion']})"
        return EngineInfo("docker", available=True, detail=detail)

    def has_image(self, image: str) -> bool | None:
        """See `ports.Engine.has_image`."""
        import docker.errors

        try:
            with _connected() as api, engine_errors("no Docker engine answers", START_HINT):
                try:
                    _facts(api, image)
                except docker.errors.ImageNotFound:
                    return False
        except SandboxError:
            return None
        return True

    @contextlib.contextmanager
    def prepare(self, spec: SnapshotSpec) -> Iterator[DockerSnapshot]:
        """See `ports.Engine.prepare`. First sweeps what dead runs left behind."""
        with _connected() as api:
            orphans.sweep(api, time.time())
            with engine_errors("the engine cannot be asked"):
                cores = int(api.info().get("NCPU") or 1)
            run = secrets.token_hex(6)
            preparation = _Preparation(api, spec, orphans.labels(run), cores)
            digest = self._base_image(api, spec.image)
            with orphans.none_left(api, run):
                tools = f"/gatekeeper/{secrets.token_hex(8)}"
                image, used = self._snapshot_image(preparation, run, tools)
                if spec.tools:
                    spec = replace(spec, env={**spec.env, TOOLS: tools})
                snapshot = DockerSnapshot(
                    api, spec, image, digest, lambda: _fork(preparation, image)
                )
                try:
                    snapshot.discard(used)
                    snapshot.prove()
                    yield snapshot
                finally:
                    snapshot.close()

    def _base_image(self, api: APIClient, image: str) -> str:
        """Identity of the image; pulled where it is missing and a registry has it."""
        import docker.errors

        with engine_errors(f"the image {image} cannot be read", _image_hint(image)):
            try:
                known = _facts(api, image)
            except docker.errors.ImageNotFound:
                self._pull(api, image)
                known = _facts(api, image)
        _refuse_volumes(image, (known.get("Config") or {}).get("Volumes") or {})
        return str((known.get("RepoDigests") or [known["Id"]])[0])

    def _pull(self, api: APIClient, image: str) -> None:
        self._say(f"pulling {image}")
        name, _, digest = image.partition("@")
        tag = digest
        if not digest and ":" in name.rpartition("/")[2]:
            name, _, tag = name.rpartition(":")
        with engine_errors(f"the image {image} is not here", _image_hint(image)):
            for event in api.pull(name, tag=tag or "latest", stream=True, decode=True):
                if "error" in event:
                    raise SandboxError(
                        f"the image {image} is not here and cannot be pulled: {event['error']}",
                        hint=_image_hint(image),
                    )

    def _snapshot_image(
        self, preparation: _Preparation, run: str, tools: str
    ) -> tuple[str, Sandbox]:
        """Put the tree in, run the set-up, commit: the id of the image, and what is left over."""
        spec, api = preparation.spec, preparation.api
        arguments = preparation.arguments(spec.image, network=spec.setup_network)
        with engine_errors("the workspace cannot be put into a container"):
            created = api.create_container(**arguments)
        sandbox = Sandbox(api, str(created["Id"]), spec.limits)
        try:
            _fill(api, sandbox.identity, Path(spec.tree))
            if spec.setup:
                sandbox.begin(network=spec.setup_network)
                self._set_up(sandbox, spec)
            _lay_down(api, sandbox.identity, spec, tools)
            with engine_errors("the prepared workspace cannot be committed"):
                committed = api.commit(sandbox.identity, repository=REPOSITORY, tag=run)
            return str(committed["Id"]), sandbox
        except BaseException:
            sandbox.remove()
            raise

    def _set_up(self, sandbox: Sandbox, spec: SnapshotSpec) -> None:
        command = "\n".join(["set -e", *spec.setup, *_uncompile(spec.protected)])
        run = RunSpec(command, timeout=spec.setup_timeout)
        completed = run_in(sandbox, run, spec, Lines(self._say))
        if completed.ending is not Ending.EXITED or completed.exit_code != 0:
            tail = completed.output[-SETUP_TAIL:].decode("utf-8", "replace").strip()
            how = completed.note or f"exit code {completed.exit_code}"
            raise SandboxError(
                f"the set-up failed ({how}):\n{tail}",
                hint="correct sandbox.setup; a set-up that downloads needs sandbox.network: setup",
            )


def _uncompile(protected: Sequence[str]) -> Iterator[str]:
    """Shell lines that remove what the set-up compiled of tests: a run could write to it."""
    folders = {posixpath.dirname(path) for path in protected if path.endswith(".py")}
    for folder in sorted(folders):
        yield f"rm -rf {shlex.quote(posixpath.join(WORKSPACE, folder, archive.COMPILED))}"


class Lines:
    """Cuts a stream of bytes in lines for a person; what is not a whole line waits."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._rest = b""

    def __call__(self, data: bytes) -> None:
        """Take the next bytes; pass on every line that is complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-10000:]
        for line in lines:
            self._say(line.decode("utf-8", "replace").rstrip("\r"))


@contextlib.contextmanager
def _connected() -> Iterator[APIClient]:
    api = connect()
    try:
        yield api
    finally:
        api.close()


def _facts(api: APIClient, image: str) -> dict[str, Any]:
    return dict(api.inspect_image(image))  # type: ignore[no-untyped-call]


def _fork(preparation: _Preparation, image: str) -> Sandbox:
    arguments = preparation.arguments(image, network=False)
    return Sandbox.start(preparation.api, arguments, preparation.spec.limits, network=False)


def _fill(api: APIClient, identity: str, tree: Path) -> None:
    doing = "the workspace cannot be put into a container"
    passwd = None
    with contextlib.suppress(SandboxError), engine_errors(doing):
        passwd = archive.with_user(_file_of(api, identity, "/etc/passwd"))
    with engine_errors("the image has no shell", "the image needs a POSIX shell at /bin/sh"):
        shell = _file_of(api, identity, "/bin/sh")
    with engine_errors(doing):
        # One archive: each costs the engine a process in the container's root, some 50 ms.
        parts = archive.tree_archive(tree, int(time.time()) - TREE_AGE)
        base = archive.base_entries(shell, passwd)
        api.put_archive(identity, "/", itertools.chain((base,), parts))


def _lay_down(api: APIClient, identity: str, spec: SnapshotSpec, tools: str) -> None:
    """After the set-up, what no run may change: the protected files and the gate's own."""
    mtime = int(time.time()) - TREE_AGE
    with engine_errors("the tests cannot be put into a container"):
        if spec.protected:
            files = archive.files_of(Path(spec.tree), spec.protected)
            made = archive.locked_archive(files, WORKSPACE.lstrip("/"), mtime)
            api.put_archive(identity, "/", made)
        if spec.tools:
            made = archive.locked_archive(locked(spec.tools), tools.lstrip("/"), mtime, 0o755)
            api.put_archive(identity, "/", made)


def _file_of(api: APIClient, identity: str, path: str) -> bytes:
    """One small file of a trusted image that has not run yet; links are followed."""
    for _ in range(LINKS):
        parts, facts = api.get_archive(identity, path)
        content = archive.only_file(b"".join(parts))
        target = str(facts.get("linkTarget") or "")
        if content or not target:
            return content
        path = posixpath.join(posixpath.dirname(path), target)
    return b""


def _refuse_volumes(image: str, volumes: dict[str, Any]) -> None:
    for volume in volumes:
        for path in (WORKSPACE, archive.HOME):
            if f"{path}/".startswith(f"{volume.rstrip('/')}/"):
                raise SandboxError(
                    f"the image {image} declares a volume at {volume}, so nothing put at {path} "
                    "would be in a snapshot",
                    hint="use an image without that VOLUME",
                )


def _image_hint(image: str) -> str:
    return (
        f"`docker pull {image}`, or `docker load` it from a file; or name an image that is "
        "here (--image)"
    )
