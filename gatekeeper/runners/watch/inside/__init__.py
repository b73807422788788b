"""A pytest plugin that tells the gate what happens, over a stream that leaves the sandbox.

It runs beside the code under test, so it assumes that somebody looks for it. What it must keep
to itself (the key, the descriptor, the fingerprint of the runner) is held by an audit hook, which
nothing can remove and nothing refers to (`ear`); the hooks that pytest calls hold no secret
(`hooks`). Runs on Python 3.8 and later with pytest 6 and later, and imports nothing of the gate.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import Any

from . import ear, hooks, orders


def pytest_addoption(parser: Any, pluginmanager: Any) -> None:  # noqa: ARG001
    """Called while pytest loads this, before anything of the tree: begin, and vanish."""
    order = orders.take(__name__)
    if order is None:
        return
    event = ear.listen(order, hooks.codes())
    pluginmanager.register(hooks.Hooks(order, event, __name__, pluginmanager), event)
    orders.vanish(__name__)
