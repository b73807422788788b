"""The same tests in another order, where the framework has an option for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, shell
from gatekeeper.runners.plan import Plan


def reordered(plan: Plan, tree: Tree, seed: int) -> Plan | None:
    """The plan with its tests in an order that `seed` decides; None where there is no option.

    `seed` is at most 2**31 - 1, which all of these accept.
    """
    option = _OPTIONS.get(plan.runner)
    words = option(plan.command, tree, seed) if option else None
    reporting = option(plan.reporting.command, tree, seed) if option else None
    if words is None or reporting is None:
        return None
    return replace(plan, command=words, reporting=replace(plan.reporting, command=reporting))


def _go(command: str, tree: Tree, seed: int) -> str | None:  # noqa: ARG001
    """Behind the `--` of gotestsum."""
    found = [word for words in shell.simple_commands(command) for word in words]
    dashes = [word for word in found if word.text == "--"]
    return shell.insert(command, dashes[0], f"-shuffle={seed}") if len(dashes) == 1 else None


def _jest(command: str, tree: Tree, seed: int) -> str | None:
    """Jest can do it from 29.5 on, and ends with an error before."""
    if _version(tree, "jest") < (29, 5):
        return None
    return _behind(command, "jest", f"--randomize --seed={seed}")


def _vitest(command: str, tree: Tree, seed: int) -> str | None:  # noqa: ARG001
    words = javascript.only_call(command, "vitest")
    if words is None:
        return None
    run = next((word for word in words[1:2] if word.text == "run"), words[0])
    return shell.insert(command, run, f"--sequence.shuffle --sequence.seed={seed}")


def _rspec(command: str, tree: Tree, seed: int) -> str | None:  # noqa: ARG001
    return _behind(command, "rspec", f"--order rand:{seed}")


def _phpunit(command: str, tree: Tree, seed: int) -> str | None:  # noqa: ARG001
    return _behind(command, "phpunit", f"--order-by=random --random-order-seed={seed}")


def _behind(command: str, program: str, text: str) -> str | None:
    found = shell.calls(command, shell.called(program))
    return shell.insert(command, found[0][0], text) if len(found) == 1 else None


def _version(tree: Tree, package: str) -> tuple[int, int]:
    """Major and minor of the lowest version that package.json admits; (0, 0) if it is not said."""
    try:
        content = json.loads(tree.read("package.json") or b"{}")
        said = str({**content.get("dependencies", {}), **content["devDependencies"]}[package])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return (0, 0)
    found = re.match(r"[~^>=v]*(\d+)(?:\.(\d+))?", said)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


_OPTIONS: Mapping[str, Callable[[str, Tree, int], str | None]] = {
    "go": _go,
    "jest": _jest,
    "vitest": _vitest,
    "rspec": _rspec,
    "phpunit": _phpunit,
}
