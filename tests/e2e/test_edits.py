"""The backend `edits`: a repair found without a model, through the public command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.git_repo import Workspace
from tests.support.images import PYTHON, ensure
from tests.support.projects import PYTEST, Ended, gatekeeper, shop

MORE = """from shop.cart import total


def test_a_fifth():
    assert total([50], 20) == 40


def test_all_of_it():
    assert total([7], 100) == 0
"""


EDITS = ("--backend", "edits", "--set", "edits.unisolated=true")
"""The projects of these tests have nothing that could do harm, however it is changed."""


def one_commit(folder: Path) -> Workspace:
    """A project whose bug is in its only commit: there is nothing to take back."""
    repo = shop(folder, extra={"tests/test_more.py": MORE})
    repo.git("checkout", "-q", "--orphan", "one")
    repo.commit("all at once")
    repo.git("branch", "-D", "main")
    return repo


def repaired(folder: Path, *more: str, **options: object) -> Ended:
    """One run on such a project."""
    repo = one_commit(folder)
    return gatekeeper("run", repo.path, *EDITS, "--set", "edits.tries=500", *more, **options)  # type: ignore[arg-type]


def offered(done: Ended) -> list[bytes]:
    return [path.read_bytes() for path in sorted(done.out.glob("attempts/*/patch.diff"))]


def test_a_small_edit_repairs_it_and_is_called_what_it_is(tmp_path: Path) -> None:
    """`10` became `100`; the gate tried it itself; label, place and operator are said."""
    done = repaired(tmp_path / "p")
    assert done.code == 0, done.stderr
    (first, *_) = [a for a in done.verdict["attempts"] if a["id"] == done.verdict["accepted"]]
    assert (first["label"], first["backend"]) == ("search", "edits")
    assert "`10` became `100`" in first["rationale"]
    assert first["trial"]["fail_to_pass"][0]["after"] == "passed"
    assert b"discount / 100" in (done.out / "patch.diff").read_bytes()
    assert "found by a search without a model" in done.verdict["reason"]
    assert done.verdict["cost"]["usd"] == 0


def weak(folder: Path) -> Workspace:
    """One test for the discount: `100` is right, and `discount * discount / 10` fits as well."""
    repo = shop(folder)
    repo.git("checkout", "-q", "--orphan", "one")
    repo.commit("all at once")
    repo.git("branch", "-D", "main")
    return repo


def test_where_several_edits_pass_a_person_chooses(tmp_path: Path) -> None:
    """The tests do not say which is right: exit 3, each as an option, and nothing is accepted."""
    repo = weak(tmp_path / "p")
    done = gatekeeper("run", repo.path, *EDITS)
    assert done.code == 3, done.stderr
    assert done.verdict["accepted"] is None
    assert not (done.out / "patch.diff").exists()
    assert "so the tests do not say which is right" in (done.out / "report.md").read_text()
    asked = json.loads((done.out / "clarification_request.json").read_text())
    (question,) = asked["questions"]
    rows = dict(zip(question["options"], question["effects"], strict=True))
    (right,) = [key for text, key in rows.items() if "`10` became `100`" in text]
    assert len(rows) >= 3

    answers = tmp_path / "answers.yml"
    answers.write_text(f"{question['id']}: {right}\n")
    again = gatekeeper("run", repo.path, *EDITS, "--answers", str(answers))
    assert again.code == 0, again.stderr
    assert b"discount / 100" in (again.out / "patch.diff").read_bytes()

    answers.write_text(f"{question['id']}: take 0123456789\n")
    other = gatekeeper("run", repo.path, *EDITS, "--answers", str(answers))
    assert other.code == 2, other.stderr
    assert "has no option" in other.stderr


def test_a_person_is_not_asked_where_nobody_is_to_be(tmp_path: Path) -> None:
    """`clarification.policy: off` takes the best ranked one, and says that others pass as well."""
    repo = weak(tmp_path / "p")
    flags = (*EDITS, "--set", "clarification.policy=off")
    done = gatekeeper("run", repo.path, *flags)
    assert done.code == 0, done.stderr
    assert "different candidate(s) pass every test as well" in done.stdout + done.stderr


def test_the_same_seed_offers_the_same(tmp_path: Path) -> None:
    """Two runs, the same candidates in the same order; nothing of the search stays in the tree."""
    one, two = repaired(tmp_path / "a"), repaired(tmp_path / "b")
    assert offered(one) == offered(two)
    assert not list((tmp_path / "a").glob(".gatekeeper-*"))
    assert b"discount / 10\n" in (tmp_path / "a" / "shop" / "cart.py").read_bytes()


def test_a_command_that_names_the_whole_suite_runs_the_red_tests_alone(tmp_path: Path) -> None:
    """A slow green test would use up the time, were it run in each of hundreds of tries."""
    slow = "import time\n\n\ndef test_slow():\n    time.sleep(2)\n"
    folder = tmp_path / "p"
    repo = shop(folder, extra={"tests/test_more.py": MORE, "tests/test_a_slow.py": slow})
    done = gatekeeper(
        "run", repo.path, *EDITS, "--set", "edits.seconds=60",
        engine=("--engine", "process", "--test-command", f"{PYTEST} tests"),
    )  # fmt: skip
    assert done.code == 0, done.stderr
    assert b"discount / 100" in (done.out / "patch.diff").read_bytes()


def test_where_no_edit_helps_it_says_so(tmp_path: Path) -> None:
    """Six tries are not enough: rejected, with the number of tries that were made."""
    done = repaired(tmp_path / "p", "--set", "edits.tries=6")
    assert done.code == 1, done.stderr
    assert "every edit was tried" in done.stderr


@pytest.mark.docker
def test_it_searches_in_a_container(tmp_path: Path) -> None:
    """The same on the Docker engine: no network, not root, one container for hundreds of tries."""
    engine = ("--engine", "docker", "--image", ensure(PYTHON))
    done = repaired(tmp_path / "p", engine=engine, timeout=280)
    assert done.code == 0, done.stderr
    assert b"discount / 100" in (done.out / "patch.diff").read_bytes()


@pytest.mark.docker
def test_without_a_key_it_is_asked_first_where_the_engine_isolates(tmp_path: Path) -> None:
    """No key, no backend named: a repair is looked for before a part of the change is undone."""
    engine = ("--engine", "docker", "--image", ensure(PYTHON))
    done = gatekeeper("run", one_commit(tmp_path / "p").path, engine=engine)
    assert done.code == 0, done.stderr
    assert done.verdict["backend"] == "edits, search"
    assert b"discount / 100" in (done.out / "patch.diff").read_bytes()


def test_without_isolation_nothing_is_changed_at_random_unless_asked(tmp_path: Path) -> None:
    """A wrong name in a call that removes files is a small edit too: the default is `search`."""
    done = gatekeeper("run", one_commit(tmp_path / "p").path)
    assert done.verdict["backend"] == "search"
    assert not offered(done)


def test_without_isolation_it_is_refused_unless_it_is_allowed_in_words(tmp_path: Path) -> None:
    """Named on the process engine: exit 2, with what may happen and what to do; nothing is run."""
    done = gatekeeper("run", one_commit(tmp_path / "p").path, "--backend", "edits")
    assert done.code == 2, done.stderr
    assert "may remove or overwrite files" in done.stderr
    assert "edits.unisolated=true" in done.stderr
    assert not (done.out / "attempts").exists()


def test_a_recent_commit_is_undone_where_the_delta_does_not_reach_it(tmp_path: Path) -> None:
    """The bug came two commits ago, with a word that no operator knows; the base is the last."""
    repo = shop(tmp_path / "p", buggy=False)
    right = (repo.path / "shop" / "cart.py").read_text()
    wrong = "prices[0] ** len(prices) - 3 * len(str(discount))"
    repo.write({"shop/cart.py": right.replace("sum(prices)", wrong)})
    repo.commit("total, simpler")
    repo.write({"README.md": "later\n"})
    repo.commit("a word")
    done = gatekeeper("run", repo.path, *EDITS, "--base", "HEAD~1")
    assert done.code == 0, done.stderr
    assert b"+    amount = sum(prices)" in (done.out / "patch.diff").read_bytes()
    assert "a recent change of" in done.verdict["attempts"][0]["rationale"]
