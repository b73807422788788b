"""Frames of real traces, made by the real interpreters, compilers, runners and sanitizers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.domain import Origin
from gatekeeper.intake.stacktrace import frames

HERE = Path(__file__).resolve().parents[2] / "assets" / "traces"
TRACES: dict[str, dict[str, Any]] = tomllib.loads((HERE / "traces.toml").read_text("utf-8"))


def text(name: str) -> str:
    return (HERE / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", TRACES)
def test_frames_of_the_workspace(name: str) -> None:
    """Exactly the frames of the workspace, innermost first, with their functions."""
    known = frozenset(TRACES[name]["files"])
    found = [
        f"{frame.path}{f':{frame.line}' if frame.line else ''} {frame.function}".strip()
        for frame in frames(text(name), known)
        if frame.ours
    ]
    assert found == TRACES[name]["ours"]


@pytest.mark.parametrize("name", [name for name in TRACES if TRACES[name].get("not_ours")])
def test_frames_of_others(name: str) -> None:
    """Packages of others and the language's own files are found, and told apart."""
    found = frames(text(name), frozenset(TRACES[name]["files"]))
    for row in TRACES[name]["not_ours"]:
        part, origin = row.split()
        there = {frame.origin for frame in found if part in f"/{frame.path}"}
        assert there == {Origin(origin)}, part


def test_every_trace_has_its_row() -> None:
    """No trace lies about that nothing is said of."""
    assert {path.stem for path in HERE.glob("*.txt")} == set(TRACES)


def test_no_frame_of_a_trace_is_unknown() -> None:
    """Of a project's whole trace, each frame is the project's, a package's or the language's."""
    for name, row in TRACES.items():
        unknown = [
            frame.path
            for frame in frames(text(name), frozenset(row["files"]))
            if frame.origin is Origin.UNKNOWN
        ]
        assert unknown == [], name
