"""`gatekeeper run --backend codex` with the real CLI, against servers with a script."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.codex_cli import (
    TOKEN,
    answered,
    ask,
    cli,
    error,
    event,
    failing,
    item,
    left_over,
    stream,
)
from tests.support.git_repo import Workspace
from tests.support.llm_server import (
    LlmServer,
    Raw,
    RawServer,
    answer,
    llm_server,
    rate_limit,
    raw_server,
    reply,
    response_body,
)
from tests.support.model_runs import ELSEWHERE, GOOD, KEY, WRONG, ended, kept, planted
from tests.support.projects import gatekeeper

npm = pytest.mark.npm


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


# --- it proposes ------------------------------------------------------------------------


@npm
def test_a_fix_is_proposed_judged_and_accepted(server: LlmServer, project: Workspace) -> None:
    """The same prompt as over the API, by the real CLI; its events are kept beside the answer."""
    server.script(reply(GOOD))
    done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    (request,) = server.requests()
    told = json.dumps(request["body"])
    assert json.dumps((done.out / "context.txt").read_text())[1:-1] in told
    assert ELSEWHERE not in told
    stored = json.loads(kept(done, 1))
    kinds = [one["type"] for one in stored["codex"]["events"]]
    assert kinds[0] == "thread.started"
    assert kinds[-1] == "turn.completed"
    assert verdict["attempts"][0]["backend"] == "codex"
    assert verdict["usage"]["requests"] == 1
    assert verdict["usage"]["input_tokens"] > 0
    assert not left_over()


@npm
def test_the_second_round_is_told_of_the_first_and_all_of_it_can_be_replayed(
    server: LlmServer, project: Workspace, tmp_path: Path
) -> None:
    """Rejected, then accepted; the stored answers bring the same verdict without a CLI."""
    server.script(reply(WRONG), reply(GOOD))
    done = ask(server.base_url, project)
    ended(done, 0, "accepted")
    first, second = (json.dumps(one["body"]) for one in server.requests())
    assert "discount / 20" not in first
    assert "discount / 20" in second
    decided = [one["verdict"] for one in done.verdict["attempts"]]
    first_run = done.out.rename(tmp_path / "first")
    again = gatekeeper("replay", project.path, os.fspath(first_run))
    assert again.code == 0, again.stderr
    assert [one["verdict"] for one in again.verdict["attempts"]] == decided
    assert decided == ["rejected", "accepted"]


@npm
def test_what_the_run_has_chosen_is_sent_and_what_the_cli_tells_is_not(project: Workspace) -> None:
    """Limit, effort and form are ours; no tool, no metadata, no path, and the key in its header."""
    with raw_server(answered(GOOD)) as raw:
        more = ("backend.max_output_tokens=4000", "backend.reasoning=low", "backend.verbosity=low")
        flags = [word for one in more for word in ("--set", one)]
        ended(ask(raw.base_url, project, *flags), 0, "accepted")
    (body,), (headers,) = raw.bodies, raw.headers
    assert (body["max_output_tokens"], body["store"], body["stream"]) == (4000, False, True)
    assert body["reasoning"] == {"effort": "low"}
    assert body["text"]["verbosity"] == "low"
    assert body["text"]["format"]["strict"] is True
    assert not {"tools", "tool_choice", "client_metadata"} & set(body)
    assert headers["authorization"] == f"Bearer {KEY}"
    assert not [name for name in headers if "codex" in name or "session" in name]
    said = json.dumps([body, headers])
    assert os.fspath(project.path) not in said
    assert raw.paths == ["/v1/responses"]


SNOOPING = "env; cat /proc/*/environ; cat ~/.codex/auth.json"
SCRIPT = f"""
for (const tried of [() => tools.exec_command({{cmd: "{SNOOPING}"}}), () => process.env,
                     () => import("node:fs"), () => fetch("http://127.0.0.1")]) {{
  try {{ text(JSON.stringify(await tried())) }} catch (error) {{ text("no: " + error) }}
}}
"""
CALLS = {
    "a function": {
        "type": "function_call", "name": "exec_command",
        "arguments": json.dumps({"cmd": SNOOPING}),
    },
    "a script": {"type": "custom_tool_call", "name": "exec", "input": SCRIPT},
    "a patch": {
        "type": "custom_tool_call", "name": "apply_patch",
        "input": "*** Begin Patch\n*** Add File: written.txt\n+x\n*** End Patch\n",
    },
}  # fmt: skip


@npm
@pytest.mark.parametrize("name", CALLS)
def test_neither_the_model_nor_its_tools_see_a_secret(name: str, project: Workspace) -> None:
    """A model that calls for a tool gets none; what the CLI sends back holds no key, no token."""
    body = response_body("", output=[CALLS[name] | {"call_id": "c1"}])
    asks = stream(item(body), event("response.completed", response=body))
    with raw_server(asks, answered(GOOD)) as raw:
        done = ask(raw.base_url, project)
    ended(done, 0, "accepted")
    assert len(raw.bodies) == 2
    (back,) = [one for one in raw.bodies[1]["input"] if "_call_output" in str(one.get("type"))]
    said = json.dumps(back["output"])
    assert any(word in said for word in ("unsupported", "not a function", "rejected"))
    assert not [secret for secret in (KEY, TOKEN, "CI_JOB_TOKEN") if secret in said]
    assert done.verdict["usage"]["requests"] == 2
    assert done.verdict["usage"]["input_tokens"] == 200


# --- it fails ---------------------------------------------------------------------------


PARTIAL = response_body(GOOD[:40])
LOOP = response_body("", output=[{
    "type": "function_call", "call_id": "c", "name": "update_plan", "arguments": "{}",
}])  # fmt: skip

FAILURES = {
    "401": ([error(401, "invalid_api_key")], 1, "HTTP 401", "OPENAI_API_KEY"),
    "403": ([error(403, "forbidden")], 1, "HTTP 403", "permissions"),
    "404": ([error(404, "model_not_found")], 1, "HTTP 404", "backend.model"),
    "too long": ([error(400, "context_length_exceeded")], 1, "HTTP 400", "context.tokens"),
    "quota": ([error(429, "insufficient_quota")], 1, "HTTP 429", "quota or credit is spent"),
    "refused": (
        [stream(
            item(response_body("", refusal="I will not")),
            event("response.completed", response=response_body("", refusal="I will not")),
        )], 1, "refused to answer: I will not", "backend.model",
    ),
    "incomplete": (
        [stream(item(PARTIAL), event("response.incomplete", response=PARTIAL | {
            "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}))],
        1, "incomplete: max_output_tokens", "backend.max_output_tokens",
    ),
    "filtered": (
        [stream(item(PARTIAL), event("response.incomplete", response=PARTIAL | {
            "status": "incomplete", "incomplete_details": {"reason": "content_filter"}}))],
        1, "incomplete: content_filter", "filter",
    ),
    "failed": (
        [stream(event("response.failed", response={"id": "r", "status": "failed", "error": {
            "code": "server_error", "message": "broken"}}))],
        1, "server_error broken", "Try again later",
    ),
    "silent": (
        [stream(event("response.completed", response={"id": "resp_1", "output": []}))],
        2, "unusable", "backend.model",
    ),
    "a loop of tools": (
        [stream(item(LOOP), event("response.completed", response=LOOP))],
        2, "tools again and again", "only proposes",
    ),
}  # fmt: skip


@npm
@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_ends_with_its_reason_and_what_to_do(name: str, project: Workspace) -> None:
    """The server's fault is told as where it is asked directly, though the CLI says a sentence."""
    replies, requests, reason, hint = FAILURES[name]
    with raw_server(*replies) as raw:
        said = failing(raw, project)
    assert reason in said
    assert hint in said
    assert len(raw.bodies) == requests


