"""The GitLab component, expanded and run by gitlab-ci-local on a project that really fails."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.support import images, pipeline_images, pipelines
from tests.support.pipelines import Job, Pipeline, Project

pytestmark = pytest.mark.npm

SOCKET = "--volume=/var/run/docker.sock:/var/run/docker.sock"
UNIT = {
    "stage": "test",
    "image": pipeline_images.PYTHON_IMAGE,
    "script": ["python3 -m pytest -q --junitxml=junit.xml"],
    "artifacts": {"when": "always", "paths": ["junit.xml"]},
}
INPUTS: Mapping[str, object] = {
    "needs": ["unit"],
    "image": pipeline_images.GATEKEEPER_IMAGE,
    "test-image": pipeline_images.PYTHON_IMAGE,
    "test-command": pipelines.TEST_COMMAND,
    "junit": "junit.xml",
    "backend": "search",
}


NODE_TEST = """\
import assert from "node:assert";
import { test } from "node:test";
import { area } from "./area.js";

test("area of a rectangle", () => assert.equal(area(2, 5), 10));
"""


def local(inputs: Mapping[str, object]) -> dict[str, object]:
    """A plain include of the vendored template."""
    return {"local": "templates/analyze-failure.yml", "inputs": {**INPUTS, **inputs}}


def configuration(*includes: object, **jobs: object) -> str:
    return yaml.safe_dump({"include": list(includes), **jobs}, sort_keys=False)


def project_with(folder: Path, ci: str, files: Mapping[str, str] | None = None) -> Project:
    """The failing project, with the template vendored and `ci` as its pipeline."""
    template = pipelines.TEMPLATE.read_text()
    return pipelines.failing_project(
        folder / "project",
        {"templates/analyze-failure.yml": template, ".gitlab-ci.yml": ci, **(files or {})},
    )


def run(project: Project, *args: str) -> Pipeline:
    return pipelines.gitlab_ci_local(
        project.folder, *pipelines.docker_arguments(project), *(args or [SOCKET])
    )


def verdict(project: Project) -> dict[str, object]:
    """verdict.json as the job's artifact."""
    path = project.folder / "gatekeeper-report" / "verdict.json"
    found: dict[str, object] = json.loads(path.read_text())
    return found


# --- what GitLab would read -------------------------------------------------------------


@pytest.mark.parametrize("engine", ["socket", "dind", "process"])
def test_every_engine_expands_to_a_pipeline_that_gitlab_accepts(
    tmp_path: Path, engine: str
) -> None:
    """GitLab's own schema of CI files accepts the expanded pipeline, for each engine."""
    project = project_with(tmp_path, configuration(local({"engine": engine}), unit=UNIT))
    assert complaints(pipelines.expanded(project.folder), tmp_path) == ""


def test_own_pipeline_uses_the_component_on_itself(tmp_path: Path) -> None:
    """Our own .gitlab-ci.yml is one that GitLab accepts, with the job in it."""
    own = (pipelines.ROOT / ".gitlab-ci.yml").read_text()
    project = project_with(tmp_path, own)
    preview = pipelines.expanded(project.folder)
    assert complaints(preview, tmp_path) == ""
    assert yaml.safe_load(preview)["analyze_failure"]["needs"][0]["job"] == "unit"


