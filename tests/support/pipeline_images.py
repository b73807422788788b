"""Images that the tests of the pipeline templates start, and what a Docker service would hold."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support import images

GATEKEEPER_IMAGE = os.environ.get("GATEKEEPER_TEST_IMAGE", "gatekeeper:test")
PYTHON_IMAGE = images.PYTHON
TRANSFER_PROGRAMS = (
    *("bash", "sh", "rsync", "cat", "chmod", "chown", "cp", "find"),
    *("ls", "mkdir", "mktemp", "mv", "rm", "sleep", "true"),
)
TRANSFER_IMAGE = f"gatekeeper-test/transfer:{zlib.crc32(' '.join(TRANSFER_PROGRAMS).encode()):08x}"


def transfer_image() -> str:
    """Image with this machine's bash, coreutils and rsync: gitlab-ci-local copies files with it."""
    if has_image(TRANSFER_IMAGE):
        return TRANSFER_IMAGE
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in sorted(_with_libraries(TRANSFER_PROGRAMS)):
            tar.add(path.resolve(), arcname=str(path).lstrip("/"), recursive=False)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(folder)
    docker("import", "-", TRANSFER_IMAGE, stdin=archive.getvalue())
    return TRANSFER_IMAGE


def dind_stand_in() -> str:
    """Image of tls_proxy.py: a service that is Docker with TLS, without a privileged container."""
    name = "gatekeeper-test/dind-stand-in"
    proxy = Path(__file__).with_name("tls_proxy.py").read_bytes()
    recipe = f"""FROM {PYTHON_IMAGE}
COPY tls_proxy.py /tls_proxy.py
USER 0
ENTRYPOINT ["python3", "/tls_proxy.py", "/engine/docker.sock"]
EXPOSE 2376
""".encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, content in (("tls_proxy.py", proxy), ("Dockerfile", recipe)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    docker("build", "-q", "-t", name, "-", stdin=archive.getvalue())
    return name


def write_certificates(folder: Path) -> None:
    """What docker:dind writes below /certs: an authority, a server `docker`, a client."""
    for part in ("server", "client"):
        (folder / part).mkdir(parents=True)
    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout"]
    authority = [str(folder / "server" / "ca.pem"), str(folder / "ca-key.pem")]
    _openssl("req", "-x509", *key, authority[1], "-out", authority[0], "-subj", "/CN=test CA")
    shutil.copy(authority[0], folder / "client" / "ca.pem")
    for part in ("server", "client"):
        place = folder / part
        request = ["-out", str(place / "request.pem"), "-subj", "/CN=docker"]
        _openssl("req", *key, str(place / "key.pem"), *request)
        (place / "names").write_text("subjectAltName=DNS:docker\n")
        signed = ["-in", str(place / "request.pem"), "-out", str(place / "cert.pem")]
        by = ["-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial", "-days", "2"]
        _openssl("x509", "-req", *signed, *by, "-extfile", str(place / "names"))


def _openssl(*args: str) -> None:
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def _with_libraries(programs: Sequence[str]) -> Iterator[Path]:
    """Each program under /usr/bin and /bin, and the libraries that it loads, at their paths."""
    seen: set[Path] = set()
    for name in programs:
        found = Path(shutil.which(name) or f"/bin/{name}")
        seen |= {Path("/bin") / name, Path("/usr/bin") / name}
        listed = subprocess.run(["ldd", str(found)], capture_output=True, text=True, check=True)
        seen |= {Path(path) for path in re.findall(r"(/\S+) \(0x", listed.stdout)}
    yield from seen


def need_images() -> None:
    """Make sure of the image of the tests; fail plainly where nobody built gatekeeper's."""
    images.ensure(PYTHON_IMAGE)
    if not has_image(GATEKEEPER_IMAGE):
        pytest.fail(f"no image {GATEKEEPER_IMAGE}: docker build -t {GATEKEEPER_IMAGE} .")


def has_image(name: str) -> bool:
    """Whether the engine has the image already."""
    return (
        subprocess.run(
            ["docker", "image", "inspect", name], capture_output=True, check=False
        ).returncode
        == 0
    )


def docker(*args: str, stdin: bytes = b"") -> str:
    """Standard output of a docker command that must succeed."""
    done = subprocess.run(["docker", *args], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(args)}: {done.stderr.decode()}")
    return done.stdout.decode().strip()
