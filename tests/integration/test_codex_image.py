"""The image flavour with the Codex CLI: built from its own file, it proposes a fix in there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support import images
from tests.support.llm_server import llm_server, reply
from tests.support.model_runs import GOOD, planted

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
FLAVOUR = "gatekeeper-codex:test"
KEY = "correct-horse-battery-7f3a"


@pytest.fixture(scope="module")
def flavour() -> str:
    """`codex.Dockerfile` on top of the image under test, by the legacy builder."""
    known = images.build_gatekeeper()
    argv = ["docker", "build", "--file", "codex.Dockerfile", "--tag", FLAVOUR]
    env = {**os.environ, "DOCKER_BUILDKIT": "0"}
    argv += ["--build-arg", f"GATEKEEPER={known}", "."]
    subprocess.run(argv, cwd=images.ROOT, env=env, check=True, capture_output=True)
    return FLAVOUR


def test_a_fix_is_proposed_in_the_image(flavour: str, tmp_path: Path) -> None:
    """Not root, read-only, no capabilities: the CLI proposes, and the gate in there accepts."""
    repo = planted(tmp_path)
    report = tmp_path / "report"
    for folder in (repo.path, report):
        folder.mkdir(exist_ok=True)
    subprocess.run(["chmod", "-R", "a+rwX", os.fspath(tmp_path)], check=True)
    with llm_server(tmp_path / "log") as server:
        server.script(reply(GOOD))
        done = subprocess.run(
            [
                "docker", "run", "--rm", "--network", "host", "--user", "1000:1000", "--read-only",
                "--tmpfs", "/tmp:exec", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
                "-v", f"{repo.path}:{repo.path}", "-v", f"{report}:{report}", "-w", f"{repo.path}",
                "-e", f"OPENAI_API_KEY={KEY}", "-e", f"OPENAI_BASE_URL={server.base_url}",
                flavour, "run", "--backend", "codex", "--engine", "process", "--out", f"{report}",
                "--test-command", "/opt/gatekeeper/bin/python -m pytest -q -p no:cacheprovider",
            ],
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        asked = server.requests()
    assert done.returncode == 0, done.stderr
    assert len(asked) == 1
    assert b"discount / 100" in (report / "patch.diff").read_bytes()
    assert not [p for p in report.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
