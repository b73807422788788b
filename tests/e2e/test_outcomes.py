"""Every outcome of DESIGN section 2, through the public command: exit code and artifacts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.projects import (
    PYTEST,
    TESTS,
    command,
    environment,
    gatekeeper,
    shop,
)

EVERY = {"verdict.json", "analysis.json", "report.md", "gatekeeper.env"}
"""Artifacts that every run leaves, however it ended."""

GOOD = {
    "analysis": "The percentage is divided by the wrong number.",
    "question": None,
    "candidates": [
        {
            "rationale": "A percent is a hundredth.",
            "edits": [
                {"path": "shop/cart.py", "search": "discount / 10\n", "replace": "discount / 100\n"}
            ],
        }
    ],
}


def answers(folder: Path, *stored: object) -> str:
    """A folder for the replay backend."""
    folder.mkdir()
    for number, answer in enumerate(stored, 1):
        (folder / f"{number:02d}.json").write_text(json.dumps(answer))
    return os.fspath(folder)


def patched(old: str, new: str) -> dict[str, object]:
    """An answer with one edit of the cart."""
    edit = {"path": "shop/cart.py", "search": old, "replace": new}
    return {"analysis": "", "question": None, "candidates": [{"rationale": "", "edits": [edit]}]}


def test_green_tests_end_with_0_and_nothing_is_asked(tmp_path: Path) -> None:
    """On a green commit the outcome is green, exit 0, and no backend is called."""
    done = gatekeeper("run", shop(tmp_path / "p", buggy=False).path)
    assert (done.code, done.verdict["outcome"]) == (0, "green"), done.stderr
    assert not (done.out / "attempts").exists()
    assert {path.name for path in done.out.iterdir()} >= EVERY


def test_search_takes_back_the_one_hunk_that_breaks(tmp_path: Path) -> None:
    """Without a key, the smallest set of hunks is taken back, accepted, and named a revert."""
    done = gatekeeper("run", shop(tmp_path / "p").path)
    assert (done.code, done.verdict["outcome"]) == (0, "accepted"), done.stderr
    patch = (done.out / "patch.diff").read_text()
    assert patch.count("@@ -") == 1
    assert "+    return amount - amount * discount / 100" in patch
    assert "evert" in done.stdout
    assert "no key is set" in done.stderr
    assert "no key is set" in (done.out / "report.md").read_text()


def test_revert_can_be_turned_off(tmp_path: Path) -> None:
    """With gate.revert=refuse no revert is accepted: exit 1."""
    done = gatekeeper("run", shop(tmp_path / "p").path, "--set", "gate.revert=refuse")
    assert (done.code, done.verdict["outcome"]) == (1, "rejected")


def test_rejected_twice_then_accepted(tmp_path: Path) -> None:
    """Each rejected attempt is kept with its reasons and output; the third round is accepted."""
    stored = answers(
        tmp_path / "a",
        patched("discount / 10\n", "discount / 20\n"),
        patched("def total(prices", "def total(costs"),
        GOOD,
    )
    done = gatekeeper(
        "run", shop(tmp_path / "p").path,
        "--backend", "replay", "--set", f"backend.replay={stored}",
    )  # fmt: skip
    assert (done.code, done.verdict["outcome"]) == (0, "accepted"), done.stderr
    folders = sorted(path.name for path in (done.out / "attempts").iterdir())
    assert folders == ["01", "02", "03"]
    for folder in folders:
        kept = {path.name for path in (done.out / "attempts" / folder).iterdir()}
        assert {"response.json", "patch.diff", "junit.xml", "output.log"} <= kept
    feedback = (done.out / "attempts" / "02" / "feedback.txt").read_text()
    assert "test_discount" in feedback


def test_rejected_ends_with_1(tmp_path: Path) -> None:
    """A real failure without an accepted candidate is exit 1, and the reason names the case."""
    stored = answers(tmp_path / "a", patched("discount / 10\n", "discount / 20\n"))
    done = gatekeeper(
        "run", shop(tmp_path / "p").path,
        "--backend", "replay", "--set", f"backend.replay={stored}",
    )  # fmt: skip
    assert (done.code, done.verdict["outcome"]) == (1, "rejected")
    assert "test_discount" in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("--set", "tests.comand=x"),
        ("--set", "tests.reruns=none"),
        ("--backend", "oracle"),
        ("--set", "novalue"),
        ("--base", "nonexistent"),
        ("--config", "/nonexistent.yml"),
    ],
)
def test_usage_ends_with_2(tmp_path: Path, args: tuple[str, ...]) -> None:
    """A wrong flag or value is exit 2, with one clear line."""
    done = gatekeeper("run", shop(tmp_path / "p").path, *args)
    assert done.code == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_no_repository_is_usage(tmp_path: Path) -> None:
    """A folder that is no git checkout is exit 2 and says so."""
    (tmp_path / "p").mkdir()
    done = gatekeeper("run", tmp_path / "p")
    assert done.code == 2
    assert "git" in done.stderr


def test_a_question_instead_of_a_fix_ends_with_3(tmp_path: Path) -> None:
    """A backend that says the test contradicts the contract is a question, not a patch."""
    asked = {"analysis": "", "question": "Is the discount a fraction?", "candidates": []}
    stored = answers(tmp_path / "a", asked)
    done = gatekeeper(
        "run", shop(tmp_path / "p").path,
        "--backend", "replay", "--set", f"backend.replay={stored}",
    )  # fmt: skip
    assert (done.code, done.verdict["outcome"]) == (3, "clarify")
    request = json.loads((done.out / "clarification_request.json").read_bytes())
    assert request["questions"][0]["text"] == "Is the discount a fraction?"


@pytest.mark.parametrize(
    "content",
    [b"", b"<html><body>404</body></html>", b"<testsuite tests='1'/>", b"\x00\x01rubbish"],
    ids=["empty", "html", "no case", "rubbish"],
)
def test_unreadable_reports_end_with_4(tmp_path: Path, content: bytes) -> None:
    """A report that proves nothing is exit 4, never green."""
    (tmp_path / "r.xml").write_bytes(content)
    done = gatekeeper("run", shop(tmp_path / "p").path, "--junit", os.fspath(tmp_path / "r.xml"))
    assert (done.code, done.verdict["outcome"]) == (4, "unreadable")


def test_a_missing_report_ends_with_4_in_ci(tmp_path: Path) -> None:
    """In CI the failed job's report is wanted; without one nothing is run."""
    done = gatekeeper("run", shop(tmp_path / "p").path, env={"GITLAB_CI": "true", "CI": "true"})
    assert (done.code, done.verdict["outcome"]) == (4, "unreadable")


