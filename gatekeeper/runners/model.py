"""What a test framework must say of itself; `table.py` lists them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree

JUNIT = "{junit}"
"""Stands for the report's path in commands and globs, until the path is known."""

MOST_SELECTED = 100
"""More cases than this are not selected one by one: the whole suite is as quick."""


@dataclass(frozen=True, slots=True)
class Found:
    """A framework recognised in a tree."""

    command: str
    why: str  # completes "because"
    image: str
    setup: tuple[str, ...] = ()  # for a sandbox that may use the network
    missing: str = ""  # what the project lacks for a report, with the remedy


@dataclass(frozen=True, slots=True)
class Reporting:
    """A command that writes JUnit, the globs of its reports, and variables for it."""

    command: str
    reports: tuple[str, ...] = (JUNIT,)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Runner:
    """One framework. Each function is pure; none of them runs anything.

    `find` recognises it in a tree. `report` makes a command write JUnit, None where the
    command does not run this framework. `narrow` makes a command run only some cases (or a
    few more), None where it cannot. `nothing_ran` maps exit codes to what they mean where no
    test was run.
    """

    name: str
    find: Callable[[Tree], Found | None]
    report: Callable[[str], Reporting | None]
    narrow: Callable[[str, Sequence[CaseResult], Tree], str | None]
    nothing_ran: Mapping[int, str] = field(default_factory=dict)
