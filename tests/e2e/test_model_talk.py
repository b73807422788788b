"""`gatekeeper run` where a round takes several requests: given back, in plain text, planned."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_model import judged
from tests.support.git_repo import Workspace
from tests.support.llm_server import Raw, RawServer, answer, raw_server, response
from tests.support.model_runs import BREAKS, GOOD, KEY, WRONG, ask, ended, kept, planted
from tests.support.projects import Ended, gatekeeper

NEARLY = "    return amount - amount * discount / 1000\n"
OFF = answer([("shop/cart.py", NEARLY, "    return amount\n")])
PLAN = json.dumps(
    {"analysis": "per mille", "plan": "Divide by 100 in shop/cart.py.", "question": None}
)
PLAIN = """ANALYSIS:
The discount is a percentage.
CANDIDATE:
It divides by 100.
FILE: shop/cart.py
<<<<<<< SEARCH
    return amount - amount * discount / 10
======= REPLACE
    return amount - amount * discount / 100
>>>>>>> END
"""


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return planted(tmp_path)


def both(*texts: str) -> str:
    """One answer with the candidates of several."""
    found = [one for text in texts for one in json.loads(text)["candidates"]]
    return json.dumps({"analysis": "", "question": None, "candidates": found})


def replayed(project: Workspace, done: Ended, code: int, outcome: str) -> None:
    """The report judged again, without a model: the same attempts and verdicts."""
    first = done.out.with_name("first")
    verdict = done.verdict
    done.out.rename(first)
    again = ended(gatekeeper("replay", project.path, os.fspath(first)), code, outcome)
    assert list(map(same, again["attempts"])) == list(map(same, verdict["attempts"]))
    assert again["accepted"] == verdict["accepted"]


def same(attempt: dict[str, Any]) -> object:
    """What must not depend on when it was judged; what did not fit had no trial."""
    if attempt["trial"]:
        return judged(attempt)
    return [attempt[key] for key in ("id", "round", "verdict", "reasons", "findings")]


def prompt_of(body: dict[str, Any]) -> bytes:
    """What a model reads of a request, in the order in which it reads it."""
    return json.dumps(
        [body["instructions"], body.get("text"), [m["content"] for m in body["input"]]]
    ).encode()


def shared(server: RawServer) -> list[float]:
    """By request but the first: the share of it that is the beginning of the one before."""
    prompts = [prompt_of(body) for body in server.bodies]
    return [alike(*pair) / len(pair[1]) for pair in itertools.pairwise(prompts)]


def alike(before: bytes, after: bytes) -> int:
    """How many bytes they begin with in common."""
    both = zip(before, after, strict=False)
    return next((n for n, (a, b) in enumerate(both) if a != b), min(len(before), len(after)))


def test_an_edit_that_does_not_fit_is_mended_within_its_round(project: Workspace) -> None:
    """One attempt, two requests that are both billed, no trial of what does not fit."""
    with raw_server(response(OFF), response(GOOD)) as server:
        done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    assert [one["verdict"] for one in verdict["attempts"]] == ["accepted"]
    assert (verdict["usage"]["requests"], verdict["usage"]["input_tokens"]) == (2, 200)
    told = server.bodies[1]["input"][-1]["content"]
    assert "does not occur in shop/cart.py" in told
    assert "amount * discount / 10" in told  # the most similar line
    exchanges = json.loads(kept(done, 1))["exchanges"]
    assert exchanges[0]["then_sent"] == told
    assert "given back" in done.stderr
    replayed(project, done, 0, "accepted")


def test_what_never_fits_is_a_rejected_attempt_with_its_reason(project: Workspace) -> None:
    """Two requests in the round and no third; the reason goes into the next round."""
    with raw_server(response(OFF), response(OFF), response(GOOD)) as server:
        done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    first, second = verdict["attempts"]
    assert first["verdict"] == "rejected"
    assert "does not occur" in first["reasons"][0]
    assert second["round"] == 2
    assert "does not occur" in server.bodies[2]["input"][1]["content"]
    replayed(project, done, 0, "accepted")


def test_a_secret_in_a_line_that_is_similar_stays_here(project: Workspace) -> None:
    """A reason quotes the file; what leaves the machine has no secret in it."""
    project.write({"shop/settings.py": f'PASSWORD_OF_THE_SHOP = "{KEY}"\n'})
    project.commit("settings")
    probing = answer([("shop/settings.py", 'PASSWORD_OF_THE_SHOP = ""\n', "x\n")])
    with raw_server(response(probing), response(GOOD)) as server:
        done = ask(server.base_url, project)
    told = server.bodies[1]["input"][-1]["content"]
    assert "PASSWORD_OF_THE_SHOP" in told
    assert KEY not in json.dumps(server.bodies)
    ended(done, 0, "accepted")


def test_a_gateway_without_structured_output_still_repairs(project: Workspace) -> None:
    """Its 400 is understood, told once, and the second round does not begin with another."""
    lacking = Raw(b'{"error": {"message": "Unsupported", "param": "text.format"}}', 400)
    wrong = PLAIN.replace("/ 100\n", "/ 20\n")
    with raw_server(lacking, response(wrong), response(PLAIN)) as server:
        done = ask(server.base_url, project)
    verdict = ended(done, 0, "accepted")
    assert len(server.bodies) == 3
    assert [one["verdict"] for one in verdict["attempts"]] == ["rejected", "accepted"]
    assert done.stderr.count("asking again without it") == 1
    replayed(project, done, 0, "accepted")


def test_a_plan_that_asks_ends_with_3_before_any_edit(project: Workspace) -> None:
    """What only a person can say is asked for one small answer's price."""
    text = json.dumps({"analysis": "", "plan": "", "question": "The test seems wrong: is it?"})
    with raw_server(response(text)) as server:
        done = ask(server.base_url, project, "--set", "backend.ask=true")
    verdict = ended(done, 3, "clarify")
    assert [one["text"] for one in verdict["questions"]] == ["The test seems wrong: is it?"]
    assert len(server.bodies) == 1


