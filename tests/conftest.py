"""What a test needs of the machine is said by its marker; here that need is checked once.

In CI (`CI=true`) a need that is not met is a failure, elsewhere a skip with its reason.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import images

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(os.environ.get("GATEKEEPER_CORPORA", ROOT.parent / "shared" / "corpora"))


@functools.cache
def _no_engine() -> str:
    """Why tests with Docker cannot run here: no engine, or no images for it."""
    hint = "no Docker engine answers (start one: .ci/engine)"
    docker = shutil.which("docker")
    if docker is None:
        return hint
    try:
        asked = subprocess.run([docker, "version"], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return hint
    if asked.returncode != 0:
        return hint
    try:
        for name in (images.PYTHON, images.BASE):
            images.ensure(name)
    except SystemExit as error:
        return f"the test images cannot be made: {error}"
    return ""


def _no_npm_tools() -> str:
    there = (ROOT / ".cache" / "npm-tools" / "node_modules").is_dir()
    return "" if there else "the npm tools are not installed (.ci/npm-tools)"


NEEDS: dict[str, Callable[[], str]] = {
    "docker": _no_engine,
    "corpus": lambda: "" if CORPORA.is_dir() else f"no corpora at {CORPORA}",
    "npm": _no_npm_tools,
    "groovy": lambda: "" if shutil.which("groovy") else "groovy is not installed",
}
"""Marker to what says why its tests cannot run here, "" where they can."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose need is not met."""
    for name, missing in NEEDS.items():
        why = missing() if item.get_closest_marker(name) else ""
        if why and os.environ.get("CI"):
            pytest.fail(f"in CI this test must run, but {why}")
        if why:
            pytest.skip(why)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real reports and schemas."""
    return CORPORA
