"""The Jenkins step under the Groovy that Jenkins uses, with real containers behind `sh`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support import pipeline_images, pipelines
from tests.support.pipelines import Build

pytestmark = pytest.mark.groovy

AGENT = 1000  # an agent's user: not root, and unknown to the image
OPTIONS: Mapping[str, object] = {
    "image": pipeline_images.GATEKEEPER_IMAGE,
    "testImage": pipeline_images.PYTHON_IMAGE,
    "testCommand": pipelines.TEST_COMMAND,
    "junit": "junit.xml",
    "backend": "search",
}
REPORT = """<testsuite name="s"><testcase classname="test_shop" name="test_discount">
<failure message="14 != 6">test_shop.py:9: AssertionError</failure></testcase></testsuite>"""

Call = Callable[..., Build]


@pytest.fixture(scope="session")
def runner_images() -> None:
    """Both images that a build starts."""
    pipeline_images.need_images()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout whose tests failed, as the agent's user left it."""
    project = pipelines.failing_project(tmp_path / "workspace")
    (project.folder / "junit.xml").write_text(REPORT)
    return project.folder


@pytest.fixture
def call(tmp_path: Path, workspace: Path) -> Call:
    """Calls the step in a build that failed already, as `post { failure {} }` does."""

    def step(
        options: Mapping[str, object],
        *,
        result: str = "FAILURE",
        missing: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Build:
        Path(f"{workspace}@tmp").mkdir(exist_ok=True)
        user = AGENT if os.getuid() == 0 else os.getuid()
        if os.getuid() == 0:
            pipelines.give_to(workspace, user)
        said = {
            "workspace": str(workspace),
            "user": f"{user}:{user}",
            "result": result,
            "environment": {"JENKINS_URL": "http://jenkins.example/", "BUILD_ID": "7"},
            "options": dict(options),
            "credentials": {"model-key": "sk-made-up-for-this-test"},
            "missing": list(missing),
        }
        said["environment"].update(environment or {})  # type: ignore[attr-defined]
        return pipelines.jenkins_step(tmp_path, said)

    return step


def verdict(workspace: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        (workspace / "gatekeeper-report" / "verdict.json").read_text()
    )
    return found


# --- the real image ---------------------------------------------------------------------


@pytest.mark.docker
def test_accepted_fix_leaves_the_build_red(
    workspace: Path, call: Call, runner_images: None
) -> None:
    """As an unknown user with the socket's group: accepted, archived, and still FAILURE."""
    build = call(OPTIONS)
    assert (build.error, build.exit_code, build.result) == (None, 0, "FAILURE"), build.events
    assert build.of("complaint") == []
    assert verdict(workspace)["outcome"] == "accepted"
    assert (workspace / "gatekeeper-report" / "patch.diff").exists()
    assert build.of("archiveArtifacts") == [
        {"artifacts": "gatekeeper-report/**", "allowEmptyArchive": True}
    ]
    assert "--group-add" in build.of("inside")[0]["args"]  # type: ignore[index]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        ("--set gate.accepted=fail", 10, "a validated fix waits"),
        ("--set gate.revert=refuse", 1, "no candidate was accepted"),
    ],
)
def test_verdicts_are_unstable_and_never_better(
    call: Call, runner_images: None, args: str, code: int, word: str
) -> None:
    """A verdict marks a green build unstable and leaves a red one red."""
    build = call({**OPTIONS, "args": args}, result="SUCCESS")
    assert (build.exit_code, build.result) == (code, "UNSTABLE"), build.events
    assert word in str(build.of("unstable"))


@pytest.mark.docker
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"args": "--set gate.revert=perhaps"}, "wrong usage or configuration (exit code 2)"),
        ({"junit": "no-such-*.xml"}, "no readable test result (exit code 4)"),
        ({"testImage": "gatekeeper-test/no-such-image"}, "the sandbox does not work (exit code 6)"),
    ],
)
def test_what_broke_fails_the_step_and_is_archived(
    call: Call, runner_images: None, options: Mapping[str, object], words: str
) -> None:
    """Errors are errors, with the meaning of the exit code, and the report is kept."""
    build = call({**OPTIONS, **options}, result="SUCCESS")
    assert build.result == "FAILURE"
    assert build.error is not None
    assert words in build.error
    assert build.of("archiveArtifacts")


