"""`gatekeeper run` where the model gives no usable answer, or a signal ends the wait for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.git_repo import Workspace
from tests.support.leftovers import after_a_while, processes_below
from tests.support.llm_server import (
    Behaviour,
    LlmServer,
    Raw,
    cut,
    junk,
    llm_server,
    outage,
    rate_limit,
    raw_server,
    response,
)
from tests.support.model_runs import BREAKS, GOOD, KEY, WRONG, ask, ended, kept, planted, sent
from tests.support.projects import PYTEST, Ended, command, environment


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


QUOTA = {"type": "fail", "status": 429, "code": "insufficient_quota", "times": None}
QUICK = ("--set", "backend.deadline=4s", "--set", "tests.reruns=1")

ONCE, TWICE = range(1, 2), range(2, 3)

FAILURES: dict[str, tuple[Sequence[Behaviour], str, range]] = {
    "outage": ([outage(503)], "HTTP 503", range(2, 6)),
    "quota": ([QUOTA], "quota", ONCE),
    "wrong key": ([outage(401)], "OPENAI_API_KEY", ONCE),
    "cut": ([cut(GOOD)], "max_output_tokens", ONCE),
    "junk": ([junk()], "not valid JSON", TWICE),
    "limited for too long": ([rate_limit(900, None)], "900 s", ONCE),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_usable_answer_ends_with_5(server: LlmServer, project: Workspace, failure: str) -> None:
    """Whatever came instead of an answer is kept and counted; no request more than is of use."""
    script, said, requests = FAILURES[failure]
    server.script(*script)
    done = ask(server.base_url, project, *QUICK)
    verdict = ended(done, 5, "backend")
    assert said in verdict["reason"] + verdict["hint"]
    assert verdict["reason"] in done.stderr
    assert verdict["hint"]
    assert len(server.requests()) in requests
    assert verdict["usage"]["requests"] == len(server.requests())
    assert verdict["proposals"][0]["usage"] == verdict["usage"]
    assert kept(done, 1)
    assert verdict["attempts"] == []
    if failure in ("cut", "junk"):
        assert verdict["usage"]["output_tokens"] > 0
    # That it gives up on a spent quota is what llmock warns of, and what is wanted here.
    assert {finding["code"] for finding in server.verdict()["findings"]} <= {"gave_up"}


def test_a_refusal_ends_with_5(project: Workspace) -> None:
    """The refusal is told as such; its tokens and its request id are in the verdict."""
    with raw_server(response(None, refusal="I will not help with carts.")) as raw:
        done = ask(raw.base_url, project)
    verdict = ended(done, 5, "backend")
    assert "refused to answer: I will not help with carts." in verdict["reason"]
    assert verdict["usage"] == {
        "input_tokens": 100, "cached_tokens": 40, "output_tokens": 20, "reasoning_tokens": 5,
        "requests": 1, "request_ids": ["req_1"],
    }  # fmt: skip
    assert len(raw.bodies) == 1
    assert b"I will not help" in kept(done, 1)


def test_a_key_that_the_server_repeats_stays_out_of_the_report(project: Workspace) -> None:
    """A server that answers with the key it was sent (as OpenAI's 401 does, in part)."""
    said = {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}
    with raw_server(Raw(json.dumps(said).encode(), status=401)) as raw:
        done = ask(raw.base_url, project)
    verdict = ended(done, 5, "backend")
    assert raw.headers[0]["authorization"] == f"Bearer {KEY}"
    assert "Incorrect API key provided" in verdict["reason"]
    assert b"Incorrect API key provided" in kept(done, 1)


def test_an_outage_in_the_third_round_keeps_what_came_before(project: Workspace) -> None:
    """Both rejected attempts, the feedback that was sent last, and every token are there."""
    down = Raw(b"upstream is gone", status=503, headers={"x-request-id": "req_2"})
    with raw_server(response(WRONG), response(BREAKS), down) as raw:
        done = ask(raw.base_url, project, *QUICK)
    verdict = ended(done, 5, "backend")
    assert [attempt["id"] for attempt in verdict["attempts"]] == ["1.1", "2.1"]
    assert len(raw.bodies) > 3
    assert sent(raw.bodies)[-1][1] == kept(done, 3, "feedback.txt").decode()
    assert kept(done, 3) == b"upstream is gone"
    usage = verdict["usage"]
    assert (usage["requests"], usage["output_tokens"]) == (len(raw.bodies), 40)
    assert usage["request_ids"] == ["req_1", "req_1"] + ["req_2"] * (len(raw.bodies) - 2)


def test_nobody_at_the_address_ends_with_5_soon(project: Workspace) -> None:
    """A port on which nobody listens: seconds, not the deadline, and the setting to look at."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        begun = time.monotonic()
        done = ask(address, project)
    verdict = ended(done, 5, "backend")
    assert time.monotonic() - begun < 40
    asking = [step["seconds"] for step in verdict["steps"] if "ask" in step["name"]]
    assert sum(asking) < 10
    assert address in verdict["reason"]
    assert "backend.base_url" in verdict["hint"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_while_the_model_thinks(
    project: Workspace, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """A signal ends the wait at once, is no fault of the server, and leaves no child."""
    out = tmp_path / "p-report"
    with raw_server(Raw(b"{}", delay=120)) as raw:
        env = environment(
            OPENAI_BASE_URL=raw.base_url, OPENAI_API_KEY=KEY, TMPDIR=os.fspath(tmp_path)
        )
        child = subprocess.Popen(
            command("run", "-w", os.fspath(project.path), "--out", os.fspath(out),
                    "--backend", "responses", "--engine", "process", "--test-command", PYTEST),
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        ends = time.monotonic() + 60
        while not raw.bodies and time.monotonic() < ends:
            time.sleep(0.1)
        time.sleep(0.5)
        child.send_signal(number)
        begun = time.monotonic()
        said, shown = child.communicate(timeout=60)
        took = time.monotonic() - begun
        asked = len(raw.bodies)
    done = Ended(child.returncode, said.decode(), shown.decode(), out)
    ended(done, code, "interrupted")
    assert (asked, took < 10) == (1, True), shown.decode()
    assert after_a_while(lambda: processes_below(tmp_path)) == []
    assert not list(tmp_path.glob("gatekeeper-*"))
