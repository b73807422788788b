"""Report bytes as a stream: unpacked, and where XML would refuse them, mended."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

CHUNK = 128 * 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins in the same way
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_START = re.compile(r"<\?xml|<!DOCTYPE|<!--|<[A-Za-z_]")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_CHARACTER = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}));")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,9}|#x[0-9a-fA-F]{1,8});)")
_HELD = re.compile(r"(?:&[#\w]{0,11}|\x1b\[?[0-9;?]{0,11})\Z")
_ESCAPED_BYTES = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}


def unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream itself, or what it holds where it begins with gzip's magic number."""
    magic = stream.read(2)
    stream.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if magic == b"\x1f\x8b" else stream


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The rest of the stream in pieces of at most CHUNK bytes."""
    while piece := stream.read(CHUNK):
        yield piece


def mended(pieces: Iterable[bytes], *, ampersands: bool) -> Iterator[bytes]:
    """The same text as clean UTF-8 without a declaration.

    Undecodable bytes are read as Windows-1252, control characters and references to them are
    dropped, text before the first tag is dropped; with `ampersands`, a bare `&` is escaped.
    """
    held = ""
    for text in _from_first_tag(_decoded(iter(pieces))):
        whole = held + text
        tail = _HELD.search(whole)
        held = whole[tail.start() :] if tail else ""
        yield _legal(whole[: len(whole) - len(held)], ampersands).encode("utf-8")
    yield _legal(held, ampersands).encode("utf-8")


def _decoded(pieces: Iterator[bytes]) -> Iterator[str]:
    first = next(pieces, b"")
    decoder = codecs.getincrementaldecoder(_encoding(first))("surrogateescape")
    yield decoder.decode(first)
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _encoding(head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if head[:4:2] == b"\0\0":
        return "utf-16-be"
    if head[1:4:2] == b"\0\0":
        return "utf-16-le"
    found = _DECLARED.search(head[:1000])
    return _known(found.group(1).decode("ascii")) if found else "utf-8"


def _known(name: str) -> str:
    """The declared codec if it can be the true one: the declaration itself was read as ASCII."""
    try:
        probe = "<?xml".encode(name)
    except (LookupError, UnicodeError, TypeError):
        return "utf-8"
    return name if probe == b"<?xml" else "utf-8"


def _from_first_tag(texts: Iterator[str]) -> Iterator[str]:
    head = ""
    for text in texts:
        head += text
        begin = _START.search(head)
        if begin is not None:
            yield _DECLARATION.sub("", head[begin.start() :], count=1)
            break
        head = head[-16:]
    yield from texts


def _legal(text: str, ampersands: bool) -> str:
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    text = _ILLEGAL.sub("", text.translate(_ESCAPED_BYTES) if not text.isascii() else text)
    if "&" not in text:
        return text
    text = _CHARACTER.sub(_legal_reference, text)
    return _BARE_AMPERSAND.sub("&amp;", text) if ampersands else text


def _legal_reference(found: re.Match[str]) -> str:
    code = int(found.group(1), 16) if found.group(1) else int(found.group(2))
    legal = code in {9, 10, 13} or (
        0x20 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF and code not in {0xFFFE, 0xFFFF}
    )
    return found.group(0) if legal else ""
