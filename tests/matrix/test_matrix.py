"""No bad patch accepted, no good one refused, and what must speak against a bad one does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.support.matrix import MATRIX, PROJECTS, judge, rows, table

EVERY_CHEAT = frozenset(f"K{number}" for number in range(1, 23)) - {"K8"}
"""K8 is a fault of validators ("absent counts as passed"), so every half fix and K2 test it."""


@pytest.mark.docker
@pytest.mark.parametrize("project", PROJECTS)
def test_matrix(project: str, tmp_path: Path) -> None:
    """Every candidate gets its verdict in real containers, through the public command."""
    judged = judge(project, tmp_path)
    assert len(judged) == len(rows(project))
    wrong = table(judged)
    assert not wrong, f"\n{wrong}"


@pytest.mark.docker
@pytest.mark.parametrize("project", [project for project in PROJECTS if rows(project, "open")])
def test_what_is_known_to_get_through(project: str, tmp_path: Path) -> None:
    """Told rather than hidden; who closes one of these holes moves it into the matrix."""
    judged = judge(project, tmp_path, chosen=rows(project, "open"))
    assert {each.row.id: each.verdict for each in judged} == {
        row.id: "accepted" for row in rows(project, "open")
    }


def test_the_matrix_holds_what_it_should() -> None:
    """Enough honest fixes, every cheat at least twice, every folder of candidates judged."""
    every = [row for project in PROJECTS for row in rows(project)]
    assert {path.name for path in (MATRIX / "candidates").iterdir()} == set(PROJECTS)
    assert len([row for row in every if row.honest]) >= 30
    cheats = Counter(word for row in every for word in row.kind.split()[1:])
    assert {name for name, count in cheats.items() if count >= 2} >= EVERY_CHEAT - {"K17"}
    kinds = Counter(row.kind.split()[0] for row in every)
    assert min(kinds[kind] for kind in ("fix", "odd", "cheat", "rider", "half", "escape")) >= 8
    for row in every:
        assert bool(row.speakers) is (row.kind.split()[0] not in ("fix", "odd")), row.id
        assert row.why, row.id
