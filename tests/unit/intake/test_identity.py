"""Two runs of the same test have the same identity."""

from __future__ import annotations

import pytest

from gatekeeper.domain import CaseId
from gatekeeper.intake.identity import case_id, is_volatile, masked_all


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("runs at 2026-11-21T00:06:11.123Z", "runs at <time>"),
        ("t[2026-11-21 00:06]", "t[<time>]"),
        ("t[2026-11-21T00:06:11+02:00]", "t[<time>]"),
        ("<object at 0x7f12ab34cd56>", "<object at <address>>"),
        ("t[1795224339.6640098]", "t[<clock>]"),
        ("t[1795224339664-x]", "t[<clock>-x]"),
        ("t[6f1c2b1e-9d3c-4b0e-8a43-2f0c6c7b1a5d]", "t[<uuid>]"),
        ("t[/tmp/pytest-of-me/pytest-12/test0]", "t[/tmp<tmp>/test0]"),
        ("t[/tmp/tmpab12_xyz/f]", "t[<tmp>/f]"),
        ("t[/var/folders/x1/abc/T/f]", "t[<tmp>/T/f]"),
        ("server (pid 4711)", "server (<pid>)"),
    ],
)
def test_volatile_parts(name: str, masked: str) -> None:
    """Times, addresses, UUIDs, temporary folders and process ids are masked."""
    assert case_id(name, name) == CaseId(masked, masked)
    assert is_volatile(name)
    assert masked_all(["plain", name]) == ["plain", masked]


@pytest.mark.parametrize(
    "name",
    ["test_x[0x10]", "test_2026-11-21", "rapid 12", "a/b.js > works", "t[12:30]", "v1-2-3", "ü"],
)
def test_what_stays(name: str) -> None:
    """What merely looks a little like it is part of the name."""
    assert case_id("", name) == CaseId("", name)
    assert not is_volatile(name)


def test_long_names() -> None:
    """A huge name is cut, and two that differ at their end stay two."""
    one, two = (case_id("", "x" * 10_000 + end) for end in "ab")
    assert one != two
    assert len(one.name) < 1100
