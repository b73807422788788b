"""What a backend proposes, and what guards say of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from gatekeeper.domain.change import FileChange
from gatekeeper.domain.clarification import Question


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `search`, which occurs exactly once in `path`, by `replace`.

    With `search == ""` the file must not exist yet and `replace` is its whole content.
    """

    path: str
    search: str
    replace: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed change before it is applied: edits, or a diff that somebody wrote."""

    edits: tuple[Edit, ...] = ()
    diff: bytes = b""
    rationale: str = ""
    label: str = ""  # "revert" where the change takes the author's delta back
    name: str = ""  # file name of a given patch


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the calls of one round; None where the server did not say."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    requests: int = 0
    request_ids: tuple[str, ...] = ()

    def plus(self, other: Usage) -> Usage:
        """The sum; what only one of the two knows counts alone."""

        def add(a: int | None, b: int | None) -> int | None:
            return b if a is None else a if b is None else a + b

        return Usage(
            add(self.input_tokens, other.input_tokens),
            add(self.cached_tokens, other.cached_tokens),
            add(self.output_tokens, other.output_tokens),
            add(self.reasoning_tokens, other.reasoning_tokens),
            self.requests + other.requests,
            (*self.request_ids, *other.request_ids),
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent on a failure. `money` is the known part; `unknown` says there is another."""

    money: float = 0.0
    unknown: bool = False
    tokens: int = 0
    rounds: int = 0
    candidates: int = 0
    runs: int = 0  # that spent it

    def plus(self, other: Spent) -> Spent:
        """The sum."""
        return Spent(
            self.money + other.money,
            self.unknown or other.unknown,
            self.tokens + other.tokens,
            self.rounds + other.rounds,
            self.candidates + other.candidates,
            self.runs + other.runs,
        )


@dataclass(frozen=True, slots=True)
class Bill:
    """What the requests of one step cost. `money` is in US dollars, None where it is unknown.

    `charged` is what the budget takes for it: the worst where the server did not say.
    """

    model: str
    usage: Usage
    money: float | None
    charged: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer of a backend to one request. `raw` is stored before it is judged."""

    drafts: tuple[Draft, ...] = ()
    analysis: str = ""
    question: Question | None = None
    usage: Usage = field(default_factory=Usage)
    raw: bytes = b""
    raw_name: str = "response.json"
    model: str = ""
    notes: tuple[str, ...] = ()
    exhausted: bool = False  # asking again would bring nothing new
    backend: str = ""  # whose answer it is


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft that git applied: from one tree to another, the diff rendered by git."""

    id: str  # "ROUND.NUMBER", or the name of a given patch
    draft: Draft
    base_tree: str
    tree: str
    changes: tuple[FileChange, ...]
    diff: bytes
    notes: tuple[str, ...] = ()  # what was mended, in sentences


class Level(enum.StrEnum):
    """What a finding does."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard saw: one sentence that its reader can act on, and where."""

    guard: str
    level: Level
    message: str
    path: str = ""
    line: int | None = None
