"""What coverage.py recorded, test by test: which lines the failing tests run, and few others.

Only data with contexts tells that (`--cov-context=test`, or `dynamic_context = test_function`).
It may be of an older commit: a hint, never a proof.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from gatekeeper.domain import CaseId
from gatekeeper.intake.stacktrace import Locator

Spectrum = Mapping[str, Mapping[int, float]]
"""Path to line to suspicion in 0..1: 1 where every failing test runs and no other one."""

_MAX_BYTES = 200_000_000
_MAX_ROWS = 2_000_000  # (file, test) pairs


def spectrum(
    data: Path, failing: Sequence[CaseId], known: Iterable[str], roots: Sequence[str] = ()
) -> Spectrum:
    """Ochiai's coefficient of each line that a failing test runs; empty where nothing is told.

    `data` is a `.coverage` file, which need not exist and is not trusted: whatever is wrong with
    it, it is as if it was not there.
    """
    try:
        if not data.is_file() or data.is_symlink() or data.stat().st_size > _MAX_BYTES:
            return {}
        with closing(
            sqlite3.connect(f"{data.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as opened:
            opened.execute("PRAGMA trusted_schema=OFF")
            return _read(opened, failing, Locator(frozenset(known), roots))
    except (sqlite3.Error, OSError, ValueError, TypeError):
        return {}


def _read(data: sqlite3.Connection, failing: Sequence[CaseId], locator: Locator) -> Spectrum:
    wanted = {_named(case) for case in failing}
    contexts = dict(data.execute("SELECT id, context FROM context WHERE context <> ''"))
    red = {key for key, context in contexts.items() if _test_of(context) in wanted}
    if not red or len(red) == len(contexts):
        return {}
    test = {key: _test_of(context) for key, context in contexts.items()}
    tests = len({test[key] for key in red})
    found: dict[str, dict[int, float]] = {}
    for name, file in data.execute("SELECT path, id FROM file").fetchall():
        ran = list(_ran(data, file))
        if not any(context in red for context, _ in ran):
            continue
        path, ours = locator.locate(name)
        if ours:
            found[path] = _suspicion(
                ran, {key: _test_of(c) for key, c in contexts.items()}, red, tests
            )
    return found


def _suspicion(
    ran: Iterable[tuple[int, Iterable[int]]],
    test: Mapping[int, tuple[str, str]],
    red: set[int],
    tests: int,
) -> dict[int, float]:
    failed: dict[int, set[tuple[str, str]]] = {}
    passed: dict[int, set[tuple[str, str]]] = {}
    for context, lines in ran:
        if context in test:
            side = failed if context in red else passed
            for line in lines:
                side.setdefault(line, set()).add(test[context])
    return {
        line: len(by) / (tests * (len(by) + len(passed.get(line, ())))) ** 0.5
        for line, by in failed.items()
    }


def _ran(data: sqlite3.Connection, file: int) -> Iterator[tuple[int, list[int]]]:
    """(context, lines) of one file, from lines or, where branches were measured, from arcs."""
    rows = data.execute(
        "SELECT context_id, numbits FROM line_bits WHERE file_id = ? LIMIT ?", (file, _MAX_ROWS)
    )
    for context, bits in rows:
        yield context, _lines(bits)
    arcs = data.execute(
        "SELECT context_id, tono FROM arc WHERE file_id = ? AND tono > 0 LIMIT ?",
        (file, _MAX_ROWS),
    )
    for context, line in arcs:
        yield context, [line]


def _lines(bits: bytes) -> list[int]:
    """Line n is bit n % 8 of byte n // 8."""
    return [at * 8 + bit for at, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1]


def _test_of(context: str) -> tuple[str, str]:
    """Class or module and test of `a/test_x.py::C::test_a[1]|run`, `a.test_x.test_a`."""
    name = re.sub(r"\|(?:setup|run|call|teardown)$", "", context).partition("[")[0]
    parts = [part for part in re.split(r"::|/|\.(?!py\b)", name.replace(".py::", "::")) if part]
    return (parts[-2] if len(parts) > 1 else "", parts[-1] if parts else "")


def _named(case: CaseId) -> tuple[str, str]:
    return _test_of(f"{case.classname}.{case.name.partition('[')[0]}")
