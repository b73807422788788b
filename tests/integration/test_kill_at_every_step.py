"""A gate that is stopped or killed at any moment leaves no sandbox, and a report that reads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import pytest

from gatekeeper.domain import RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.docker.client import connect
from gatekeeper.engines.docker.orphans import sweep
from gatekeeper.engines.docker.snapshot import run_in
from gatekeeper.errors import SandboxError
from tests.support import images
from tests.support.git_repo import Workspace
from tests.support.leftovers import (
    GRANTED,
    after_a_while,
    containers_of,
    images_of,
    processes_below,
)
from tests.support.llm_server import RawServer, raw_server, response
from tests.support.model_runs import GOOD, KEY, VALID
from tests.support.projects import command, environment, shop

pytestmark = pytest.mark.docker

STEPS = (
    "diagnosis",
    "sandbox",
    "baseline",
    "context",
    "round 1: ask responses",
    "inventory",
    "round 1: judge",
)
"""Every step of a run that is given a report and accepts the first answer of a model."""

INTO = 0.4
"""Seconds from the end of the step before until the signal comes."""

REPORT = (
    '<testsuite><testcase classname="tests.test_cart" name="test_discount">'
    '<failure message="assert 0 == 90"/></testcase></testsuite>'
)


@pytest.fixture(scope="module")
def image() -> str:
    return images.ensure(images.PYTHON)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A model that thinks for longer than a run of the tests."""
    slow = response(GOOD)
    with raw_server(type(slow)(slow.body, headers=slow.headers, delay=4)) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    """The shop with tests that take a second to load, and the report of the failed job."""
    slow = "import time\n\ntime.sleep(1)\n"
    repo = shop(tmp_path / "p", extra={"conftest.py": slow, ".gitignore": "r.xml\n"})
    repo.write({"r.xml": REPORT})
    return repo


@contextlib.contextmanager
def gate(project: Workspace, server: RawServer, image: str) -> Iterator[subprocess.Popen[bytes]]:
    """`gatekeeper run` as a process of its own; its report is beside the project."""
    folder = project.path.parent
    argv = command(
        "run", "-w", os.fspath(project.path), "--out", os.fspath(folder / "report"),
        "--junit", "r.xml", "--engine", "docker", "--image", image, "--backend", "responses",
    )  # fmt: skip
    env = environment(OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=KEY, TMPDIR=os.fspath(folder))
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


def verdict(project: Workspace) -> dict[str, Any]:
    """What verdict.json says now; nothing where it is not there yet."""
    path = project.path.parent / "report" / "verdict.json"
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"steps": []}
    return found


def _names(told: dict[str, Any]) -> set[str]:
    return {step["name"] for step in told["steps"]}


def wait_for(step: str, project: Workspace, child: subprocess.Popen[bytes]) -> None:
    """Until `step` has begun: the one before it is in verdict.json."""
    before = set(STEPS[: STEPS.index(step)])
    ends = time.monotonic() + 60
    while not ("outcome" in (told := verdict(project)) and before <= _names(told)):
        assert time.monotonic() < ends, f"{step} never began"
        assert child.poll() is None, "it ended by itself"
        time.sleep(0.02)


def test_every_step_is_known(project: Workspace, server: RawServer, image: str) -> None:
    """Left alone, the run takes the steps that are killed below, and no other."""
    with gate(project, server, image) as child:
        child.communicate(timeout=120)
        assert child.returncode == 0
    assert [step["name"] for step in verdict(project)["steps"]] == list(STEPS)
    assert containers_of(child.pid) + images_of(child.pid) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("step", STEPS)
def test_killed(
    project: Workspace, server: RawServer, image: str, step: str, number: signal.Signals
) -> None:
    """After SIGTERM nothing is left; after SIGKILL nothing runs, and the next start sweeps."""
    with gate(project, server, image) as child:
        wait_for(step, project, child)
        time.sleep(INTO if step not in ("diagnosis", "context") else 0)
        child.send_signal(number)
        _, said = child.communicate(timeout=GRANTED)
    told = verdict(project)
    assert [error.message for error in VALID.iter_errors(told)] == []
    if number == signal.SIGTERM:
        assert b"stopped by SIGTERM" in said
        assert (child.returncode, told["outcome"], told["exit_code"]) == (143, "interrupted", 143)
        assert list(project.path.parent.glob("gatekeeper-*")) == []
    else:
        assert (child.returncode, told["outcome"]) == (-signal.SIGKILL, "unfinished")
        assert after_a_while(lambda: containers_of(child.pid, running=True)) == []
        sweep(connect(), time.time())
    assert after_a_while(lambda: containers_of(child.pid)) == []
    assert after_a_while(lambda: images_of(child.pid)) == []
    assert after_a_while(lambda: processes_below(project.path.parent)) == []


# --- moments that a signal seldom meets -------------------------------------------------


@pytest.mark.parametrize("call", ["create_container", "put_archive", "start", "commit"])
def test_a_signal_between_the_engines_answer_and_ours(
    tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """What the engine made, and we could not note any more, goes as well."""
    real = getattr(docker.APIClient, call)

    def answered_too_late(*args: object, **options: object) -> object:
        real(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(docker.APIClient, call, answered_too_late)
    before = containers_of(os.getpid()) + images_of(os.getpid())
    spec = SnapshotSpec(str(tmp_path), image)
    with pytest.raises(KeyboardInterrupt), DockerEngine().prepare(spec):
        pytest.fail("prepared in spite of the signal")
    assert containers_of(os.getpid()) + images_of(os.getpid()) == before


def test_a_run_ends_when_its_sandbox_is_taken_away(tmp_path: Path, image: str) -> None:
    """At any moment of its first instants: the thread that reads it does not wait any longer."""
    spec = SnapshotSpec(str(tmp_path), image)
    with DockerEngine().prepare(spec) as snapshot, ThreadPoolExecutor(1) as pool:
        for number in range(40):
            sandbox = snapshot._started()
            reading = pool.submit(run_in, sandbox, RunSpec("sleep 30"), spec)
            time.sleep(number * 0.0005)
            sandbox.remove()
            assert isinstance(reading.exception(timeout=5), SandboxError | None)
