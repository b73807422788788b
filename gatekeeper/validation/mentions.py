"""What the text of a project, or of a candidate, says of state and surroundings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gatekeeper.domain import Overlay
from gatekeeper.ports import Tree

SUFFIXES = (
    ".py", ".pyi", ".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx", ".go", ".rs", ".java",
    ".kt", ".kts", ".gradle", ".groovy", ".php", ".rb", ".sh", ".toml", ".cfg", ".ini", ".json",
)  # fmt: skip
MOST_FILES = 3000
LARGEST = 256 * 1024
"""Characters of one file that are looked at."""


def mentioned(tree: Tree, names: Iterable[str], words: Iterable[str] = ()) -> frozenset[str]:
    """The names that stand in code or configuration like something that is read, and the words.

    Names in quotes, behind a dot or behind `$`: `environ["CI"]`, `process.env.CI`, `${CI:-}`; one
    in a comment does not count, nor do the files that tell a CI what to do. Words anywhere.
    """
    read = rf"(?:(?<=[\"'.])|(?<=\$)|(?<=\$\{{))(?:{'|'.join(map(re.escape, names))})"
    plain = "".join(rf"|\b{re.escape(word)}" for word in words)
    pattern = re.compile(rf"(?:{read}{plain})(?![A-Za-z0-9_])")
    found: set[str] = set()
    paths = [p for p in sorted(tree.paths()) if p.endswith(SUFFIXES) and not p.startswith(".")]
    for path in paths[:MOST_FILES]:
        text = (tree.read(path) or b"")[:LARGEST].decode("utf-8", "replace")
        found.update(pattern.findall(text))
    return frozenset(found)


_STATE = re.compile(
    rb"\bglobal\s+\w|\bnonlocal\s+\w|\bnext\(\s*\w+\s*\)|\bitertools\b|\bcount\(\)|\bcycle\("
    rb"|\b_?calls\b|\b\w+\s*(?:\+\+|\+=\s*1\b)"
)


def remembers(tree: Tree, overlays: Iterable[Overlay]) -> bool:
    """Whether changed files count or keep something in more places than before.

    Code that answers by the number of its call is right in one order of the tests only.
    """
    return any(
        len(_STATE.findall(overlay.content or b""))
        > len(_STATE.findall(tree.read(overlay.path) or b""))
        for overlay in overlays
    )
