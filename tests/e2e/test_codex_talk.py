"""What the Codex CLI sends for a run: what was chosen, planned, given back, taken in turn."""

from __future__ import annotations

import json
import os
from itertools import takewhile
from pathlib import Path

import pytest

from tests.support.codex_cli import answered, ask
from tests.support.git_repo import Workspace
from tests.support.llm_server import Raw, answer, raw_server
from tests.support.model_runs import BREAKS, GOOD, WRONG, ended, planted
from tests.support.projects import gatekeeper

pytestmark = pytest.mark.npm

PLAN = json.dumps(
    {"analysis": "A percentage is of 100.", "plan": "Divide by 100.", "question": None}
)
OFF = answer([("shop/cart.py", "no such line\n", "x\n")])
HEADED = """ANALYSIS:
a percentage is of 100
CANDIDATE:
it divides by what it is of
FILE: shop/cart.py
<<<<<<< SEARCH
DIVISION
======= REPLACE
CHANGED
>>>>>>> END
"""


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


def headed(repo: Workspace) -> str:
    """The right edit under headings."""
    lines = (repo.path / "shop" / "cart.py").read_text().splitlines()
    (line,) = [one for one in lines if "discount / 10" in one]
    return HEADED.replace("DIVISION", line).replace("CHANGED", line.replace("/ 10", "/ 100"))


def test_what_is_left_to_the_server_is_left_to_it(project: Workspace) -> None:
    """Asked by the CLI or directly, the same model thinks as long: no effort of the CLI's own."""
    with raw_server(answered(GOOD)) as raw:
        ended(ask(raw.base_url, project), 0, "accepted")
    (body,) = raw.bodies
    assert set(body) == {
        "model", "input", "stream", "store", "include", "text", "prompt_cache_key",
    }  # fmt: skip
    assert set(body["text"]) == {"format"}
    assert body["prompt_cache_key"].startswith("gatekeeper-")


def test_each_prompt_holds_the_context_whatever_the_server_may_store(project: Workspace) -> None:
    """`backend.store` is for the API: the CLI stores nothing, so nothing may be left out."""
    with raw_server(answered(WRONG), answered(GOOD)) as raw:
        done = ask(raw.base_url, project, "--set", "backend.store=true")
    ended(done, 0, "accepted")
    context = json.dumps((done.out / "context.txt").read_text())[1:-1]
    assert [context in json.dumps(body) for body in raw.bodies] == [True, True]
    assert [body["store"] for body in raw.bodies] == [False, False]


def test_a_server_without_structured_output_is_asked_in_plain_words(project: Workspace) -> None:
    """It refuses the form once; the answer then comes under headings, and is judged as such."""
    refusal = {"message": "Unknown parameter: 'text.format'", "param": "text.format"}
    refused = Raw(json.dumps({"error": refusal}).encode(), 400)
    with raw_server(refused, answered(headed(project))) as raw:
        done = ask(raw.base_url, project)
    ended(done, 0, "accepted")
    assert "text" not in raw.bodies[1]
    assert "<<<<<<< SEARCH" in json.dumps(raw.bodies[1])


def test_after_a_search_planned_and_given_back_it_is_judged_again_alike(
    project: Workspace, tmp_path: Path
) -> None:
    """A cascade, a plan each round, an edit that does not fit: the same verdict from the files."""
    project.git("checkout", "-q", "--orphan", "one")  # nothing for `search` to take back
    project.commit("all at once")
    project.git("branch", "-D", "main")
    replies = (PLAN, OFF, BREAKS, PLAN, WRONG, PLAN, GOOD)
    with raw_server(*map(answered, replies)) as raw:
        more = ("--backend", "search,codex", "--set", "backend.ask=true")
        done = ask(raw.base_url, project, *more)
    verdict = ended(done, 0, "accepted")
    assert len(raw.bodies) == verdict["usage"]["requests"] == 7
    decided = [(one["round"], one["backend"], one["verdict"]) for one in verdict["attempts"]]
    assert decided == [
        (2, "codex", "rejected"), (3, "codex", "rejected"), (4, "codex", "accepted"),
    ]  # fmt: skip
    first_run = done.out.rename(tmp_path / "first")
    again = gatekeeper("replay", project.path, os.fspath(first_run))
    assert again.code == 0, again.stderr
    assert [one["verdict"] for one in again.verdict["attempts"]] == [one[2] for one in decided]


def test_rounds_begin_alike_so_that_a_server_need_not_read_them_again(project: Workspace) -> None:
    """Of the second round's request at least four fifths are the beginning of the first's."""
    with raw_server(answered(WRONG), answered(GOOD)) as raw:
        ended(ask(raw.base_url, project), 0, "accepted")
    first, second = (json.dumps(body["input"]) for body in raw.bodies)
    pairs = zip(first, second, strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    assert alike >= 0.8 * len(first)
    assert len({body["prompt_cache_key"] for body in raw.bodies}) == 1
