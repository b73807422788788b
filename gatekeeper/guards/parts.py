"""Files of which only some parts matter to a guard: read on both sides, compared part by part.

A reader takes the text of a file ("" where there is none) and names its parts for a person.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from gatekeeper.ports import Tree

Parts = Mapping[str, object]
"""What a file says of a matter: the name of each part, for a person, and its content."""

Reader = Callable[[str], Parts]
"""Raises one of `UNREADABLE` where the syntax is broken."""

UNREADABLE = (tomllib.TOMLDecodeError, configparser.Error, json.JSONDecodeError, ParseError,
              DefusedXmlException, AttributeError, UnicodeDecodeError, RecursionError)  # fmt: skip


class Broken(ValueError):
    """The file was readable, or was not there, and cannot be read after the change."""


def differing(path: str, read: Reader, before: Tree, after: Tree) -> Iterator[str]:
    """The names of the parts that differ, sorted. Raises Broken."""
    try:
        old = read((before.read(path) or b"").decode("utf-8-sig"))
    except UNREADABLE:
        old = {}  # it was broken: repairing it is honest, as long as it says nothing new
    try:
        new = read((after.read(path) or b"").decode("utf-8-sig"))
    except UNREADABLE as error:
        raise Broken(str(error)) from None
    return (
        p for p in sorted(old.keys() | new.keys()) if (old.get(p) or None) != (new.get(p) or None)
    )


def first_line(path: str, before: Tree, after: Tree) -> int | None:
    """The first line of the new file that differs; None where there is none."""
    old, new = (before.read(path) or b"").splitlines(), (after.read(path) or b"").splitlines()
    pairs = zip(old, new, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    return same + 1 if same < max(len(old), len(new)) else None


def table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The table below these keys; empty where it is none."""
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data


def ini(text: str) -> configparser.RawConfigParser:
    """An INI file without interpolation, lenient as setuptools reads it."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    return parser


def xml(text: str) -> Element:
    """The root of an XML document; entities and other threats are refused."""
    root: Element = defusedxml.ElementTree.fromstring(text)
    return root


def tag(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: Element, name: str) -> str | None:
    """The text of a child element, or None."""
    for one in element:
        if tag(one) == name:
            return (one.text or "").strip()
    return None


def lines_about(matter: str, words: str) -> Reader:
    """A reader that keeps the lines on which one of the words stands, with their block."""
    pattern = re.compile(words, re.IGNORECASE)

    def read(text: str) -> Parts:
        kept: list[str] = []
        depth: int | None = None  # indentation of the block that such a line opened
        for line in text.splitlines():
            indent = len(line) - len(line.lstrip())
            if depth is not None and line.strip() and indent <= depth:
                depth = None
            if pattern.search(line) and depth is None:
                depth = indent
                kept.append(line.strip())
            elif depth is not None and line.strip():
                kept.append(line.strip())
        return {f"the lines about {matter}": kept}

    return read
