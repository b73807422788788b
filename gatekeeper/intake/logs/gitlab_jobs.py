"""The logs of the failed jobs of a GitLab pipeline, by its API.

The library is loaded only when it is used. The token goes into a header and nowhere else.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from gatekeeper.errors import UnreadableReport, UsageError

if TYPE_CHECKING:
    from gitlab import Gitlab

MAX_JOBS = 20
CURRENT = "current"
_TIMEOUT = 60.0  # seconds for one answer
_TOKENS = ("GITLAB_TOKEN", "GITLAB_API_TOKEN")
_IN_MEMORY = 8 * 1024**2  # bytes of one log; a longer one goes through a file


@dataclass(frozen=True)
class GitLabAccess:
    """Which GitLab, which project, as whom. `job_token`: the token is a job's own."""

    url: str
    project: str
    token: str = field(repr=False)
    job_token: bool
    pipeline: str  # the one that this job runs in, "" outside of CI

    @classmethod
    def of(cls, env: Mapping[str, str]) -> GitLabAccess:
        """From the variables that GitLab sets, or a person on a laptop; else UsageError."""
        url = env.get("GITLAB_URL") or env.get("CI_SERVER_URL") or ""
        project = env.get("GITLAB_PROJECT") or env.get("CI_PROJECT_ID") or ""
        own = next((env[name] for name in _TOKENS if env.get(name)), "")
        token = own or env.get("CI_JOB_TOKEN", "")
        missing = [
            name
            for name, value in (
                ("GITLAB_URL", url), ("GITLAB_PROJECT", project), ("GITLAB_TOKEN", token),
            )
            if not value
        ]  # fmt: skip
        if missing:
            raise UsageError(
                f"--pipeline needs to know which GitLab to ask: {', '.join(missing)} is not set",
                hint="In a job GitLab sets all but GITLAB_TOKEN (scope read_api).",
            )
        return cls(url.rstrip("/"), project, token, not own, env.get("CI_PIPELINE_ID", ""))


def failed_jobs(access: GitLabAccess, pipeline: str) -> Iterator[tuple[str, BinaryIO]]:
    """Name and log of each failed job, jobs that may fail left out unless there are no others.

    Raises UnreadableReport where GitLab does not answer, refuses, or no job failed. Each log is
    open only until the next is asked for.
    """
    gitlab = _library()
    number = access.pipeline if pipeline == CURRENT else pipeline
    if not number.isdigit():
        raise UsageError(
            f"--pipeline {pipeline}: no number of a pipeline",
            hint="`current` works in a job of GitLab CI only.",
        )
    try:
        yield from _jobs(_client(access), access.project, int(number))
    except gitlab.GitlabError as error:
        raise UnreadableReport(_refused(error, access, number), hint=_hint(access)) from error
    except (OSError, ValueError) as error:
        raise UnreadableReport(
            f"GitLab at {access.url} does not answer: {type(error).__name__}",
            hint="Check GITLAB_URL and the network.",
        ) from error


def _library() -> Any:
    try:
        import gitlab  # noqa: PLC0415 - 0.2 s that nothing else needs
    except ImportError as error:
        raise UsageError(
            "--pipeline needs the package python-gitlab",
            hint="Install gatekeeper-ci[gitlab], or give the log with --log.",
        ) from error
    return gitlab


def _client(access: GitLabAccess) -> Gitlab:
    kind = "job_token" if access.job_token else "private_token"
    client = _library().Gitlab(
        access.url, timeout=_TIMEOUT, retry_transient_errors=True, **{kind: access.token}
    )
    return cast("Gitlab", client)


def _jobs(client: Gitlab, project: str, number: int) -> Iterator[tuple[str, BinaryIO]]:
    found = client.projects.get(project, lazy=True)
    every = found.pipelines.get(number, lazy=True).jobs.list(scope=["failed"], iterator=True)
    failed = list(every)
    serious = [job for job in failed if not job.allow_failure] or failed
    if not serious:
        raise UnreadableReport(
            f"no job of pipeline {number} failed", hint="Name another pipeline with --pipeline."
        )
    for job in sorted(serious, key=lambda job: int(job.id))[:MAX_JOBS]:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as log:
            found.jobs.get(job.id, lazy=True).trace(streamed=True, action=log.write)
            log.seek(0)
            yield f"job {job.id} ({job.name})", cast("BinaryIO", log)


def _refused(error: Any, access: GitLabAccess, number: str) -> str:
    status = f" (HTTP {error.response_code})" if error.response_code else ""
    return f"GitLab at {access.url} does not show the jobs of pipeline {number}{status}"


def _hint(access: GitLabAccess) -> str:
    if access.job_token:
        return "A job's own token may not read logs: set GITLAB_TOKEN (scope read_api)."
    return "Check GITLAB_PROJECT, the pipeline's number, and that the token has scope read_api."
