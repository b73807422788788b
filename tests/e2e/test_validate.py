"""The gate alone, through the public command, with patches that anybody may have written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git_repo import Workspace
from tests.support.projects import BUG, CART, TESTS, Ended, gatekeeper, shop


def diff_of(repo: Workspace, changes: dict[str, str]) -> bytes:
    """The diff that turns the project's files into these; the project stays as it is."""
    repo.write(dict(changes))
    repo.git("add", "--all")
    made = repo.git("diff", "--cached") + "\n"
    repo.git("reset", "--quiet", "--hard")
    return made.encode()


def fixed(repo: Workspace) -> str:
    """The cart without the bug."""
    return (repo.path / "shop/cart.py").read_text().replace(BUG[1], BUG[0])


def judge(repo: Workspace, *diffs: bytes, args: tuple[str, ...] = ()) -> Ended:
    """`gatekeeper validate` on these patches, as JSON."""
    paths = []
    for number, diff in enumerate(diffs, 1):
        path = repo.path.parent / f"{number}.diff"
        path.write_bytes(diff)
        paths.append(os.fspath(path))
    return gatekeeper("validate", repo.path, *paths, "--format", "json", *args)


def test_each_patch_is_judged_on_its_own(tmp_path: Path) -> None:
    """A good patch is accepted and an edited test refused in one call; the exit code is 1."""
    repo = shop(tmp_path / "p")
    good = diff_of(repo, {"shop/cart.py": fixed(repo)})
    cheat = diff_of(repo, {"tests/test_cart.py": TESTS.replace("== 90", "== 0")})
    done = judge(repo, good, cheat)
    assert done.code == 1, done.stderr
    verdicts = [candidate["verdict"] for candidate in done.shown["candidates"]]
    assert verdicts == ["accepted", "rejected"]
    assert done.shown["candidates"][1]["findings"][0]["guard"] == "paths"
    assert done.shown["candidates"][1]["findings"][0]["path"] == "tests/test_cart.py"


def test_patches_that_no_guard_lets_through_need_no_sandbox(tmp_path: Path) -> None:
    """Where guards reject every patch, nothing is run at all."""
    repo = shop(tmp_path / "p")
    cheat = diff_of(repo, {"conftest.py": "import sys\n"})
    done = judge(repo, cheat)
    assert done.code == 1
    assert "sandbox" not in [step["name"] for step in done.verdict["steps"]]


@pytest.mark.parametrize(
    "form",
    [
        lambda diff: diff.rstrip(b"\n"),
        lambda diff: diff.replace(b"\n", b"\r\n"),
        lambda diff: b"Here is the fix:\n```diff\n" + diff + b"```\nHope it helps.\n",
        lambda diff: diff.replace(b"a/shop", b"shop").replace(b"b/shop", b"shop"),
        lambda diff: diff.replace(b"@@ -4,7 +4,7 @@", b"@@ -4,9 +4,9 @@"),
    ],
    ids=["no last newline", "CRLF", "fence and prose", "no prefixes", "wrong counts"],
)
def test_honest_diffs_in_odd_forms_are_mended_and_said_so(tmp_path: Path, form: object) -> None:
    """An honest fix in an odd form is accepted, and the notes say what was mended."""
    repo = shop(tmp_path / "p")
    good = diff_of(repo, {"shop/cart.py": fixed(repo)})
    done = judge(repo, form(good))  # type: ignore[operator]
    candidate = done.shown["candidates"][0]
    assert candidate["verdict"] == "accepted", candidate
    assert candidate["notes"]


def test_rubbish_is_refused_cleanly(tmp_path: Path) -> None:
    """What is no diff is refused with a reason, and the workspace is untouched."""
    repo = shop(tmp_path / "p")
    done = judge(repo, b"\x00\xff rubbish", b"")
    assert done.code == 1
    assert all(c["verdict"] == "rejected" and c["reasons"] for c in done.shown["candidates"])
    assert repo.git("status", "--porcelain") == ""


def test_on_a_green_commit_a_patch_must_break_nothing(tmp_path: Path) -> None:
    """Without a failing case a harmless patch is accepted and a breaking one refused."""
    repo = shop(tmp_path / "p", buggy=False)
    words = (repo.path / "shop/cart.py").read_text()
    harmless = diff_of(repo, {"shop/cart.py": words.replace("Sum of", "The sum of")})
    breaking = diff_of(repo, {"shop/cart.py": words.replace("min(prices)", "max(prices)")})
    done = judge(repo, harmless, breaking)
    assert [c["verdict"] for c in done.shown["candidates"]] == ["accepted", "rejected"]


def test_a_fixed_import_error_counts_as_passed(tmp_path: Path) -> None:
    """A module that could not be imported is one red case, which its own cases take over."""
    repo = Workspace.create(
        tmp_path / "p",
        {
            "shop/__init__.py": "",
            "shop/cart.py": CART.replace("def cheapest", "def lowest"),
            "tests/test_cart.py": TESTS,
            "tests/test_other.py": "def test_other():\n    assert True\n",
        },
    )
    cart = (repo.path / "shop/cart.py").read_text()
    good = diff_of(repo, {"shop/cart.py": cart.replace("def lowest", "def cheapest")})
    half = diff_of(
        repo, {"shop/cart.py": cart.replace("def lowest", "def cheapest").replace("min(", "max(")}
    )
    done = judge(repo, good, half)
    verdicts = [candidate["verdict"] for candidate in done.shown["candidates"]]
    assert verdicts == ["accepted", "rejected"], done.shown


def test_a_foreign_patch_never_runs_without_isolation_by_itself(tmp_path: Path) -> None:
    """Without Docker and without --engine process, validate ends with 6 and runs nothing."""
    repo = shop(tmp_path / "p")
    good = diff_of(repo, {"shop/cart.py": fixed(repo)})
    path = tmp_path / "good.diff"
    path.write_bytes(good)
    done = gatekeeper(
        "validate", repo.path, os.fspath(path),
        engine=(), env={"DOCKER_HOST": f"unix://{tmp_path}/no.sock"},
    )  # fmt: skip
    assert done.code == 6, done.stderr
    assert "process" in done.stderr or "Docker" in done.stderr
