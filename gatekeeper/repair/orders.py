"""What the plugin in `inside/` is told, how pytest comes to load it, and what it answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from gatekeeper import runners
from gatekeeper.domain import CaseResult, Overlay
from gatekeeper.repair.source import Variant
from gatekeeper.validation.bench import Bench

LATE = 20.0
"""Seconds after which an order that has not ended by itself is stopped from outside."""


@dataclass(frozen=True, slots=True)
class Order:
    """`mode` is `trace`, `live` or `early`; times in seconds, `limit` is for one try or test.

    `wanted` must become green, `allowed` may stay red; `enough` green tries end the order.
    """

    mode: str
    seconds: float
    limit: float
    variants: Sequence[Variant] = ()
    wanted: Sequence[str] = ()
    allowed: Sequence[str] = ()
    enough: int = 1_000_000
    only: bool = False  # the wanted tests alone, whatever else the command runs


def carry_out(bench: Bench, order: Order, cases: Sequence[CaseResult] | None) -> list[Any]:
    """The plugin's answers, one object each; of `cases` only, or of the whole suite.

    None where the runner cannot select cases is the whole suite as well. Raises SandboxError.
    """
    token = secrets.token_hex(8)
    chosen = runners.select(bench.plan, cases, bench.tree, token) if cases else None
    command, _ = chosen or runners.suite(bench.plan, token)
    folder, name = f".gatekeeper-{token}", f"s{secrets.token_hex(6)}"
    lines = (
        f'export GATEKEEPER_SEARCH="$PWD/{folder}/order.json"',
        f'export PYTHONPATH="$PWD/{folder}${{PYTHONPATH:+:$PYTHONPATH}}"',
        f'export PYTEST_ADDOPTS="-p {name}${{PYTEST_ADDOPTS:+ $PYTEST_ADDOPTS}}"',
        command,
    )
    answer = f"{folder}/answer.jsonl"
    overlays = (
        Overlay(f"{folder}/{name}.py", _plugin()),
        Overlay(f"{folder}/order.json", _asked(order)),
    )
    unwatched = replace(bench, watch=None, timeout=min(bench.timeout, order.seconds + LATE))
    run = unwatched.given("search", "; ".join(lines), (answer,), overlays)
    told = next((content for path, content in run.raw_reports if path == answer), b"")
    return list(_objects(told))


def _plugin() -> bytes:
    return (resources.files(__package__) / "inside" / "trying.py").read_bytes()


def _asked(order: Order) -> bytes:
    variants = [
        {"id": number, "files": {v.path: [[v.start, v.end, v.text]]}}
        for number, v in enumerate(order.variants)
    ]
    asked = {
        "mode": order.mode,
        "seconds": order.seconds,
        "limit": order.limit,
        "variants": variants,
        "wanted": list(order.wanted),
        "allowed": list(order.allowed),
        "enough": order.enough,
        "only": order.only,
    }
    return json.dumps(asked).encode()


def _objects(told: bytes) -> list[Any]:
    found = []
    for line in told.splitlines():
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict):
            found.append(one)
    return found
