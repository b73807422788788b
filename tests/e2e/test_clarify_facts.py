"""What once did not hold of questions and answers, through the public command."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

from tests.e2e.test_clarify_hard import ASK, TALK, answered, artifact, junit
from tests.support.git_repo import Workspace
from tests.support.projects import command, environment, gatekeeper, shop


def test_a_failure_that_is_not_there_is_not_asked_about(tmp_path: Path) -> None:
    """The baseline comes before the question: exit 8, and nobody is asked."""
    done = gatekeeper(
        "run", shop(tmp_path / "p", buggy=False).path, *junit(tmp_path, "connection reset")
    )
    assert done.code == 8, done.stderr


def test_replay_has_the_same_verdict(tmp_path: Path) -> None:
    """A run whose question was answered in a dialogue, replayed without one: the same end."""
    project = shop(tmp_path / "p").path
    first = gatekeeper("run", project, *TALK, stdin=b"1\ny\n")
    shutil.copytree(first.out, tmp_path / "stored")
    again = gatekeeper("replay", project, os.fspath(tmp_path / "stored"), *ASK)
    assert again.code == first.code == 0, again.stderr


def test_a_run_that_fails_early_keeps_the_answers(tmp_path: Path) -> None:
    """`run --answers REPORT/answers.yml` with a slip in --junit: the answers are there still."""
    project = shop(tmp_path / "p").path
    first = gatekeeper("clarify", project, *ASK, *junit(tmp_path), stdin=b"it is the rounding\ny\n")
    stored = first.out / "answers.yml"
    run = gatekeeper("run", project, *ASK, "--junit", "slip.xml", "--answers", os.fspath(stored))
    assert run.code == 4
    assert stored.exists()


def test_a_live_clock_does_not_write_over_the_prompt(tmp_path: Path) -> None:
    """On a terminal nothing turns below the prompt while a person types."""
    argv = command(
        "clarify",
        "-w",
        os.fspath(shop(tmp_path / "p").path),
        "--out",
        os.fspath(tmp_path / "o"),
        *ASK,
        *junit(tmp_path),
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment(), "TERM": "xterm"}
    ):
        os.close(theirs)
        seen, since, until = b"", None, time.monotonic() + 30
        while time.monotonic() < until:
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 65536)
            if since is None and b"empty line stops" in seen:
                since, until, seen = len(seen), time.monotonic() + 1.5, b""
        os.write(ours, b"\n")
        time.sleep(1)
    assert b"\r" not in seen.split(b"]: ")[-1], seen


def test_undecodable_bytes_are_replaced(tmp_path: Path) -> None:
    """Also where the locale makes standard input strict."""
    done = gatekeeper(
        "clarify",
        shop(tmp_path / "p").path,
        *ASK,
        *junit(tmp_path),
        stdin=b"caf\xe9\ny\n",
        env={"PYTHONIOENCODING": "utf-8:strict"},
    )
    assert done.code == 0, done.stderr


def test_an_emoji_of_a_file_reaches_the_context(tmp_path: Path) -> None:
    """JSON writes it as two halves of a surrogate pair; they are joined again."""
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, *ASK, *answered(tmp_path, cause="look \U0001f600")
    )
    assert "look \U0001f600" in (done.out / "context.txt").read_text()


def test_a_deep_file_is_a_usage_error(tmp_path: Path) -> None:
    """A file nested 5,000 levels deep: exit 2, no traceback."""
    (tmp_path / "a.yml").write_text("cause: " + "[" * 5000)
    done = gatekeeper("run", shop(tmp_path / "p").path, "--answers", os.fspath(tmp_path / "a.yml"))
    assert done.code == 2, done.stderr[-300:]


def test_a_confirmed_dialogue_did_not_break_off(tmp_path: Path) -> None:
    """clarification_dialog.json says how it ended."""
    done = gatekeeper("clarify", shop(tmp_path / "p").path, *ASK, *junit(tmp_path), stdin=b"1\ny\n")
    assert artifact(done, "clarification_dialog.json")["ended"] not in ("broke off", "not answered")


def test_a_restriction_that_was_not_asked_for_still_holds(tmp_path: Path) -> None:
    """`place: only B` where there is no such question: the patch of A is not accepted."""
    one = "from shop.b import scale\n\n\ndef total(x):\n    return scale(x, {0}10)\n"
    two = "def scale(x, by):\n    return x * {0}\n"
    test = "from shop.a import total\n\n\ndef test_total():\n    assert total(2) == 20\n"
    files = {
        "shop/__init__.py": "",
        "shop/a.py": one.format(""),
        "shop/b.py": two.format("by"),
        "tests/test_a.py": test,
    }
    repo = Workspace.create(tmp_path / "p", files)
    repo.write({"shop/a.py": one.format("-"), "shop/b.py": two.format("abs(by) - 2 * (by < 0)")})
    repo.commit("both")
    done = gatekeeper(
        "run", repo.path, *ASK, *answered(tmp_path, cause="fix", place="only shop/b.py")
    )
    assert done.code != 0 or "shop/a.py" not in (done.out / "patch.diff").read_text(), done.stderr[
        -900:
    ]


SCENARIO = """id: percent
title: Percent
failure_signatures: ["assert 0.0 == 90"]
affected_tests: ["tests/test_cart.py::test_discount"]
likely_code_areas: ["shop/cart.py::total"]
invariants: ["MARKER"]
accepted_fix_patterns: []
rejected_fix_patterns: []
review_required: true
"""


def test_no_means_that_the_record_is_not_used(tmp_path: Path) -> None:
    """After that answer the record of a high match is not in the context."""
    project = shop(tmp_path / "p", extra={"scenarios/percent.yml": SCENARIO}).path
    done = gatekeeper("run", project, *ASK, *answered(tmp_path, cause="fix", known="fix"))
    assert "MARKER" not in (done.out / "context.txt").read_text()


def test_context_shows_what_run_sends(tmp_path: Path) -> None:
    """`gatekeeper context` has the answers too: byte for byte what is sent."""
    project = shop(tmp_path / "p").path
    said = ("--set", 'clarification.answers={"cause": "look at x"}', *ASK, *junit(tmp_path))
    shown = gatekeeper("context", project, *said)
    before = (shown.out / "context.txt").read_bytes()
    run = gatekeeper("run", project, *said)
    assert (run.out / "context.txt").read_bytes() == before


def test_the_context_keeps_its_budget(tmp_path: Path) -> None:
    """A note of 4,000 characters is cut where context.tokens is 500."""
    done = gatekeeper(
        "run",
        shop(tmp_path / "p").path,
        *ASK,
        "--set",
        "context.tokens=500",
        *answered(tmp_path, cause="x y " * 1000),
    )
    assert done.verdict["context"]["tokens"] <= 500


def test_a_question_answered_twice_is_refused(tmp_path: Path) -> None:
    """A key that is there twice is a usage error, as in the configuration."""
    (tmp_path / "a.yml").write_text("cause: stop\ncause: fix\n")
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, *ASK, "--answers", os.fspath(tmp_path / "a.yml")
    )
    assert done.code == 2, done.stderr[-200:]


def test_accepted_for_one_cause_says_what_stays_red(tmp_path: Path) -> None:
    """With `first 1` a fix is accepted, and the conclusion says that others are red still."""
    extra = {
        "tests/test_more.py": "from shop import more\n\n\ndef test_key():\n    more.look({})\n",
        "shop/more.py": 'def look(d):\n    return d["k"]\n',
    }
    done = gatekeeper(
        "run",
        shop(tmp_path / "p", extra=extra).path,
        *ASK,
        *answered(tmp_path, cause="fix", order="first 1"),
    )
    said = done.verdict["reason"] + done.verdict["hint"] + " ".join(done.verdict["warnings"])
    assert "test_key" in said or "red" in said, said


def test_a_usage_error_names_the_file(tmp_path: Path) -> None:
    """The name of the file of answers is in the message."""
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, *ASK, *junit(tmp_path), *answered(tmp_path, nonsense="1")
    )
    assert "said.json" in done.stderr, done.stderr[-300:]


def test_clarify_with_policy_off_does_not_contradict_itself(tmp_path: Path) -> None:
    """It says that the policy is off, not that the confidence is high enough."""
    done = gatekeeper(
        "clarify",
        shop(tmp_path / "p").path,
        *junit(tmp_path, ""),
        "--set",
        "clarification.policy=off",
    )
    assert "threshold" not in done.stdout + done.stderr.splitlines()[-1], done.stdout
