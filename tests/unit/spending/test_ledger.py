"""The account of one failure over several runs: numbers in a file, whatever happens to it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gatekeeper.domain import CaseId, CaseResult, CaseState, Spent
from gatekeeper.errors import UsageError
from gatekeeper.spending.ledger import MOST, Ledger, fingerprint


def case(name: str, kind: str = "AssertionError", message: str = "") -> CaseResult:
    return CaseResult(CaseId("t", name), CaseState.FAILURE, kind=kind, message=message)


def ledger(path: Path | None, key: str = "k", said: list[str] | None = None) -> Ledger:
    return Ledger(path, key, (said if said is not None else []).append)


def test_the_fingerprint_is_that_of_the_failure() -> None:
    """Order and message do not matter; branch, cases and kind of error do."""
    one = fingerprint("main", [case("a", message="line 3"), case("b")])
    assert one == fingerprint("main", [case("b"), case("a", message="line 4")])
    others = [
        fingerprint("dev", [case("a"), case("b")]),
        fingerprint("main", [case("a")]),
        fingerprint("main", [case("a", "KeyError"), case("b")]),
    ]
    assert len({one, *others}) == 4


def test_runs_add_up(tmp_path: Path) -> None:
    """What one run adds, the next one finds; another failure has its own account."""
    path = tmp_path / "cache" / "state.json"
    ledger(path).add(Spent(0.25, False, 100, 1, 2, 1))
    ledger(path).add(Spent(0.5, True, 50, 1, 1, 1))
    assert ledger(path).before() == Spent(0.75, True, 150, 2, 3, 2)
    assert ledger(path, "other").before() == Spent()


def test_without_a_file_nothing_is_kept() -> None:
    """No path: no file, and nothing was ever spent before."""
    book = ledger(None)
    book.add(Spent(1.0))
    assert book.before() == Spent()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": 99, "failures": {}}', b'{"version": 1, "failures": []}',
     b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_broken_file_is_started_anew(tmp_path: Path, content: bytes) -> None:
    """It is said, and the run goes on: a cache is no proof of anything."""
    path, said = tmp_path / "state.json", []
    path.write_bytes(content)
    assert ledger(path, said=said).before() == Spent()
    assert "started anew" in said[0]
    ledger(path).add(Spent(tokens=1))
    assert ledger(path).before() == Spent(tokens=1)


@pytest.mark.parametrize("value", [-5, "7", True, None, 1e300, [], {}])
def test_numbers_that_are_none_count_as_nothing(tmp_path: Path, value: object) -> None:
    """Whoever can write the cache cannot make a crash of it, or a negative account."""
    path = tmp_path / "state.json"
    row = {"money": value, "tokens": value, "rounds": value, "last": value}
    path.write_text(json.dumps({"version": 1, "failures": {"k": row}}))
    assert ledger(path).before() == Spent()


def test_jobs_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """Forty additions by eight threads, each with its own lock on the file: all forty count."""
    path = tmp_path / "state.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ledger(path).add(Spent(tokens=1, rounds=1)), range(40)))
    assert ledger(path).before() == Spent(tokens=40, rounds=40)


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    """Only so many failures are kept; the one just met is among them."""
    path = tmp_path / "state.json"
    rows = {f"old{n}": {"tokens": 1, "last": n} for n in range(MOST + 50)}
    path.write_text(json.dumps({"version": 1, "failures": rows}))
    ledger(path).add(Spent(tokens=1))
    kept = json.loads(path.read_text())["failures"]
    assert len(kept) == MOST
    assert {"k", f"old{MOST + 49}"} <= set(kept)
    assert "old0" not in kept


def test_a_place_that_cannot_be_written_to_is_the_users(tmp_path: Path) -> None:
    """A file where the folder should be: usage, with what to do; a link is not followed."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        ledger(tmp_path / "file" / "state.json").before()
    (tmp_path / "state.json.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be written"):
        ledger(tmp_path / "state.json").before()
    assert not (tmp_path / "elsewhere").exists()
