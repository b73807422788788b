"""Which literals tell that they were copied: data, not words that any program uses.

`"alice@example.org"`, `"hello world"` and `4711` are data; `"utf-8"`, `"off"`, `": "`, `404` and
`1024` are the vocabulary of programs, and an honest fix may need them.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import re
from collections.abc import Iterator
from http import HTTPStatus

from gatekeeper.guards.literals.tested import Literal

_COMMON = frozenset({
    24, 25, 30, 31, 32, 36, 50, 60, 64, 90, 96, 99, 120, 127, 128, 180, 250, 255, 256, 360, 365,
    366, 512, 999, 1000, 1024, 1440, 1900, 1970, 2000, 2048, 3600, 4096, 5000, 8000, 8080, 8192,
    9999, 10000, 16384, 32767, 32768, 65535, 65536, 86400, 100000, 1000000, 1048576, 1000000000,
    2147483647, 4294967295, *map(int, HTTPStatus),
})  # fmt: skip
_TECHNICAL = re.compile(
    r"(?:x-)?(?i:utf|utf_|ucs|iso|cp|koi|base|sha|md|http|x|x86|py|python|win|h|v|ipv|rfc|es|ecma|"
    r"amd|arm|int|uint|float|latin|windows|big|crc|tls|ssl|oauth|s|ec|web|p|u|f|i|mp|m)[-_/]?"
    r"\d{1,5}(?:[-_.]\w{1,4})*|[A-Z]{1,3}\d{1,2}|%.*|.*%[sdr(].*|.*\{\w*\}.*|.*\\[dwsb].*|<[^>]*>?|"
    r"[a-z]+/[\w.+-]+(?:;.*)?|--?[\w-]+|[A-Z][A-Z _-]+",
    re.DOTALL,
)
_GRAMMAR = frozenset(re.findall(r"\w+",
    "a an and as asc at be by case desc do else for from group if in into is join like no not null "
    "of off on or order outer set the then to when where with",
))  # fmt: skip


def telling(literal: Literal) -> bool:
    """Whether it is data rather than vocabulary."""
    if isinstance(literal, bool):
        return False
    if isinstance(literal, str):
        return _telling_text(literal)
    return abs(literal) not in _COMMON and (
        abs(literal) > 20 or round(literal, 1) != literal  # 0.5 is vocabulary, 3.14 is data
    )


def _telling_text(text: str) -> bool:
    text = text.strip()
    letters, digits = re.search(r"[^\W\d_]", text), re.search(r"\d", text)
    if len(text) < 4 or not (letters or digits) or _TECHNICAL.fullmatch(text):
        return False
    words = re.findall(r"[^\W\d_]+", text)
    if re.search(r"\w\s+\S*\w", text):
        return any(word.lower() not in _GRAMMAR for word in words) or bool(digits)
    if digits:
        return True
    return re.search(r"\w[@,=&;]\w", text) is not None


def empty(literal: Literal) -> bool:
    """Whether it is so small that every program answers it now and then."""
    return isinstance(literal, bool) or literal in ("", 0, 1, -1, 2)


def disguises(literal: Literal) -> Iterator[str]:
    """What a text becomes when it is encoded, turned round or hashed, to be hidden in code."""
    if not isinstance(literal, str) or len(literal) < 4:
        return
    data = literal.encode("utf-8", "replace")
    yield base64.b64encode(data).decode()
    yield base64.urlsafe_b64encode(data).decode()
    yield base64.b32encode(data).decode()
    yield data.hex()
    yield binascii.hexlify(data, "-").decode()
    yield literal[::-1]
    yield codecs.encode(literal, "rot13")
    for name in ("md5", "sha1", "sha224", "sha256", "sha512", "blake2b"):
        yield hashlib.new(name, data, usedforsecurity=False).hexdigest()
