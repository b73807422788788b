"""The way to a server: certificates of one's own, proxies, other addresses. Real sockets only."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.domain import Context, Request
from gatekeeper.errors import BackendError
from tests.support.llm_server import answer, raw_server, response

KEY = "sk-test-0123456789abcdef"
GOOD = response(answer([("a.py", "x", "y")]))
REQUEST = Request(Context("# FAILURE\n"), round=1, candidates=1)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy and no certificates of the machine that the tests run on."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody has signed, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    made = folder / "made.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=gatekeeper test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return made


def backend(address: str, **options: str) -> ResponsesBackend:
    return ResponsesBackend(KEY, "m-1", address, timeout=5.0, tries=1, **options)  # type: ignore[arg-type]


def test_a_certificate_that_nobody_knows_is_refused(certificate: Path) -> None:
    """Nothing is sent to a server that cannot be trusted, and the reason is told."""
    with raw_server(GOOD, tls=certificate) as server:
        with pytest.raises(BackendError, match="CERTIFICATE_VERIFY_FAILED"):
            backend(server.base_url).propose(REQUEST)
        assert not server.bodies


def test_a_file_of_certificates_is_trusted(certificate: Path) -> None:
    """`backend.ca_file`: a company's own authority."""
    with raw_server(GOOD, tls=certificate) as server:
        found = backend(server.base_url, ca_file=str(certificate.with_name("cert.pem")))
        assert found.propose(REQUEST).drafts


def test_the_usual_variable_is_honoured(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE, as other tools take it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
    with raw_server(GOOD, tls=certificate) as server:
        assert backend(server.base_url).propose(REQUEST).drafts


@pytest.mark.parametrize("content", [None, b"", b"no certificate\n"])
def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path, content: bytes | None) -> None:
    """Before anything is sent, with the name of the setting."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with raw_server(GOOD) as server:
        with pytest.raises(BackendError, match=r"certificates in .*ca\.pem") as caught:
            backend(server.base_url, ca_file=str(path)).propose(REQUEST)
        assert not server.bodies
    assert "backend.ca_file" in caught.value.hint


@dataclass
class Tunnel:
    """A proxy for CONNECT; `asked` are the targets that clients named."""

    address: str = ""
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def tunnel() -> Iterator[Tunnel]:
    state = Tunnel()

    class Connect(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            target = self.rfile.readline().decode().split()[1]
            while self.rfile.readline().strip():
                pass
            state.asked.append(target)
            host, _, port = target.partition(":")
            with socket.create_connection((host, int(port)), 5) as there:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.wfile.flush()
                _pump(self.connection, there)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connect) as server:
        server.daemon_threads = True
        state.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join(10)


def _pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([one, other], [], [], 5)
        for source in ready:
            with contextlib.suppress(OSError):
                if data := source.recv(65536):
                    (other if source is one else one).sendall(data)
                    continue
            return
        if not ready:
            return


def test_https_goes_through_a_proxy(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY: a tunnel to the server, whose certificate is still checked."""
    with tunnel() as proxy, raw_server(GOOD, tls=certificate) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        ca_file = str(certificate.with_name("cert.pem"))
        assert backend(server.base_url, ca_file=ca_file).propose(REQUEST).drafts
        with pytest.raises(BackendError, match="CERTIFICATE_VERIFY_FAILED"):
            backend(server.base_url).propose(REQUEST)
    assert proxy.asked == [server.base_url.split("/")[2]] * 2


def test_plain_http_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY gets the whole address; the name is never looked up here."""
    with raw_server(GOOD) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.base_url.removesuffix("/v1"))
        assert backend("http://models.invalid/v1").propose(REQUEST).drafts
    assert proxy.paths == ["http://models.invalid/v1/responses"]


def test_a_server_may_be_left_out_of_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_PROXY: asked directly, though nobody listens where the proxy should be."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with raw_server(GOOD) as server:
        with pytest.raises(BackendError, match="cannot be reached"):
            backend(server.base_url).propose(REQUEST)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert backend(server.base_url).propose(REQUEST).drafts


@pytest.mark.parametrize("end", ["/openai/v1/", "/openai/v1"])
def test_an_address_of_azure_is_an_address_like_another(end: str) -> None:
    """`https://NAME.openai.azure.com/openai/v1/` with a key, the path is kept."""
    with raw_server(GOOD) as server:
        backend(server.base_url.removesuffix("/v1") + end).propose(REQUEST)
    assert server.paths == ["/openai/v1/responses"]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
