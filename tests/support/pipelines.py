"""Failing projects with a git history, and the programs that run the pipeline templates on them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.pipeline_images import TRANSFER_IMAGE

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "analyze-failure.yml"
REMOTE = "git@gitlab.example:group/project.git"

TEST_COMMAND = """FLAGS=-q; python3 -m pytest $FLAGS --junitxml={junit} # "$HOME": `as` 'written'"""
"""Survives only where no layer between template and sandbox expands or splits it."""

GOOD = """\
def total(prices, discount=0):
    return sum(prices) - discount


def label(name):
    return name.strip()
"""
BAD = GOOD.replace("- discount", "+ discount").replace("name.strip()", "name.strip().title()")
TESTS = """\
from shop import label, total


def test_total():
    assert total([2, 3]) == 5


def test_discount():
    assert total([10], discount=4) == 6


def test_label():
    assert label(" tea ").lower() == "tea"
"""


@dataclass(frozen=True)
class Project:
    """A git repository whose head breaks one test, and the last good commit before it."""

    folder: Path
    base: str
    head: str


def git(folder: Path, *args: str) -> str:
    """Standard output of git in `folder`, as an author that needs no configuration."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def failing_project(folder: Path, files: Mapping[str, str] | None = None) -> Project:
    """Write the project into `folder`; `files` are further files of both commits."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main", ".")
    common = {"test_shop.py": TESTS, ".gitignore": "junit.xml\n__pycache__/\n"}
    base = commit(folder, {"shop.py": GOOD, **common, **(files or {})}, "Prices and labels")
    head = commit(folder, {"shop.py": BAD}, "Titles on labels")
    return with_remote(folder, base, head)


def with_remote(folder: Path, base: str, head: str) -> Project:
    """What a runner's clone knows of the other side: its address, and `base` as its main."""
    git(folder, "remote", "add", "origin", REMOTE)
    git(folder, "update-ref", "refs/remotes/origin/main", base)
    git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return Project(folder, base, head)


def commit(folder: Path, files: Mapping[str, str], message: str) -> str:
    """Write `files`, commit everything, and return the commit."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def give_to(folder: Path, user: int) -> None:
    """Hand the checkout to another user, as an agent's checkout belongs to the agent."""
    for path in (folder, Path(f"{folder}@tmp"), *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


# --- GitLab -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """How gitlab-ci-local says that a job ended: OK, WARN or FAIL, and its exit code."""

    state: str
    exit_code: int


@dataclass(frozen=True)
class Pipeline:
    """One run of gitlab-ci-local; `jobs` holds those that ran."""

    exit_code: int
    stdout: str
    log: str
    jobs: Mapping[str, Job]


_ENDED = re.compile(r"^(\S+)\s+finished in .*?(?:(WARN|FAIL)\s+(\d+)\s*)?$", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def gitlab_ci_local(folder: Path, *args: str) -> Pipeline:
    """Run the pipeline in `folder`; standard output and error are both in the log."""
    modules = ROOT / ".cache" / "npm-tools" / "node_modules"
    program = [modules / ".bin" / "node", modules / "gitlab-ci-local" / "dist" / "index.js"]
    home = folder.parent / "home"  # no file of the developer's own home takes part
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [*map(str, program), *args],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    log = _COLOUR.sub("", done.stdout + done.stderr)
    jobs = {name: Job(state or "OK", int(code or 0)) for name, state, code in _ENDED.findall(log)}
    jobs.pop("pipeline", None)  # the line that sums up
    return Pipeline(done.returncode, done.stdout, log, jobs)


def expanded(folder: Path) -> str:
    """The pipeline with includes, inputs and extends resolved, as YAML."""
    pipeline = gitlab_ci_local(folder, "--preview")
    if pipeline.exit_code != 0:
        raise ValueError(pipeline.log)
    return pipeline.stdout


def docker_arguments(project: Project) -> list[str]:
    """What every run in containers needs, and what GitLab says of a push to a branch."""
    said = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": project.base}
    variables = [f"--variable={name}={value}" for name, value in said.items()]
    variables.append("--ignore-predefined-vars=GITLAB_CI")
    return ["--helper-image", TRANSFER_IMAGE, "--pull-policy", "if-not-present", *variables]


# --- Jenkins ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Build:
    """What a Jenkins build would show after one call of the step."""

    result: str
    exit_code: int | None
    error: str | None
    events: Sequence[tuple[str, object]]

    def of(self, step: str) -> list[object]:
        """The details of every call of one step, in order."""
        return [detail for name, detail in self.events if name == step]


def jenkins_step(folder: Path, call: Mapping[str, object]) -> Build:
    """Call the shared-library step under Groovy; `call` is described in jenkins_dsl.groovy."""
    asked, answered = folder / "call.json", folder / "answer.json"
    asked.write_text(json.dumps(call))
    driver = Path(__file__).with_name("jenkins_dsl.groovy")
    step = ROOT / "templates" / "jenkins" / "vars" / "gatekeeper.groovy"
    groovy("groovy", driver, step, asked, answered)
    answer = json.loads(answered.read_text())
    events = [(name, detail) for name, detail in answer["events"]]
    return Build(answer["result"], answer["code"], answer["error"], events)


def groovy(program: str, *args: object) -> str:
    """Standard output and error of a Groovy program that must succeed."""
    java = Path(shutil.which("java") or "/usr/bin/java").resolve().parents[1]
    done = subprocess.run(
        [program, *map(str, args)],
        env={**os.environ, "JAVA_HOME": str(java)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout + done.stderr
