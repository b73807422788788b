"""The memory of known failures, through the public command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml

from tests.support.git_repo import Workspace
from tests.support.projects import Ended, gatekeeper, shop

PROPOSAL = "scenario_proposal.json"
CI = {"GITLAB_CI": "true", "CI": "true"}
DEMO = {
    "id": "percent-as-tenth",
    "title": "A percent was taken for a tenth",
    "failure_signatures": ["== 90"],
    "affected_tests": ["tests/test_cart.py"],
    "likely_code_areas": ["shop/cart.py"],
    "invariants": ["a percent is a hundredth"],
    "review_required": True,
}
JUNIT = """<testsuite name="s" tests="1" failures="1"><testcase classname="tests.test_cart"
name="test_discount"><failure type="AssertionError" message="assert 0.0 == 90">E   assert 0.0 == 90

tests/test_cart.py:9: AssertionError</failure></testcase></testsuite>
"""


def answer(replaced: str) -> dict[str, Any]:
    """A model's answer that divides by something else."""
    edit = {"path": "shop/cart.py", "search": "discount / 10\n", "replace": f"{replaced}\n"}
    why = {"rationale": "A percent is a hundredth.", "edits": [edit]}
    return {"analysis": "", "question": None, "candidates": [why]}


def loop(project: Workspace, *args: str) -> Ended:
    """A run in which the first candidate is wrong and the second is right."""
    stored = project.path.parent / "stored"
    stored.mkdir(exist_ok=True)
    for number, each in enumerate(("discount / 20", "discount / 100"), 1):
        (stored / f"{number:02d}.json").write_text(json.dumps(answer(each)))
    replay = ("--backend", "replay", "--set", f"backend.replay={stored}")
    return gatekeeper("run", project.path, *replay, *args)


def test_the_first_run_proposes_and_the_second_knows(tmp_path: Path) -> None:
    """A new failure is drafted, approved by a person, committed; then it is known and attached."""
    project = shop(tmp_path / "p")
    first = loop(project)
    assert first.code == 0, first.stderr
    assert first.verdict["scenario"] is None
    assert first.verdict["scenario_proposal"] == "cart-test-discount"
    draft = json.loads((first.out / PROPOSAL).read_bytes())
    assert list(draft) == [
        "id", "title", "origin", "failure_signatures", "affected_tests", "likely_code_areas",
        "invariants", "accepted_fix_patterns", "rejected_fix_patterns", "review_required",
    ]  # fmt: skip
    assert draft["affected_tests"] == ["tests.test_cart::test_discount"]
    assert "discount / 20" in draft["rejected_fix_patterns"][0]
    assert "discount / 100" in draft["accepted_fix_patterns"][1]
    assert "gatekeeper scenarios approve" in (first.out / "report.md").read_text()
    assert not (project.path / "scenarios").exists()

    approved = gatekeeper("scenarios", project.path, "approve")
    assert approved.code == 0, approved.stderr
    assert "scenarios/cart-test-discount.yml" in approved.stdout
    stored = yaml.safe_load((project.path / "scenarios/cart-test-discount.yml").read_text())
    assert stored == draft
    project.commit("what we know of discounts")

    second = loop(project)
    assert second.code == 0, second.stderr
    known = second.verdict["scenario"]
    assert (known["id"], known["band"], known["score"]) == ("cart-test-discount", "high", 1.0)
    assert not (second.out / PROPOSAL).exists()
    context = (second.out / "context.txt").read_text()
    assert "# SCENARIO_MATCH" in context
    assert "# TEST_SCENARIO_RECORD" in context
    assert "This failure is known: `cart-test-discount`" in (second.out / "report.md").read_text()
    assert "GATEKEEPER_SCENARIO=cart-test-discount\n" in (second.out / "gatekeeper.env").read_text()


