"""`gatekeeper run` against a model's server with a script: what was sent, answered and judged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import images
from tests.support.git_repo import Workspace
from tests.support.llm_server import LlmServer, answer, llm_server, rate_limit, reply
from tests.support.model_runs import (
    BREAKS,
    ELSEWHERE,
    GOOD,
    KEY,
    WRONG,
    ask,
    bodies,
    ended,
    kept,
    planted,
    sent,
)
from tests.support.projects import TESTS, environment, gatekeeper, shop


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


# --- it is answered ---------------------------------------------------------------------


def test_accepted_at_once(server: LlmServer, project: Workspace) -> None:
    """One request with context.txt and nothing else; its answer is kept, judged and accepted."""
    server.script(reply(GOOD))
    done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    assert sent(bodies(server)) == [[(done.out / "context.txt").read_bytes().decode()]]
    assert ELSEWHERE not in json.dumps(server.requests())
    assert json.loads(kept(done, 1))["object"] == "response"
    assert (done.out / "patch.diff").read_bytes() == kept(done, 1, "patch.diff")
    assert verdict["usage"]["requests"] == 1
    assert verdict["usage"]["input_tokens"] > 0
    assert server.verdict()["findings"] == []


def test_rejected_twice_then_accepted_then_replayed(
    server: LlmServer, project: Workspace, tmp_path: Path
) -> None:
    """Every request begins with context.txt and ends with feedback.txt, byte for byte.

    The report is then judged again: the same attempts and verdicts, no key, and no connection
    (which an audit hook in the interpreter would have seen, as it sees those of the run).
    """
    server.script(reply(WRONG), reply(BREAKS), reply(GOOD))
    watched, seen = watching(tmp_path)
    done = ask(server.base_url, project, env=watched)
    verdict = ended(done, 0, "accepted")
    context = (done.out / "context.txt").read_bytes().decode()
    told = [kept(done, number, "feedback.txt").decode() for number in (2, 3)]
    assert sent(bodies(server)) == [[context], [context, told[0]], [context, told[1]]]
    assert "discount / 20" in told[0]
    assert "def total(costs" not in told[0]
    assert "def total(costs" in told[1]
    assert all("test_discount" in text for text in told)
    assert not (done.out / "attempts/01/feedback.txt").exists()
    assert [attempt["verdict"] for attempt in verdict["attempts"]] == [
        "rejected", "rejected", "accepted",
    ]  # fmt: skip
    assert verdict["usage"]["requests"] == 3
    assert f":{server.port}" in seen.read_text()

    seen.unlink()
    first = tmp_path / "first"
    done.out.rename(first)
    (project.path / ".env").unlink()
    again = gatekeeper("replay", project.path, os.fspath(first), env=watched)
    repeated = ended(again, 0, "accepted")
    assert [judged(attempt) for attempt in repeated["attempts"]] == [
        judged(attempt) for attempt in verdict["attempts"]
    ]
    assert (again.out / "patch.diff").read_bytes() == (first / "patch.diff").read_bytes()
    assert not seen.exists(), seen.read_text()
    assert len(server.requests()) == 3


def watching(tmp_path: Path) -> tuple[dict[str, str], Path]:
    """An environment in which every Python writes its connections to the file given back."""
    seen, folder = tmp_path / "connections", tmp_path / "hook"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "def note(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        f"        with open({os.fspath(seen)!r}, 'a') as file:\n"
        "            file.write(':'.join(map(str, args[1])) if 'addr' not in event"
        " else str(args[0]))\n"
        "            file.write('\\n')\n"
        "sys.addaudithook(note)\n"
    )
    path = os.pathsep.join([os.fspath(folder), environment()["PYTHONPATH"]])
    return {"PYTHONPATH": path}, seen


def judged(attempt: dict[str, Any]) -> object:
    """What must not depend on when an attempt was judged."""
    trial = attempt["trial"]
    cases = [trial[key] for key in ("fail_to_pass", "broken", "new_red", "excused", "pass_to_pass")]
    keys = ("id", "round", "verdict", "reasons", "findings", "base_tree", "tree", "diff_sha256")
    return [attempt[key] for key in keys], cases


def test_a_rate_limit_is_waited_for(server: LlmServer, project: Workspace) -> None:
    """429 with Retry-After: at least that long nothing is sent, then the answer is used."""
    server.script(rate_limit(2), reply(GOOD))
    done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    limited, answered = server.requests()
    assert (limited["status"], answered["status"]) == (429, 200)
    assert answered["started_at"] - limited["ended_at"] >= 2
    assert server.verdict()["findings"] == []
    assert verdict["usage"]["requests"] == 2
    assert "429" in done.stderr


def test_a_question_ends_with_3(server: LlmServer, project: Workspace) -> None:
    """A model that asks instead of proposing: the question is an artifact, and no patch is."""
    server.script(reply(answer(question="Is the discount a fraction?")))
    done = ask(server.base_url, project)
    verdict = ended(done, 3, "clarify")
    assert [question["text"] for question in verdict["questions"]] == [
        "Is the discount a fraction?"
    ]
    asked = json.loads((done.out / "clarification_request.json").read_bytes())
    assert asked["questions"][0]["text"] == "Is the discount a fraction?"
    assert not (done.out / "patch.diff").exists()
    assert verdict["usage"]["requests"] == 1
    assert b"fraction" in kept(done, 1)


def test_more_candidates_than_wanted_do_not_change_a_replay(
    server: LlmServer, project: Workspace, tmp_path: Path
) -> None:
    """What the run ignored of an answer is ignored by its replay too."""
    both = [json.loads(text)["candidates"][0] for text in (WRONG, GOOD)]
    many = json.dumps({"analysis": "", "question": None, "candidates": both})
    server.script(reply(many, times=None))
    done = ask(server.base_url, project, "--set", "backend.attempts=1")
    ended(done, 1, "rejected")
    first = tmp_path / "first"
    done.out.rename(first)
    again = gatekeeper("replay", project.path, os.fspath(first))
    assert len(ended(again, 1, "rejected")["attempts"]) == 1


# --- it is not asked --------------------------------------------------------------------


def test_no_request_where_the_failure_is_not_there(server: LlmServer, tmp_path: Path) -> None:
    """Red in the job and green on the unchanged commit: nothing is spent."""
    server.script(reply(GOOD, times=None))
    report = tmp_path / "r.xml"
    report.write_text(
        '<testsuite><testcase classname="tests.test_cart" name="test_total">'
        '<failure message="connection reset"/></testcase></testsuite>'
    )
    repo = shop(tmp_path / "p", buggy=False)
    done = ask(server.base_url, repo, "--junit", os.fspath(report))
    assert (done.code, done.verdict["outcome"]) == (8, "not-reproduced"), done.stderr
    assert server.requests() == []
    assert done.verdict["usage"]["requests"] == 0


def test_no_request_where_the_failure_flickers(server: LlmServer, tmp_path: Path) -> None:
    """Red once and green once on the same tree: nothing is spent."""
    server.script(reply(GOOD, times=None))
    mark = tmp_path / "mark"
    flaky = (
        "from pathlib import Path\n\n\ndef test_flicker():\n"
        f"    mark = Path({os.fspath(mark)!r})\n"
        "    if mark.exists():\n        return\n"
        "    mark.write_text('')\n    assert False\n"
    )
    repo = shop(tmp_path / "p", buggy=False, extra={"tests/test_flaky.py": flaky})
    done = ask(server.base_url, repo)
    assert (done.code, done.verdict["outcome"]) == (8, "not-reproduced"), done.stderr
    assert server.requests() == []


# --- the same in containers -------------------------------------------------------------


@pytest.mark.docker
def test_the_whole_story_in_containers(server: LlmServer, tmp_path: Path) -> None:
    """Limited, rejected twice, then accepted, with the engine that isolates; nothing is left."""
    server.script(rate_limit(1), reply(WRONG), reply(BREAKS), reply(GOOD))
    secret = TESTS + f'\n\nTOKEN = "{KEY}"\n'
    repo = shop(tmp_path / "p", extra={"tests/test_cart.py": secret})
    engine = ("--engine", "docker", "--image", images.ensure(images.PYTHON))
    done = ask(server.base_url, repo, engine=engine)
    verdict = ended(done, 0, "accepted")
    context = (done.out / "context.txt").read_bytes().decode()
    told = [kept(done, number, "feedback.txt").decode() for number in (2, 3)]
    assert sent(bodies(server)) == [
        [context], [context], [context, told[0]], [context, told[1]],
    ]  # fmt: skip
    assert KEY not in json.dumps(server.requests())
    assert "[redacted:env]" in context
    assert verdict["engine"]["isolated"] is True
    assert verdict["image_digest"]
    assert server.verdict()["findings"] == []
