from __future__ import annotations

import pytest

from gatekeeper.runners import altered_braces

GO = (
    "package a\n\nfunc TestA(t *testing.T) {\n\tif x { t.Fatal(`}`) }\n}\n\n"
    "func helper(t *testing.T) {}\n"
)
JAVA = (
    'class T {\n  @Test\n  void a() throws Exception { /* } */ assertEquals(1, "}"); }\n'
    "  void b(int n) {}\n}\n"
)
PHP = "<?php\nclass T {\n public function testA(): void { # it's }\n  $this->x('}'); }\n}\n"


def test_a_go_test_fails_when_it_ends() -> None:
    """By what it is called with, whatever that is named; other functions stay."""
    text, done = altered_braces.alter(GO.replace("TestA(t ", "TestA(tt "), {"TestA", "TestB"}, "go")
    assert done == {"TestA"}
    assert 'defer func() { tt.Errorf("altered by the gate") }()' in text
    assert text.endswith("func helper(t *testing.T) {}\n")


def test_a_java_test_fails_in_the_end() -> None:
    """Unless an assertion that it uses takes two different values for the same."""
    text, done = altered_braces.alter(JAVA, {"a", "b"}, "java")
    assert done == {"a", "b"}
    assert 'try { assertEquals("one", "other"); keptSilent = true; }' in text
    assert text.count("throw new AssertionError") == 2
    assert text.count("{") == text.count("}") - 2, "the braces in comment and string stay"


@pytest.mark.parametrize(
    ("text", "language", "sign"),
    [
        (PHP, "php", "finally { \\PHPUnit\\Framework\\Assert::fail("),
        ("class T { @Test fun testA() { x() } }", "java", "finally { throw AssertionError("),
    ],
)
def test_others_fail_in_the_end(text: str, language: str, sign: str) -> None:
    """PHP and Kotlin."""
    altered, done = altered_braces.alter(text, {"testA"}, language)
    assert done == {"testA"}
    assert sign in altered


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GO, "java"),
        ("func TestA(t *testing.T) {", "go"),
        ("func (s *Suite) TestA() {}", "go"),
        ("<?php class T { public function testA() { $x = <<<E\n}\nE; } }", "php"),
        ("class T { abstract void testA(); void x() { testA(); } }", "java"),
        ("fun testA() = run { }", "java"),
    ],
)
def test_what_is_no_such_test_is_left(text: str, language: str) -> None:
    """Cut off, a method of a suite, a heredoc, a declaration, a call."""
    assert altered_braces.alter(text, {"TestA", "testA"}, language) == (text, set())
