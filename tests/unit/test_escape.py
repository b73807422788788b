"""Each place that interprets text shows it and does nothing."""

from __future__ import annotations

import pytest

from gatekeeper.escape import cell, code, env_value, fence, json_bytes, prose, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 3 of 4 (ok).", "plain words, 3 of 4 (ok)."),
        ("run `gatekeeper apply` now", "run `gatekeeper apply` now"),
        ("/close", r"\/close"),
        ("x\n/close", "x /close"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("3 of 4", "3 of 4"),
        ("<b> & c", "&lt;b&gt; &amp; c"),
        ("@me", "@\u200bme"),
        ("see !12 and a!", "see !\u200b12 and a!"),
        ("[a](b)", r"\[a\](b)"),
        ("a_b*c", r"a\_b\*c"),
        ("::set-output x", r"\::set-output x"),
        ("``x``", r"\`\`x\`\`"),
        ("a \\` b", r"a \\\` b"),
    ],
)
def test_prose(text: str, shown: str) -> None:
    """Markup, references and quick actions become text; single code spans stay."""
    assert prose(text) == shown


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("a`b", "`` a`b ``"), ("a\nb", "`a b`"), ("", "")]
)
def test_code(text: str, span: str) -> None:
    """A code span is on one line and longer than what it holds."""
    assert code(text) == span


def test_cell() -> None:
    """A bar would end a cell even in code."""
    assert cell("a | b") == "`a ¦ b`"


def test_fence() -> None:
    """The fence is longer than any run of backticks; a leading slash is moved."""
    assert fence("a\n````\n/close\n", "text") == "`````text\na\n````\n /close\n`````"


def test_shortened() -> None:
    """Lines and characters are bounded, and the remark says by how much."""
    assert shortened("abc", 1, 3) == "abc"
    assert shortened("abc\nd", 1, 9) == "abc\n[... 2 characters more]"
    assert shortened("abcdef", 9, 4) == "abcd\n[... 2 characters more]"


def test_json() -> None:
    """UTF-8 with keys in order; a name that is no UTF-8 does not break its reader."""
    assert json_bytes({"b": "ü\udcff", "a": 1}) == '{\n  "b": "ü\ufffd",\n  "a": 1\n}\n'.encode()
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"a": float("nan")})


def test_env_value() -> None:
    """Blanks, quotes and line breaks are replaced; the length is bounded."""
    assert env_value("a b\n'c'=d") == "a_b_c_d"
    assert len(env_value("x" * 1000)) == 200
