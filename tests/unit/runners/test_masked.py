from __future__ import annotations

import pytest

from gatekeeper.runners.masked import masked

CASES = [
    ("script", 'f(\'a(b\', "c\\")")', "f('   ', \"    \")"),
    ("script", "a // (\nb /* ) */ c", "a     \nb         c"),
    ("script", "x = /[(/]\\/)/g.test(y)", "x =           .test(y)"),
    ("script", "a / b / (c)", "a / b / (c)"),
    ("script", "return /(/", "return    "),
    ("script", "`x ${ f(`}`) } )` + 1", "`               ` + 1"),
    ("script", "`${ '`' }` (", "`        ` ("),
    ("script", "<p>Don't (</p>", "<p>Don't (</p>"),
    ("script", "'open\n('", "'open\n('"),
    ("go", "`a \\` + '{' + \"}\"", "`   ` + ' ' + \" \""),
    ("java", 'f("""\n } " \\""" ,\n""", \'"\')', 'f("  \n' + " " * 11 + "\n  \", ' ')"),
    ("php", "# it's {\n'a\n}' #[Attr]", "        \n' \n ' #[Attr]"),
]


@pytest.mark.parametrize(("language", "text", "code"), CASES)
def test_only_code_is_left(language: str, text: str, code: str) -> None:
    """Strings, comments, patterns and templates are blank, and everything keeps its place."""
    found = masked(text, language)
    assert found.code == code
    assert len(found.code) == len(text)


def test_arguments_are_told_apart_by_code() -> None:
    """Commas in strings and brackets are no ends; a comma behind the last is none either."""
    text = "f('a,b', [1, 2], (x, y) => x, )"
    found = masked(text, "script")
    assert [text[slice(*each)].strip() for each in found.arguments(1)] == [
        "'a,b'",
        "[1, 2]",
        "(x, y) => x",
    ]
    assert found.closing(1) == len(text) - 1


def test_what_is_never_closed_ends_nowhere() -> None:
    """A file that is cut off has no argument, and nothing is raised."""
    for text in ("f(a, [b", "f(`${", "f('a", "f(/a"):
        assert masked(text, "script").arguments(1) == []


def test_long_templates_take_no_long_time() -> None:
    """Thousands of templates in templates are read once."""
    text = "`${a}${`${b}`}`;" * 5000 + "`" + "${`" * 200
    assert len(masked(text, "script").code) == len(text)