def test_all_of_it_together_is_judged_again_alike(project: Workspace) -> None:
    """Cascade, plan, two candidates, one given back, a second round: the same from the files."""
    project.git("checkout", "-q", "--orphan", "one")  # nothing for `search` to take back
    project.commit("all at once")
    project.git("branch", "-D", "main")
    replies = (PLAN, both(WRONG, OFF), both(BREAKS), PLAN, GOOD)
    with raw_server(*map(response, replies)) as server:
        done = ask(
            server.base_url, project, "--backend", "search,responses",
            "--set", "backend.ask=true", "--set", "backend.candidates=2",
        )  # fmt: skip
    verdict = ended(done, 0, "accepted")
    assert len(server.bodies) == verdict["usage"]["requests"] == 5
    assert [(one["round"], one["verdict"]) for one in verdict["attempts"]] == [
        (2, "rejected"), (2, "rejected"), (3, "accepted"),
    ]  # fmt: skip
    replayed(project, done, 0, "accepted")


def test_rounds_begin_alike(project: Workspace) -> None:
    """Of each later request, at least the given share is the beginning of the one before it."""
    with raw_server(response(WRONG), response(BREAKS), response(GOOD)) as server:
        ended(ask(server.base_url, project), 0, "accepted")
    shares = shared(server)
    assert len(shares) == 2
    assert min(shares) >= 0.8, shares
    assert len({body["prompt_cache_key"] for body in server.bodies}) == 1


def test_the_cache_key_can_be_left_out(project: Workspace) -> None:
    """`backend.cache_key: false` sends none."""
    with raw_server(response(GOOD)) as server:
        ended(ask(server.base_url, project, "--set", "backend.cache_key=false"), 0, "accepted")
    assert "prompt_cache_key" not in server.bodies[0]


def test_a_tier_is_sent_and_billed(project: Workspace) -> None:
    """Flex is half of the table; a tier without a figure is unknown and not free."""
    money = {}
    for tier in ("", "flex", "express"):
        more = ("--set", f"backend.service_tier={tier}") if tier else ()
        with raw_server(response(GOOD, model="gpt-6.1-sol")) as server:
            verdict = ended(ask(server.base_url, project, *more), 0, "accepted")
        assert server.bodies[0].get("service_tier", "") == tier
        money[tier] = verdict["cost"]["bills"][0]["usd"]
    assert money["flex"] == pytest.approx(money[""] / 2)
    assert money["express"] is None
