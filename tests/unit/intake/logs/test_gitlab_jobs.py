"""The logs of failed jobs, asked of a server that speaks GitLab's API by the real client."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from gatekeeper.diagnosis.log_signs import WORDS, recognise
from gatekeeper.errors import GatekeeperError, UnreadableReport, UsageError
from gatekeeper.intake.logs.gitlab_jobs import GitLabAccess
from gatekeeper.intake.logs.passages import Alphabet
from gatekeeper.intake.logs.sources import Logs

ALPHABET = Alphabet(WORDS, recognise)
TOKEN = "glpat-a-token-of-nobody"


def job(number: int, name: str, *, allowed: bool = False) -> dict[str, Any]:
    return {"id": number, "name": name, "status": "failed", "allow_failure": allowed}


@dataclass
class GitLab:
    """What the server has, and what it was asked."""

    jobs: list[dict[str, Any]]
    traces: dict[int, bytes]
    status: int = 200
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        if self.status != 200:
            return self.status, b'{"message": "no"}'
        if "/jobs?" in path or path.endswith("/jobs"):
            return 200, json.dumps(self.jobs).encode()
        number = int(path.split("/jobs/")[1].split("/", maxsplit=1)[0])
        return 200, self.traces[number]


@contextmanager
def served(gitlab: GitLab) -> Iterator[GitLab]:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gitlab.asked.append((self.path, dict(self.headers)))
            status, body = gitlab.answer(self.path)
            self.send_response(status)
            kind = "text/plain" if self.path.endswith("/trace") else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    gitlab.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield gitlab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def env(gitlab: GitLab, **more: str) -> dict[str, str]:
    return {"CI_SERVER_URL": gitlab.url, "CI_PROJECT_ID": "7", "CI_PIPELINE_ID": "41", **more}


def test_the_logs_of_the_failed_jobs_are_read() -> None:
    """Of pipeline `current`, in order, without jobs that may fail; the token is a header only."""
    gitlab = GitLab(
        [job(12, "unit"), job(11, "build"), job(13, "audit", allowed=True)],
        {11: b"main.c:1:1: error: no\n", 12: b"E   assert 1 == 2\n" * 1000, 13: b"x\n"},
    )
    with served(gitlab):
        logs = Logs((), "current", env(gitlab, GITLAB_TOKEN=TOKEN)).read(ALPHABET)
    assert [log.source for log in logs] == ["job 11 (build)", "job 12 (unit)"]
    assert [log.lines for log in logs] == [1, 1000]
    assert logs[0].passages[0].said == "main.c:1:1: error: no"
    assert "/projects/7/pipelines/41/jobs" in gitlab.asked[0][0]
    assert "failed" in gitlab.asked[0][0]
    for path, headers in gitlab.asked:
        assert TOKEN not in path
        assert headers["PRIVATE-TOKEN"] == TOKEN


def test_a_jobs_own_token_is_used_as_what_it_is() -> None:
    """Where there is nothing better; GitLab takes it in a header of its own."""
    gitlab = GitLab([job(11, "build")], {11: b"x\n"})
    with served(gitlab):
        Logs((), "40", env(gitlab, CI_JOB_TOKEN=TOKEN)).read(ALPHABET)
    assert gitlab.asked[0][1]["JOB-TOKEN"] == TOKEN
    assert "/pipelines/40/" in gitlab.asked[0][0]


def test_a_job_that_may_fail_is_read_where_no_other_failed() -> None:
    """Better that than nothing."""
    gitlab = GitLab([job(13, "audit", allowed=True)], {13: b"fatal: x\n"})
    with served(gitlab):
        logs = Logs((), "40", env(gitlab, GITLAB_TOKEN=TOKEN)).read(ALPHABET)
    assert [log.source for log in logs] == ["job 13 (audit)"]


@pytest.mark.parametrize(
    ("status", "jobs", "token", "said"),
    [
        pytest.param(404, [], "GITLAB_TOKEN", "HTTP 404", id="no such pipeline"),
        pytest.param(403, [], "CI_JOB_TOKEN", "HTTP 403", id="a job's token may not"),
        pytest.param(401, [], "GITLAB_TOKEN", "HTTP 401", id="a token that is over"),
        pytest.param(200, [], "GITLAB_TOKEN", "no job of pipeline 40 failed", id="nothing failed"),
    ],
)
def test_what_gitlab_refuses_is_told_without_the_token(
    status: int, jobs: list[dict[str, Any]], token: str, said: str
) -> None:
    """One sentence, what to do, no secret."""
    gitlab = GitLab(jobs, {}, status)
    with served(gitlab), pytest.raises(UnreadableReport) as told:
        Logs((), "40", env(gitlab, **{token: TOKEN})).read(ALPHABET)
    assert said in told.value.message
    assert told.value.hint
    assert TOKEN not in f"{told.value.message} {told.value.hint}"


def test_a_gitlab_that_does_not_answer_is_no_bug_of_ours() -> None:
    """A port where nothing listens."""
    gitlab = GitLab([], {}, url="http://127.0.0.1:9")
    with pytest.raises(UnreadableReport, match="does not answer"):
        Logs((), "40", env(gitlab, GITLAB_TOKEN=TOKEN)).read(ALPHABET)


@pytest.mark.parametrize(
    ("variables", "pipeline", "said"),
    [
        ({}, "40", "GITLAB_URL, GITLAB_PROJECT, GITLAB_TOKEN"),
        ({"GITLAB_URL": "https://x", "GITLAB_PROJECT": "7"}, "40", "GITLAB_TOKEN is not set"),
        (
            {"GITLAB_URL": "https://x", "GITLAB_PROJECT": "7", "GITLAB_TOKEN": TOKEN},
            "current",
            "no number",
        ),
    ],
)
def test_what_is_missing_is_named(variables: dict[str, str], pipeline: str, said: str) -> None:
    """By the name of the variable, before anything is asked."""
    with pytest.raises(UsageError) as told:
        Logs((), pipeline, variables).read(ALPHABET)
    assert said in told.value.message


def test_a_token_is_in_no_text_of_the_access() -> None:
    """A traceback or a log of the settings must not hold it."""
    access = GitLabAccess.of({"GITLAB_URL": "u", "GITLAB_PROJECT": "p", "GITLAB_TOKEN": TOKEN})
    assert TOKEN not in repr(access)


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_a_file_that_cannot_be_read_is_named(name: str) -> None:
    """A wrong path and a folder alike."""
    with pytest.raises(GatekeeperError, match="cannot be read"):
        Logs((name,)).read(ALPHABET)
