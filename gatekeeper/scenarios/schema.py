"""One scenario file as data: YAML of ours, or the JSON that the public demo of this idea wrote."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import unicodedata
from collections.abc import Iterable

from gatekeeper.domain import Scenario
from gatekeeper.errors import UsageError
from gatekeeper.settings.kinds import BOOLEAN, ITEMS, OPTIONAL_TEXT, Kind, Raw
from gatekeeper.settings.yamlfile import LARGEST, Entry, plain_entries

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
"""What an id looks like: it becomes a file name."""

SHORTEST_SIGNATURE = 4
_LONGEST_TEXT = 4000  # characters of one item
_MOST_ITEMS = 100
_NAMES = tuple(field.name for field in dataclasses.fields(Scenario) if field.name != "path")
_TEXTS = ("id", "title", "origin")
_LISTS = tuple(name for name in _NAMES if name not in (*_TEXTS, "review_required"))
_FINDS = ("affected_tests", "likely_code_areas", "failure_signatures")


def parse(path: str, content: bytes) -> Scenario:
    """The scenario that a file holds; its name tells the id where the file does not.

    Raises UsageError with file, line and the nearest right key. A `.json` file was written by
    another tool, so keys and items that mean nothing here are passed over.
    """
    stem = path.rpartition("/")[2].rpartition(".")[0]
    found = _from_json(path, content) if path.endswith(".json") else _from_yaml(path, content)
    return _checked(path, dataclasses.replace(found, id=found.id or stem, path=path))


def clean(text: str) -> str:
    """Without what a terminal or an editor obeys rather than shows; lines and tabs stay."""
    text = text.replace("\r\n", "\n")
    return "".join(
        char
        if char in "\n\t" or unicodedata.category(char) not in _UNSHOWN
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    ).strip("\n")


_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


# --- YAML -------------------------------------------------------------------------------


def _from_yaml(path: str, content: bytes) -> Scenario:
    values: dict[str, object] = {}
    for entry in plain_entries(path, content):
        if entry.name not in _NAMES:
            raise UsageError(
                f"{entry.where}: a scenario has no key `{entry.name}`", hint=_nearest(entry.name)
            )
        values[entry.name] = _value(entry)
    return Scenario(**{"id": "", **values})  # type: ignore[arg-type]


def _value(entry: Entry) -> object:
    kind: Kind = ITEMS
    if entry.name in _TEXTS:
        kind = OPTIONAL_TEXT
    elif entry.name == "review_required":
        kind = BOOLEAN
    try:
        if kind is ITEMS:
            return _items(_listed(entry.value))
        found = kind.read(entry.value)
    except ValueError as error:
        raise UsageError(
            f"{entry.where}: {entry.name}: {error}", hint=f"Expected {kind.expects}."
        ) from None
    return found if isinstance(found, bool) else clean(found or "")


def _listed(raw: Raw) -> tuple[str, ...]:
    """A list; one text is a list of one, whatever line breaks it holds."""
    return (raw,) if isinstance(raw, str) else tuple(ITEMS.read(raw))


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, _NAMES, 1, 0.5)
    return f"Did you mean `{near[0]}`?" if near else f"It has: {', '.join(_NAMES)}."


# --- JSON -------------------------------------------------------------------------------


def _from_json(path: str, content: bytes) -> Scenario:
    if len(content) > LARGEST:
        raise UsageError(f"{path}: larger than {LARGEST // 1024} KiB", hint="Is it the right file?")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{path}:{error.lineno}: not valid JSON: {error.msg}",
            hint="Look at the commas and quotes of this line and the one before.",
        ) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UsageError(f"{path}: not JSON in UTF-8: {error}", hint="Save it again.") from None
    if not isinstance(raw, dict):
        raise UsageError(f"{path}:1: not a JSON object", hint=f"It has: {', '.join(_NAMES)}.")
    values: dict[str, object] = {name: _items(_strings(raw.get(name))) for name in _LISTS}
    for name in _TEXTS:
        values[name] = clean(raw[name]) if isinstance(raw.get(name), str) else ""
    values["review_required"] = raw.get("review_required", True) is not False
    return Scenario(**values)  # type: ignore[arg-type]


def _strings(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        return (raw,)
    return tuple(item for item in raw if isinstance(item, str)) if isinstance(raw, list) else ()


# --- what both must hold ----------------------------------------------------------------


def _items(found: Iterable[str]) -> tuple[str, ...]:
    cleaned = (clean(item).strip(" \t") for item in found)
    return tuple(dict.fromkeys(item for item in cleaned if item))


def _checked(path: str, found: Scenario) -> Scenario:
    if not ID.fullmatch(found.id):
        raise UsageError(
            f"{path}: `{found.id[:80]}` is no id",
            hint="An id has lower-case letters, digits, `-` and `_`, at most 80.",
        )
    if not any(getattr(found, name) for name in _FINDS):
        raise UsageError(
            f"{path}: nothing in it says which failures it is about",
            hint=f"Give it at least one of: {', '.join(_FINDS)}.",
        )
    for name in _LISTS:
        _bounded(path, name, getattr(found, name))
    for text in found.failure_signatures:
        if len(text) < SHORTEST_SIGNATURE:
            raise UsageError(
                f"{path}: failure_signatures: `{text}` is in nearly every failure",
                hint=f"Take a part of the message, at least {SHORTEST_SIGNATURE} characters.",
            )
    return found


def _bounded(path: str, name: str, items: tuple[str, ...]) -> None:
    if len(items) > _MOST_ITEMS or any(len(item) > _LONGEST_TEXT for item in items):
        raise UsageError(
            f"{path}: {name}: more than {_MOST_ITEMS} items, or one of more than "
            f"{_LONGEST_TEXT} characters",
            hint="A scenario is read by people and by a model: keep what tells the failure.",
        )
