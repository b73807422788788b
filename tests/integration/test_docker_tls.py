"""The Docker engine over TCP with client certificates, as Docker-in-Docker offers it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.domain import Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.errors import SandboxError
from tests.support import images

pytestmark = pytest.mark.docker

PROXY = """
import asyncio, ssl, sys
folder, port = sys.argv[1:]

async def pump(reader, writer):
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof() if writer.can_write_eof() else writer.close()

async def client(reader, writer):
    far, near = await asyncio.open_unix_connection("/var/run/docker.sock")
    await asyncio.gather(pump(reader, near), pump(far, writer), return_exceptions=True)
    near.close()
    writer.close()

async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder + "/ca.pem")
    context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.start_server(client, "127.0.0.1", int(port), ssl=context)
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def openssl(folder: Path, *argv: str) -> None:
    subprocess.run(["openssl", *argv], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> None:
    """An authority, and one certificate that serves both sides."""
    (folder / "extensions").write_text(
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n"
    )
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    subject = ("-subj", "/CN=test")
    openssl(folder, *new, "-x509", *subject, "-keyout", "ca-key.pem", "-out", "ca.pem")
    openssl(folder, *new, *subject, "-keyout", "key.pem", "-out", "request.pem")
    authority = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial")
    sign = ("x509", "-req", "-in", "request.pem", "-extfile", "extensions", *authority)
    openssl(folder, *sign, "-out", "cert.pem")


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a TLS engine; the environment points to it and to its certificates."""
    certificates(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-c", PROXY, str(tmp_path), str(port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as proxy:
        assert proxy.stdout is not None
        assert proxy.stdout.readline() == b"ready\n"
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        # What corporate networks set: it must not take the place of the engine's authority.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
        yield f"tcp://127.0.0.1:{port}"
        proxy.kill()


def test_whole_cycle_over_tls(remote: str, tmp_path: Path) -> None:
    """Tree, set-up, overlay, large output and report work the same over TLS."""
    image = images.ensure(images.PYTHON)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(os.urandom(2_000_000))
    assert remote in DockerEngine().describe().detail
    with DockerEngine().prepare(SnapshotSpec(str(tree), image, ("echo set up > done",))) as ready:
        command = "cat done new; wc -c < file; seq 100000; cp file r.xml; exit 3"
        overlay = Overlay("new", b"n" * 500_000)
        completed = ready.run(RunSpec(command, (overlay,), reports=("r.xml",)))
    assert completed.exit_code == 3
    assert completed.output.startswith(b"set up\nnnn")
    assert completed.output.endswith(b"2000000\n" + b"".join(b"%d\n" % n for n in range(1, 100001)))
    assert completed.reports == (("r.xml", (tree / "file").read_bytes()),)


def test_wrong_authority_is_an_error_of_ours(
    remote: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A certificate that cannot be verified ends in a SandboxError, not in the SDK's."""
    other = tmp_path / "other"
    other.mkdir()
    certificates(other)
    monkeypatch.setenv("DOCKER_CERT_PATH", str(other))
    with pytest.raises(SandboxError), DockerEngine().prepare(SnapshotSpec("/nowhere", "any")):
        pytest.fail("prepared with an engine that is not who it says")


def test_certificates_that_are_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without certificates is said so and is not a traceback."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    info = DockerEngine().describe()
    assert not info.available
    assert info.hint