TRANSIENT = {
    "500": error(500, "server_error"),
    "503": error(503, "server_is_overloaded"),
    "cut": stream(item(PARTIAL)),
    "empty": stream(),
    "broken off": Raw(item(PARTIAL), content_type="text/event-stream", promised=500),
    "bad JSON": stream(b"data: {not json\n\n"),
    "an error in the stream": stream(event("error", message="overloaded", code="x")),
}


@npm
@pytest.mark.parametrize("name", TRANSIENT)
def test_what_may_pass_is_tried_again_and_recovers(name: str, project: Workspace) -> None:
    """One fault, then the answer: accepted, and both requests are in the verdict."""
    with raw_server(TRANSIENT[name], answered(GOOD)) as raw:
        done = ask(raw.base_url, project)
    verdict = ended(done, 0, "accepted")
    assert verdict["usage"]["requests"] == len(raw.bodies) == 2


@npm
def test_the_wait_that_the_server_asks_for_is_kept(server: LlmServer, project: Workspace) -> None:
    """429 with Retry-After, by the judgement of llmock, which nobody here wrote."""
    server.script(rate_limit(2), reply(GOOD))
    done = ask(server.base_url, project)
    ended(done, 0, "accepted")
    assert server.verdict()["findings"] == []
    assert len(server.requests()) == 2


