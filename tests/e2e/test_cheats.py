"""Cheats that only show beside the project's own runs and history, through the public command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.support.git_repo import Workspace
from tests.support.projects import BUG, PYTEST, TESTS, Ended, gatekeeper, shop

PROCESS = ("--engine", "process", "--test-command", PYTEST)


def judge(
    repo: Workspace, changes: dict[str, str], *args: str, engine: Sequence[str] = PROCESS
) -> Ended:
    """`gatekeeper validate` on the diff that turns the project's files into these."""
    repo.write(dict(changes))
    repo.git("add", "--all")
    patch = repo.path.parent / "change.diff"
    patch.write_text(repo.git("diff", "--cached") + "\n")
    repo.git("reset", "--quiet", "--hard")
    shown = ("--format", "json", *args)
    return gatekeeper("validate", repo.path, str(patch), *shown, engine=engine)


def odd(folder: Path) -> Workspace:
    """A project whose tests are in a file that no rule on names would take for a test."""
    repo = shop(folder)
    (repo.path / "tests/test_cart.py").unlink()
    repo.write(
        {
            "checks/check_cart.py": TESTS,
            "pytest.ini": "[pytest]\npython_files = check_*.py\n",
            "run/all": "#!/bin/sh\npython3 -m pytest\n",
        }
    )
    repo.commit()
    return repo


def test_a_weakened_test_is_known_by_the_report(tmp_path: Path) -> None:
    """A test that no name gives away is protected, since the unchanged commit's run names it."""
    done = judge(odd(tmp_path / "p"), {"checks/check_cart.py": TESTS.replace("== 90", "== 110")})
    (candidate,) = done.shown["candidates"]
    assert (done.code, candidate["verdict"]) == (1, "rejected"), done.stderr
    assert candidate["findings"][0]["path"] == "checks/check_cart.py"
    assert "holds the test" in candidate["findings"][0]["message"]


def test_the_script_that_runs_the_tests_is_protected(tmp_path: Path) -> None:
    """What the test command starts decides what is tested, so a patch must leave it alone."""
    engine = ("--engine", "process", "--test-command", "sh run/all")
    done = judge(odd(tmp_path / "p"), {"run/all": "#!/bin/sh\nexit 0\n"}, engine=engine)
    (candidate,) = done.shown["candidates"]
    assert [finding["path"] for finding in candidate["findings"]] == ["run/all"]


def test_a_revert_written_by_hand_is_a_revert(tmp_path: Path) -> None:
    """`gate.revert: refuse` holds for whoever takes the author's change back."""
    repo = shop(tmp_path / "p")
    cart = (repo.path / "shop/cart.py").read_text()
    change = {"shop/cart.py": cart.replace(BUG[1], BUG[0])}
    offered = judge(repo, change)
    assert offered.code == 0, offered.stderr
    assert offered.verdict["attempts"][0]["label"] == "revert"
    refused = judge(repo, change, "--set", "gate.revert=refuse")
    assert refused.code == 1
    assert refused.shown["candidates"][0]["findings"][0]["guard"] == "revert"


def test_a_link_is_no_reason_to_stop_judging_the_others(tmp_path: Path) -> None:
    """With its guard on `warn` a link is still refused, as no sandbox gets one; the fix passes."""
    repo = shop(tmp_path / "p")
    fix = (repo.path / "shop/cart.py").read_text().replace(BUG[1], BUG[0])
    repo.write({"shop/cart.py": fix})
    (repo.path.parent / "good.diff").write_text(repo.git("diff") + "\n")
    repo.git("reset", "--quiet", "--hard")
    (repo.path / "shop/link").symlink_to("cart.py")
    repo.git("add", "--all")
    (repo.path.parent / "link.diff").write_text(repo.git("diff", "--cached") + "\n")
    repo.git("reset", "--quiet", "--hard")
    patches = [str(repo.path.parent / name) for name in ("link.diff", "good.diff")]
    asked = ("--set", "guards.modes=warn", "--format", "json")
    done = gatekeeper("validate", repo.path, *patches, *asked, engine=PROCESS)
    assert [c["verdict"] for c in done.shown["candidates"]] == ["rejected", "accepted"], done.stderr
