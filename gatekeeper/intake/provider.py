"""Which CI this is, read from the environment that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Name = Literal["gitlab", "jenkins", "local"]


@dataclass(frozen=True, slots=True)
class Provider:
    """The CI, and what told so. `fork` is whether the change comes from a fork, None: not known.

    `in_ci` is true under another CI as well, which then has the name `local`.
    """

    name: Name
    in_ci: bool
    source: str
    fork: bool | None = None
    branch: str = ""  # under test, "" where the CI does not say it
    ends: float | None = None  # time.time() at which the CI ends the job, None: not known


def detect(env: Mapping[str, str]) -> Provider:
    """Look at the variables that GitLab, Jenkins and most others set."""
    if env.get("GITLAB_CI"):
        branch = env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or env.get("CI_COMMIT_REF_NAME", "")
        fork, ends = _gitlab_fork(env), _gitlab_end(env)
        return Provider("gitlab", True, "GITLAB_CI is set", fork, branch, ends)
    for key in ("JENKINS_URL", "JENKINS_HOME"):
        if env.get(key):
            branch = env.get("CHANGE_BRANCH") or env.get("BRANCH_NAME") or env.get("GIT_BRANCH", "")
            return Provider("jenkins", True, f"{key} is set", _jenkins_fork(env), branch)
    if env.get("CI", "").lower() not in ("", "0", "false", "no"):
        return Provider("local", True, "CI is set, but neither GITLAB_CI nor JENKINS_URL")
    return Provider("local", False, "none of GITLAB_CI, JENKINS_URL and CI is set")


def _gitlab_fork(env: Mapping[str, str]) -> bool | None:
    source = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    target = env.get("CI_MERGE_REQUEST_PROJECT_ID")
    return source != target if source and target else None


def _gitlab_end(env: Mapping[str, str]) -> float | None:
    """CI_JOB_STARTED_AT (ISO 8601, GitLab 13.10) and CI_JOB_TIMEOUT (seconds, 15.7)."""
    try:
        started = datetime.fromisoformat(env["CI_JOB_STARTED_AT"])
        seconds = int(env["CI_JOB_TIMEOUT"])
    except (LookupError, ValueError):
        return None
    return started.timestamp() + seconds if started.tzinfo else None


def _jenkins_fork(env: Mapping[str, str]) -> bool | None:
    if env.get("CHANGE_FORK"):
        return True
    source, target = env.get("gitlabSourceNamespace"), env.get("gitlabTargetNamespace")
    if source and target:
        return source != target
    return False if env.get("CHANGE_ID") else None
