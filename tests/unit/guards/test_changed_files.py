"""Which lines of a file a candidate changed, of small files and of large ones."""

from __future__ import annotations

import time

import pytest

from gatekeeper.guards.changed import LARGE, ChangedFile


@pytest.mark.parametrize(
    ("before", "after", "added", "removed"),
    [
        ("a\nb\nc\n", "a\nx\nc\n", {2}, {2}),
        ("a\nb\n", "a\nb\n", set(), set()),
        ("", "a\nb\n", {1, 2}, set()),
        ("a\nb\n", "", set(), {1, 2}),
        ("a\n", "a\na\n", {2}, set()),
        ("a\na\n", "a\n", set(), {2}),
        ("x\na\ny\n", "z\na\nw\n", {1, 3}, {1, 3}),
    ],
)
def test_added_and_removed_lines(
    before: str, after: str, added: set[int], removed: set[int]
) -> None:
    """Lines count from one, on the side where they stand."""
    file = ChangedFile("a.txt", before, after)
    assert file.added == added
    assert file.removed == removed


def test_a_large_file_is_compared_at_once() -> None:
    """Two edits far apart among lines that repeat are found, and nothing between them."""
    block = "  },\n  x%d: {\n    dev: true\n"
    before = "".join(block % number for number in range(3 * LARGE))
    after = before.replace("x7:", "y7:").replace("x2990:", "y2990:")
    start = time.process_time()
    assert ChangedFile("a.txt", before, after).added == {3 * 7 + 2, 3 * 2990 + 2}
    assert time.process_time() - start < 1
