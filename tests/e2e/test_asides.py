"""Calls of a model beside the rounds: within the budget before they are made, or left out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.e2e.test_judge import says
from tests.e2e.test_rounds import reported
from tests.support.llm_server import RawServer, raw_server, response
from tests.support.projects import BUG, Ended, gatekeeper, shop

KEY = {"GATEKEEPER_JUDGE_API_KEY": "correct-horse-battery-7f3a"}
OPTIONS = {"options": [{"effect": "stop", "text": "Ask the shop team"}]}
PROSE = {"summary": "It is wrong.", "suggested_fix": "Mend it."}


def judged(folder: Path, *more: str) -> tuple[Ended, RawServer]:
    """`gatekeeper validate` on the good fix, with a judge and these settings."""
    repo = shop(folder / "p")
    path = repo.path / "shop/cart.py"
    path.write_text(path.read_text().replace(*reversed(BUG)))
    patch = folder / "change.diff"
    patch.write_text(repo.git("diff") + "\n")
    repo.git("checkout", "--quiet", "shop/cart.py")
    settings = ("judge.model=m-2", "trial.circumstances=[]", *more)
    with raw_server(says("honest")) as server:
        done = gatekeeper(
            "validate", repo.path, os.fspath(patch),
            *(part for one in settings for part in ("--set", one)),
            "--set", f"judge.base_url={server.base_url}", env=KEY,
        )  # fmt: skip
    return done, server


@pytest.mark.parametrize(
    ("limit", "why"),
    [
        ("budget.tokens=3000", "budget.tokens (3000): 0 are spent"),
        ("budget.money=1", "the price of m-2 is not known"),
    ],
)
def test_a_judge_that_may_cost_too_much_is_not_asked(tmp_path: Path, limit: str, why: str) -> None:
    """The fix is accepted on its own merits; that nobody doubted it, and why, is said."""
    done, server = judged(tmp_path, limit)
    assert done.code == 0, done.stderr
    assert not server.bodies
    signals = {each["name"]: each for each in done.verdict["attempts"][0]["trial"]["signals"]}
    assert signals["judge"]["standing"] == "missing"
    assert any(why in warning for warning in done.verdict["warnings"])


def test_a_judge_within_the_budget_is_bounded_by_it_and_charged(tmp_path: Path) -> None:
    """Its answer may be as long as what is left pays for; what it used is in the account."""
    state = tmp_path / "state.json"
    limits = ("budget.tokens=20000", f"budget.state={state}")
    done, server = judged(tmp_path, *limits)
    assert done.code == 0, done.stderr
    most = server.bodies[0]["max_output_tokens"]
    assert 2_000 <= most < 20_000
    (kept,) = json.loads(state.read_text())["failures"].values()
    assert (kept["tokens"], kept["rounds"]) == (120, 0)


def test_without_a_budget_nothing_bounds_it(tmp_path: Path) -> None:
    """The default: as before."""
    done, server = judged(tmp_path)
    assert done.code == 0, done.stderr
    assert "max_output_tokens" not in server.bodies[0]


@pytest.mark.parametrize(("tokens", "requests"), [(3_000, 0), (60_000, 1)])
def test_options_are_worded_where_that_may_be_paid(
    tmp_path: Path, tokens: int, requests: int
) -> None:
    """Else they are those of the rules, with the limit as the reason."""
    with raw_server(response(json.dumps(OPTIONS))) as server:
        done = gatekeeper(
            "run", shop(tmp_path / "p").path, "--backend", "search",
            "--junit", reported(tmp_path), "--set", "clarification.threshold=0.99",
            "--set", "clarification.options=backend", "--set", f"budget.tokens={tokens}",
            env={"OPENAI_API_KEY": "sk-test-0123456789", "OPENAI_BASE_URL": server.base_url},
        )  # fmt: skip
    assert done.code == 3, done.stderr
    assert len(server.bodies) == requests
    assert all(body["max_output_tokens"] >= 2_000 for body in server.bodies)
    told = any("budget.tokens (3000)" in warning for warning in done.verdict["warnings"])
    assert told is not bool(requests)


@pytest.mark.parametrize(("tokens", "requests"), [(3_000, 0), (60_000, 1)])
def test_an_analysis_is_worded_where_that_may_be_paid(
    tmp_path: Path, tokens: int, requests: int
) -> None:
    """Else it is that of the rules, and nothing is sent."""
    with raw_server(response(json.dumps(PROSE))) as server:
        done = gatekeeper(
            "analyze", shop(tmp_path / "p").path, "--backend", "responses",
            "--junit", reported(tmp_path), "--set", f"budget.tokens={tokens}",
            env={"OPENAI_API_KEY": "sk-test-0123456789", "OPENAI_BASE_URL": server.base_url},
        )  # fmt: skip
    assert done.code == 0, done.stderr
    assert len(server.bodies) == requests
    found = json.loads((done.out / "analysis.json").read_bytes())
    assert (found["prose"] == "rules") is (requests == 0)
