"""Hostile input by the hundred thousand: valid texts, damaged at random but reproducibly."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

SPICES: tuple[bytes, ...] = (
    b"", b"\x00", b"\n", b"\r\n", b"\r", b" ", b"\t", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"../", b"..\\", b"/etc/passwd", b".git/hooks/post-checkout", b".GIT/config", b"git~1/x", b"C:",
    b"a/../../b", b"./", b"//", b"-rf", b"aux", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"@@ -0,0 +1 @@",
    b"@@ -1,999999999 +1 @@", b"--- a/x\n+++ b/x\n", b"diff --git a/x b/../x\n", b"rename to ../x\n",
    b"new file mode 120000\n", b"new file mode 160000\n", b"old mode 100644\nnew mode 100755\n",
    b"GIT binary patch\n", b"\\ No newline at end of file\n", b"+", b"-", b"```", b"~~~\n",
    b"<", b">", b"</", b"/>", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#0;", b"<skipped/>",
    b"<failure/>", b"<testcase name='x'/>", b"<testsuite>", b"<?xml version='1.1'?>", b"encoding='utf-16'",
    b'"', b"'", b"{", b"}", b"[", b"]", b"null", b"true", b"1e999", b"NaN", b"\\ud800", b"\\u0000",
    b'{"edits":', b'"path":"../x"', b"[" * 200, b"(" * 200, b"9" * 40, b"x" * 3000, b"%s%n", b"$(id)",
)  # fmt: skip
"""What parsers stumble over: signs, names that leave the tree, parts of the formats."""


def mutants(seeds: Sequence[bytes], count: int, chance: random.Random) -> Iterator[bytes]:
    """So many texts, each one of the seeds with one to eight damages."""
    for _ in range(count):
        text = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            _damage(text, seeds, chance)
        yield bytes(text)


def _damage(text: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(7)
    if kind == 0:  # something else in place of a few bytes
        text[at : at + chance.randrange(6)] = chance.choice(SPICES)
    elif kind == 1:  # cut off
        del text[at : at + chance.randrange(1, 40)]
    elif kind == 2 and text:  # a bit falls over
        text[at % len(text)] ^= 1 << chance.randrange(8)
    elif kind == 3:  # a part of another text
        other = chance.choice(seeds)
        start = chance.randrange(len(other) + 1)
        text[at:at] = other[start : start + chance.randrange(1, 200)]
    elif kind == 4:  # twice
        text[at:at] = text[at : at + chance.randrange(1, 100)]
    elif kind == 5:  # lines in another order
        lines = bytes(text).split(b"\n")
        one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        text[:] = b"\n".join(lines)
    else:  # ends too early
        del text[at:]


def spoken(seeds: Sequence[str], count: int, chance: random.Random) -> Iterator[str]:
    """The same as text; what is no UTF-8 becomes lone surrogates, as in the names of files."""
    encoded = [seed.encode("utf-8", "surrogateescape") for seed in seeds]
    for text in mutants(encoded, count, chance):
        yield text.decode("utf-8", "surrogateescape")
