"""Definitions by tree-sitter's grammars, which are an extra: what each language calls one."""

# ruff: noqa: E501 (file contents)
from __future__ import annotations

import importlib
from typing import Any

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Frame
from gatekeeper.intake.code import grammar
from gatekeeper.intake.reach import reach
from tests.support.trees import tree

# name, first line, last line; a header of a class stands before its members
EXPECTED: dict[str, tuple[str, list[tuple[str, int, int]]]] = {
    "a.js": (
        "const a = 1, b = () => {\n  return a;\n};\nres.send = function go(body) {\n  return body;\n};\nrun(1);\nexport class A {\n  x = 1;\n  #go = async (a) => {\n    return a;\n  };\n}\nexport default function main() {}\n",
        [("a", 1, 3), ("send", 4, 6), ("A", 8, 8), ("A.x", 9, 9), ("A.go", 10, 12), ("main", 14, 14)],
    ),
    "a.ts": (
        "export const hc = <T>(\n  a: T\n) =>\n  make(a);\nnamespace N {\n  export function f(): void {}\n}\nabstract class Q<T> {\n  constructor(private a: string) {}\n}\n",
        [("hc", 1, 4), ("N", 5, 5), ("N.f", 6, 6), ("Q", 8, 8), ("Q.constructor", 9, 9)],
    ),
    "a.go": (
        "package a\n\nvar x, y = 1, 2\n\n// Adds.\nfunc (s *Sum[T]) Add(\n\ta int,\n) int {\n\treturn a\n}\n",
        [("x", 3, 3), ("Sum.Add", 5, 10)],
    ),
    "A.java": (
        "class A<T> extends B {\n    private int x = 1, y;\n    @Override\n    public int add(int a) {\n        return a;\n    }\n    static class In {\n        void z() {}\n    }\n}\n",
        [("A", 1, 1), ("A.x", 2, 2), ("A.add", 3, 6), ("A.In", 7, 7), ("A.In.z", 8, 8)],
    ),
    "a.rs": (
        "impl<T> Tr for Sum<T> {\n    pub fn add(&self) -> i32 {\n        1\n    }\n}\nfn main() {}\n",
        [("Sum", 1, 1), ("Sum.add", 2, 4), ("main", 6, 6)],
    ),
    "a.rb": (
        "module M\n  class A < B\n    def add(x)\n      x\n    end\n  end\nend\n",
        [("M", 1, 1), ("M.A", 2, 2), ("M.A.add", 3, 5)],
    ),
    "a.php": (
        "<?php\nclass C extends D {\n  private $x = 1;\n  public function f($a) { return $a; }\n}\n",
        [("C", 2, 2), ("C.x", 3, 3), ("C.f", 4, 4)],
    ),
    "a.cs": (
        "namespace A {\nclass C {\n  int x = 1;\n  public int F(int a) => a;\n}\n}\n",
        [("A", 1, 1), ("A.C", 2, 2), ("A.C.x", 3, 3), ("A.C.F", 4, 4)],
    ),
    "a.kt": (
        "class C(val x: Int) {\n  val y = 1\n  fun f(a: Int) = a\n}\nfun top() {}\n",
        [("C", 1, 1), ("C.y", 2, 2), ("C.f", 3, 3), ("top", 5, 5)],
    ),
    "a.c": (
        "static int add(int a)\n{\n  return a;\n}\nchar *name(void) { return 0; }\n",
        [("add", 1, 4), ("name", 5, 5)],
    ),
    "a.cpp": (
        "namespace n {\ntemplate <class T> class C {\n  int f(int a) const { return a; }\n};\nint C::g(int a) { return a; }\n}\n",
        [("n", 1, 1), ("n.C", 2, 2), ("n.C.f", 3, 3), ("n.g", 5, 5)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", EXPECTED)
def test_definitions_of_a_language(path: str) -> None:
    """Functions, methods and headers, each with its lines and its comment."""
    text, expected = EXPECTED[path]
    found = grammar.outline(path, text)
    assert found is not None, "requirements-dev.lock brings the grammars"
    assert [(one.name, one.start, one.end) for one in found if one.binds] == expected


@pytest.mark.parametrize("path", EXPECTED)
def test_odd_text_is_no_error(path: str) -> None:
    """Empty, broken and deeply nested files give an outline within the file."""
    for text in (
        "",
        "\n\n",
        "}}}}",
        "if (x) {",
        "f(" * 3000,
        "{" * 5000,
        "class A {\nclass B {\n",
        "\ud800",
    ):
        for one in grammar.outline(path, text) or ():
            assert 1 <= one.start <= one.end <= text.count("\n") + 1


def test_without_the_extra_the_layout_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """No grammar, no error: the same place is found by indentation and brackets."""

    def absent(name: str) -> Any:
        raise ImportError(name)

    files = {"a_test.go": "package a\n\nfunc TestAdd(t *testing.T) {\n\tAdd(1)\n}\n",
             "a.go": "package a\n\nfunc Add(a int) int {\n\treturn a\n}\n"}  # fmt: skip
    case = CaseResult(CaseId("a", "TestAdd"), CaseState.FAILURE)
    frames = (Frame("a_test.go", 4, "TestAdd", ours=True),)
    with_grammar = reach([case], frames, tree(files))
    monkeypatch.setattr(importlib, "import_module", absent)
    grammar._parser.cache_clear()
    try:
        assert grammar.installed() == ()
        assert grammar.outline("a.go", files["a.go"]) is None
        assert reach([case], frames, tree(files)) == with_grammar
    finally:
        grammar._parser.cache_clear()