def test_no_key_for_a_model_ends_with_5(tmp_path: Path) -> None:
    """The responses backend without a key is exit 5 and names the way without one."""
    done = gatekeeper("run", shop(tmp_path / "p").path, "--backend", "responses")
    assert (done.code, done.verdict["outcome"]) == (5, "backend")
    assert "OPENAI_API_KEY" in done.stderr
    assert "search" in done.stderr


def test_a_failing_set_up_ends_with_6(tmp_path: Path) -> None:
    """A set-up command that fails says nothing about a candidate: exit 6, with its output."""
    done = gatekeeper("run", shop(tmp_path / "p").path, "--setup", "echo no-such-thing; exit 9")
    assert (done.code, done.verdict["outcome"]) == (6, "sandbox")
    assert "no-such-thing" in done.stderr


def test_a_missing_test_command_ends_with_6(tmp_path: Path) -> None:
    """A test command that does not exist is the sandbox's fault, not the candidate's."""
    engine = ("--engine", "process", "--test-command", "no-such-runner {junit}")
    done = gatekeeper("run", shop(tmp_path / "p").path, engine=engine)
    assert (done.code, done.verdict["outcome"]) == (6, "sandbox")


def test_a_failure_that_is_not_there_ends_with_8(tmp_path: Path) -> None:
    """Cases that the job saw red and that pass on the unchanged commit are not paid for."""
    repo = shop(tmp_path / "p", buggy=False)
    report = tmp_path / "r.xml"
    report.write_text(
        '<testsuite><testcase classname="tests.test_cart" name="test_total">'
        '<failure message="connection reset"/></testcase></testsuite>'
    )
    done = gatekeeper("run", repo.path, "--junit", os.fspath(report))
    assert (done.code, done.verdict["outcome"]) == (8, "not-reproduced"), done.stderr
    assert not (done.out / "attempts").exists()


