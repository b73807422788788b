"""The connection to a Docker engine, and its errors in our words."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import SandboxError

if TYPE_CHECKING:
    from docker import APIClient

CALL_TIMEOUT = 300
"""Seconds for one call; the slowest, a commit of a large tree, needs some 15 to 60."""
START_HINT = (
    "start Docker, mount its socket (-v /var/run/docker.sock:/var/run/docker.sock) or set "
    "DOCKER_HOST; on a laptop of your own, `--engine process` runs without any isolation"
)


def connect() -> APIClient:
    """A client for DOCKER_HOST (TLS by DOCKER_CERT_PATH), or for the socket of this machine.

    Raises SandboxError where nothing answers.
    """
    with engine_errors("no Docker engine answers", START_HINT):
        from docker.constants import DEFAULT_DOCKER_API_VERSION

        arguments = _arguments()
        _require_address(str(arguments.get("base_url", "")))
        first = _client(DEFAULT_DOCKER_API_VERSION, arguments)
        try:
            # Asked by hand: the SDK's own negotiation runs before trust_env can be set.
            version = first.version(api_version=False)["ApiVersion"]
        finally:
            first.close()
        return _client(version, arguments)


def where() -> str:
    """The address of the engine that `connect` asks."""
    return str(_arguments().get("base_url", "unix:///var/run/docker.sock"))


def _require_address(address: str) -> None:
    """Say at once what the SDK says late or not at all; OSError where no socket listens."""
    if address.startswith("ssh://"):
        raise SandboxError(
            "an engine at ssh:// cannot be used directly",
            hint="forward its socket: ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST, "
            "then DOCKER_HOST=unix:///tmp/docker.sock",
        )
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as trial:
            trial.connect("/" + address.removeprefix("unix://").lstrip("/"))


def _client(version: str, arguments: dict[str, Any]) -> APIClient:
    from docker import APIClient

    try:
        client = APIClient(version=version, timeout=CALL_TIMEOUT, **arguments)
    except ValueError as error:
        raise SandboxError(
            f"DOCKER_HOST is not an address: {error}",
            hint="write it as unix:///path/to/docker.sock or tcp://host:2376",
        ) from error
    # REQUESTS_CA_BUNDLE would take the place of the engine's own certificate authority.
    client.trust_env = False
    return client


def _arguments() -> dict[str, Any]:
    from docker.utils import kwargs_from_env

    arguments = dict(kwargs_from_env())
    if "base_url" not in arguments:
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        places = [Path("/var/run/docker.sock"), Path(runtime or "/nonexistent") / "docker.sock"]
        places.append(Path(os.environ.get("HOME") or "/") / ".docker/run/docker.sock")
        found = [place for place in places if place.exists()]
        arguments["base_url"] = f"unix://{[*found, places[0]][0]}"
    return arguments


@contextlib.contextmanager
def engine_errors(doing: str, hint: str = "") -> Iterator[None]:
    """Turn whatever the SDK and the libraries below it raise into a SandboxError.

    `doing` is the beginning of the message: what did not work.
    """
    import docker.errors
    import requests
    import urllib3

    try:
        yield
    except docker.errors.APIError as error:
        raise SandboxError(f"{doing}: {error.explanation or error}", hint=hint) from error
    except docker.errors.DockerException as error:
        raise SandboxError(f"{doing}: {_why(error)}", hint=hint or START_HINT) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SandboxError(f"{doing}: {_why(error)}", hint=hint or START_HINT) from error
    except OSError as error:
        raise SandboxError(f"{doing}: {_why(error)}", hint=hint) from error


def _why(error: BaseException) -> str:
    """What the system said, without the names of the libraries that passed it on."""
    innermost = error
    while inner := innermost.__cause__ or innermost.__context__:
        innermost = inner
    if isinstance(innermost, OSError) and innermost.strerror:
        return f"{innermost.strerror} ({where()})"
    return str(error)


@contextlib.contextmanager
def already_gone() -> Iterator[None]:
    """For removals: what is gone already, or is being removed by somebody else, is fine."""
    import docker.errors

    try:
        yield
    except docker.errors.APIError as error:
        if error.status_code not in (404, 409):
            raise
