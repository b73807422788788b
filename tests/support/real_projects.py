"""Real projects that nobody here wrote: downloaded by their registry's own client, never kept here.

Only facts are in this repository (`real_projects.toml`). The code is fetched once into
`.cache/real-projects`, checked against its pinned hash, and becomes a git history of two commits:
the code as released, and harmless changes with one bug.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import images, pipelines
from tests.support.pipelines import Project

CACHE = images.ROOT / ".cache" / "real-projects"
IGNORED = "/junit.xml\n/gatekeeper-report/\n/node_modules/\n__pycache__/\n"


@dataclass(frozen=True)
class Edit:
    """In `path`, the one place that says `old` says `new` instead."""

    path: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Make the change; the old text must be there exactly once."""
        target = folder / self.path
        text = target.read_bytes().decode()
        assert text.count(self.old) == 1, f"{self.path}: {text.count(self.old)} times {self.old}"
        target.write_bytes(text.replace(self.old, self.new).encode())


@dataclass(frozen=True)
class Package:
    """One release in a registry; `digest` is sha256 in hex for pypi, npm's `integrity` for npm."""

    registry: str
    name: str
    version: str
    digest: str

    @property
    def stored(self) -> Path:
        """Where its archive is kept."""
        return CACHE / f"{self.name.replace('/', '-')}-{self.version}.tar.gz"


@dataclass(frozen=True)
class RealProject:
    """What is known of a project: see real_projects.toml."""

    name: str
    package: Package
    needs: tuple[Package, ...]
    command: str
    cases: int
    red: int
    tests: str
    harmless: tuple[Edit, ...]
    bug: Edit
    fix: Edit

    @property
    def image(self) -> str:
        """The image that its tests run in."""
        return images.PYTHON if self.python else images.NODE

    @property
    def python(self) -> bool:
        """Whether it is Python, else JavaScript."""
        return self.package.registry == "pypi"

    @property
    def job_command(self) -> str:
        """What a CI job would run; its report is junit.xml."""
        return self.command.replace("{junit}", "junit.xml")


def _read(name: str, facts: dict[str, Any]) -> RealProject:
    registry = facts["registry"]
    path, good, bad = facts["bug"]
    return RealProject(
        name,
        Package(registry, facts["package"], facts["version"], facts["digest"]),
        tuple(Package(registry, *needed) for needed in facts.get("needs", ())),
        facts["command"],
        facts["cases"],
        facts["red"],
        facts["tests"],
        tuple(Edit(*edit) for edit in facts["harmless"]),
        Edit(path, good, bad),
        Edit(path, bad, facts["fix"]),
    )


TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
PROJECTS = {name: _read(name, facts) for name, facts in TABLE.items()}


def checkout(known: RealProject, folder: Path, extra: Mapping[str, str] | None = None) -> Project:
    """The project in `folder` with its history; `extra` are further files of both commits.

    What its tests need from the registry lies in node_modules, ignored, as after an installation.
    """
    unpack(known.package, folder)
    for needed in known.needs:
        unpack(needed, folder / "node_modules" / needed.name)
    with (folder / ".gitignore").open("a") as ignored:
        ignored.write(f"\n{IGNORED}")
    pipelines.git(folder, "init", "-q", "-b", "main", ".")
    base = pipelines.commit(folder, extra or {}, f"{known.name} {known.package.version}")
    for edit in (*known.harmless, known.bug):
        edit.apply(folder)
    head = pipelines.commit(folder, {}, "Simpler words")
    return pipelines.with_remote(folder, base, head)


def patch(project: Project, change: Callable[[Path], object]) -> bytes:
    """What `change` does to a clean checkout, as a diff; the checkout is as before then."""
    change(project.folder)
    pipelines.git(project.folder, "add", "-A")
    argv = ["git", "diff", "--cached", "--full-index", "HEAD"]
    found = subprocess.run(argv, cwd=project.folder, check=True, capture_output=True).stdout
    pipelines.git(project.folder, "reset", "-q", "--hard")
    return found


def run_test_job(known: RealProject, project: Project) -> int:
    """Run the tests as a job does, in their image; junit.xml is left. Returns the exit code."""
    user = f"{os.getuid()}:{os.getgid()}"
    place = ["-v", f"{project.folder}:{project.folder}", "-w", str(project.folder)]
    argv = ["docker", "run", "--rm", "-u", user, "-e", "HOME=/tmp", *place, known.image]
    return subprocess.run(
        [*argv, "sh", "-c", known.job_command], capture_output=True, check=False, timeout=280
    ).returncode


def unpack(package: Package, folder: Path) -> None:
    """Its files in `folder`, without the archive's own top folder."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-real-") as place:
        with tarfile.open(archive(package)) as packed:
            packed.extractall(place, filter="data")
        (top,) = Path(place).iterdir()
        shutil.copytree(top, folder)


def archive(package: Package) -> Path:
    """The archive as released, downloaded unless it is here; a wrong hash is an error."""
    if not package.stored.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            _download(package, Path(place))
            (found,) = Path(place).glob("*gz")
            _check(package, found)
            found.replace(package.stored)
    _check(package, package.stored)
    return package.stored


def _download(package: Package, folder: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    argv = {
        "pypi": [*pip, "--no-deps", "--no-binary", package.name, wanted],
        "npm": ["npm", "pack", "--silent", f"{package.name}@{package.version}"],
    }[package.registry]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")


def _check(package: Package, found: Path) -> None:
    content = found.read_bytes()
    sha512 = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if package.digest not in (hashlib.sha256(content).hexdigest(), f"sha512-{sha512}"):
        raise ValueError(f"{found} is not {package.name} {package.version} as it was pinned")
