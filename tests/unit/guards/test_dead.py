"""New code that never runs, and new names that nothing uses."""

from __future__ import annotations

import pytest

from gatekeeper.guards.dead import no_dead_code
from tests.support.trees import candidate, tree

OLD = """import os

def total(items):
    return sum(items)

class Cart:
    def add(self, item):
        self.items.append(item)

class Basket(Cart):
    def add(self, item):
        super().add(item)
"""
JS = "function total(items) {\n  check(items);\n  return sum(items);\n}\n"


def _levels(path: str, old: str, new: str, **others: str) -> list[str]:
    more = {name.replace("_", "."): text for name, text in others.items()}
    before, after = tree({path: old, **more}), tree({path: new, **more})
    found = list(no_dead_code()(candidate(before, after), before, after))
    assert all(one.guard == "dead" and one.line for one in found)
    return [str(one.level) for one in found]


def _with(line: str, at: str = "def total(items):\n", indent: str = "    ") -> str:
    return OLD.replace(at, f"{at}{indent}{line}\n")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", OLD, _with("return 1")),
        ("a.py", OLD, _with('raise ValueError("no")')),
        ("a.py", OLD, _with("if False:\n        return 2")),
        ("a.py", OLD, _with("if items or True:\n        return 2")),
        ("a.py", OLD, _with("while 0:\n        items.pop()")),
        ("a.py", OLD, _with("items = items if 1 else 2")),
        ("a.py", OLD, _with("size = len(items)")),
        ("a.py", OLD, "import json\n" + OLD),
        ("a.py", OLD, "from json import dumps as d\n" + OLD),
        ("a.py", OLD, OLD + "\ndef sum_up(items):\n    return sum(items)\n"),
        ("a.py", OLD, _with("def drop(self): self.x()", "class Cart:\n")),
        ("a.py", OLD, OLD + "\nclass Unused:\n    pass\n"),
        ("a.py", OLD, OLD.replace("def total(items)", "def total(items, strict=False)")),
        ("a.js", JS, JS.replace("  check", "  if (false) {\n    x();\n  }\n  check")),
        ("a.js", JS, JS.replace("  check", "  return items;\n  check")),
        ("a.js", JS, JS.replace("  return sum", "  if (items && false) { x() }\n  return sum")),
        ("a.java", "class A {}\n", "class A { void f() { while (false) { x(); } } }\n"),
    ],
)  # fmt: skip
def test_dead_code_warns(path: str, old: str, new: str) -> None:
    """Unreachable statements, settled conditions and unused names are said once each."""
    assert _levels(path, old, new) == ["warn"]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("a.py", OLD, _with("if not items:\n        return 0")),
        ("a.py", OLD, _with("while True:\n        items.pop()\n        break")),
        ("a.py", OLD, _with("items = items or []")),
        ("a.py", OLD, _with("flag = items.flag or False\n    print(flag)")),
        ("a.py", OLD, OLD + "\ndef none():\n    return\n    yield\n\nnone()\n"),
        ("a.py", OLD, _with("a, b = items\n    _, c = items\n    for i in items:\n        pass")),
        ("a.py", OLD, _with("size = 1\n    def inner():\n        return size\n    inner()")),
        ("a.py", OLD, _with("global made\n    made = 1")),
        ("a.py", OLD, "from __future__ import annotations\n" + OLD),
        ("a.py", OLD, "import json  # noqa: F401\n" + OLD),
        ("a.py", OLD, 'from b import c\n__all__ = ["c"]\n' + OLD),
        ("pkg/__init__.py", "", "from pkg.a import total\n"),
        ("a.py", OLD, OLD + "\n@app.route('/')\ndef index():\n    return 1\n"),
        ("a.py", OLD, OLD + "    def remove(self, item):\n        return 1\n"),
        ("a.py", OLD, _with("def __len__(self): return 1\n    def visit_A(self, node): return node",
                            "class Cart:\n")),
        ("a.py", OLD, OLD.replace("    super", "    x = 1\n        print(x)\n        super")),
        ("a.py", OLD, OLD + "\nclass Late(ValueError):\n    pass\n"),
        ("a.py", OLD, OLD.replace("total(items)", "total(items, _unused=1, *more, **options)")),
        ("a.py", OLD + "\ndef f(a): pass\n", OLD + "\ndef f(a, b): pass\n"),
        ("a.js", JS, JS.replace("  check", "  if (!items)\n    return 0;\n  check")),
        ("a.js", JS, JS.replace("  check", "  // if (false) return;\n  check")),
        ("a.js", JS, JS + "switch (a) {\n  case 1:\n    break;\n  case 2:\n    x();\n}\n"),
        ("a.js", JS, JS + "function f() {\n  g();\n  return h;\n  function h() {}\n}\n"),
        ("a.go", "package a\n", "package a\nfunc f() {\n\tfor {\n\t\tg()\n\t}\n}\n"),
    ],
)  # fmt: skip
def test_what_may_be_used_is_free(path: str, old: str, new: str) -> None:
    """Hooks, overrides, exports, decorators, generators and loops are no finding."""
    assert _levels(path, old, new) == []


def test_a_name_that_another_file_uses_is_alive() -> None:
    """Tests, documents and configuration count as users."""
    new = OLD + "\ndef sum_up(items):\n    return sum(items)\n"
    assert _levels("a.py", OLD, new, test_py="from a import sum_up\n") == []
    assert _levels("a.py", OLD, new, docs_md="Call `sum_up`.\n") == []


def test_dead_code_that_was_there_is_free() -> None:
    """Only what the candidate added is looked at, not the file around it."""
    dead = OLD + "\ndef f():\n    return 1\n    print(2)\n"
    assert _levels("a.py", dead, dead.replace("sum(items)", "sum(items, 0)")) == []
