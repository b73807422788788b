"""Untrusted text into each place that interprets text: Markdown notes, XML, JSON, dotenv.

Names, messages and answers come from tests and models. On GitLab a note can run commands, call
people and load images, so nothing of that may survive.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping

_CODE_SPAN = re.compile(r"(?<!`)(`[^`]+`)(?!`)")
_MARKUP = re.compile(r"([\\`*_{}\[\]#|~$])")
_REFERENCE = re.compile(r"([!&%])(?=\w)")
_XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_STEERING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_ENV_ODD = re.compile(r"[^A-Za-z0-9._:/@+-]+")
_LINE_START = re.compile(r"^(\d*)([>+/.):-])")
_WEB_NAME = re.compile(r"\b(www)\.", re.IGNORECASE)
_LINE_COMMAND = re.compile(r"^(?=/|::)", re.MULTILINE)
_CLOSED = "\u200b"
"""A zero-width space: after `@` it keeps GitLab from calling a person, and `www` from a link."""


def prose(text: str) -> str:
    """One line of Markdown that shows `text` and does nothing else; code spans stay."""
    line = " ".join(_visible(text).split())
    parts = _CODE_SPAN.split(line)
    shown = "".join(part if index % 2 else _plain(part) for index, part in enumerate(parts))
    return _LINE_START.sub(r"\1\\\2", shown)


def code(text: str) -> str:
    """A code span on one line, whatever backticks the text holds."""
    line = " ".join(_visible(text).split())
    if not line:
        return ""
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if "`" in line else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def cell(text: str) -> str:
    """A code span inside a table, where a bar would end the cell even in code."""
    return code(text.replace("|", "\N{BROKEN BAR}"))


def fence(text: str, language: str = "") -> str:
    """A fenced block that the text cannot end; nothing inside is interpreted.

    A blank goes before a leading `/` or `::`: what looks for quick actions, or for files to
    include, does so before it knows of fences.
    """
    shown = _LINE_COMMAND.sub(" ", _visible(text).strip("\n"))
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}{language}\n{shown}\n{ticks}"


def shortened(text: str, lines: int, characters: int) -> str:
    """At most so many lines and characters, with a remark where something was left out."""
    kept = text.split("\n")[:lines]
    short = "\n".join(kept)[:characters]
    left = len(text) - len(short)
    return f"{short}\n[... {left} characters more]" if left > 0 else text


def xml_text(text: str) -> str:
    """Text for XML content; what XML cannot hold becomes U+FFFD."""
    return html.escape(_XML_ILLEGAL.sub("\ufffd", text)).replace("\r", "&#13;")


def xml_attribute(text: str) -> str:
    """Text for a quoted attribute, its line breaks kept."""
    return xml_text(text).replace("\n", "&#10;").replace("\t", "&#9;")


def json_bytes(value: Mapping[str, object]) -> bytes:
    """Readable JSON in UTF-8, keys in the given order; lone surrogates become U+FFFD.

    What steers a terminal or turns the reading direction is written as an escape.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    text = _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode() + b"\n"


def env_value(text: str, limit: int = 200) -> str:
    """A value for GitLab's dotenv report, which knows no quotes, blanks or line breaks."""
    return _ENV_ODD.sub("_", text)[:limit]


def _plain(text: str) -> str:
    shown = _REFERENCE.sub(rf"\1{_CLOSED}", _MARKUP.sub(r"\\\1", text))
    shown = shown.replace("@", f"@{_CLOSED}").replace("://", f":{_CLOSED}//")
    shown = _WEB_NAME.sub(rf"\1{_CLOSED}.", shown)
    return html.escape(shown, quote=False)


def _visible(text: str) -> str:
    return _INVISIBLE.sub("\ufffd", text.expandtabs(4)).encode("utf-8", "replace").decode()


def _longest_run(text: str) -> int:
    return max(map(len, re.findall(r"`+", text)), default=0)
