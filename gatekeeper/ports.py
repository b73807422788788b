"""The interfaces behind which everything replaceable lives; the tables are in `wiring.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gatekeeper.domain import (
    Candidate,
    CaseResult,
    Completed,
    EngineInfo,
    Finding,
    Opinion,
    Proposal,
    Prose,
    Question,
    Report,
    Request,
    RunSpec,
    SnapshotSpec,
    Suggested,
)


class Backend(Protocol):
    """Proposes drafts. Raises BackendError where it could not be asked or gave nothing usable."""

    name: str

    def propose(self, request: Request) -> Proposal:
        """One round: the drafts, or a question, or `exhausted`."""
        ...


class Snapshot(Protocol):
    """A prepared tree from which sandboxes are forked; safe to use from several threads."""

    digest: str  # what identifies the prepared image; "" where there is none

    def run(self, spec: RunSpec) -> Completed:
        """Run one command in a fresh sandbox; nothing of it survives.

        A candidate that misbehaves (time, memory, output, disk) is a `Completed` with that
        ending. SandboxError is raised only where the engine itself failed.
        """
        ...

    def warm(self) -> None:
        """Start the next sandbox ahead of time; may do nothing."""
        ...


class Engine(Protocol):
    """Makes sandboxes. Raises SandboxError with a hint where it cannot."""

    name: str

    def describe(self) -> EngineInfo:
        """Whether it answers; never raises."""
        ...

    def has_image(self, image: str) -> bool | None:
        """Whether it is there without a pull; None where that says nothing. Never raises."""
        ...

    def prepare(self, spec: SnapshotSpec) -> AbstractContextManager[Snapshot]:
        """Put the tree in, run the set-up, prove the limits; everything is removed on exit."""
        ...


class Tree(Protocol):
    """Read access to the files of one git tree, for guards and context."""

    def paths(self) -> frozenset[str]:
        """Every file path."""
        ...

    def read(self, path: str) -> bytes | None:
        """Content of a regular file, or None."""
        ...


class Guard(Protocol):
    """Looks at a candidate before anything of it runs. Pure: same input, same findings."""

    def __call__(self, candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        """Findings, none if there is nothing to say."""
        ...


class Judge(Protocol):
    """Another model that may doubt a candidate. Never raises because the model cannot be asked."""

    @property
    def model(self) -> str:
        """Its name, before it has said anything."""
        ...

    def __call__(
        self, candidate: Candidate, failing: Sequence[CaseResult], output_tokens: int = 0
    ) -> Opinion:
        """What it says of a candidate; `failing` are the red cases of the unchanged commit.

        `output_tokens` is how long an answer may be, here and below; 0 is no limit.
        """
        ...


class Writer(Protocol):
    """A model that puts a diagnosis into words. Never raises because it cannot be asked."""

    @property
    def model(self) -> str:
        """Its name, before it has said anything."""
        ...

    def __call__(self, facts: str, context: str, output_tokens: int = 0) -> Prose:
        """What it writes; `facts` and `context` are all that it is told, without secrets."""
        ...


class Person(Protocol):
    """Who answers questions while the run waits: on a terminal, or through a pipe."""

    def show(self, line: str) -> None:
        """One line; untrusted text in it does nothing, and secrets are not shown."""
        ...

    def read(self, prompt: str) -> str | None:
        """The line that was typed, without its end; None where no more will come."""
        ...


class Suggester(Protocol):
    """A model that words the options of questions. Never raises because it cannot be asked."""

    @property
    def model(self) -> str:
        """Its name, before it has said anything."""
        ...

    def __call__(
        self, questions: Sequence[Question], facts: str, output_tokens: int = 0
    ) -> Suggested:
        """Options for some of the questions; `facts` is all that it is told, without secrets."""
        ...


class Format(Protocol):
    """Renders a report as one file."""

    filename: str

    def render(self, report: Report) -> bytes | None:
        """The file's content, or None where there is nothing to write."""
        ...


class Progress(Protocol):
    """What a person watches while the run goes on."""

    def step(self, title: str) -> AbstractContextManager[None]:
        """A named step, timed; nested lines belong to it."""
        ...

    def say(self, text: str) -> None:
        """One line of detail."""
        ...

    def warn(self, text: str) -> None:
        """One line that must not be overlooked."""
        ...
