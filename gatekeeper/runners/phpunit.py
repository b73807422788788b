"""PHPUnit, which writes JUnit by itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import JUNIT, MOST_SELECTED, Found, Reporting, Runner

IMAGE = "composer:2"


def find(tree: Tree) -> Found | None:
    """By its configuration, or by the requirement in composer.json."""
    for name in ("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"):
        if name in tree.paths():
            return _found(f"there is {name}")
    if b'"phpunit/phpunit"' in (tree.read("composer.json") or b""):
        return _found("composer.json requires phpunit/phpunit")
    return None


def _found(why: str) -> Found:
    return Found("vendor/bin/phpunit", why, IMAGE, setup=("composer install --no-interaction",))


def report(command: str) -> Reporting | None:
    """Our report in place of another."""
    found = shell.calls(command, shell.called("phpunit"))
    if len(found) != 1:
        return None
    command = shell.without(command, shell.options(found[0], "--log-junit"))
    return Reporting(shell.insert(command, found[0][0], f"--log-junit {JUNIT}"))


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By the names of the methods, with or without a data set behind them."""
    found = shell.calls(command, shell.called("phpunit"))
    names = sorted({case.id.name.partition(" ")[0] for case in cases})
    plain = all(re.fullmatch(r"\w+", name) for name in names)
    if len(found) != 1 or not names or not plain or len(names) > MOST_SELECTED:
        return None
    pattern = shlex.quote(f"/::({'|'.join(names)})( .*)?$/")
    return shell.insert(command, found[0][0], f"--filter {pattern}")


RUNNER = Runner("phpunit", find, report, narrow)
