"""The labelled logs in tests/assets/logs, and what is made of them."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatekeeper.diagnosis.log_signs import WORDS, recognise
from gatekeeper.diagnosis.logs import diagnose_log
from gatekeeper.domain import Category, Delta, Diagnosis, LogText, Passage
from gatekeeper.intake.logs.cleaning import clean
from gatekeeper.intake.logs.passages import Alphabet, read_log

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "logs"
ALPHABET = Alphabet(WORDS, recognise)
NO_DELTA = Delta(head="", tree="")
ROOTS = ("/builds/acme/shop",)


@dataclass(frozen=True)
class Labelled:
    """A log with what people say of it. `cause`: lines with any of these texts say why."""

    name: str
    tool: str
    category: Category
    cause: tuple[str, ...]
    held_out: bool
    tree: frozenset[str]
    made: str

    @property
    def raw(self) -> bytes:
        """The log as it was written."""
        return (FOLDER / f"{self.name}.log").read_bytes()


@dataclass(frozen=True)
class Paths:
    """A tree of which only the paths are known."""

    known: frozenset[str]

    def paths(self) -> frozenset[str]:
        """Every file path."""
        return self.known

    def read(self, path: str) -> bytes | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class Judged:
    """What was made of one log, beside its label."""

    label: Labelled
    diagnosis: Diagnosis
    shown: tuple[Passage, ...]

    @property
    def right(self) -> bool:
        """Whether the category is right."""
        return self.diagnosis.category is self.label.category

    @property
    def found(self) -> bool:
        """Whether the first passage holds a line that says why; where none does, nothing is."""
        if not self.label.cause:
            return self.diagnosis.category is Category.UNKNOWN
        return bool(self.shown) and any(
            cause in line for cause in self.label.cause for line in self.shown[0].lines
        )

    @property
    def exact(self) -> bool:
        """Whether the very line that is shown as the reason is one that says why."""
        if not self.label.cause:
            return self.found
        return bool(self.shown) and any(c in self.shown[0].said for c in self.label.cause)


@cache
def labelled() -> tuple[Labelled, ...]:
    """All of them, in the order of the file."""
    rows = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))
    return tuple(
        Labelled(
            name,
            row["tool"],
            Category(row["category"]),
            tuple(row["cause"]),
            row["set"] == "held-out",
            frozenset(row.get("tree", ())),
            row["made"],
        )
        for name, row in rows.items()
    )


def judge(label: Labelled, raw: bytes | None = None) -> Judged:
    """Read one log as the product does."""
    log = read(label.raw if raw is None else raw, f"{label.name}.log")
    diagnosis, shown = diagnose_log([log], NO_DELTA, Paths(label.tree), ROOTS)
    return Judged(label, diagnosis, shown)


def read(raw: bytes, source: str = "job.log") -> LogText:
    """One log, read with the product's signs."""
    return read_log(io.BytesIO(raw), source, ALPHABET)


def cleaned(raw: bytes) -> Iterator[str]:
    """The lines of a log as they are shown."""
    return map(clean, raw.split(b"\n"))
