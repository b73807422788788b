"""node:test, Jest, Vitest and Mocha: a file beside that of a failing test, loaded as that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gatekeeper.domain import CaseId, CaseResult, CaseState, Overlay
from gatekeeper.ports import Tree
from gatekeeper.runners import altered_script
from gatekeeper.runners.canaries.python import beside_of
from gatekeeper.runners.gatemade import Canary, Names, text_of
from gatekeeper.runners.places import script_files

NONE = "no file of a failing test is known, beside which the runner would find another"

Loads = Callable[[str], tuple[str, str]]
"""From the text of a test file to the lines that load the framework, and its word for a test."""


def maker(loads: Loads) -> Callable[[Sequence[CaseResult], Tree, Names], Canary | str]:
    """What makes the canary of one framework."""

    def make(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
        path = _file(failing, tree)
        if not path:
            return NONE
        lines, word = loads(text_of(tree, path))
        red, control = (f"keeps {names.letters(which)}" for which in ("red", "control"))
        given = names.number("a") % 1000
        beside = beside_of(path, names.letters("file"))
        text = (
            f"{lines}{word}('{control}', () => {{ if ({given} + 1 !== {given + 1}) "
            "throw new Error('no sum'); });\n"
            f"{word}('{red}', () => {{ if ({given} + 1 !== {given + 2}) "
            "throw new Error('no sum'); });\n"
        )
        cases = tuple(
            CaseResult(CaseId("", each), CaseState.FAILURE, file=beside) for each in (red, control)
        )
        return Canary(Overlay(beside, text.encode()), red, control, cases)

    return make


def _file(failing: Sequence[CaseResult], tree: Tree) -> str:
    """The file that holds a failing test, as far as that can be told."""
    there = script_files(failing, tree)
    for path in there:
        titles = altered_script.titles(text_of(tree, path))
        if any(case.id.name.endswith(title) for case in failing for title in titles):
            return path
    return there[0] if len(there) == 1 else ""


def _is_module(text: str) -> bool:
    return re.search(r"(?m)^\s*(?:import|export)\b(?!\s*\()", text) is not None


def node(text: str) -> tuple[str, str]:
    """By import or require, as the other file does."""
    if _is_module(text):
        return "import test from 'node:test';\n", "test"
    return "const test = require('node:test');\n", "test"


def vitest(_: str) -> tuple[str, str]:
    """Its names are imported: they are global only where that is configured."""
    return "import { test } from 'vitest';\n", "test"


def jest(text: str) -> tuple[str, str]:
    """Its names are global, unless the other file imports them."""
    if "@jest/globals" not in text:
        return "", "test"
    if _is_module(text):
        return "import { test } from '@jest/globals';\n", "test"
    return "const { test } = require('@jest/globals');\n", "test"


def mocha(text: str) -> tuple[str, str]:
    """Its words are those of the interface that the other file uses."""
    load = "import { it } from 'mocha';\n" if re.search(r"from ['\"]mocha['\"]", text) else ""
    return load, "it" if load or re.search(r"(?<![\w.])it\(", text) else "test"