def test_a_required_review_is_said_and_leaves_the_exit_code_to_the_policy(tmp_path: Path) -> None:
    """`review_required` is a note for people; `gate.accepted` alone keeps a job red."""
    project = shop(tmp_path / "p", extra={"test_scenarios/1.json": json.dumps(DEMO)})
    done = loop(project)
    assert done.code == 0, done.stderr
    assert done.verdict["scenario"]["path"] == "test_scenarios/1.json"
    assert done.verdict["scenario"]["band"] == "high"
    assert "asks for a person's review before a merge" in done.verdict["hint"]
    assert "**It asks for a review:**" in (done.out / "report.md").read_text()
    kept_red = loop(project, "--set", "gate.accepted=fail")
    assert kept_red.code == 10


def test_a_candidate_is_attached_with_care_and_a_draft_names_it(tmp_path: Path) -> None:
    """Where the failure says something else, the scenario is a hint, and the failure is drafted."""
    other = json.dumps({**DEMO, "failure_signatures": ["ZeroDivisionError"]})
    project = shop(tmp_path / "p", extra={"test_scenarios/1.json": other})
    done = loop(project)
    assert done.verdict["scenario"]["band"] == "medium"
    context = (done.out / "context.txt").read_text()
    assert "# SCENARIO_CANDIDATE" in context
    assert "# SCENARIO_MATCH" not in context
    draft = json.loads((done.out / PROPOSAL).read_bytes())
    assert "the nearest known one is percent-as-tenth" in draft["origin"]


def test_in_ci_a_change_cannot_teach_the_gate(tmp_path: Path) -> None:
    """A branch that adds a scenario for its own failure is not believed in CI, and that is said."""
    project = shop(tmp_path / "p")
    base = project.git("rev-parse", "HEAD~1")
    project.write({"scenarios/mine.yml": "affected_tests: [tests/test_cart.py]\n"})
    project.commit("trust me")
    (project.path / "junit.xml").write_text(JUNIT)
    asked = ("--junit", "junit.xml", "--base", base)
    here = gatekeeper("analyze", project.path, *asked)
    assert here.verdict["scenario"]["id"] == "mine"
    there = gatekeeper("analyze", project.path, *asked, env=CI)
    assert there.code == 0, there.stderr
    assert there.verdict["scenario"] is None
    assert "the scenarios of the merge base are used" in there.stderr


def test_a_broken_file_warns_and_the_run_goes_on(tmp_path: Path) -> None:
    """`analyze` names the file, line and right key, and works; `scenarios list` ends with 2."""
    project = shop(tmp_path / "p", extra={
        "scenarios/good.yml": "title: Tenths\naffected_tests: [tests/test_cart.py]\n",
        "scenarios/bad.yml": "id: bad\naffected_test: [a]\n",
    })  # fmt: skip
    (project.path / "junit.xml").write_text(JUNIT)
    done = gatekeeper("analyze", project.path, "--junit", "junit.xml")
    assert done.code == 0
    assert "scenarios/bad.yml:2: a scenario has no key `affected_test`" in done.stderr
    assert "Did you mean `affected_tests`?" in done.stderr
    assert done.verdict["scenario"]["id"] == "good"
    listed = gatekeeper("scenarios", project.path, "list")
    assert listed.code == 2
    assert listed.stdout == "good  Tenths (1 test(s), review required)\n"
    assert "bad.yml:2" in listed.stderr


def test_list_and_show(tmp_path: Path) -> None:
    """Both print what `run` would read, as text and as JSON; an unknown id is exit 2."""
    project = shop(tmp_path / "p", extra={"test_scenarios/1.json": json.dumps(DEMO)})
    listed = gatekeeper("scenarios", project.path, "list", "--format", "json")
    assert [one["id"] for one in listed.shown["scenarios"]] == ["percent-as-tenth"]
    assert listed.shown["problems"] == []
    shown = gatekeeper("scenarios", project.path, "show", "percent-as-tenth")
    assert yaml.safe_load(shown.stdout)["invariants"] == ["a percent is a hundredth"]
    as_json = gatekeeper("scenarios", project.path, "show", "percent-as-tenth", "--format", "json")
    assert as_json.shown["title"] == DEMO["title"]
    unknown = gatekeeper("scenarios", project.path, "show", "x")
    assert (unknown.code, unknown.stdout) == (2, "")
    assert "Known are: percent-as-tenth." in unknown.stderr
    empty = gatekeeper("scenarios", shop(tmp_path / "q").path, "list")
    assert (empty.code, empty.stdout) == (0, "no scenario in scenarios/ of the commit under test\n")


