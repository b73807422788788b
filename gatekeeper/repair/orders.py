"""What the plugin in `inside/` is told, how pytest comes to load it, and what it answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
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

    `wanted` must become green, `allowed` may stay red. The order ends with `enough` green tries,
    or `more` tries after the first (or half as many as it took). `others` are of each edit the
    green tests to be tried too, as numbers of `tests`, within `after` seconds; `codes` are the
    functions to be watched, by path and first line, None for all.
    """

    mode: str
    seconds: float
    limit: float
    variants: Sequence[Variant] = ()
    wanted: Sequence[str] = ()
    allowed: Sequence[str] = ()
    tests: Sequence[str] = ()
    others: Sequence[Sequence[int]] = ()
    after: float = 0.0
    enough: int = 1_000_000
    more: int = 1_000_000
    workers: int = 1
    only: bool = False  # the wanted tests alone, whatever else the command runs
    codes: Mapping[str, Sequence[int]] | None = None


def carry_out(bench: Bench, order: Order, cases: Sequence[CaseResult] | None) -> list[Any]:
    """The plugin's answers, one object each; of `cases` only, or of the whole suite.

    None where the runner cannot select cases is the whole suite as well. Raises SandboxError.
    """
    token = secrets.token_hex(8)
    chosen = runners.select(bench.plan, cases, bench.tree, token) if cases else None
    command, _ = chosen or runners.suite(bench.plan, token)
    folder, name = f".gatekeeper-{token}", f"s{secrets.token_hex(6)}"
    plugin = f"{name}.{'recording' if order.mode == 'trace' else 'trying'}"
    lines = (
        f'export GATEKEEPER_SEARCH="$PWD/{folder}/order.json"',
        f'export PYTHONPATH="$PWD/{folder}${{PYTHONPATH:+:$PYTHONPATH}}"',
        f'export PYTEST_ADDOPTS="-p {plugin}${{PYTEST_ADDOPTS:+ $PYTEST_ADDOPTS}}"',
        command,
    )
    answer = f"{folder}/answer.jsonl"
    overlays = (*_plugin(f"{folder}/{name}"), Overlay(f"{folder}/order.json", asked(order)))
    unwatched = replace(bench, watch=None, timeout=min(bench.timeout, order.seconds + LATE))
    run = unwatched.given("search", "; ".join(lines), (answer,), overlays)
    told = next((content for path, content in run.raw_reports if path == answer), b"")
    return list(_objects(told))


def _plugin(folder: str) -> tuple[Overlay, ...]:
    inside = resources.files(__package__) / "inside"
    files = sorted(each.name for each in inside.iterdir() if each.name.endswith(".py"))
    return tuple(Overlay(f"{folder}/{name}", (inside / name).read_bytes()) for name in files)


def asked(order: Order) -> bytes:
    """The order as the plugin reads it."""
    lists: dict[tuple[int, ...], int] = {}  # many edits of one function: each list only once
    variants = [
        {
            "id": number,
            "path": v.path,
            "start": v.start,
            "end": v.end,
            "text": v.text,
            "tests": lists.setdefault(tuple(order.others[number]), len(lists))
            if order.others
            else None,
        }
        for number, v in enumerate(order.variants)
    ]
    said = {
        field.name: getattr(order, field.name)
        for field in fields(order)
        if field.name not in ("variants", "others", "tests")
    }
    said |= {"variants": variants, "nodes": list(order.tests), "lists": list(lists)}
    return json.dumps(said).encode()


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
