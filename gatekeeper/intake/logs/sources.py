"""Where the logs of a failed job come from: files, standard input, or GitLab's API."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gatekeeper.domain import LogText
from gatekeeper.errors import UnreadableReport
from gatekeeper.intake.logs.gitlab_jobs import GitLabAccess, failed_jobs
from gatekeeper.intake.logs.passages import Alphabet, read_log

STDIN = "-"


@dataclass(frozen=True)
class Logs:
    """What the command line names. `files` may hold `-`; `pipeline` is an id or `current`.

    `env` is the environment that says which GitLab to ask, as whom.
    """

    files: Sequence[str] = ()
    pipeline: str = ""
    env: Mapping[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.files or self.pipeline)

    def read(self, alphabet: Alphabet) -> tuple[LogText, ...]:
        """Every log, read to its end.

        Raises UnreadableReport where one cannot be had or all are empty, UsageError where GitLab
        is to be asked and the environment does not say which, or as whom.
        """
        logs = [_read_file(name, alphabet) for name in self.files]
        if self.pipeline:
            access = GitLabAccess.of(self.env or {})
            logs += [
                read_log(stream, name, alphabet)
                for name, stream in failed_jobs(access, self.pipeline)
            ]
        if not any(log.size for log in logs):
            names = ", ".join(log.source for log in logs)
            raise UnreadableReport(
                f"the log is empty ({names})", hint="Keep the whole output of the failed job."
            )
        return tuple(logs)


def _read_file(name: str, alphabet: Alphabet) -> LogText:
    source = "standard input" if name == STDIN else name
    try:
        with _opened(name) as stream:
            return read_log(stream, source, alphabet)
    except OSError as error:
        raise UnreadableReport(
            f"the log {name} cannot be read: {error.strerror}", hint="Name a file with --log."
        ) from error


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    with Path(name).open("rb") as stream:
        yield stream