def approve(project: Workspace, *args: str, **env: str) -> Ended:
    """`scenarios approve` of a draft beside the workspace."""
    draft = project.path.parent / "draft.json"
    draft.write_text(json.dumps(DEMO))
    return gatekeeper("scenarios", project.path, "approve", os.fspath(draft), *args, env=env)


def test_approve_refuses_what_a_person_must_decide(tmp_path: Path) -> None:
    """It overwrites nothing, and stores nothing in CI, unless --force says so; --id renames."""
    project = shop(tmp_path / "p")
    in_ci = approve(project, **CI)
    assert in_ci.code == 2
    assert "a person approves" in in_ci.stderr
    assert not (project.path / "scenarios").exists()
    assert approve(project).code == 0
    path = project.path / "scenarios/percent-as-tenth.yml"
    path.write_text("id: percent-as-tenth\naffected_tests: [mine]\n")
    again = approve(project)
    assert again.code == 2
    assert "is there already" in again.stderr
    assert "mine" in path.read_text()
    assert approve(project, "--id", "other").code == 0
    assert yaml.safe_load((project.path / "scenarios/other.yml").read_text())["id"] == "other"
    assert approve(project, "--force", **CI).code == 0
    assert "mine" not in path.read_text()
    assert approve(project, "--id", "../../x").code == 2
    assert gatekeeper("scenarios", project.path, "approve").code == 2  # there is no draft


def test_approve_writes_through_no_link_and_no_secret(tmp_path: Path) -> None:
    """A linked folder is refused; a secret that stands in the draft is not stored."""
    project = shop(tmp_path / "p")
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.path / "scenarios").symlink_to(outside)
    refused = approve(project)
    assert refused.code == 2
    assert "symbolic link" in refused.stderr
    assert list(outside.iterdir()) == []
    (project.path / "scenarios").unlink()
    done = approve(project, "--set", "scenarios.folder=docs/known", A_PASSWORD="is a hundredth")
    assert done.code == 0, done.stderr
    stored = (project.path / "docs/known/percent-as-tenth.yml").read_text()
    assert "is a hundredth" not in stored
    assert "[redacted:env]" in stored


def test_analyze_drafts_what_it_is_sure_of(tmp_path: Path) -> None:
    """A sure diagnosis alone makes a draft, without any fix pattern."""
    project = shop(tmp_path / "p")
    (project.path / "junit.xml").write_text(JUNIT)
    done = gatekeeper("analyze", project.path, "--junit", "junit.xml")
    assert done.verdict["diagnosis"]["confidence"] >= 0.8
    draft = json.loads((done.out / PROPOSAL).read_bytes())
    assert draft["accepted_fix_patterns"] == []
    assert draft["invariants"] == ["test_discount: assert total([100], 10) == 90"]


def test_no_candidate_may_write_the_memory(tmp_path: Path) -> None:
    """A patch that changes scenarios, wherever they are kept, or the demo's files is rejected."""
    project = shop(tmp_path / "p", extra={"docs/known/a.yml": "affected_tests: [a]\n"})
    patches = []
    for name in ("docs/known/a.yml", "scenarios/b.yml", "test_scenarios/c.json"):
        project.write({name: '{"id": "c", "affected_tests": ["b"]}\n'})
        project.git("add", "--intent-to-add", "--all")
        patch = tmp_path / f"{name.replace('/', '-')}.diff"
        patch.write_text(project.git("diff") + "\n")
        patches.append(os.fspath(patch))
        project.git("reset", "--quiet", "--hard")
    done = gatekeeper("validate", project.path, *patches, "--set", "scenarios.folder=docs/known")
    assert done.code == 1, done.stderr
    for attempt in done.verdict["attempts"]:
        assert [finding["guard"] for finding in attempt["findings"]] == ["paths"]
