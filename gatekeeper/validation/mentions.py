"""Which names of environment variables a project's own code reads."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
