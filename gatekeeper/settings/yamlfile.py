"""The configuration file as raw values with their lines; a key that is there twice is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from gatekeeper.errors import UsageError
from gatekeeper.settings.kinds import Raw

LARGEST = 256 * 1024
"""Bytes of the largest file that is read; a real one has two or three thousand."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of the file. `section` is "" where the top level holds a plain value."""

    section: str
    name: str
    value: Raw
    where: str  # FILE:LINE


def entries(name: str, content: bytes) -> tuple[Entry, ...]:
    """Every key of the file called `name`, in its order. Raises UsageError with the line."""
    root = _compose(name, content)
    if root is None or _is_null(root):
        return ()
    found: list[Entry] = []
    for section, _, node in _pairs(name, root, "the file"):
        where = _where(name, node)
        if _is_null(node):
            continue  # a section with everything commented out
        if not isinstance(node, yaml.MappingNode):
            found.append(Entry("", section, None, where))
            continue
        for key, _, value in _pairs(name, node, f"section `{section}`"):
            found.append(
                Entry(section, key, _raw(name, f"{section}.{key}", value), _where(name, value))
            )
    return tuple(found)


def plain_entries(name: str, content: bytes) -> tuple[Entry, ...]:
    """Every key of a file without sections, in its order. Raises UsageError with the line."""
    root = _compose(name, content)
    if root is None or _is_null(root):
        return ()
    return tuple(
        Entry("", key, _raw(name, key, node), where)
        for key, where, node in _pairs(name, root, "the file", "Write `key: value` lines.")
    )


def _compose(name: str, content: bytes) -> yaml.Node | None:
    if len(content) > LARGEST:
        raise UsageError(f"{name}: larger than {LARGEST // 1024} KiB", hint="Is it the right file?")
    try:
        return yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name}: not UTF-8 at byte {error.start}", hint="Save it as UTF-8."
        ) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(
            f"{name}:{line}: not valid YAML: {error.problem}",
            hint="Look at the indentation and the quotes of this line and the one before.",
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"{name}: not valid YAML: {reason}", hint="Is it the right file?"
        ) from None


_LAYOUT = "Write sections at the top, and `key: value` below each."


def _pairs(
    name: str, node: yaml.Node, what: str, hint: str = _LAYOUT
) -> Iterator[tuple[str, str, yaml.Node]]:
    """Each key, where it stands, and its value."""
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{_where(name, node)}: {what} is not a mapping", hint=hint)
    seen: dict[str, str] = {}
    for key, value in node.value:
        text = key.value if isinstance(key, yaml.ScalarNode) else ""
        where = _where(name, key)
        if text in seen:
            raise UsageError(
                f"{where}: `{text}` is there already, at {seen[text]}",
                hint="Remove one of the two.",
            )
        seen[text] = where
        yield text, where, value


def _raw(name: str, key: str, node: yaml.Node) -> Raw:
    if isinstance(node, yaml.ScalarNode):
        return None if _is_null(node) else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_scalar(name, key, item) for item in node.value)
    return {text: _scalar(name, key, value) for text, _, value in _pairs(name, node, f"`{key}`")}


def _scalar(name: str, key: str, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise UsageError(
            f"{_where(name, node)}: {key}: an item is a list or a mapping itself",
            hint="Items are plain texts; put quotes around one that holds `: ` or starts with `[`.",
        )
    return str(node.value)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _where(name: str, node: yaml.Node) -> str:
    return f"{name}:{node.start_mark.line + 1}"
