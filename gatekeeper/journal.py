"""The report while it grows, and its artifacts: written atomically, on every path.

After every step the artifacts are written with the outcome `unfinished`, so that a run that
is killed by SIGKILL leaves a readable report too.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatekeeper import __version__
from gatekeeper.domain import (
    Attempt,
    Bill,
    Conclusion,
    Outcome,
    Proposal,
    Redaction,
    Report,
    Run,
    Step,
)
from gatekeeper.errors import UsageError
from gatekeeper.files import write_atomically
from gatekeeper.ports import Format, Progress

ATTEMPTS = "attempts"
_NEVER = object()
_HIDE = b"*\n"
MARK = "verdict.json"
"""The artifact by which an earlier report is recognised, before any of it is removed."""


class Journal:
    """Collects one `Report` and writes its artifacts into `out`.

    `redact` takes the secrets out of every artifact except diffs, which must stay exact;
    `redactions` says what was taken out so far.
    """

    def __init__(
        self,
        command: str,
        out: Path | None,
        formats: Sequence[Format],
        redact: Callable[[bytes], bytes],
        redactions: Callable[[], tuple[Redaction, ...]] = tuple,
    ) -> None:
        self.report = Report(
            command=command,
            outcome=Outcome.UNFINISHED,
            exit_code=70,
            reason="The run did not come to its end.",
            version=__version__,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self.out = out
        self._formats = formats
        self.clean = redact
        self._redactions = redactions
        self._folders = 0
        self._written: dict[str, bytes | object | None] = {}
        if out is not None:
            _claim(out, formats)

    def note(self, **fields: Any) -> None:
        """Replace fields of the report, and write what is known so far."""
        self.report = replace(self.report, **fields)
        self.write()

    def spend(self, bill: Bill) -> None:
        """Add what requests have cost."""
        usage = self.report.usage.plus(bill.usage)
        self.note(usage=usage, bills=(*self.report.bills, bill))

    def warn(self, text: str) -> None:
        """Add a warning, once."""
        if text not in self.report.warnings:
            self.note(warnings=(*self.report.warnings, text))

    @contextlib.contextmanager
    def step(self, name: str, progress: Progress) -> Iterator[None]:
        """A timed step, shown while it runs and kept in the report however it ends."""
        start = time.monotonic()
        try:
            with progress.step(name):
                yield
        finally:
            step = Step(name, round(time.monotonic() - start, 3))
            self.note(steps=(*self.report.steps, step))

    def finish(self, end: Conclusion) -> int:
        """Set the outcome, write everything, and give the exit code back."""
        self.note(outcome=end.outcome, exit_code=end.exit_code, reason=end.reason, hint=end.hint)
        return end.exit_code

    def asking(self, feedback: str) -> None:
        """Store what is sent beside the context, before it is sent: no answer may ever come."""
        if feedback:
            self._put(
                self.next_folder(), "feedback.txt", self.clean(feedback.encode("utf-8", "replace"))
            )

    def proposal(self, proposal: Proposal) -> int:
        """Store a raw answer before it is judged; returns the number of its folder."""
        number = self.next_folder()
        self._put(number, proposal.raw_name, self.clean(proposal.raw))
        self._folders = number
        self.note(proposals=(*self.report.proposals, replace(proposal, raw=b"")))
        return number

    def attempt(self, attempt: Attempt, number: int, opinion: bytes = b"") -> None:
        """Store one judged attempt in folder `number`, and a judge's opinion as it came."""
        self._folders = max(self._folders, number)
        diff = attempt.candidate.diff if attempt.candidate else attempt.draft.diff
        if diff:
            self._put(number, "patch.diff", diff)
        if attempt.trial and attempt.trial.runs:
            self._put_run(number, _telling(attempt.trial.runs))
        if opinion:
            self._put(number, "judge.json", self.clean(opinion))
        self.note(attempts=(*self.report.attempts, attempt))

    def next_folder(self) -> int:
        """Number of the next unused folder under `attempts/`."""
        return self._folders + 1

    def write(self) -> None:
        """Render every format; one that has nothing to say leaves no stale file."""
        if self.out is None:
            return
        self._render(self.out)
        found = self._redactions()
        if found != self.report.redactions:  # known only when everything is written
            self.report = replace(self.report, redactions=found)
            self._render(self.out)

    def _render(self, out: Path) -> None:
        for format_ in self._formats:
            content = format_.render(self.report)
            if self._written.get(format_.filename, _NEVER) == content:
                continue  # most files do not change between two steps
            path = out / format_.filename
            with _writing(out):
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    exact = format_.filename.endswith(".diff")
                    write_atomically(path, content if exact else self.clean(content))
            self._written[format_.filename] = content

    def _put_run(self, number: int, run: Run) -> None:
        self._put(number, "output.log", self.clean(run.output.encode("utf-8", "replace")))
        for index, (_, content) in enumerate(run.raw_reports):
            name = "junit.xml" if index == 0 else f"junit-{index + 1}.xml"
            self._put(number, name, self.clean(content))

    def _put(self, number: int, name: str, content: bytes) -> None:
        if self.out is not None:
            with _writing(self.out):
                write_atomically(self.out / ATTEMPTS / f"{number:02d}" / name, content)


def _telling(runs: Sequence[Run]) -> Run:
    """The run of the whole suite, or the one that ended the trial before it."""
    return next((run for run in runs if run.purpose == "suite"), runs[-1])


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    """A folder that cannot be written to is for the user to change, and no bug of ours."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write to {out}: {error.strerror}", hint="Choose another folder with --out."
        ) from error


def _claim(out: Path, formats: Sequence[Format]) -> None:
    """Make the folder, or clear an earlier report out of it; nothing else is ever removed."""
    if out.is_symlink():  # whoever wrote the change under test may have made it
        raise UsageError(f"--out {out} is a symbolic link", hint="Name the folder itself.")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file", hint="Name a folder.")
    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        ours = (ATTEMPTS, *(format_.filename for format_ in formats))
        if (out / MARK).exists() or _hides_all(out / ".gitignore"):
            _clear(out, ours)
        elif there := [name for name in ours if (out / name).exists()]:
            raise UsageError(
                f"--out {out} holds `{there[0]}`, which is of no report of gatekeeper",
                hint="Choose a folder for the report alone.",
            )
        # The folder lies in the workspace, mostly; it must not become part of the change. In a
        # folder that holds other things it would hide those.
        if not any(out.iterdir()):
            write_atomically(out / ".gitignore", _HIDE)


def _hides_all(ignored: Path) -> bool:
    """Whether we made the folder: a report that was killed early has no other mark."""
    return ignored.is_file() and ignored.read_bytes() == _HIDE


def _clear(out: Path, names: Sequence[str]) -> None:
    for name in names:
        path = out / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