@npm
def test_a_server_that_never_answers_or_is_not_there_ends_within_the_deadline(
    project: Workspace,
) -> None:
    """No headers ever: our clock; nobody listens: refused. Neither leaves a process."""
    limits = ("--set", "backend.timeout=4s", "--set", "backend.deadline=9s")
    with raw_server(Raw(b"{}", delay=60)) as raw:
        assert "timed out" in failing(raw, project, *limits)
    nobody = RawServer([], "http://127.0.0.1:9/v1")
    assert "cannot be reached" in failing(nobody, project, *limits)


@npm
def test_an_endless_stream_ends_within_the_deadline(project: Workspace) -> None:
    """A byte now and then for ever: the CLI is ended by our clock."""
    drops = Raw(b": " + b"." * 4000, content_type="text/event-stream", drip=0.5)
    limits = ("--set", "backend.timeout=4s", "--set", "backend.deadline=9s")
    with raw_server(drops) as raw:
        assert "took too long" in failing(raw, project, *limits, seconds=90)


def test_without_the_cli_one_sentence_names_the_alternative(project: Workspace) -> None:
    """No `codex` on the PATH: exit 5, and `--backend responses` asks the same model."""
    usual = [f for f in os.environ["PATH"].split(":") if not (Path(f) / "codex").exists()]
    done = ask("http://127.0.0.1:9/v1", project, path=":".join(usual)) if usual else None
    assert done is not None
    verdict = ended(done, 5, "backend")
    assert "there is no Codex CLI" in verdict["reason"] + done.stderr
    assert "--backend responses" in done.stderr


@npm
def test_without_a_key_one_sentence_names_the_alternative(project: Workspace) -> None:
    """The CLI is there and nobody may ask: exit 5 and the search that needs no key."""
    env = {"PATH": f"{cli()}:{os.environ['PATH']}", "OPENAI_API_KEY": ""}
    (project.path / ".env").unlink()
    done = gatekeeper("run", project.path, "--backend", "codex", env=env)
    assert done.code == 5, done.stderr
    assert "there is no key for the model" in done.stderr
    assert "login of the Codex CLI is not used" in done.stderr
    assert "--backend search" in done.stderr


@npm
def test_a_malformed_edit_is_given_back_once(project: Workspace) -> None:
    """The reason goes to the CLI in a second prompt, with the first answer."""
    missing = answer([("shop/cart.py", "no such line\n", "x\n")])
    with raw_server(answered(missing), answered(GOOD)) as raw:
        done = ask(raw.base_url, project)
    ended(done, 0, "accepted")
    assert len(raw.bodies) == 2
    assert "You answered:" in json.dumps(raw.bodies[1])
