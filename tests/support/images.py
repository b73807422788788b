"""Images for the tests where no image registry can be reached: stand-ins from Debian's packages.

They stand in for real images and prove nothing about those. `python:3.12-slim-bookworm` gets its
stand-in only where the engine has no image of that name; it carries the label
`gatekeeper.stand-in`, and Debian's Python 3.11. Run as a script it makes all that are missing.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

BASE = "python:3.12-slim-bookworm"
PYTHON = "gatekeeper-test/python"
NODE = "gatekeeper-test/node"
GATEKEEPER = os.environ.get("GATEKEEPER_TEST_IMAGE", "gatekeeper:test")
ROOT = Path(__file__).resolve().parents[2]
NODE_VERSION = "22.23.3"
SUITE = "bookworm"
PACKAGES = (
    "busybox-static",  # the shell and tools that Alpine has
    "ca-certificates",
    "git",
    "libstdc++6",  # for node
    "python3",
    "python3-pip",
    "python3-pytest",
    "python3-venv",
)
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
LABEL = "gatekeeper.stand-in"
CA = Path("/etc/ssl/certs/ca-certificates.crt")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# pip in `docker build` must trust what this machine trusts; the file itself is put in too.
ENVIRONMENT = (
    f"PATH={PATH}",
    "LANG=C.UTF-8",
    f"PIP_CERT={CA}",
    f"SSL_CERT_FILE={CA}",
    "PIP_DISABLE_PIP_VERSION_CHECK=1",
)


def ensure(name: str) -> str:
    """The name of an image that exists afterwards; a current or a real one is left as it is."""
    label = _label(name)
    if label is None or (label and label != recipe()):
        begun = time.monotonic()
        {PYTHON: _make_python, NODE: _make_node, BASE: _make_base}[name]()
        print(f"{name}: stand-in made in {time.monotonic() - begun:.1f} s", flush=True)
    return name


def build_gatekeeper() -> str:
    """The image under test, built from this checkout; quick where nothing changed."""
    ensure(BASE)
    _run(["docker", "build", "--tag", GATEKEEPER, str(ROOT)], env={"DOCKER_BUILDKIT": "0"})
    return GATEKEEPER


def recipe() -> str:
    """Hash of everything that decides what the stand-ins hold."""
    parts = (SUITE, *PACKAGES, *LEFT_OUT, *ENVIRONMENT, NODE_VERSION, platform.machine())
    digest = hashlib.sha256("\n".join(parts).encode())
    digest.update(CA.read_bytes() if CA.exists() else b"")
    return digest.hexdigest()[:16]


def _label(name: str) -> str | None:
    """The recipe of a stand-in, "" of an image that is none (a real one), None without image."""
    template = '{{with .Config.Labels}}{{index . "' + LABEL + '"}}{{end}}'
    found = subprocess.run(
        ["docker", "image", "inspect", "--format", template, name],
        check=False,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip() if found.returncode == 0 else None


def _make_python() -> None:
    _install_mmdebstrap()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-images-") as folder:
        root = Path(folder) / "root.tar"
        _debian(root)
        _import(root, PYTHON)


def _make_base() -> None:
    """The same files under the name that the Dockerfile asks for."""
    ensure(PYTHON)
    _run(["docker", "tag", PYTHON, BASE])


def _make_node() -> None:
    ensure(PYTHON)
    if shutil.which("npm") is None:
        raise SystemExit("the node stand-in needs npm: apt-get install npm")
    arch = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    with tempfile.TemporaryDirectory(prefix="gatekeeper-images-") as name:
        folder = Path(name)
        _run(["npm", "pack", "--silent", f"node-linux-{arch}@{NODE_VERSION}"], cwd=folder)
        (packed,) = folder.glob("*.tgz")
        _run(["tar", "-xzf", str(packed), "package/bin/node"], cwd=folder)
        packed.unlink()
        (folder / "Dockerfile").write_text(
            f"FROM {PYTHON}\nCOPY package/bin/node /usr/local/bin/node\nRUN node --version\n"
        )
        _run(
            ["docker", "build", "--quiet", "--tag", NODE, str(folder)], env={"DOCKER_BUILDKIT": "0"}
        )


def _install_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    if os.getuid() != 0:
        raise SystemExit("the test images need mmdebstrap: apt-get install mmdebstrap")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], env=quiet)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "mmdebstrap"], env=quiet)


def _debian(target: Path) -> None:
    """A root file system as tar, from the package sources that this machine uses."""
    argv = ["mmdebstrap", "--variant=apt", f"--include={','.join(PACKAGES)}", "--quiet"]
    argv += [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    # Debian's pip refuses to install for everybody; the image that this stands in for does not.
    argv += ['--customize-hook=rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED']
    argv += ['--customize-hook=ln -s /usr/bin/python3 "$1"/usr/local/bin/python3']
    argv += ['--customize-hook=ln -s /usr/bin/python3 "$1"/usr/local/bin/python']
    if CA.exists():
        argv += [f"--customize-hook=copy-in {CA} {CA.parent}"]
    _run([*argv, SUITE, str(target), *_sources()])


def _sources() -> list[str]:
    """The machine's own Debian mirrors where it is of the same suite, else mmdebstrap's default."""
    found = Path("/etc/apt/sources.list.d/debian.sources")
    return [str(found)] if found.exists() and SUITE in found.read_text() else []


def _import(root: Path, name: str) -> None:
    changes = [f"ENV {item}" for item in ENVIRONMENT]
    changes += [f"LABEL {LABEL}={recipe()}", 'CMD ["python3"]']
    options = [part for change in changes for part in ("--change", change)]
    _run(["docker", "import", *options, str(root), name])


def _run(
    argv: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    done = subprocess.run(
        argv,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"`{' '.join(argv)}` failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


if __name__ == "__main__":
    for image in (PYTHON, NODE, BASE):
        ensure(image)
    print(f"stand-ins from Debian packages, not the real images: {PYTHON}, {NODE}, {BASE}")
