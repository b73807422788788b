"""What a test needs of the machine is said by its marker; here that need is checked once.

In CI (`CI=true`) a need that is not met is a failure, elsewhere a skip with its reason.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPORA = Path(os.environ.get("GATEKEEPER_CORPORA", ROOT.parent / "shared" / "corpora"))


@functools.cache
def _engine_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "version"], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _npm_tools() -> bool:
    return (ROOT / ".cache" / "npm-tools" / "node_modules").is_dir()


NEEDS = {
    "docker": (_engine_answers, "no Docker engine answers (start one: .ci/engine)"),
    "corpus": (CORPORA.is_dir, f"no corpora at {CORPORA}"),
    "npm": (_npm_tools, "the npm tools are not installed (.ci/npm-tools)"),
    "groovy": (lambda: shutil.which("groovy") is not None, "groovy is not installed"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose need is not met."""
    for name, (met, why) in NEEDS.items():
        if item.get_closest_marker(name) and not met():
            if os.environ.get("CI"):
                pytest.fail(f"in CI this test must run, but {why}")
            pytest.skip(why)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real reports and schemas."""
    return CORPORA
