"""What may enter and leave a sandbox."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.engines.border import Output, literal_prefix, matches, require_names
from gatekeeper.errors import SandboxError


@given(st.lists(st.binary(max_size=40)), st.integers(0, 30), st.integers(1, 30))
def test_output_keeps_head_and_tail(parts: list[bytes], head: int, tail: int) -> None:
    """However the stream is cut in parts: all of it, or its exact head and tail and the gap."""
    output, whole = Output(head, tail), b"".join(parts)
    for part in parts:
        output.add(part)
    assert output.total == len(whole)
    if len(whole) <= head + tail:
        assert output.text() == whole
    else:
        gap = b"\n[... %d bytes left out ...]\n" % (len(whole) - head - tail)
        assert output.text() == whole[:head] + gap + whole[-tail:]


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("**/*.xml", "a.xml", True),
        ("**/*.xml", "a/b/c.xml", True),
        ("*.xml", "a/b.xml", False),
        ("a/**", "a/b/c", True),
        ("a/**/z.xml", "a/z.xml", True),
        ("a/**/z.xml", "ab/z.xml", False),
        ("./a//b.xml", "a/b.xml", True),
        ("r?.xml", "r/.xml", False),
        ("r?.xml", "r1.xml", True),
        ("[ab].xml", "b.xml", True),
        ("[!ab].xml", "b.xml", False),
        ("[!ab].xml", "c.xml", True),
        ("x[!a]y", "x/y", False),
        ("[]a].xml", "].xml", True),
        ("[^a].xml", "^.xml", True),
        ("[a.xml", "[a.xml", True),
        ("a+(b).xml", "a+(b).xml", True),
        ("*.xml", "line\nbreak.xml", True),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    """Globs mean what they mean in a configuration of GitLab or git: whole paths, by folder."""
    assert bool(matches([glob]).fullmatch(path)) is expected


def test_no_glob_matches_nothing() -> None:
    """Without reports asked for, nothing leaves."""
    assert not matches([]).fullmatch("")


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("a/b/c.xml", ("a/b/c.xml", "")),
        ("a/*/c.xml", ("a", "*/c.xml")),
        ("**/c.xml", ("", "**/c.xml")),
    ],
)
def test_literal_prefix(glob: str, expected: tuple[str, str]) -> None:
    """The part without wildcards is where the search starts."""
    assert literal_prefix(glob) == expected


@pytest.mark.parametrize("name", ["", "1A", "A B", "A;echo", "A-B", "Ä", "A\n"])
def test_names_that_are_no_variables(name: str) -> None:
    """Nothing that a shell would not take as a name gets into its script."""
    with pytest.raises(SandboxError):
        require_names({"FINE": "x", name: "y"})