def test_a_flickering_failure_ends_with_8(tmp_path: Path) -> None:
    """A case that is red in one run and green in the next is flaky, and named so."""
    counter = tmp_path / "counter"
    flaky = (
        "from pathlib import Path\n\n\ndef test_flicker():\n"
        f"    counter = Path({os.fspath(counter)!r})\n"
        "    seen = counter.read_text() if counter.exists() else ''\n"
        "    counter.write_text(seen + 'x')\n"
        "    assert len(seen) % 2\n"
    )
    repo = shop(tmp_path / "p", buggy=False, extra={"tests/test_flaky.py": flaky})
    done = gatekeeper("run", repo.path)
    assert (done.code, done.verdict["outcome"]) == (8, "not-reproduced"), done.stderr
    assert "test_flicker" in done.stderr + done.stdout


def test_a_spent_budget_ends_with_9(tmp_path: Path) -> None:
    """The next request may exceed budget.tokens: exit 9 before it is sent (nobody listens)."""
    done = gatekeeper(
        "run", shop(tmp_path / "p").path, "--set", "budget.tokens=10", "--backend", "responses",
        "--set", "backend.base_url=http://127.0.0.1:9/v1", env={"OPENAI_API_KEY": "sk-none"},
    )  # fmt: skip
    assert (done.code, done.verdict["outcome"]) == (9, "budget")
    assert "budget.tokens" in done.verdict["reason"]


def test_accepted_can_keep_the_job_red(tmp_path: Path) -> None:
    """With gate.accepted=fail an accepted candidate is exit 10."""
    done = gatekeeper("run", shop(tmp_path / "p").path, "--set", "gate.accepted=fail")
    assert (done.code, done.verdict["outcome"]) == (10, "accepted")


SLOW = TESTS + "\n\ndef test_slow():\n    import time\n\n    time.sleep(60)\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
def test_a_killed_run_leaves_a_readable_report(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """SIGINT is 130 and SIGTERM 143, after clean-up; after SIGKILL the report reads too."""
    repo = shop(tmp_path / "p", extra={"tests/test_slow.py": SLOW})
    out = tmp_path / "report"
    argv = command(
        "run", "-w", os.fspath(repo.path), "--out", os.fspath(out), "--engine", "process",
        "--test-command", PYTEST,
    )  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(
            argv, env=environment(TMPDIR=os.fspath(tmp_path)), stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and "sandbox" not in _steps(out):
            time.sleep(0.1)
        time.sleep(0.5)
        child.send_signal(number)
        child.wait(60)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == code
    verdict = json.loads((out / "verdict.json").read_bytes())
    expected = "unfinished" if number == signal.SIGKILL else "interrupted"
    assert verdict["outcome"] == expected
    assert _gone("time.sleep(60)", tmp_path)


def _steps(out: Path) -> list[str]:
    try:
        return [step["name"] for step in json.loads((out / "verdict.json").read_bytes())["steps"]]
    except (FileNotFoundError, KeyError):
        return []


def _gone(_what: str, folder: Path) -> bool:
    """No process works below `folder` any more (some seconds are granted)."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        alive = []
        for entry in Path("/proc").glob("[0-9]*/cwd"):
            try:
                where = entry.resolve(strict=True)
            except OSError:
                continue
            if where.is_relative_to(folder):
                alive.append(entry)
        if not alive:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize("name", ["analyze", "context", "run"])
def test_json_says_why_there_is_nothing(tmp_path: Path, name: str) -> None:
    """With --format json a missing report is an object with outcome and reason, and exit 4."""
    done = gatekeeper(name, shop(tmp_path / "p").path, "--junit", "none.xml", "--format", "json")
    assert done.code == 4
    assert done.shown["outcome"] == "unreadable"
    assert "none.xml" in done.shown["reason"]
