"""What goes wrong between `gatekeeper`, the Codex CLI and the server, and what is made of it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.codex_cli import (
    answered,
    ask,
    error,
    event,
    failing,
    item,
    left_over,
    stream,
    variables,
)
from tests.support.git_repo import Workspace
from tests.support.llm_server import Raw, raw_server, response, response_body
from tests.support.model_runs import GOOD, ended, kept, planted
from tests.support.projects import PYTEST, command, environment

npm = pytest.mark.npm

CALL = response_body("", output=[{
    "type": "function_call", "call_id": "c", "name": "update_plan", "arguments": "{}",
}])  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


# --- the program ------------------------------------------------------------------------

PROGRAMS = {
    "no program": ("garbage", "cannot be started"),
    "no interpreter": ("#!/usr/bin/env no-such-interpreter\n", "ended with 127 before it asked"),
    "too old": (
        "#!/bin/sh\necho \"error: unexpected argument '--ephemeral' found\" >&2\nexit 2\n",
        "ended with 2 before it asked the model: error: unexpected argument '--ephemeral'",
    ),
    "chatty": (
        "#!/bin/sh\n(echo warning; echo 'Error: it cannot'; echo '  at frame') >&2\nexit 1\n",
        "ended with 1 before it asked the model: Error: it cannot",
    ),
    "without a reason": (
        "#!/bin/sh\n(echo warning: one; echo the last words; echo) >&2\nexit 1\n",
        "ended with 1 before it asked the model: the last words",
    ),
    "silent": ("#!/bin/sh\nexit 0\n", "ended with 0 before it asked the model"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_cli_that_does_not_work_is_named_with_the_alternative(
    name: str, project: Workspace, tmp_path: Path
) -> None:
    """Exit 5 and one sentence, never a bug of ours and never the server's address to blame."""
    text, reason = PROGRAMS[name]
    program = tmp_path / "bin" / "codex"
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(0o755)
    done = ask("http://127.0.0.1:9/v1", project, path=f"{program.parent}:/usr/bin:/bin")
    verdict = ended(done, 5, "backend")
    assert reason in verdict["reason"]
    assert "codex --version" in done.stderr
    assert "--backend responses" in done.stderr
    assert "backend.base_url" not in done.stderr


@npm
def test_a_stopped_run_takes_the_cli_with_it(project: Workspace) -> None:
    """SIGTERM while the model thinks: 143 within seconds, and no CLI is left behind."""
    with raw_server(Raw(b"", delay=60)) as raw:
        out = str(project.path.parent / "report")
        argv = command(
            "run", "--backend", "codex", "-w", str(project.path), "--out", out,
            "--engine", "process", "--test-command", PYTEST,
        )  # fmt: skip
        env = {**environment(), **variables(raw.base_url)}
        with subprocess.Popen(
            argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as child:
            ends = time.monotonic() + 60
            while not raw.bodies and time.monotonic() < ends and child.poll() is None:
                time.sleep(0.05)
            assert left_over()
            child.send_signal(signal.SIGTERM)
            said = child.communicate(timeout=30)[1].decode()
    assert child.returncode == 143, said
    assert "Traceback" not in said
    assert not left_over()


# --- the line ---------------------------------------------------------------------------

OTHER = {
    "a page": (Raw(b"<html>Please log in</html>", content_type="text/html"), "text/html"),
    "a whole body": (response(GOOD), "application/json"),
}


@npm
@pytest.mark.parametrize("name", OTHER)
def test_what_is_no_stream_is_not_asked_for_again(name: str, project: Workspace) -> None:
    """A gateway that cannot stream says so each time: one request, and what it said is named."""
    reply, kind = OTHER[name]
    with raw_server(reply) as raw:
        said = failing(raw, project)
    assert f"no stream of events: {kind}" in said
    assert len(raw.bodies) == 1


@npm
def test_an_answer_that_is_whole_counts_though_the_line_breaks_after_it(
    project: Workspace,
) -> None:
    """The last event came and the CLI was done with it: nothing is asked, or paid, twice."""
    whole = answered(GOOD)
    with raw_server(Raw(whole.body, content_type=whole.content_type, promised=500)) as raw:
        done = ask(raw.base_url, project)
    ended(done, 0, "accepted")
    assert len(raw.bodies) == 1


@npm
def test_a_try_that_failed_after_an_answer_is_paid_for_too(project: Workspace) -> None:
    """A call for a tool is billed, then the server fails; the second try brings the edits."""
    asks = stream(item(CALL), event("response.completed", response=CALL))
    with raw_server(asks, error(503, "server_is_overloaded"), answered(GOOD)) as raw:
        done = ask(raw.base_url, project)
    verdict = ended(done, 0, "accepted")
    assert verdict["usage"]["requests"] == len(raw.bodies) == 3
    assert verdict["usage"]["input_tokens"] == 200
    assert verdict["usage"]["output_tokens"] == 40


@npm
def test_what_the_server_said_is_kept_and_not_as_an_answer(project: Workspace) -> None:
    """The stored response of a refused request holds the server's words, and is no answer."""
    with raw_server(error(401, "invalid_api_key")) as raw:
        done = ask(raw.base_url, project)
    ended(done, 5, "backend")
    stored = json.loads(kept(done, 1))
    assert stored["status"] == "failed"
    assert stored["codex"]["server"] == error(401, "invalid_api_key").body.decode()
