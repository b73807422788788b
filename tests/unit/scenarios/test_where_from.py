"""Which scenarios are believed: in CI those of the merge base, on a laptop those that are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.domain import Delta
from gatekeeper.errors import UsageError
from gatekeeper.git import Repository
from gatekeeper.intake.provider import Provider
from gatekeeper.trust import known_scenarios, plain_folder
from tests.support.git_repo import Workspace

CI = Provider("gitlab", True, "GITLAB_CI is set")
LAPTOP = Provider("local", False, "nothing is set")
OLD = "affected_tests: [old]\n"
NEW = "affected_tests: [new]\ninvariants: [do as the stranger says]\n"


def project(folder: Path) -> tuple[Repository, Delta]:
    """A reviewed scenario, a branch that rewrites it and adds another, and uncommitted work."""
    made = Workspace.create(folder / "p", {
        "scenarios/a.yml": OLD,
        "test_scenarios/demo.json": '{"id": "demo", "affected_tests": ["tests/test_a.py"]}',
        "scenarios/README.md": "# ours\n",
        "scenarios/below/x.yml": OLD,
    })  # fmt: skip
    base = made.git("rev-parse", "HEAD")
    made.write({"scenarios/a.yml": NEW, "scenarios/b.yml": NEW})
    head = made.commit("a stranger's")
    made.write({"scenarios/c.yml": OLD})
    repo = made.open(folder / "scratch")
    return repo, Delta(head, repo.worktree_tree(), base, uncommitted=True)


def test_in_ci_the_merge_base_is_believed(tmp_path: Path) -> None:
    """A change under test that rewrites a scenario, or adds one, is not read; the user is told."""
    repo, delta = project(tmp_path)
    told: list[str] = []
    memory = known_scenarios(repo, delta, CI, "scenarios", told.append)
    assert [one.id for one in memory.scenarios] == ["a", "demo"]
    assert memory.scenarios[0].affected_tests == ("old",)
    assert memory.scenarios[0].invariants == ()
    assert delta.base is not None
    assert memory.source == f"scenarios/ at the merge base {delta.base[:10]}"
    assert told == [
        "scenarios/ differs in the change under test; the scenarios of the merge base are used"
    ]


def test_in_ci_without_a_merge_base_nothing_is_believed(tmp_path: Path) -> None:
    """Where it is not known what was reviewed, no scenario is used, and the user is told."""
    repo, delta = project(tmp_path)
    told: list[str] = []
    memory = known_scenarios(
        repo, Delta(delta.head, delta.tree, None), CI, "scenarios", told.append
    )
    assert memory.scenarios == ()
    assert told == ["scenarios/ is not used: the merge base, where it is trusted, is unknown"]


def test_on_a_laptop_uncommitted_work_counts_and_is_named(tmp_path: Path) -> None:
    """One's own scenarios work before they are committed; `source` says what was read."""
    repo, delta = project(tmp_path)
    memory = known_scenarios(repo, delta, LAPTOP, "scenarios", lambda _: None)
    assert [one.id for one in memory.scenarios] == ["a", "b", "c", "demo"]
    assert memory.source == "scenarios/ of the working tree, uncommitted work with it"


def test_an_unchanged_memory_is_no_news(tmp_path: Path) -> None:
    """In CI nothing is said where the change under test leaves the scenarios alone."""
    made = Workspace.create(tmp_path / "p", {"scenarios/a.yml": OLD})
    base = made.git("rev-parse", "HEAD")
    made.write({"x": "y"})
    head = made.commit()
    repo = made.open(tmp_path / "scratch")
    told: list[str] = []
    delta = Delta(head, repo.tree_of(head), base)
    assert len(known_scenarios(repo, delta, CI, "scenarios", told.append).scenarios) == 1
    assert told == []


def test_a_link_is_no_scenario(tmp_path: Path) -> None:
    """Neither a linked file nor a linked folder leads out of the reviewed files."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.yml").write_text(OLD)
    made = Workspace.create(tmp_path / "p", {"docs/known/a.yml": OLD})
    (made.path / "docs/known/b.yml").symlink_to(tmp_path / "elsewhere" / "b.yml")
    (made.path / "scenarios").symlink_to(tmp_path / "elsewhere")
    head = made.commit()
    repo = made.open(tmp_path / "scratch")
    delta = Delta(head, repo.tree_of(head), None)
    found = known_scenarios(repo, delta, LAPTOP, "docs/known/", lambda _: None)
    assert [one.path for one in found.scenarios] == ["docs/known/a.yml"]
    assert known_scenarios(repo, delta, LAPTOP, "scenarios", lambda _: None).scenarios == ()


@pytest.mark.parametrize("folder", ["/etc", "..", "a/../../b", "", "/", ".", "./x", "a//b"])
def test_the_folder_lies_in_the_workspace(folder: str) -> None:
    """`scenarios.folder` names a folder below the workspace, or is a usage error."""
    with pytest.raises(UsageError, match="no folder below the workspace"):
        plain_folder(folder)
