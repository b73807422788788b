"""Several candidates, several backends, and budgets that hold over rounds and runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.test_outcomes import GOOD, answers, patched
from tests.support.llm_server import raw_server, response
from tests.support.projects import gatekeeper, shop

NOT_A_FIX = patched("return min(prices)", "return sorted(prices)[0]")
WHOLE_LINE = patched("amount * discount / 10\n", "discount * amount / 100\n")
LONGER = patched(
    "    return amount - amount * discount / 10\n",
    "    share = discount / 100\n    reduced = amount * share\n    return amount - reduced\n",
)


def together(*some: dict[str, object]) -> dict[str, object]:
    """One answer with the candidates of several."""
    found = [candidate for one in some for candidate in one["candidates"]]  # type: ignore[attr-defined]
    return {"analysis": "", "question": None, "candidates": found}


REPORT = """<testsuite name="pytest" tests="1" failures="1"><testcase classname="tests.test_cart"
name="test_discount"><failure message="assert 0.0 == 90">E   assert 0.0 == 90
tests/test_cart.py:9: AssertionError</failure></testcase></testsuite>"""


def reported(folder: Path) -> str:
    """The report of the failed job, as a file."""
    path = folder / "job.xml"
    path.write_text(REPORT)
    return str(path)


def test_all_that_pass_are_ranked_and_kept(tmp_path: Path) -> None:
    """Of four candidates one repairs nothing; a repair goes before a revert, a small one first."""
    stored = answers(tmp_path / "a", together(LONGER, NOT_A_FIX, GOOD, WHOLE_LINE))
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, "--backend", "replay",
        "--set", f"backend.replay={stored}", "--set", "backend.candidates=4",
    )  # fmt: skip
    assert done.code == 0, done.stderr
    ranks = {one["id"]: (one["verdict"], one["rank"]) for one in done.verdict["attempts"]}
    assert ranks["1.2"] == ("rejected", None)
    assert [ranks[f"1.{n}"][0] for n in (1, 3, 4)] == ["accepted"] * 3
    assert [ranks[f"1.{n}"][1] for n in (4, 1, 3)] == [1, 2, 3]  # GOOD takes the bug back
    assert ranks[done.verdict["accepted"]][1] == 1
    report = (done.out / "report.md").read_text()
    assert "rank 3: risk" in report
    assert "Proposed by `replay`. Risk " in report


def test_the_next_backend_is_asked_where_one_has_nothing(tmp_path: Path) -> None:
    """Nothing can be taken back (the bug is in the first commit), so the second one is asked."""
    repo = shop(tmp_path / "p")
    repo.git("checkout", "-q", "--orphan", "one")
    repo.commit("all at once")
    repo.git("branch", "-D", "main")
    stored = answers(tmp_path / "a", GOOD)
    done = gatekeeper(
        "run", repo.path, "--backend", "search,replay", "--set", f"backend.replay={stored}",
    )  # fmt: skip
    assert done.code == 0, done.stderr
    assert done.verdict["backend"] == "search, replay"
    assert [one["backend"] for one in done.verdict["proposals"]][-1] == "replay"
    assert [one["backend"] for one in done.verdict["attempts"]][-1] == "replay"


def test_a_backend_that_fails_gives_way_and_the_last_one_does_not(tmp_path: Path) -> None:
    """The first cannot be asked: a warning, and the next proposes; alone it is exit 5."""
    empty = answers(tmp_path / "a")
    repo = shop(tmp_path / "p")
    given = ("--set", f"backend.replay={empty}")
    first = gatekeeper("run", repo.path, "--backend", "replay, search", *given)
    assert first.code == 0, first.stderr
    assert any("replay could not be asked" in each for each in first.verdict["warnings"])
    last = gatekeeper("run", repo.path, "--backend", "search,replay", *given)
    assert (last.code, last.verdict["attempts"][0]["backend"]) == (0, "search")
    assert gatekeeper("run", repo.path, "--backend", "replay", *given).code == 5


@pytest.mark.parametrize("said", ["search,search", "auto,search", "search,nobody", ""])
def test_an_order_that_makes_no_sense_is_usage(tmp_path: Path, said: str) -> None:
    """A repeated name, `auto` among others, a stranger, nothing."""
    done = gatekeeper("run", shop(tmp_path / "p").path, "--set", f"backend.name={said}")
    assert done.code == 2
    assert "backend.name" in done.stderr


def test_the_rounds_of_all_runs_of_one_failure_are_counted(tmp_path: Path) -> None:
    """With budget.state the second run of the same failure on the branch has no round left."""
    stored = answers(tmp_path / "a", NOT_A_FIX)
    repo = shop(tmp_path / "p")
    state = tmp_path / "cache" / "spent.json"
    args = (
        "run", repo.path, "--junit", reported(tmp_path), "--backend", "replay",
        "--set", f"backend.replay={stored}",
        "--set", "budget.rounds=1", "--set", f"budget.state={state}",
    )  # fmt: skip
    first = gatekeeper(*args)
    assert (first.code, first.verdict["cost"]["earlier"]["rounds"]) == (1, 0)
    second = gatekeeper(*args)
    assert (second.code, second.verdict["outcome"]) == (9, "budget"), second.stderr
    assert "1 earlier run(s)" in second.verdict["reason"]
    kept = state.read_text()
    assert "test_discount" not in kept
    other = gatekeeper(*args, env={"GITLAB_CI": "1", "CI_COMMIT_REF_NAME": "other"})
    assert other.code == 1, other.stderr


def test_the_candidates_of_a_run_are_counted(tmp_path: Path) -> None:
    """After two candidates budget.candidates=2 ends the run with 9, and says what was spent."""
    stored = answers(tmp_path / "a", NOT_A_FIX, patched("sum(prices)", "sum(list(prices))"), GOOD)
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, "--backend", "replay",
        "--set", f"backend.replay={stored}", "--set", "budget.candidates=2",
    )  # fmt: skip
    assert (done.code, len(done.verdict["attempts"])) == (9, 2)
    assert "budget.candidates (2)" in done.verdict["reason"]


def test_no_round_is_begun_that_the_job_would_not_see_the_end_of(tmp_path: Path) -> None:
    """GitLab ends the job in a minute: exit 9 with the reason, before a round."""
    started = datetime.now(UTC) - timedelta(seconds=3600 - 60)
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, "--backend", "search",
        "--junit", reported(tmp_path),
        env={
            "GITLAB_CI": "1", "CI_JOB_TIMEOUT": "3600",
            "CI_JOB_STARTED_AT": started.isoformat().replace("+00:00", "Z"),
        },
    )  # fmt: skip
    assert (done.code, done.verdict["outcome"]) == (9, "budget"), done.stderr
    assert "the CI job ends at its own timeout" in done.verdict["reason"]
    assert done.verdict["proposals"] == []


def test_money_needs_a_price(tmp_path: Path) -> None:
    """A limit in dollars with a model nobody knows the price of is usage, never taken for free."""
    asked = (
        "run", shop(tmp_path / "p").path, "--backend", "responses", "--model", "house-model",
        "--set", "backend.base_url=http://127.0.0.1:9/v1", "--set", "budget.money=1",
    )  # fmt: skip
    key = {"OPENAI_API_KEY": "sk-none"}
    done = gatekeeper(*asked, env=key)
    assert (done.code, done.verdict["outcome"]) == (2, "usage"), done.stderr
    assert "the price of house-model is not known" in done.verdict["reason"]
    prices = json.dumps({"house-model": "1000/1000"})
    dear = gatekeeper(*asked, "--set", f"budget.prices={prices}", env=key)
    assert (dear.code, dear.verdict["outcome"]) == (9, "budget"), dear.stderr
    assert "budget.money (1 USD)" in dear.verdict["reason"]


ASKED = {"analysis": "", "question": "Is the discount a fraction?", "candidates": []}
ANSWER = "No, it is a percentage."


@pytest.mark.parametrize("by", ["file", "pipe"])
def test_a_persons_answer_goes_back_to_the_backend(tmp_path: Path, by: str) -> None:
    """Answered by a file or a pipe, the next round is told what was said, and it fixes."""
    stored = answers(tmp_path / "a", ASKED, GOOD)
    said = tmp_path / "answers.yml"
    said.write_text(f"model: {ANSWER}\n")
    how = (
        ["--answers", str(said)] if by == "file" else ["--set", "clarification.policy=interactive"]
    )
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, "--backend", "replay",
        "--set", f"backend.replay={stored}", *how, stdin=f"{ANSWER}\ny\n".encode(),
    )  # fmt: skip
    assert done.code == 0, done.stderr
    told = "".join(path.read_text() for path in done.out.glob("attempts/*/feedback.txt"))
    assert f"Is the discount a fraction? -> {ANSWER}" in told
    assert done.verdict["questions"] == []
    assert [one["text"] for one in done.verdict["answers"]] == [ANSWER]
    assert ANSWER in (done.out / "answers.yml").read_text()


def test_a_question_after_the_answer_needs_another_one(tmp_path: Path) -> None:
    """The second question has an id of its own; nobody has answered that, so it ends with 3."""
    stored = answers(tmp_path / "a", ASKED, {**ASKED, "question": "Of what?"}, GOOD)
    said = tmp_path / "answers.yml"
    said.write_text(f"model: {ANSWER}\n")
    asked = (
        "run", shop(tmp_path / "p").path, "--backend", "replay",
        "--set", f"backend.replay={stored}", "--answers", str(said),
    )  # fmt: skip
    done = gatekeeper(*asked)
    assert (done.code, done.verdict["questions"][0]["id"]) == (3, "model-2"), done.stderr
    said.write_text(f"model: {ANSWER}\nmodel-2: of the sum\n")
    assert gatekeeper(*asked).code == 0


@pytest.mark.parametrize("known", [True, False])
def test_what_the_server_does_not_tell_is_unknown_and_counted_at_its_worst(
    tmp_path: Path, known: bool
) -> None:
    """Without usage the cost is null, and the account takes the most; with it, what it was."""
    usage = {} if known else {"usage": None}
    state = tmp_path / "spent.json"
    with raw_server(response(json.dumps(GOOD), **usage)) as server:
        done = gatekeeper(
            "run", shop(tmp_path / "p").path, "--backend", "responses", "--model", "house",
            "--set", 'budget.prices={"house": "2/1/10"}', "--set", f"budget.state={state}",
            "--set", "budget.money=1", "--set", "backend.candidates=1",
            env={"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": server.base_url},
        )  # fmt: skip
    assert done.code == 0, done.stderr
    (account,) = json.loads(state.read_text())["failures"].values()
    if known:
        usd = (60 * 2 + 40 * 1 + 20 * 10) / 1e6
        assert done.verdict["cost"]["usd"] == pytest.approx(usd)
        assert (account["money"], account["tokens"]) == (pytest.approx(usd), 120)
        return
    assert done.verdict["cost"]["usd"] is None
    assert done.verdict["cost"]["unknown_models"] == ["house"]
    assert account["unknown"] is True
    assert account["money"] > 0.1
    cap = server.bodies[0]["max_output_tokens"]
    assert account["tokens"] > cap > 10_000
