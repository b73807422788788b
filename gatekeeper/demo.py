"""A failing project to try gatekeeper on, with a real history and a real report."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gatekeeper.errors import UsageError
from gatekeeper.git.command import git_for
from gatekeeper.process import run

BRANCH = "volume-discount"
_IDENTITY = {"GIT_COMMITTER_NAME": "gatekeeper demo", "GIT_COMMITTER_EMAIL": "demo@example.invalid"}


def make_demo(folder: Path) -> None:
    """Make the project in `folder`, which must be empty or not there yet.

    On `main` its tests pass; the commit on top, on its own branch, adds a feature and breaks
    two of them. `report.xml` is what its test job wrote. pytest is copied into `.deps`, which
    git ignores, so that a sandbox needs Python and nothing else. Raises UsageError where
    pytest is not installed beside gatekeeper or the folder is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="Name a folder that does not exist yet.")
    folder.mkdir(parents=True, exist_ok=True)
    _history(folder)
    for name in dict.fromkeys(_distributions("pytest")):
        _copy(name, folder / ".deps")
    _test_job(folder)


def _history(folder: Path) -> None:
    patches = importlib.resources.files("gatekeeper") / "demo_project"
    base, change = sorted(each.name for each in patches.iterdir() if each.name.endswith(".patch"))
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as home:
        git = git_for(folder / ".git", Path(home), os.environ).on(folder).having((), **_IDENTITY)
        git.run("init", "--quiet", "--initial-branch=main", "--template=")
        for name in (base, change):
            if name == change:
                git.run("checkout", "--quiet", "-b", BRANCH)
            # Dates come from the patches: everybody gets the same commits.
            git.run(
                "am", "--quiet", "--committer-date-is-author-date",
                stdin=(patches / name).read_bytes(),
            )  # fmt: skip


def _distributions(name: str) -> Iterator[str]:
    """A distribution and what it requires on this Python; extras and other systems left out."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        if name == "pytest":
            raise UsageError(
                "the demo needs pytest, and it is not installed beside gatekeeper",
                hint="Install gatekeeper with it: pip install 'gatekeeper-ci[demo]'.",
            ) from None
        return
    yield name
    for requirement in found.requires or ():
        needed = re.match(r"[\w.-]+", requirement)
        if needed and ";" not in requirement:
            yield from _distributions(needed[0])


def _copy(name: str, target: Path) -> None:
    """The files of one installed distribution, programs and caches left out."""
    for file in importlib.metadata.files(name) or ():
        source = Path(os.fspath(file.locate()))
        if ".." in file.parts or "__pycache__" in file.parts or not source.is_file():
            continue
        copy = target.joinpath(*file.parts)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _test_job(folder: Path) -> None:
    """What the pipeline's test job did before gatekeeper is called: it failed."""
    run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml"),
        cwd=folder,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": ".deps",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        check=False,
        timeout=120,
    )
