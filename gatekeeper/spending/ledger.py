"""What was spent on one failure of one branch by all runs, in a file that a CI cache keeps.

The file holds numbers and hashes only. It is read and written under a lock, a moment each, and
replaced as a whole. One that cannot be read is started anew, with a warning: a cache may be gone
at any time, so a budget over several runs is a brake, and the one of each run is the wall.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gatekeeper.domain import CaseResult, Spent
from gatekeeper.errors import UsageError
from gatekeeper.files import write_atomically

VERSION = 1
MOST = 500
"""Failures that are kept; the ones that were met longest ago make room."""
MAX_BYTES = 4 * 1024 * 1024


def fingerprint(branch: str, failing: Sequence[CaseResult]) -> str:
    """Names one failure on one branch: which cases are red, and by which kind of error.

    Line numbers and messages are left out: an attempt at a fix moves them.
    """
    cases = sorted({(str(case.id), case.kind) for case in failing})
    return hashlib.sha256(json.dumps([branch, cases]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one failure; without a path nothing is remembered."""

    path: Path | None
    key: str
    warn: Callable[[str], None]

    def before(self) -> Spent:
        """What earlier runs spent."""
        if self.path is None:
            return Spent()
        with self._locked():
            return _spent(self._read().get(self.key, {}))

    def add(self, more: Spent) -> None:
        """Add to the account, at once: a run that is killed has spent it too."""
        if self.path is None:
            return
        with self._locked():
            found = self._read()
            total = _spent(found.pop(self.key, {})).plus(more)
            found[self.key] = {**asdict(total), "last": int(time.time())}
            newest = sorted(found.items(), key=lambda item: -_last(item[1]))[:MOST]
            content = json.dumps({"version": VERSION, "failures": dict(newest)})
            write_atomically(self.path, content.encode())

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        assert self.path is not None  # noqa: S101 - both callers have looked
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise UsageError(
                f"budget.state: {self.path} cannot be written: {error.strerror}",
                hint="Name a file in a folder that the job may write to and the CI cache keeps.",
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)  # releases the lock

    def _read(self) -> dict[str, dict[str, object]]:
        assert self.path is not None  # noqa: S101
        if not self.path.exists():
            return {}
        try:
            with self.path.open("rb") as file:
                found = json.loads(file.read(MAX_BYTES))
            failures = found["failures"] if found["version"] == VERSION else None
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            failures = None
        if not isinstance(failures, dict):
            self.warn(f"budget.state: {self.path} is not readable, so it is started anew.")
            return {}
        return {str(key): row for key, row in failures.items() if isinstance(row, dict)}


def _spent(row: dict[str, object]) -> Spent:
    """A row as it was written; what is no sensible number counts as nothing."""
    money, counts = _number(row.get("money")), {}
    for name in ("tokens", "rounds", "candidates", "runs"):
        counts[name] = int(_number(row.get(name)))
    return Spent(money, row.get("unknown") is True, **counts)


def _last(row: dict[str, object]) -> float:
    return _number(row.get("last"))


def _number(value: object) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15
    return float(value) if good and isinstance(value, int | float) else 0.0
