"""What can be imported, who holds the test runner in their hands, and orders for workers.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys
import types
from typing import Iterator, List, Tuple

from .contacts import RUNNER
from .orders import Order
from .places import PRODUCT, Places
from .stream import derived

CHUNK = 3000
_RUNNERS = frozenset(["pytest", "_pytest", "pluggy", "unittest"])


def importable() -> Iterator[str]:
    """Names of top-level modules, joined by commas, in pieces of bounded length."""
    names = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
    names.update(name.partition(".")[0] for name in sys.modules)
    names.update(found.name for found in pkgutil.iter_modules())
    names.update(_namespaces())
    piece: List[str] = []
    for name in sorted(names):
        piece.append(name)
        if len(piece) * 10 > CHUNK:
            yield ",".join(piece)
            piece = []
    yield ",".join(piece)


def _namespaces() -> Iterator[str]:
    """Folders on the path: a package needs no `__init__`."""
    for folder in sys.path:
        try:
            for entry in os.scandir(folder or "."):
                if entry.name.isidentifier() and entry.is_dir():
                    yield entry.name
        except OSError:
            continue


def at_hand(places: Places) -> Iterator[Tuple[str, str, str]]:
    """(what, file, name) of each global of a product module that belongs to the test runner."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
        if type(file) is not str or places.kind(file) != PRODUCT:
            continue
        for name, value in list(vars(module).items()):
            owner = value.__name__ if type(value) is types.ModuleType else None
            if owner is None and isinstance(value, (type, types.FunctionType)):
                owner = value.__module__
            if type(owner) is str and owner.partition(".")[0] in _RUNNERS:
                yield RUNNER, places.relative(file), name


def orders(order: Order, count: int) -> None:
    """Orders for `count` workers of xdist, each with its own key."""
    base = f"{order.path}-{order.tag}"
    for number in range(count):
        tag = f"{order.tag}.{number}"
        asked = {
            "key": derived(order.key, tag).hex(),
            "tag": tag,
            "stream": order.stream,
            "reverse": order.reverse,
            "hide": order.hide,
        }
        with open(f"{base}.{number:03}", "w", encoding="ascii") as file:
            json.dump(asked, file)
