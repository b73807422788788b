"""How a run of pytest is watched: a plugin of the gate's own, and the order that it looks for.

`tools(name)` goes into `SnapshotSpec.tools`, once per snapshot; `Watch(name).over(command)` gives
the command and the overlays of one run, and the key of its record (`validation/watching`). All of
it goes through the environment and a file that is gone before anything of the tree is loaded, so
the command itself, `sys.argv` and what pytest shows stay as they were.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from importlib import resources

from gatekeeper.domain import Overlay
from gatekeeper.runners import pytest, shell
from gatekeeper.runners.plan import Plan

STARTS = 8
"""So many calls of pytest in one command can be watched; each has a key of its own."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One run, watched: what to run, the files to lay over for it, the key of its record."""

    command: str
    overlays: tuple[Overlay, ...]
    key: bytes


@dataclass(frozen=True, slots=True)
class Watch:
    """What is asked of the plugin, whose files are in the snapshot as the package `name`.

    `reverse`: the cases run in reverse order. `hide`: nothing in the environment or in `sys.argv`
    says that pytest runs. `modules`: the record holds all modules that can be imported.
    """

    name: str
    reverse: bool = False
    hide: bool = False
    modules: bool = True

    def over(self, command: str) -> Watched:
        """The command of one run, told to watch every pytest that it starts."""
        folder, key = f".gatekeeper-{secrets.token_hex(8)}", secrets.token_bytes(32)
        lines = (
            f'export GATEKEEPER_WATCH="$PWD/{folder}/watch"',
            'export PYTHONPATH="$GATEKEEPER_TOOLS${PYTHONPATH:+:$PYTHONPATH}"',
            f'export PYTEST_ADDOPTS="-p {self.name}${{PYTEST_ADDOPTS:+ $PYTEST_ADDOPTS}}"',
            command,
        )
        orders = (self._order(f"p{number}", key) for number in range(STARTS))
        overlays = (Overlay(f"{folder}/watch.{n}", order) for n, order in enumerate(orders))
        return Watched("; ".join(lines), tuple(overlays), key)

    def _order(self, tag: str, key: bytes) -> bytes:
        asked = {"reverse": self.reverse, "hide": self.hide, "modules": self.modules}
        return json.dumps({**asked, "tag": tag, "key": key_of(key, tag).hex()}).encode()


def new_name() -> str:
    """A name for the plugin that nobody can guess."""
    return f"w{secrets.token_hex(6)}"


def tools(name: str) -> tuple[Overlay, ...]:
    """The plugin's files, as the package `name`."""
    inside = resources.files(__package__) / "inside"
    return tuple(
        Overlay(f"{name}/{file.name}", file.read_bytes())
        for file in sorted(inside.iterdir(), key=lambda each: each.name)
        if file.name.endswith(".py")
    )


def unwatchable(plan: Plan) -> str:
    """Why the runs of a plan cannot be watched, as what follows "because"; "" where they can."""
    told = "PYTEST_ADDOPTS" in plan.reporting.env
    if told or shell.calls(plan.reporting.command, pytest.is_program):
        return ""
    return f"there is no watch for what runs the tests here ({plan.runner}), only for pytest"


def key_of(key: bytes, tag: str) -> bytes:
    """The key of one process: a worker's is derived from that of the process that started it."""
    parts = tag.split(".")
    for end in range(1, len(parts) + 1):
        key = hashlib.sha256(key + ".".join(parts[:end]).encode()).digest()
    return key
