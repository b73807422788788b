"""What the gate asks of this process, and how every trace of the asking is removed.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import os
import sys
from typing import Dict, NamedTuple, Optional

WATCH = "GATEKEEPER_WATCH"
TOOLS = "GATEKEEPER_TOOLS"
ADDOPTS = "PYTEST_ADDOPTS"
PATH = "PYTHONPATH"


class Order(NamedTuple):
    """One process's order. `stream` is a path, or "" for the descriptor of the record."""

    key: bytes
    tag: str
    stream: str
    root: str
    tools: str
    reverse: bool
    hide: bool
    modules: bool
    env: Dict[str, str]  # what was removed, for the workers of xdist
    path: str  # beside which files with orders for others may be written


def take(name: str) -> Optional[Order]:
    """The next order that waits, and its file gone; None where nobody asks for anything."""
    base = os.environ.get(WATCH, "")
    tools = os.environ.get(TOOLS, "")
    env = {key: os.environ[key] for key in (WATCH, TOOLS, ADDOPTS, PATH) if key in os.environ}
    _tidy(name, tools)
    folder, _, start = base.rpartition("/")
    if not folder or not os.path.isdir(folder):
        return None
    for found in sorted(os.listdir(folder)):
        name, _, number = found.rpartition(".")
        text = _taken(f"{folder}/{found}") if name == start and number.isdigit() else ""
        if text:
            asked = json.loads(text)
            return Order(
                bytes.fromhex(asked["key"]),
                asked["tag"],
                asked.get("stream", ""),
                os.path.dirname(folder),
                tools,
                bool(asked.get("reverse")),
                bool(asked.get("hide")),
                bool(asked.get("modules")),
                env,
                base,
            )
    return None


def _taken(path: str) -> str:
    mine = f"{path}.{os.getpid()}"
    try:
        os.rename(path, mine)  # of two processes only one succeeds
        with open(mine, encoding="ascii") as file:
            text = file.read()
        os.remove(mine)
    except OSError:
        return ""
    return text


def _tidy(name: str, tools: str) -> None:
    """What child processes and the code under test see is as if nobody watched."""
    for key in (WATCH, TOOLS):
        os.environ.pop(key, None)
    _shorten(ADDOPTS, f"-p {name}", " ")
    _shorten(PATH, tools, ":")
    if tools in sys.path:
        sys.path.remove(tools)
    sys.path_importer_cache.pop(tools, None)


def _shorten(variable: str, start: str, separator: str) -> None:
    value = os.environ.get(variable)
    if value is None or not start:
        return
    if value == start:
        del os.environ[variable]
    elif value.startswith(start + separator):
        os.environ[variable] = value[len(start) + len(separator) :]


def vanish(name: str) -> None:
    """Not even the list of modules names this one."""
    for module in list(sys.modules):
        if module == name or module.startswith(f"{name}."):
            del sys.modules[module]
