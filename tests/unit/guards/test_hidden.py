"""Added text must read for a person as it does for the compiler."""

from __future__ import annotations

import pytest

from gatekeeper.guards.hidden import no_hidden_text
from tests.support.trees import candidate, tree


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a = 1\n", "a = 2\n", None),
        ("", "x = 'caf\u00e9 \u65e5\u672c \U0001f600'\n", None),
        ("", "\ufeffa = 1\n", None),
        ("", "a\r\n\tb\x0c\n", None),
        ("", "ok\n# \u202e evil\n", 2),
        ("", "a\u200bb = 1\n", 1),
        ("", "a = '\x1b[2K'\n", 1),
        ("", "a\ufeff = 1\n", 1),
        ("a\u200bb\n", "a\u200bb\nc\n", None),
        ("a\u200bb\n", "a\u200bb\na\u200bb\n", 2),
    ],
)
def test_only_added_hidden_characters_are_found(old: str, new: str, line: int | None) -> None:
    """The first added line with such a character is named; what was there before is free."""
    before = tree({"src/a.py": old} if old else {})
    after = tree({"src/a.py": new})
    findings = list(no_hidden_text()(candidate(before, after), before, after))
    assert [finding.line for finding in findings] == ([line] if line else [])
    assert all(finding.message.isprintable() for finding in findings)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("x = 1" + " " * 100 + "; import os", "far to the right"),
        ("def gr\u043ess(net):", "two alphabets"),
        ("d\u03b1ta = 1", "two alphabets"),
        ("x = 1" + " " * 20 + "# why", ""),
        ("name = '\u043f\u0440\u0438\u0432\u0435\u0442 world'", ""),
        (" " * 120 + "deep = 1", ""),
        ("\u03b1 = 1  # a Greek letter alone", ""),
    ],
)
def test_a_line_is_as_it_looks(line: str, what: str) -> None:
    """Code off the screen and names of two alphabets are refused; texts and comments are free."""
    before, after = tree({"a.py": "y = 0\n"}), tree({"a.py": f"y = 0\n{line}\n"})
    found = [f.message for f in no_hidden_text()(candidate(before, after), before, after)]
    assert bool(found) is bool(what)
    assert not what or what in found[0]