def complaints(pipeline: str, tmp_path: Path) -> str:
    """What GitLab's own schema of CI files says against an expanded pipeline."""
    preview = tmp_path / "preview.yml"
    preview.write_text(pipeline)
    program = shutil.which("check-jsonschema", path=str(pipelines.ROOT / ".venv" / "bin"))
    assert program, "check-jsonschema is a development dependency"
    done = subprocess.run(
        [program, "--builtin-schema=vendor.gitlab-ci", "--data-transform=gitlab-ci", preview],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_job_keeps_its_promises_to_the_pipeline(tmp_path: Path) -> None:
    """On failure only, whole history, report always kept, verdicts yellow and the rest red."""
    project = project_with(tmp_path, configuration(local({}), unit=UNIT))
    job = yaml.safe_load(pipelines.expanded(project.folder))["analyze_failure"]
    assert job["rules"][-1] == {"when": "on_failure"}
    assert job["variables"]["GIT_DEPTH"] == "0"
    assert job["allow_failure"] == {"exit_codes": [1, 3, 8, 9, 10]}
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["expose_as"] == "Gatekeeper report"
    assert job["artifacts"]["reports"] == {
        "junit": "gatekeeper-report/junit.xml",
        "dotenv": "gatekeeper-report/gatekeeper.env",
    }


def test_docker_in_docker_says_every_variable(tmp_path: Path) -> None:
    """Nothing is left to an entry point, which Kubernetes runners skip."""
    project = project_with(tmp_path, configuration(local({"engine": "dind"}), unit=UNIT))
    job = yaml.safe_load(pipelines.expanded(project.folder))["analyze_failure"]
    assert job["services"] == [{"name": "docker:dind", "alias": "docker"}]
    said = {name: job["variables"][name] for name in job["variables"] if "DOCKER" in name}
    assert said == {
        "DOCKER_HOST": "tcp://docker:2376",
        "DOCKER_TLS_CERTDIR": "/certs",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/certs/client",
    }


def test_defaults_of_the_project_do_not_reach_the_job(tmp_path: Path) -> None:
    """The project's before_script, cache and services stay with its own jobs; its tags do not."""
    defaults = {
        "before_script": ["pip install -r requirements.txt"],
        "services": ["postgres:16"],
        "tags": ["docker"],
    }
    project = project_with(tmp_path, configuration(local({}), default=defaults, unit=UNIT))
    job = yaml.safe_load(pipelines.expanded(project.folder))["analyze_failure"]
    assert not job.keys() & {"before_script", "services", "cache"}
    assert job["tags"] == ["docker"]


def test_two_inclusions_make_two_jobs(tmp_path: Path) -> None:
    """A prefix keeps the second inclusion from overwriting the first."""
    includes = [local({}), local({"job-prefix": "web-", "engine": "dind"})]
    project = project_with(tmp_path, configuration(*includes, unit=UNIT))
    jobs = yaml.safe_load(pipelines.expanded(project.folder))
    assert "services" not in jobs["analyze_failure"]
    assert "services" in jobs["web-analyze_failure"]


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"engine": "podman"}, "not in the list of allowed options"),
        ({"accepted": "maybe"}, "does not match required regex"),
        ({"allow-failure-exit-codes": "1"}, "not a array"),
        ({"needs": None}, "required value has not been provided"),
        ({"image": None}, "required value has not been provided"),
    ],
)
def test_a_bad_input_is_refused_before_anything_runs(
    tmp_path: Path, inputs: Mapping[str, object], complaint: str
) -> None:
    """An impossible input ends pipeline creation with its name, not a job in the middle."""
    given = {name: value for name, value in {**INPUTS, **inputs}.items() if value is not None}
    include = {"local": "templates/analyze-failure.yml", "inputs": given}
    project = project_with(tmp_path, configuration(include, unit=UNIT))
    pipeline = pipelines.gitlab_ci_local(project.folder, "--preview")
    assert pipeline.exit_code != 0
    assert complaint in pipeline.log
    assert next(iter(inputs)) in pipeline.log


# --- what a runner would do -------------------------------------------------------------


@pytest.mark.docker
def test_component_finds_and_accepts_a_fix(tmp_path: Path, runner_images: None) -> None:
    """By component: the test job fails, the fix is accepted, and the pipeline stays red."""
    project = project_with(tmp_path, configuration(unit=UNIT))
    sha = pipelines.git(project.folder, "rev-parse", "HEAD")
    component = {
        "component": f"gitlab.example/group/project/analyze-failure@{sha}",
        "inputs": dict(INPUTS),
    }
    # Not committed: a commit cannot name itself, and gitlab-ci-local reads the working tree.
    (project.folder / ".gitlab-ci.yml").write_text(configuration(component, unit=UNIT))
    pipeline = run(project)
    assert pipeline.exit_code != 0, pipeline.log
    assert pipeline.jobs == {"unit": Job("FAIL", 1), "analyze_failure": Job("OK", 0)}, pipeline.log
    assert verdict(project)["outcome"] == "accepted"
    patch = (project.folder / "gatekeeper-report" / "patch.diff").read_text()
    assert "+    return sum(prices) - discount" in patch


@pytest.mark.docker
def test_a_test_command_arrives_as_written(tmp_path: Path, runner_images: None) -> None:
    """Quotes, `#`, `:`, back-ticks and `$` of an input pass four layers unharmed."""
    project = project_with(tmp_path, configuration(local({"accepted": "fail"}), unit=UNIT))
    pipeline = run(project)
    assert pipeline.jobs["analyze_failure"] == Job("WARN", 10), pipeline.log
    assert pipelines.TEST_COMMAND in json.dumps(verdict(project)).encode().decode("unicode_escape")


