"""Objects that are equal to everything, and honest comparisons."""

# ruff: noqa: E501 (tables of sources)
from __future__ import annotations

import pytest

from gatekeeper.guards.equality import honest_equality
from tests.support.trees import candidate, tree


def levels(path: str, before: str, after: str) -> list[str]:
    old, new = tree({path: before}), tree({path: after})
    return [f.level.value for f in honest_equality()(candidate(old, new), old, new)]


def method(name: str, *lines: str, base: str = "", argument: str = ", other") -> str:
    body = "\n".join(f"        {line}" for line in lines)
    return f"class Price{base}:\n    def {name}(self{argument}):\n{body}\n"


@pytest.mark.parametrize(
    "after",
    [
        method("__eq__", "return True"),
        method("__eq__", "return self.cents == self.cents"),
        method("__eq__", "self.cents = other", "return True"),
        method("__eq__", "self.cents = other", "return self.cents == other"),
        method("__eq__", "return not False"),
        method("__eq__", "return other == 3 or True"),
        method("__eq__", "return other is other"),
        method("__eq__", "return isinstance(other, (int, str))"),
        method("__eq__", "try:", "    return self.cents == other.cents", "except AttributeError:", "    return True"),
        method("__ne__", "return False"),
        method("__lt__", "return self.cents > 0"),
        method("__contains__", "return True"),
        method("__eq__", "return True", base="(str)"),
        method("__instancecheck__", "return True", base="(type)"),
        "class Price:\n    __eq__ = lambda self, other: True\n",
        "class Price:\n    pass\nPrice.__eq__ = same\n",
        "Price = type('Price', (), {'__eq__': same})\n",
        "class Price:\n    pass\nsetattr(Price, '__eq__', same)\n",
        "class Price:\n    @property\n    def __class__(self):\n        return int\n",
        "from unittest.mock import ANY\ndef price():\n    return ANY\n",
        "import unittest.mock\ndef price():\n    return unittest.mock.ANY\n",
        "from unittest import mock\ndef price():\n    return mock.MagicMock()\n",
    ],
)  # fmt: skip
def test_python_that_does_not_compare_is_blocked(after: str) -> None:
    """Constants, tautologies, a look at nothing but the type, and mocks."""
    assert levels("shop/price.py", "", after) == ["block"]


@pytest.mark.parametrize(
    "after",
    [
        method("__eq__", "return self.cents == other.cents"),
        method(
            "__eq__",
            "if not isinstance(other, Price):",
            "    return NotImplemented",
            "return self.cents == other.cents",
        ),
        method("__eq__", "return NotImplemented"),
        method("__eq__", "raise TypeError('prices cannot be compared')"),
        method("__eq__", "return isinstance(other, Price)"),
        method("__eq__", "return type(self) is type(other) and vars(self) == vars(other)"),
        method(
            "__eq__",
            "for a, b in zip(self, other):",
            "    if a != b:",
            "        return False",
            "return True",
        ),
        method("__ne__", "return not self == other"),
        method("__lt__", "return self.cents < other.cents"),
        method("__contains__", "return other in self.items"),
        method("__contains__", "return False"),
        method("__bool__", "return self.cents > 0", argument=""),
        method("__hash__", "return hash(self.cents)", argument=""),
        method("__len__", "return 0", argument=""),
        "class Price:\n    __eq__ = object.__eq__\n",
        "def equal(a, b):\n    return True\n",
        "from mockery import ANYTHING\n",
    ],
)
def test_python_that_compares_is_free(after: str) -> None:
    """Fields, types of its own kind, NotImplemented, and whatever looks at the other side."""
    assert levels("shop/price.py", "", after) == []


@pytest.mark.parametrize(
    "after",
    [
        method("__bool__", "return False", argument=""),
        method("__hash__", "return 1", argument=""),
        method("__eq__", "return self.lower() == other.lower()", base="(str)"),
    ],
)
def test_python_that_is_odd_but_may_be_meant_warns(after: str) -> None:
    """A null object, a constant hash, a string of its own: a person looks."""
    assert levels("shop/price.py", "", after) == ["warn"]


