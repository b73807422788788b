from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.candidates import Refusal, realise, takes_back
from gatekeeper.domain import Draft
from tests.support.git_repo import Workspace

BASE = {"a.py": "one\ntwo\nthree\nfour\nfive\nsix\n", "gone.py": "old\n", "far.py": "far\n"}
CHANGED = {"a.py": "ONE\ntwo\nthree\nfive\nSIX\nseven\n", "new.py": "new\n"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"a.py": BASE["a.py"]}, True),
        ({"a.py": CHANGED["a.py"].replace("ONE", "one")}, True),
        ({"a.py": CHANGED["a.py"].replace("three\n", "three\nfour\n")}, True),
        ({"new.py": None}, True),
        ({"gone.py": "old\n"}, True),
        ({"a.py": BASE["a.py"], "new.py": None}, True),
        ({"a.py": CHANGED["a.py"].replace("ONE", "uno")}, False),
        ({"a.py": CHANGED["a.py"].replace("two", "TWO")}, False),
        ({"a.py": BASE["a.py"], "far.py": "near\n"}, False),
        ({"a.py": BASE["a.py"].replace("two", "2")}, False),
        ({"gone.py": "other\n"}, False),
    ],
    ids=[
        "whole file", "one line", "a removed line", "an added file", "a removed file", "all",
        "other text", "other line", "and another file", "and more", "another file at the path",
    ],
)  # fmt: skip
def test_a_revert_is_known_by_its_result(
    tmp_path: Path, wanted: dict[str, str | None], expected: bool
) -> None:
    """Taking back all or a part of the author's change is a revert, anything more is not."""
    work = Workspace.create(tmp_path / "w", dict(BASE))
    base = work.git("rev-parse", "HEAD^{tree}")
    (work.path / "gone.py").unlink()
    work.write(dict(CHANGED))
    work.commit()
    repo = work.open(tmp_path / "s")
    tree = repo.tree_of("HEAD")
    contents = {p: None if c is None else c.encode() for p, c in wanted.items()}
    diff = repo.diff(tree, repo.write_tree_with(tree, contents))
    made = realise(Draft(diff=diff), repo, tree, "1")
    assert not isinstance(made, Refusal), made
    assert takes_back(repo, base, made) is expected