@pytest.mark.docker
def test_report_of_the_validation_run_needs_no_plugin(
    workspace: Path, call: Call, runner_images: None
) -> None:
    """With the JUnit plugin its report is published, without it the step says so and goes on."""
    with_plugin = call(OPTIONS)
    assert with_plugin.of("junit") == [
        {
            "testResults": "gatekeeper-report/junit.xml",
            "allowEmptyResults": True,
            "skipMarkingBuildUnstable": True,
        }
    ]
    bare = call(OPTIONS, missing=("junit", "recordIssues", "sarif"))
    assert (bare.error, bare.exit_code) == (None, 0)
    assert "junit step is not installed" in str(bare.of("echo"))


# --- the step itself --------------------------------------------------------------------


@pytest.mark.docker
def test_values_reach_the_container_as_written(call: Call, runner_images: None) -> None:
    """Quotes, dollars and lists arrive through the environment; the key only with its option."""
    options = {
        **OPTIONS,
        "junit": ["a.xml", "b/*.xml"],
        "credentialsId": "model-key",
        "args": "--help; env -0 | tr '\\0' '|'",
    }
    log = str(call(options).of("log")[-1])
    assert f"|GATEKEEPER_TESTS_COMMAND={pipelines.TEST_COMMAND}|" in log
    assert "|GATEKEEPER_TESTS_JUNIT=a.xml\nb/*.xml|" in log
    assert "|OPENAI_API_KEY=sk-made-up-for-this-test|" in log
    without = str(call({**options, "credentialsId": ""}).of("log")[-1])
    assert "OPENAI_API_KEY" not in without


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"imgae": "x"}, "unknown option 'imgae'"),
        ({}, "say which image to run"),
        ({"image": "x", "engine": "podman"}, "engine 'podman' is none of"),
        ({"image": "x", "out": "a'; rm -rf /"}, "must be a plain path"),
        ({"image": "x", "out": "/tmp/report"}, "must be a plain path"),
        ({"image": "x", "out": "../report"}, "must be a plain path"),
    ],
)
def test_a_bad_option_is_refused_before_anything_runs(
    call: Call, options: Mapping[str, object], complaint: str
) -> None:
    """A wrong call says what is wrong, and starts nothing."""
    build = call(options, result="SUCCESS")
    assert build.error is not None
    assert complaint in build.error
    assert build.events == []
    assert build.result == "FAILURE"


def test_switched_off(call: Call) -> None:
    """GATEKEEPER_DISABLED ends the step before it starts anything."""
    build = call(OPTIONS, environment={"GATEKEEPER_DISABLED": "1"})
    assert (build.exit_code, build.error, build.result) == (0, None, "FAILURE")
    assert [step for step, _ in build.events] == ["echo"]


def test_help_names_every_option() -> None:
    """gatekeeper.txt and the table of options in the step say the same."""
    folder = pipelines.ROOT / "templates" / "jenkins" / "vars"
    text = (folder / "gatekeeper.groovy").read_text()
    table = text[text.index("Map options = [") : text.index("\n    ]\n")]
    options = {word.strip(" ,[\n").split()[-1] for word in table.split(":")[:-1]}
    help_text = (folder / "gatekeeper.txt").read_text()
    assert options == set(re.findall(r"^([a-z]\w+) {3,}", help_text, re.MULTILINE))


def test_own_jenkinsfile_calls_the_step_as_it_is(tmp_path: Path) -> None:
    """The project's Jenkinsfile is Groovy 2.4, and gives only options that the step has."""
    text = (pipelines.ROOT / "Jenkinsfile").read_text()
    source = tmp_path / "Own.groovy"
    source.write_text(text)
    assert pipelines.groovy("groovyc", "-d", tmp_path, source) == ""
    arguments = text[text.index("gatekeeper(\n") :].partition("\n                    )")[0]
    used = set(re.findall(r"^ +(\w+): ", arguments, re.MULTILINE))
    folder = pipelines.ROOT / "templates" / "jenkins" / "vars"
    known = set(re.findall(r"^([a-z]\w+) {3,}", (folder / "gatekeeper.txt").read_text(), re.M))
    assert used
    assert used <= known


def test_no_step_in_a_closure_of_a_collection() -> None:
    """Jenkins' continuation-passing Groovy breaks steps called from each, collect and find."""
    text = (pipelines.ROOT / "templates" / "jenkins" / "vars" / "gatekeeper.groovy").read_text()
    for method in ("each", "eachWithIndex", "collect", "find", "findAll", "any", "every", "times"):
        assert f".{method} {{" not in text
        assert f".{method}{{" not in text
