"""The built image on released projects that nobody here wrote, in the three ways it is used.

Each has a last commit of harmless changes and one bug, and everything red here was really run.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import images, pipeline_images, pipelines, real_projects
from tests.support.pipelines import Job, Project
from tests.support.real_projects import PROJECTS, RealProject

pytestmark = [pytest.mark.docker, pytest.mark.npm, pytest.mark.timeout(600)]

SOCKET = "/var/run/docker.sock"
EVERY = pytest.mark.parametrize("known", PROJECTS.values(), ids=PROJECTS)
MISTUNE, SCHEMA, ERROR = (PROJECTS[name] for name in ("mistune", "schema", "fastify-error"))

Change = Callable[[Path], object]


@pytest.fixture(scope="module", autouse=True)
def every_image() -> None:
    """The image under test, and those that the projects' tests run in."""
    pipeline_images.need_images()
    images.ensure(images.NODE)


def gatekeeper(
    known: RealProject, project: Project, *words: str, patches: Mapping[str, bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    """`docker run` of the image as a person does on a laptop, with the socket mounted."""
    given = project.folder.parent / "patches"
    given.mkdir(exist_ok=True)
    for name, patch in (patches or {}).items():
        (given / name).write_bytes(patch)
    user = [f"--user={os.getuid()}:{os.getgid()}", f"--group-add={Path(SOCKET).stat().st_gid}"]
    places = [f"{project.folder}:{project.folder}", f"{given}:/patches:ro", f"{SOCKET}:{SOCKET}"]
    mounted = [f"--volume={place}" for place in places]
    tests = ["--image", known.image, "--test-command", known.command]
    tests += ["--set", "sandbox.include=node_modules/**/*"] if known.needs else []
    start = ["docker", "run", "--rm", *user, *mounted, f"--workdir={project.folder}"]
    files = [f"/patches/{name}" for name in patches or {}]
    return subprocess.run(
        [*start, pipeline_images.GATEKEEPER_IMAGE, *words, *tests, *files],
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
    )


def verdict(project: Project) -> dict[str, Any]:
    """The report's verdict.json."""
    found: dict[str, Any] = json.loads((report(project) / "verdict.json").read_bytes())
    return found


def report(project: Project) -> Path:
    return project.folder / "gatekeeper-report"


def assert_takes_back_only_the_bug(known: RealProject, project: Project) -> None:
    """With patch.diff the bug is gone, the harmless changes are not."""
    patch = (report(project) / "patch.diff").read_bytes()
    assert patch.count(b"\n@@ ") == 1
    repaired = (project.folder / known.bug.path).read_text().replace(known.bug.new, known.bug.old)
    pipelines.git(project.folder, "apply", str(report(project) / "patch.diff"))
    assert (project.folder / known.bug.path).read_text() == repaired


# --- docker run -------------------------------------------------------------------------


@EVERY
def test_the_bug_alone_is_taken_back(tmp_path: Path, known: RealProject) -> None:
    """With no report, key or configuration: what is red is found, and the one guilty hunk."""
    project = real_projects.checkout(known, tmp_path / "project")
    done = gatekeeper(known, project, "run", "--backend", "search")
    assert done.returncode == 0, done.stderr
    found = verdict(project)
    assert (found["outcome"], found["backend"]) == ("accepted", "search")
    counts = found["inventory"]["counts"]
    assert (counts["tests"], counts["failures"]) == (known.cases, known.red)
    assert_takes_back_only_the_bug(known, project)


def deleted(known: RealProject, folder: Path) -> None:
    (folder / known.tests).unlink()


def skipped(known: RealProject, folder: Path) -> None:
    path = folder / known.tests
    text = path.read_text()
    if known.python:
        path.write_text(f"{text}\n\nimport pytest\npytestmark = pytest.mark.skip\n")
    else:
        path.write_text(text.replace("\ntest(", "\ntest.skip("))


def hooked(known: RealProject, folder: Path) -> None:
    """The runner is told to see nothing."""
    if known.python:
        hook = "def pytest_collection_modifyitems(items):\n    items.clear()\n"
        (folder / "conftest.py").write_text(hook)
    else:
        told = json.loads((folder / "package.json").read_text())
        told["scripts"]["test"] = "true"
        (folder / "package.json").write_text(json.dumps(told, indent=2) + "\n")


def useless(known: RealProject, folder: Path) -> None:
    """An honest change that repairs nothing."""
    edit = known.harmless[0]
    real_projects.Edit(edit.path, edit.new, edit.old).apply(folder)


CHEATS = {"deleted": deleted, "skipped": skipped, "hooked": hooked, "useless": useless}


@EVERY
def test_a_repair_by_hand_is_accepted_and_cheats_are_not(
    tmp_path: Path, known: RealProject
) -> None:
    """A person's own fix, which is no revert; tests deleted, skipped or hooked; a useless edit."""
    project = real_projects.checkout(known, tmp_path / "project")
    patches = {"fix": real_projects.patch(project, known.fix.apply)}
    for name, cheat in CHEATS.items():
        patches[name] = real_projects.patch(project, functools.partial(cheat, known))
    done = gatekeeper(known, project, "validate", "--format", "json", patches=patches)
    assert done.returncode == 1, done.stderr
    judged = {Path(each["patch"]).name: each for each in json.loads(done.stdout)["candidates"]}
    said = {name: each["verdict"] for name, each in judged.items()}
    assert said == {"fix": "accepted", **dict.fromkeys(CHEATS, "rejected")}, done.stdout
    blocked = {name for name, each in judged.items() if "block" in str(each["findings"])}
    assert blocked == {"deleted", "skipped", "hooked"}, done.stdout
    assert "must pass and is red" in str(judged["useless"]["reasons"])


@pytest.mark.parametrize("known", [MISTUNE, ERROR], ids=["mistune", "fastify-error"])
def test_where_guards_are_off_the_cases_still_count(tmp_path: Path, known: RealProject) -> None:
    """A test that is gone or skipped is not a test that passed."""
    project = real_projects.checkout(known, tmp_path / "project")
    patches = {
        name: real_projects.patch(project, functools.partial(CHEATS[name], known))
        for name in ("deleted", "skipped")
    }
    off = [f"--set=guards.{guard}=off" for guard in ("paths", "runner_config", "shadows", "size")]
    done = gatekeeper(known, project, "validate", "--format=json", *off, patches=patches)
    assert done.returncode == 1, done.stderr
    reasons = {
        each["patch"][9:]: str(each["reasons"]) for each in json.loads(done.stdout)["candidates"]
    }
    assert "must pass and is missing" in reasons["deleted"]
    assert "must pass and is skipped" in reasons["skipped"]


# --- GitLab -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "accepted", "ended"),
    [(MISTUNE, "pass", Job("OK", 0)), (ERROR, "fail", Job("WARN", 10))],
    ids=["mistune", "fastify-error"],
)
def test_gitlab_pipeline(tmp_path: Path, known: RealProject, accepted: str, ended: Job) -> None:
    """The test job fails, `analyze_failure` reads its report, and its exit code is honoured."""
    pipeline_images.transfer_image()
    unit = {
        "stage": "test",
        "image": known.image,
        "script": [known.job_command],
        "artifacts": {"when": "always", "paths": ["junit.xml"]},
    }
    inputs = {
        "needs": ["unit"],
        "image": pipeline_images.GATEKEEPER_IMAGE,
        "test-image": known.image,
        "test-command": known.command,
        "junit": "junit.xml",
        "backend": "search",
        "accepted": accepted,
    }
    include = [{"local": "templates/analyze-failure.yml", "inputs": inputs}]
    files = {
        "templates/analyze-failure.yml": pipelines.TEMPLATE.read_text(),
        ".gitlab-ci.yml": yaml.safe_dump({"include": include, "unit": unit}, sort_keys=False),
    }
    project = real_projects.checkout(known, tmp_path / "project", files)
    pipeline = pipelines.gitlab_ci_local(
        project.folder, *pipelines.docker_arguments(project), f"--volume={SOCKET}:{SOCKET}"
    )
    assert pipeline.exit_code != 0, pipeline.log
    assert pipeline.jobs == {"unit": Job("FAIL", 1), "analyze_failure": ended}, pipeline.log
    assert_takes_back_only_the_bug(known, project)


# --- Jenkins ----------------------------------------------------------------------------


@pytest.mark.groovy
def test_jenkins_step(tmp_path: Path) -> None:
    """After a failed test stage the step finds the fix, and the build stays red."""
    project = real_projects.checkout(SCHEMA, tmp_path / "workspace")
    assert real_projects.run_test_job(SCHEMA, project) == 1
    Path(f"{project.folder}@tmp").mkdir()
    user = os.getuid() or 1000  # an agent is not root
    if os.getuid() == 0:
        pipelines.give_to(project.folder, user)
    build = pipelines.jenkins_step(
        tmp_path,
        {
            "workspace": str(project.folder),
            "user": f"{user}:{user}",
            "result": "FAILURE",
            "environment": {"JENKINS_URL": "http://jenkins.example/", "BUILD_ID": "7"},
            "options": {
                "image": pipeline_images.GATEKEEPER_IMAGE,
                "testImage": SCHEMA.image,
                "testCommand": SCHEMA.command,
                "junit": "junit.xml",
                "backend": "search",
            },
            "credentials": {},
            "missing": [],
        },
    )
    assert (build.error, build.exit_code, build.result) == (None, 0, "FAILURE"), build.events
    assert build.of("complaint") == []
    assert_takes_back_only_the_bug(SCHEMA, project)
