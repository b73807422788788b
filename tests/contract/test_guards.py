"""What every guard in the table promises, whatever it looks for."""

from __future__ import annotations

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Evidence, Level, RunReport
from gatekeeper.settings import Settings
from gatekeeper.wiring import GUARDS, INFORMED
from tests.support.trees import MemoryTree, candidate, tree

BEFORE = tree(
    {
        "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
        "tests/test_cart.py": "def test_total():\n    pass\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n",
        "empty.txt": "",
    }
)


def changed(**files: str | bytes | None) -> MemoryTree:
    """The tree with some files replaced, added or, with None, removed."""
    wanted: dict[str, str | bytes] = dict(BEFORE.files)
    for name, content in files.items():
        path = name.replace("__", "/").replace("_DOT_", ".")
        if content is None:
            wanted.pop(path, None)
        else:
            wanted[path] = content
    return tree(wanted)


ADVISORY = {"dead"}
EVIDENCE = Evidence(
    RunReport(),
    (CaseResult(CaseId("tests.test_cart", "test_total"), CaseState.FAILURE),),
)
EVERY = {
    **{name: make(Settings()) for name, make in GUARDS.items()},
    **{f"{name} informed": make(Settings(), EVIDENCE) for name, make in INFORMED.items()},
}

TREES = {
    "nothing": BEFORE,
    "honest fix": changed(shop__cart_DOT_py="def total(prices):\n    return sum(prices, 0)\n"),
    "removed file": changed(shop__cart_DOT_py=None),
    "removed test": changed(tests__test_cart_DOT_py=None),
    "binary": changed(blob_DOT_bin=b"\x00\x01\xff"),
    "not UTF-8": changed(shop__cart_DOT_py=b"def total():\n    return '\xff\xfe'\n"),
    "odd name": tree({**BEFORE.files, "a\udcff b/\u202e.py": "x = 1\n"}),
    "broken toml": changed(pyproject_DOT_toml="[tool.pytest\n"),
    "no last newline": changed(shop__cart_DOT_py="def total(prices): ..."),
    "huge line": changed(shop__cart_DOT_py="x = '" + "a" * 500_000 + "'\n"),
}


@pytest.mark.parametrize("after", TREES.values(), ids=TREES.keys())
@pytest.mark.parametrize("name", EVERY)
def test_a_guard_is_pure_and_says_where(name: str, after: MemoryTree) -> None:
    """Two calls give equal findings; each is one sentence, and its path is one that changed."""
    guard = EVERY[name]
    made = candidate(BEFORE, after)
    findings = list(guard(made, BEFORE, after))
    assert findings == list(guard(made, BEFORE, after))
    for finding in findings:
        assert finding.message.strip()
        assert "\n" not in finding.message
        assert finding.level in Level
        assert not finding.path or finding.path in {change.path for change in made.changes}


@pytest.mark.parametrize("name", EVERY)
def test_no_guard_speaks_of_an_honest_fix(name: str) -> None:
    """One changed line of product code gives no finding."""
    after = TREES["honest fix"]
    assert not list(EVERY[name](candidate(BEFORE, after), BEFORE, after))


@pytest.mark.parametrize("name", {**GUARDS, **INFORMED})
def test_every_guard_has_a_setting(name: str) -> None:
    """The level of each guard in the tables can be configured; all but the advisory ones block."""
    assert getattr(Settings().guards, name) == ("warn" if name in ADVISORY else "block")
