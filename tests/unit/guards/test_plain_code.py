"""Strings and comments of a source become spaces; the code inside a string stays code."""

from __future__ import annotations

import pytest

from gatekeeper.guards.plain_code import blanked, language, uncommented


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.py", "python"), ("b.TSX", "script"), ("x/App.vue", "script"), ("A.java", "java"),
        ("build.gradle", "kotlin"), ("main.go", "go"), ("Rakefile", "ruby"), ("i.php", "php"),
        ("P.cs", "csharp"), ("lib.rs", "rust"), ("run.sh", "shell"), ("docs/Makefile", "shell"),
        ("README.md", ""), ("data.json", ""),
    ],
)  # fmt: skip
def test_language_is_told_by_the_file_s_ending(path: str, name: str) -> None:
    """Endings count without regard to case; an unknown file has no language."""
    assert language(path) == name


@pytest.mark.parametrize(
    ("name", "text", "plain"),
    [
        ("script", "a = 'x'; // y\nb", "a = ' ';     \nb"),
        ("script", "`a ${ f(`b ${exit()}`, {}) } c`", "`  ${ f(`  ${exit()}`, {}) }  `"),
        ("script", "a / b / exit(); c = /['\"]x/.test(d)", "a / b / exit(); c = /     /.test(d)"),
        ("script", "<p>it's</p>\nexit()", "<p>it      \nexit()"),
        ("java", '"""\na "b"\n"""; exit(\'"\')', "\"  \n     \n  \"; exit(' ')"),
        ("kotlin", '"a ${exit()} b" // c', '"  ${exit()}  "     '),
        ("go", 'x := `a\n"`; exit("b")', 'x := ` \n `; exit(" ")'),
        ("ruby", 'x = "a #{exit!} b" # it\'s\ny', 'x = "  #{exit!}  "       \ny'),
        ("ruby", "f(<<~T) rescue nil\n  it's\nT\nx", "f(<<~T) rescue nil\n      \nT\nx"),
        ("ruby", "<<~T\n a #{exit!}\nT", "<<~T\n   #{exit!}\nT"),
        ("php", "<p>it's</p><?php exit('x'); # it's", "                 exit(' ');       "),
        ("csharp", 'f($"a {x.G("b")} c", @"d:\\"); g()', 'f($"  {x.G(" ")}  ",       ); g()'),
        ("rust", 'f::<\'a>(\'"\', r#"a"b"#); g()', "f::<'a>(' ',         ); g()"),
        ("shell", 'echo "a $(exit 1) b" || true # c', 'echo "  $(exit 1)  " || true    '),
        ("python", "a = 'b' # c\n'''d\ne'''", "a = ' '    \n'   \n   '"),
        ("", "any 'text' # stays", "any 'text' # stays"),
    ],
)
def test_only_code_is_left(name: str, text: str, plain: str) -> None:
    """Quotes, length and lines stay, and so does what an interpolated string runs."""
    assert blanked(text, name) == plain
    assert len(plain) == len(text)


def test_comments_alone_can_be_taken_away() -> None:
    """Who looks for a string needs the strings, and not what a comment quotes."""
    assert uncommented("f('a') // 'b'", "script") == "f('a')       "
    assert uncommented("f(`a`) // 'b'", "script") == "f(`a`)       "


@pytest.mark.parametrize("name", ["script", "ruby", "php", "csharp", "rust", "shell", "kotlin"])
@pytest.mark.parametrize(
    "text", ["", '"', "'", "`${", '"#{', "/*", '$"{', "}}}}", "<<~A\n", "\\", "/"]
)
def test_text_that_breaks_off_is_read_to_its_end(name: str, text: str) -> None:
    """A string or comment that never ends is no error, and nothing is lost."""
    assert len(blanked(text, name)) == len(text)
