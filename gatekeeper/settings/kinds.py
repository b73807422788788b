"""What a value may look like: one `Kind` per shape, the same for file, environment and flag.

A raw value is text, a list of texts, a mapping of texts, or None where YAML says null. YAML's
own guesses about types are not used: there `off` is a truth value and `1:30` is ninety.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

Raw = str | tuple[str, ...] | Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read and shown. `read` raises ValueError with what is wrong with it."""

    expects: str  # completes "expected ..."
    read: Callable[[Raw], Any]
    show: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()


def _text(raw: Raw) -> str:
    if raw is None or raw == "":
        raise ValueError("is empty")
    if not isinstance(raw, str):
        raise ValueError("is a list or a mapping, not one value")
    return raw


def _optional(raw: Raw) -> str | None:
    return None if raw is None or raw == "" else _text(raw)


TEXT = Kind("a text", _text)
OPTIONAL_TEXT = Kind("a text, or nothing", _optional, lambda value: value or "")

_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def _boolean(raw: Raw) -> bool:
    text = _text(raw).lower()
    if text not in _TRUTH:
        raise ValueError(f"`{text}` is neither true nor false")
    return _TRUTH[text]


BOOLEAN = Kind("true or false", _boolean, lambda value: "true" if value else "false")


def choice(*names: str) -> Kind:
    """One of `names`."""

    def read(raw: Raw) -> str:
        text = _text(raw)
        if text not in names:
            raise ValueError(f"`{text}` is not one of them")
        return text

    return Kind(f"one of {', '.join(names)}", read, choices=names)


def integer(low: int, high: int | None = None) -> Kind:
    """A whole number, at least `low` and at most `high`."""

    def read(raw: Raw) -> int:
        text = _text(raw)
        if not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise ValueError(f"`{text}` is not a whole number")
        return int(_within(float(text), low, high))

    return Kind(f"a whole number{_bounds(low, high)}", read)


def number(low: float, high: float | None = None) -> Kind:
    """A number, at least `low` and at most `high`."""

    def read(raw: Raw) -> float:
        return _within(_decimal(_text(raw)), low, high)

    return Kind(f"a number{_bounds(low, high)}", read, lambda value: f"{value:g}")


def _decimal(text: str) -> float:
    if not re.fullmatch(r"[+-]?(\d{1,18}(\.\d*)?|\.\d+)", text):
        raise ValueError(f"`{text}` is not a number")
    return float(text)


def _within(value: float, low: float, high: float | None) -> float:
    if value < low:
        raise ValueError(f"{value:g} is below {low:g}")
    if high is not None and value > high:
        raise ValueError(f"{value:g} is above {high:g}")
    return value


def _bounds(low: float, high: float | None) -> str:
    return f" from {low:g} up" if high is None else f" from {low:g} to {high:g}"


def _units(units: Mapping[str, int], noun: str, low: float) -> Callable[[Raw], float]:
    def read(raw: Raw) -> float:
        text = _text(raw).lower()
        found = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([a-z]*)", text)
        if not found or found[2] not in units:
            raise ValueError(f"`{text}` is not a {noun}")
        return _within(float(found[1]) * units[found[2]], low, None)

    return read


def _scaled(units: Mapping[str, int], plain: str) -> Callable[[Any], str]:
    def show(value: float) -> str:
        for name, factor in sorted(units.items(), key=lambda unit: -unit[1]):
            if factor > 1 and value >= factor and value % factor == 0:
                return f"{value / factor:g}{name}"
        return f"{value:g}{plain}"

    return show


DURATION = Kind(
    "a duration above zero: 90, 90s, 10m or 2h",
    _units({"": 1, "s": 1, "m": 60, "h": 3600}, "duration", 0.001),
    _scaled({"m": 60, "h": 3600}, "s"),
)

_BYTES = {"k": 1024, "m": 1024**2, "g": 1024**3}


def _size(raw: Raw) -> int:
    return int(_units({"": 1, "b": 1, **_BYTES}, "size", 1)(raw))


SIZE = Kind("a size: bytes, or 512k, 512m, 2g", _size, _scaled(_BYTES, ""))


def _items(raw: Raw) -> tuple[str, ...]:
    """A list as it is; text is one item a line, or a YAML list in brackets."""
    if raw is None:
        return ()
    if isinstance(raw, str):
        raw = _flow(raw) if raw.lstrip().startswith("[") else tuple(raw.splitlines())
    if isinstance(raw, Mapping):
        raise ValueError("is a mapping, not a list")
    return tuple(item for item in (item.strip() for item in raw) if item)


def _flow(text: str) -> tuple[str, ...]:
    found = _yaml(text)
    if not isinstance(found, list):
        raise ValueError(f"`{text}` is not a list")
    return tuple(map(str, found))


def _yaml(text: str) -> object:
    try:
        # BaseLoader is SafeLoader without guessing: every scalar stays text.
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError:
        raise ValueError(f"`{text}` is not valid YAML") from None


def _shown_items(value: Sequence[str]) -> str:
    return f"[{', '.join(json.dumps(item, ensure_ascii=False) for item in value)}]" if value else ""


ITEMS = Kind("a list: in YAML, one item a line, or [a, b]", _items, _shown_items)


def several(*names: str) -> Kind:
    """Some of `names`, or none of them, in the order given here."""

    def read(raw: Raw) -> tuple[str, ...]:
        found = _items(raw)
        if wrong := [item for item in found if item not in names]:
            raise ValueError(f"`{wrong[0]}` is not one of them")
        return tuple(name for name in names if name in found)

    return Kind(f"a list of any of {', '.join(names)}; `[]` for none", read, _shown_items, names)


def in_order(*names: str, alone: str) -> Kind:
    """Some of `names` in their given order, a list or with commas; `alone` has no company."""

    def read(raw: Raw) -> tuple[str, ...]:
        plain = isinstance(raw, str) and not raw.lstrip().startswith("[")
        found = _items(raw.replace(",", "\n") if plain and isinstance(raw, str) else raw)
        if not found:
            raise ValueError("is empty")
        if wrong := [item for item in found if item not in names]:
            raise ValueError(f"`{wrong[0]}` is not one of them")
        if len(set(found)) < len(found) or (alone in found and len(found) > 1):
            raise ValueError(f"`{', '.join(found)}` repeats a name, or has `{alone}` among others")
        return found

    return Kind(f"one or more of {', '.join(names)}", read, ", ".join, names)


def _pairs(raw: Raw) -> dict[str, str]:
    """A mapping as it is; text is one `NAME=value` a line, or a YAML mapping in braces."""
    if raw is None:
        return {}
    if isinstance(raw, str):
        raw = _braces(raw) if raw.lstrip().startswith("{") else dict(map(_pair, raw.splitlines()))
    if not isinstance(raw, Mapping):
        raise ValueError("is a list, not a mapping")
    return dict(raw)


def _braces(text: str) -> dict[str, str]:
    found = _yaml(text)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"`{text}` is not a mapping of names to texts")
    return found


def _pair(line: str) -> tuple[str, str]:
    name, equals, value = line.strip().partition("=")
    if not equals or not name:
        raise ValueError(f"`{line}` is not NAME=value")
    return name, value


def _shown_pairs(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), ensure_ascii=False) if value else ""


PAIRS = Kind("a mapping: in YAML, one NAME=value a line, or {NAME: value}", _pairs, _shown_pairs)
