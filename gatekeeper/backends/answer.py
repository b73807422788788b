"""What a model may say: the schema that it is given, and the check of what it said.

Everything in an answer is untrusted. It is bounded here, in numbers and in bytes; whether an
edit fits the tree is for `candidates` to find out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatekeeper.backends import plain
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Draft, Edit, Question

MAX_TEXT = 16_000  # characters of an analysis, a question, a rationale; more is cut
MAX_PATH = 1024
MAX_EDITS = 64
MAX_CANDIDATES = 16
MAX_EDIT_BYTES = 1024 * 1024  # all edits of one candidate together

TEXT: dict[str, Any] = {"type": "string"}


def object_of(**properties: Any) -> dict[str, Any]:
    """A schema as strict structured output demands it: everything required, nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMA_NAME = "gatekeeper_answer"
SCHEMA: dict[str, Any] = object_of(
    analysis=TEXT,
    question={"type": ["string", "null"]},
    candidates={
        "type": "array",
        "items": object_of(
            rationale=TEXT,
            edits={"type": "array", "items": object_of(path=TEXT, search=TEXT, replace=TEXT)},
        ),
    },
)
"""JSON Schema without bounds: servers disagree on which keywords strict mode may hold."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "null": type(None),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A checked answer. `notes` say what was ignored or mended, `ignored` how many drafts."""

    analysis: str
    question: Question | None
    drafts: tuple[Draft, ...]
    notes: tuple[str, ...] = ()
    ignored: int = 0


def parse_answer(text: str, limit: int = MAX_CANDIDATES, form: str = "schema") -> Answer:
    """Read an answer's text; at most `limit` candidates are kept, in order.

    `form` is `schema` for JSON, `text` for the headings of `plain`. Raises UnusableAnswer where
    it is not of that form, off the schema, out of bounds or says nothing.
    """
    value, notes = decoded(text, form)
    return read_answer(value, limit, notes)


def decoded(text: str, form: str) -> tuple[object, tuple[str, ...]]:
    """The value that a text of this form stands for, and notes; see `parse_answer`."""
    if form == "text":
        return plain.sections(text), ()
    stripped, notes = unwrapped(text)
    try:
        return json.loads(stripped), notes
    except RecursionError:
        raise UnusableAnswer("it is nested too deeply") from None
    except ValueError as error:
        said = f"it is not valid JSON ({error})" if stripped else "it is empty"
        raise UnusableAnswer(said) from None


def read_answer(value: object, limit: int = MAX_CANDIDATES, notes: tuple[str, ...] = ()) -> Answer:
    """Check a decoded answer; see `parse_answer`."""
    wrong = mismatch(value, SCHEMA, "the answer")
    if wrong:
        raise UnusableAnswer(wrong)
    assert isinstance(value, dict)  # noqa: S101 -- the schema has just said so
    candidates = value["candidates"]
    limit = max(1, min(limit, MAX_CANDIDATES))
    extra = max(0, len(candidates) - limit)
    if extra:
        notes = (*notes, f"{extra} candidates beyond the {limit} asked for were ignored")
    drafts = tuple(_draft(item, number) for number, item in enumerate(candidates[:limit]))
    asked = clean(value["question"] or "", "question")
    if not drafts and not asked:
        raise UnusableAnswer("it has neither a candidate nor a question")
    analysis = clean(value["analysis"], "analysis")
    question = Question(asked, reason=analysis) if asked else None
    return Answer(analysis, question, drafts, notes, extra)


def _draft(item: Mapping[str, Any], number: int) -> Draft:
    where = f"candidates[{number}]"
    edits = item["edits"]
    if not edits:
        raise UnusableAnswer(f"{where} has no edits")
    if len(edits) > MAX_EDITS:
        raise UnusableAnswer(f"{where} has {len(edits)} edits, at most {MAX_EDITS} are read")
    checked = tuple(_edit(edit, f"{where}.edits[{n}]") for n, edit in enumerate(edits))
    size = sum(len(edit.search.encode()) + len(edit.replace.encode()) for edit in checked)
    if size > MAX_EDIT_BYTES:
        raise UnusableAnswer(f"{where} is {size} bytes large, at most {MAX_EDIT_BYTES} are read")
    return Draft(edits=checked, rationale=clean(item["rationale"], f"{where}.rationale"))


def _edit(item: Mapping[str, str], where: str) -> Edit:
    path, search, replace = item["path"], item["search"], item["replace"]
    if not path or len(path) > MAX_PATH:
        raise UnusableAnswer(f"{where}.path must have 1 to {MAX_PATH} characters")
    _encodable(path, f"{where}.path", errors="surrogateescape")
    for key, text in (("search", search), ("replace", replace)):
        _encodable(text, f"{where}.{key}")
    if search == replace and search:
        raise UnusableAnswer(f"{where} replaces a text by itself")
    return Edit(path, search, replace)


def clean(text: str, where: str) -> str:
    """The text, stripped and bounded. Raises UnusableAnswer where UTF-8 cannot hold it."""
    _encodable(text, where)
    text = text.strip()
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} [cut]"


def _encodable(text: str, where: str, errors: str = "strict") -> None:
    try:
        text.encode("utf-8", errors)
    except UnicodeEncodeError:
        raise UnusableAnswer(f"{where} holds half of a surrogate pair") from None


def unwrapped(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what is around it, and notes.

    Servers that ignore the schema like to put a Markdown fence around the object.
    """
    stripped = text.strip().removeprefix("\ufeff")
    fenced = re.fullmatch(r"(`{3,}|~{3,})(?:json)?[ \t]*\n(.*)\n\1", stripped, re.DOTALL)
    if fenced:
        return fenced[2].strip(), ("a Markdown fence around the answer was removed",)
    return stripped, ()


def mismatch(value: object, schema: Mapping[str, Any], where: str) -> str:
    """The first place where `value` leaves `schema`, as a clause; "" where it fits."""
    named = schema["type"]
    wanted = [named] if isinstance(named, str) else named
    if not any(isinstance(value, _TYPES[name]) for name in wanted):
        return f"{where} must be of type {' or '.join(wanted)}"
    if isinstance(value, dict):
        return _fields(value, schema, where)
    if isinstance(value, list):
        found = (mismatch(v, schema["items"], f"{where}[{n}]") for n, v in enumerate(value))
        return next(filter(None, found), "")
    return ""


def _fields(value: Mapping[str, object], schema: Mapping[str, Any], where: str) -> str:
    known = schema["properties"]
    missing = [name for name in known if name not in value]
    if missing:
        return f"{where} lacks {', '.join(missing)}"
    unknown = sorted(set(value) - set(known))
    if unknown:
        return f"{where} has unknown fields: {', '.join(unknown)[:200]}"
    prefix = "" if where == "the answer" else f"{where}."
    found = (mismatch(value[name], known[name], f"{prefix}{name}") for name in known)
    return next(filter(None, found), "")
