"""Only regular text files with plain names change, keep their mode, and are few."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import pytest

from gatekeeper.domain import Level
from gatekeeper.guards.modes import plain_files
from gatekeeper.guards.size import size_limits
from tests.support.trees import candidate, tree

BASE = {"src/app.py": "a\n", "run.sh": "b\n", "Docs/x.md": "c\n", "src/caf\u00e9.py": "d\n"}


@pytest.mark.parametrize(
    ("path", "modes", "level"),
    [
        ("src/app.py", ("100644", "100644"), None),
        ("src/new.py", ("000000", "100644"), None),
        ("run.sh", ("100755", "100755"), None),
        ("src/app.py", ("100644", "000000"), None),
        ("src/app.py", ("100644", "100755"), Level.BLOCK),
        ("run.sh", ("100755", "100644"), Level.BLOCK),
        ("new.sh", ("000000", "100755"), Level.WARN),
        ("link", ("000000", "120000"), Level.BLOCK),
        ("src/app.py", ("100644", "120000"), Level.BLOCK),
        ("link", ("120000", "000000"), Level.BLOCK),
        ("sub", ("000000", "160000"), Level.BLOCK),
        ("sub", ("160000", "160000"), Level.BLOCK),
        ("odd", ("000000", "100664"), Level.BLOCK),
    ],
)
def test_types_and_modes(path: str, modes: tuple[str, str], level: Level | None) -> None:
    """Links, submodules, odd types and changes of mode are blocked; a new program is said."""
    before = tree(BASE if modes[0] != "000000" else {})
    after = tree({**BASE, path: "changed\n"})
    one = candidate(tree({path: "x\n"} if modes[0] != "000000" else {}), after, {path: modes})
    findings = [f for f in plain_files()(one, before, after) if f.path == path]
    assert [f.level for f in findings] == ([level] if level else [])


@pytest.mark.parametrize(
    ("path", "blocks"),
    [
        ("src/plain-name_1.py", False), ("src/na\u00efve.py", False), ("src/\u65e5\u672c.py", False),
        ("src/APP.py", True), ("SRC/new.py", True), ("docs/new.md", True), ("Docs/new.md", False),
        ("src/cafe\u0301.py", True), ("src/a\u202egnp.py", True), ("src/a\u200b.py", True),
        ("src/a\nb.py", True), ("src/a\x1b[0m.py", True), ("src/\udcff.py", True),
        (".GIT/config", True), ("-rf", True), ("src/a. ", True), ("src\\a.py", True),
        ("src/.gitkeep", False), ("src/a b.py", False), ("src/...py", False),
    ],
)  # fmt: skip
def test_names_of_new_files(path: str, blocks: bool) -> None:
    """Names that deceive a person or a program, or collide where case does not count."""
    before = tree(BASE)
    after = tree({**BASE, path: "x\n"})
    findings = list(plain_files()(candidate(before, after), before, after))
    assert bool(findings) == blocks
    assert all(finding.message.isprintable() for finding in findings)


def test_renaming_case_is_no_collision() -> None:
    """A file that takes the place of one that goes away collides with nothing."""
    before, after = tree({"src/Price.py": "x\n"}), tree({"src/price.py": "x\n"})
    assert list(plain_files()(candidate(before, after), before, after)) == []


def test_binary_is_blocked() -> None:
    """A change that nobody can read is refused."""
    before, after = tree({}), tree({"logo.png": b"\x89PNG\0"})
    (finding,) = plain_files()(candidate(before, after), before, after)
    assert "binary" in finding.message


@pytest.mark.parametrize(
    ("files", "lines", "said"),
    [
        (1, 200, []), (1, 201, ["size_lines"]), (10, 1, []), (11, 1, ["size_files"]),
        (11, 50, ["size_lines", "size_files"]), (1, 0, []),
    ],
)  # fmt: skip
def test_size_limits(files: int, lines: int, said: list[str]) -> None:
    """Lines and files over their limit are found, at the limit they are not."""
    before = tree({})
    after = tree({f"src/{i}.py": "x\n" * lines for i in range(files)})
    findings = list(size_limits(200, 10)(candidate(before, after), before, after))
    assert [
        key for f in findings for key in ("size_lines", "size_files") if key in f.message
    ] == said


def test_limits_of_zero_are_no_limits_and_bytes_count() -> None:
    """0 turns a limit off; one long line is caught by the bytes."""
    before, after = tree({}), tree({"src/a.py": "x" * 5000})
    one = candidate(before, after)
    assert list(size_limits(0, 0, 0)(one, before, after)) == []
    (finding,) = size_limits(200, 10, 4096)(one, before, after)
    assert "more than the limit of 4096" in finding.message