def test_what_was_there_before_is_nobody_s_finding() -> None:
    """Moving an odd comparison is free; a second one is not."""
    odd = method("__eq__", "return True")
    assert levels("shop/price.py", odd, f"import os\n\n\n{odd}") == []
    assert levels("shop/price.py", odd, odd + odd.replace("Price", "Tax")) == ["block"]


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "class P { valueOf() { return 3 } }\n"),
        ("a.js", "let n = 0; const p = { toString: () => { return n++ } }\n"),
        ("a.js", "class P { static [Symbol.hasInstance]() { return true } }\n"),
        ("a.js", "const p = { [Symbol.toPrimitive]: () => 42 }\n"),
        ("a.js", "const p = { asymmetricMatch: (x) => x }\n"),
        ("a.ts", "class P { equals(other: P): boolean { return true } }\n"),
        ("a.js", "return new Proxy({}, { get: () => 42 })\n"),
        ("A.java", "class A {\n  public boolean equals(Object other) { return true; }\n}\n"),
        ("A.java", "class A {\n  public int compareTo(A other) { return 0; }\n}\n"),
        ("A.kt", "class A {\n  override fun equals(other: Any?) = true\n}\n"),
        ("A.kt", "class A {\n  override fun equals(other: Any?): Boolean { return true }\n}\n"),
        ("A.cs", "class A { public override bool Equals(object o) => true; }\n"),
        ("A.cs", "class A { public static bool operator ==(A a, A b) { return true; } }\n"),
        ("a.rb", "class A\n  def ==(other)\n    true\n  end\nend\n"),
        ("a.rs", "impl PartialEq for A { fn eq(&self, other: &Self) -> bool { true } }\n"),
        ("a.go", "func (a A) Equal(b A) bool { return true }\n"),
        ("a.cpp", "bool operator==(const A& other) const { return true; }\n"),
    ],
)
def test_other_languages_that_do_not_compare_are_blocked(path: str, after: str) -> None:
    """The same game with each language's own words."""
    assert levels(path, "", after) == ["block"]


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("a.js", "class P { valueOf() { return this.cents } }\n"),
        ("a.js", "class P { toString() { return `${this.cents}` } }\n"),
        ("a.ts", "class P { equals(other: P): boolean { return this.c === other.c } }\n"),
        ("a.js", "// valueOf() { return 3 }\nconst s = 'valueOf() { return 3 }'\n"),
        ("a.js", "if (a.equals(b)) { return true }\n"),
        ("A.java", "class A {\n  public boolean equals(Object o) { return o instanceof A && ((A) o).x == x; }\n}\n"),
        ("A.java", "class A {\n  public int compareTo(A o) { throw new UnsupportedOperationException(); }\n}\n"),
        ("A.java", "interface A {\n  boolean equals(Object o);\n}\n"),
        ("A.kt", "class A {\n  override fun equals(other: Any?) = other is A && other.x == x\n}\n"),
        ("A.cs", "class A { public override bool Equals(object o) => o is A a && a.x == x; }\n"),
        ("a.rb", "class A\n  def ==(other)\n    other.x == x\n  end\nend\n"),
        ("a.rs", "impl PartialEq for A { fn eq(&self, other: &Self) -> bool { self.x == other.x } }\n"),
        ("a.go", "func (a A) Equal(b A) bool { return a.x == b.x }\n"),
        ("a.cpp", "bool operator==(const A& other) const { return x == other.x; }\n"),
        ("a.php", "<?php class A { function equals(A $o): bool { return $o->x === $this->x; } }\n"),
    ],
)  # fmt: skip
def test_other_languages_that_compare_are_free(path: str, after: str) -> None:
    """Both sides are looked at, or nothing is promised."""
    assert levels(path, "", after) == []


@pytest.mark.parametrize(
    "body",
    [
        "return object() if not self < other else NotImplemented or 1",
        "return self.cents == other.cents or 1",
        "return 'no' if self.cents == other.cents else 'yes'",
    ],
)
def test_an_answer_that_is_no_comparison_and_always_true(body: str) -> None:
    """What is no truth value counts as true, whatever it says."""
    old = "class Money:\n    def __lt__(self, other):\n        return self.cents < other.cents\n"
    new = f"{old}\n    def __eq__(self, other):\n        {body}\n"
    before, after = tree({"a.py": old}), tree({"a.py": new})
    found = list(honest_equality()(candidate(before, after), before, after))
    assert [finding.level for finding in found] == ["block"]


def test_a_number_that_is_equal_to_others() -> None:
    """A kind of int with an equality of its own lets two different numbers pass for one."""
    old = "def share(cents):\n    return cents\n"
    new = old + "\n\nclass Cents(int):\n    def __eq__(self, other):\n"
    new += "        return abs(int(self) - int(other)) <= 1\n"
    before, after = tree({"a.py": old}), tree({"a.py": new})
    found = list(honest_equality()(candidate(before, after), before, after))
    assert [finding.level for finding in found] == ["block"]