@pytest.mark.docker
@pytest.mark.parametrize(
    ("args", "ended", "outcome"),
    [
        ("--set gate.revert=refuse", Job("WARN", 1), "rejected"),
        ("--set gate.revert=perhaps", Job("FAIL", 2), "usage"),
        ("--junit 'no such *.xml'", Job("FAIL", 4), "unreadable"),
        ("--image gatekeeper-test/no-such-image", Job("FAIL", 6), "sandbox"),
    ],
)
def test_exit_codes_are_honoured(
    tmp_path: Path, runner_images: None, args: str, ended: Job, outcome: str
) -> None:
    """A verdict is a warning, what broke is red, and a report is there on every path."""
    project = project_with(tmp_path, configuration(local({"args": args}), unit=UNIT))
    pipeline = run(project)
    assert pipeline.exit_code != 0
    assert pipeline.jobs["analyze_failure"] == ended, pipeline.log
    assert verdict(project)["outcome"] == outcome


@pytest.mark.docker
def test_a_javascript_project_needs_image_and_reports_only(
    tmp_path: Path, runner_images: None
) -> None:
    """`node --test` is recognised, reproduced and repaired with no command given."""
    image = images.ensure(images.NODE)
    reporter = "--test-reporter=junit --test-reporter-destination=junit.xml"
    unit = {**UNIT, "image": image, "script": [f"node --test {reporter}"]}
    include = local({"test-image": image, "test-command": ""})
    project = project_with(tmp_path, configuration(include, unit=unit))
    source = "export const area = (w, h) => w * h;\n"
    pipelines.git(project.folder, "rm", "-q", "shop.py", "test_shop.py")
    base = pipelines.commit(
        project.folder,
        {
            "package.json": '{"name": "shapes", "type": "module"}\n',
            "area.js": source,
            "area.test.js": NODE_TEST,
        },
        "Areas",
    )
    broken = pipelines.commit(project.folder, {"area.js": source.replace("*", "+")}, "Sums")
    pipeline = run(Project(project.folder, base, broken))
    assert pipeline.jobs == {"unit": Job("FAIL", 1), "analyze_failure": Job("OK", 0)}, pipeline.log
    assert verdict(project)["outcome"] == "accepted"


@pytest.mark.docker
def test_configuration_file_speaks_where_no_input_does(tmp_path: Path, runner_images: None) -> None:
    """An input that is left out does not hide what .gatekeeper.yml says."""
    said = {"tests": {"command": pipelines.TEST_COMMAND, "junit": ["junit.xml"]}}
    include = local({"test-command": "", "junit": ""})
    project = project_with(
        tmp_path,
        configuration(include, unit=UNIT),
        {".gatekeeper.yml": yaml.safe_dump({**said, "gate": {"accepted": "fail"}})},
    )
    pipeline = run(project)
    assert pipeline.jobs["analyze_failure"] == Job("WARN", 10), pipeline.log


@pytest.mark.docker
@pytest.mark.parametrize(
    ("script", "variables", "ran"),
    [
        (["true"], [], {"unit": Job("OK", 0)}),
        (["false"], ["--variable=GATEKEEPER_DISABLED=1"], {"unit": Job("FAIL", 1)}),
    ],
    ids=["green", "switched off"],
)
def test_the_job_stays_away(
    tmp_path: Path,
    runner_images: None,
    script: list[str],
    variables: list[str],
    ran: Mapping[str, Job],
) -> None:
    """Nothing runs where nothing failed, nor where GATEKEEPER_DISABLED is set."""
    unit = {"stage": "test", "image": pipeline_images.PYTHON_IMAGE, "script": script}
    project = project_with(tmp_path, configuration(local({}), unit=unit))
    pipeline = run(project, SOCKET, *variables)
    assert pipeline.jobs == ran, pipeline.log


@pytest.mark.docker
def test_docker_service_with_tls(tmp_path: Path, runner_images: None, dind_image: str) -> None:
    """With `engine: dind` the engine is reached by TLS with the certificates of the service."""
    include = local({"engine": "dind", "dind-image": dind_image})
    project = project_with(tmp_path, configuration(include, unit=UNIT))
    pipeline_images.write_certificates(tmp_path / "certs")
    pipeline = run(
        project,
        f"--volume={tmp_path}/certs:/certs:ro",
        "--volume=/var/run/docker.sock:/engine/docker.sock",
    )
    assert pipeline.jobs["analyze_failure"] == Job("OK", 0), pipeline.log
    assert "tcp://docker:2376" in json.dumps(verdict(project))


@pytest.fixture(scope="session")
def runner_images() -> None:
    """The images of both jobs, and the one that carries files for gitlab-ci-local."""
    pipeline_images.need_images()
    pipeline_images.transfer_image()


@pytest.fixture(scope="session")
def dind_image() -> str:
    """A stand-in for docker:dind that passes everything to this machine's engine."""
    return pipeline_images.dind_stand_in()
