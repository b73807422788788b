"""Which framework a tree uses, what a configured command becomes, how cases are selected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from gatekeeper import runners, settings
from gatekeeper.domain import SUITE_LEVEL, CaseId, CaseResult, CaseState, RunReport
from gatekeeper.errors import UsageError
from gatekeeper.settings import SandboxSection, SuiteSection
from tests.support.trees import tree


def npm(test: str = "", **dependencies: str) -> dict[str, str]:
    content: dict[str, Any] = {"devDependencies": dependencies}
    if test:
        content["scripts"] = {"test": test}
    return {"package.json": json.dumps(content)}


def failed(classname: str, name: str, file: str = "", suite: str = "") -> CaseResult:
    return CaseResult(CaseId(classname, name), CaseState.FAILURE, file=file, suite=suite)


def plan(files: Mapping[str, str], **tests: Any) -> runners.Plan:
    return runners.plan_for(SuiteSection(**tests), SandboxSection(), tree(files))


UNITTEST = {"tests/test_a.py": "import unittest\n"}
PYTEST = {"tests/test_a.py": "import pytest\ndef test_a(): pass\n"}


@pytest.mark.parametrize(
    ("files", "name", "why"),
    [
        (PYTEST, "pytest", "tests/test_a.py imports pytest"),
        ({"pkg/a_test.py": "def test_a(): pass"}, "pytest", "has test functions"),
        ({"pytest.ini": "[pytest]\n"}, "pytest", "pytest.ini has [pytest]"),
        ({"setup.cfg": "[tool:pytest]\n"}, "pytest", "setup.cfg has [tool:pytest]"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, "pytest", "[tool.pytest]"),
        ({"sub/conftest.py": ""}, "pytest", "there is sub/conftest.py"),
        ({**UNITTEST, "pyproject.toml": "[tool.black]\n"}, "unittest", "imports unittest"),
        ({**UNITTEST, "setup.cfg": "[[[broken", "tox.ini": ""}, "unittest", "imports unittest"),
        (npm("jest --coverage"), "jest", "tests with jest"),
        (npm(jest="30"), "jest", "depends on jest"),
        (npm("react-scripts test"), "jest", "tests with jest"),
        (npm("tsc && vitest"), "vitest", "tests with vitest"),
        (npm(vitest="3"), "vitest", "depends on vitest"),
        (npm("standard && mocha -R dot"), "mocha", "tests with mocha"),
        (npm(mocha="11"), "mocha", "depends on mocha"),
        (npm("node --test"), "node", "tests with `node --test`"),
        (npm("c8 --100 node --test"), "node", "tests with `node --test`"),
        (npm("nyc --lines 90 mocha"), "mocha", "tests with mocha"),
        ({"test/a.test.mjs": "import test from 'node:test'"}, "node", "loads node:test"),
        ({"test.js": 'require("node:test")'}, "node", "test.js loads node:test"),
        ({"pom.xml": ""}, "maven", "pom.xml"),
        ({"build.gradle.kts": ""}, "gradle", "build.gradle.kts"),
        ({"settings.gradle": ""}, "gradle", "settings.gradle"),
        ({"go.mod": "module x\n"}, "go", "go.mod"),
        ({"Cargo.toml": ""}, "cargo", "Cargo.toml"),
        ({"phpunit.xml.dist": ""}, "phpunit", "phpunit.xml.dist"),
        ({"composer.json": '{"require-dev": {"phpunit/phpunit": "^11"}}'}, "phpunit", "requires"),
        ({".rspec": ""}, "rspec", ".rspec"),
        ({"spec/spec_helper.rb": ""}, "rspec", "spec/spec_helper.rb"),
    ],
)
def test_a_framework_is_recognised_by_looking(files: dict[str, str], name: str, why: str) -> None:
    """Nothing is run; the plan says by what it was recognised."""
    found = runners.detect(tree(files))
    assert found is not None
    assert found.runner == name
    assert why in found.why
    command, reports = runners.suite(found, "t")
    assert "{junit}" not in command + "".join(reports)
    assert reports


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "pytest"},
        {"src/contest.py": "def test_x(): pass"},
        {"package.json": "{broken", "index.js": ""},
        {"package.json": "[1]"},
        npm("echo no tests"),
        npm("mytool", node="22"),
        {"docs/pom.xml": ""},
        {"pyproject.toml": "broken = ["},
    ],
)
def test_other_trees_are_not_recognised(files: dict[str, str]) -> None:
    """Broken files count as absent; then a person is told what to set."""
    assert runners.detect(tree(files)) is None
    with pytest.raises(UsageError) as caught:
        plan(files)
    assert "--test-command" in caught.value.hint


def test_the_names_in_the_settings_are_the_runners() -> None:
    """`tests.runner` offers what there is, no more and no less."""
    assert set(runners.RUNNERS) == set(settings.RUNNERS)


SUITES = [
    ("pytest -q tests", "pytest {py} -q tests"),
    ("python3 -m pytest", "python3 -m pytest {py}"),
    ("poetry run pytest --junitxml=r.xml -x -v", "poetry run pytest {py} -v"),
    ("pytest --junit-xml r.xml", "pytest {py}"),
    ("pip install pytest && pytest", "pip install pytest && pytest {py}"),
    ("A=1 .venv/bin/pytest > log 2>&1", "A=1 .venv/bin/pytest {py} > log 2>&1"),
    ("coverage run -m pytest -k 'a or b'", "coverage run -m pytest {py} -k 'a or b'"),
    ("cd api && pytest", "cd api && pytest {py}"),
    ("mytool --out={junit}", 'mytool --out="$junit"'),
    ("sh -c 'mytool {junit}'", "sh -c 'mytool .gatekeeper-t/junit.xml'"),
    ("node --test test/", "node --test {node} test/"),
    ("node --test --test-reporter spec a.js", "node --test {node} a.js"),
    ("npx vitest --reporter=dot", "npx vitest run {vi}"),
    ("vitest run --coverage", "vitest run {vi} --coverage"),
    ("npx mocha -R dot spec", "npx mocha {mo} spec"),
    ("gotestsum -- -race ./...", 'gotestsum --junitfile="$junit" -- -race ./...'),
    ("vendor/bin/phpunit", 'vendor/bin/phpunit --log-junit "$junit"'),
    ("bundle exec rspec", "bundle exec rspec {rs}"),
    ("mvn -B verify", "mvn -B verify"),
    ("./gradlew check", "./gradlew check"),
]
FLAGS = {
    "{py}": '--junitxml="$junit" -o junit_family=xunit1 --continue-on-collection-errors'
    " --maxfail=0",
    "{node}": "--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit"
    ' --test-reporter-destination="$junit"',
    "{vi}": '--reporter=default --reporter=junit --outputFile.junit="$junit"',
    "{mo}": '--reporter xunit --reporter-option output="$junit"',
    "{rs}": '--format progress --format RspecJunitFormatter --out "$junit"',
}


@pytest.mark.parametrize(("given", "wanted"), SUITES)
def test_a_configured_command_is_made_to_report(given: str, wanted: str) -> None:
    """The reporter goes right behind the program, and takes the place of another."""
    for short, flags in FLAGS.items():
        wanted = wanted.replace(short, flags)
    command, reports = runners.suite(plan({}, command=given), "t")
    assert command == f'mkdir -p .gatekeeper-t; junit="$PWD/.gatekeeper-t/junit.xml"; {wanted}'
    assert reports[0] == ".gatekeeper-t/junit.xml" or reports[0].endswith("TEST-*.xml")


def test_two_calls_of_pytest_do_not_overwrite_each_other() -> None:
    """The second has a report of its own, and the globs find both."""
    command, reports = runners.suite(plan({}, command="pytest a; pytest b"), "t")
    assert command.count('--junitxml="$junit" ') == 1
    assert command.count('--junitxml="$junit".1.xml ') == 1
    assert reports == (".gatekeeper-t/junit.xml", ".gatekeeper-t/junit.xml.*.xml")


def test_configured_globs_serve_a_command_nobody_knows() -> None:
    """`make test` with tests.junit runs as it is."""
    found = plan({}, command="make test", junit=("out/*.xml",))
    command, reports = runners.suite(found, "t")
    assert (found.runner, command.split("; ")[-1], reports) == (
        "custom",
        "make test",
        ("out/*.xml",),
    )
    assert runners.select(found, [failed("a", "b")], tree({}), "t") is None


def test_pytest_inside_another_command_is_told_by_a_variable() -> None:
    """`make test` in a pytest project reports through PYTEST_ADDOPTS, which keeps what it held."""
    command, _ = runners.suite(plan(PYTEST, command="make test"), "t")
    kept = "${PYTEST_ADDOPTS:+$PYTEST_ADDOPTS }"
    assert f'export PYTEST_ADDOPTS="{kept}--junitxml=$junit ' in command
    assert command.endswith("; make test")


def test_npm_test_is_spelt_out() -> None:
    """The image needs no npm; what runs before and after the test script still does."""
    scripts = {"pretest": "tsc", "test": "node --test", "posttest": "echo ok"}
    files = {"package.json": json.dumps({"scripts": scripts})}
    for given in ({"command": "npm test"}, {}):
        found = plan(files, **given)
        assert found.runner == "node"
        assert found.command.endswith("; tsc && node --test && echo ok")


@pytest.mark.parametrize(
    ("scripts", "spelt"),
    [
        (
            {"test": "npm run lint && npm run unit", "lint": "standard", "unit": "node --test"},
            "standard && node --test",
        ),
        (
            {"test": "npm run -s a", "a": "pnpm run b:c", "preb:c": "tsc", "b:c": "node --test"},
            "tsc && node --test",
        ),
        ({"test": "npm run a -- -x; node --test", "a": "b"}, "npm run a -- -x; node --test"),
        ({"test": "npm run none; node --test"}, "npm run none; node --test"),
        (
            {"test": "node --test; npm run a", "a": "b || c"},
            "node --test; { b || c; }",
        ),
    ],
)
def test_scripts_that_a_script_runs_are_spelt_out(scripts: dict[str, str], spelt: str) -> None:
    """A test script may only call others; with words of its own a call stays as it is."""
    found = plan({"package.json": json.dumps({"scripts": scripts})})
    assert found.runner == "node"
    assert found.command.partition("; ")[2] == spelt


def test_scripts_that_run_each_other_end() -> None:
    """A circle of scripts is left as it is, and is no test framework."""
    scripts = {"test": "npm run a", "a": "npm run test"}
    assert runners.detect(tree({"package.json": json.dumps({"scripts": scripts})})) is None


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("python -m unittest", "python3 -m pytest"),
        ("make test", "{junit}"),
        ("npm test", "{junit}"),
    ],
)
def test_a_command_without_any_report_is_refused(command: str, hint: str) -> None:
    """Before anything runs, with what to do."""
    with pytest.raises(UsageError) as caught:
        plan({}, command=command)
    assert hint in caught.value.hint


def test_set_up_is_suggested_only_with_a_network() -> None:
    """Without one, installing would only fail; configured commands always win."""
    files = {**PYTEST, "requirements.txt": ""}
    suite = SuiteSection()
    assert runners.plan_for(suite, SandboxSection(), tree(files)).setup == ()
    with_network = runners.plan_for(suite, SandboxSection(network="setup"), tree(files))
    assert with_network.setup[0] == "python3 -m pip install -r requirements.txt"
    box = SandboxSection(network="setup", setup=("make deps",), image="own")
    configured = runners.plan_for(suite, box, tree(files))
    assert (configured.setup, configured.image) == (("make deps",), "own")


PY = {"tests/test_a.py": "", "src/pkg/tests/test_b.py": "", "tests/__init__.py": ""}
A = "tests/test_a.py"


@pytest.mark.parametrize(
    ("files", "command", "cases", "wanted"),
    [
        (PY, "pytest -q tests", [failed("tests.test_a", "test_x", A)], f"pytest [] {A}::test_x -q"),
        (PY, "pytest", [failed("tests.test_a.Y.Z", "t[a-1]")], f"pytest [] '{A}::Y::Z::t[a-1]'"),
        (PY, "pytest", [failed("tests.test_a", "t[a b/c]", A)], f"pytest [] {A}::t"),
        (PY, "pytest", [failed("pkg.tests.test_b", "t")], "pytest [] src/pkg/tests/test_b.py::t"),
        (PY, "pytest", [failed("", "tests.test_a")], f"pytest [] {A}"),
        (PY, "pytest", [failed("pytest", "tests.test_a", suite="pytest")], f"pytest [] {A}"),
        (PY, f"pytest -c tests/test_a.py {A}::old", [failed("tests.test_a", "t")],
         f"pytest [] {A}::t -c tests/test_a.py"),
        (PY, "pytest", [failed("tests.gone", "t")], None),
        (PY, "pytest", [failed("tests.test_a", SUITE_LEVEL)], None),
        (PY, "pytest", [failed("tests.test_a", f"t{n}") for n in range(101)], None),
        (PY, "cd src && pytest", [failed("tests.test_a", "t")], None),
        (PY, "pytest; pytest", [failed("tests.test_a", "t")], None),
        ({}, "node --test", [failed("test", "a (b)"), failed("test", "it's")],
         "node --test [] --test-name-pattern='(^| )(a\\s+\\(b\\)|it'\"'\"'s)$'"),
        ({}, "npx jest", [failed("outer x", "outer x")], "npx jest [] -t '(^| )(outer\\s+x)$'"),
        ({}, "vitest", [failed("a.js", "outer > x")], "vitest run [] -t '(^| )(outer\\s+x)$'"),
        ({}, "mocha", [failed("outer", "x")], "mocha [] --grep '(^| )(outer\\s+x)$'"),
        ({}, "mvn test", [failed("a.B", "m(int)[1]"), failed("a.C", "a display name")],
         "mvn -Dtest='a.B#m,a.C' -DfailIfNoTests=false [] -Dsurefire.failIfNo"),
        ({"build.gradle": ""}, "./gradlew test", [failed("a.B", "m()")],
         "./gradlew test --tests a.B.m"),
        ({"x/build.gradle": ""}, "./gradlew test", [failed("a.B", "m()")], None),
        ({}, "gotestsum -- ./...", [failed("x/y", "TestA/sub")],
         "gotestsum [] -- -run '^(TestA)$' ./..."),
        ({}, "cargo nextest run", [failed("x", "a::b")], "cargo nextest run [] -E 'test(=a::b)'"),
        ({}, "phpunit", [failed("X", 'testA with data set "q"')],
         "phpunit [] --filter '/::(testA)( .*)?$/'"),
        ({"spec/a_spec.rb": ""}, "rspec", [failed("spec.a", "A does b", "./spec/a_spec.rb")],
         "rspec [] spec/a_spec.rb"),
        ({}, "rspec", [failed("spec.a", "A does b")], None),
    ],
)  # fmt: skip
def test_cases_are_selected(
    files: dict[str, str], command: str, cases: list[CaseResult], wanted: str | None
) -> None:
    """The command runs these cases or a few more; where it cannot be told, the whole suite runs."""
    found = plan(files, command=command)
    chosen = runners.select(found, cases, tree(files), "t")
    if wanted is None or chosen is None:
        assert chosen == wanted
        return
    for word in wanted.split(" [] "):
        assert word in chosen[0]
    assert chosen[1] == runners.suite(found, "t")[1]


@pytest.mark.parametrize(
    ("name", "safe"),
    [("t; rm -rf /", "'"), ("$(id)", "'"), ("a`id`", "'"), ("x' y", "'\"'\"'")],
)
def test_names_of_cases_never_reach_the_shell(name: str, safe: str) -> None:
    """A report is untrusted: whatever a case is called, it stays inside quotes."""
    chosen = runners.select(plan({}, command="node --test"), [failed("test", name)], tree({}), "t")
    assert chosen is not None
    assert safe in chosen[0].partition("--test-name-pattern=")[2]


def test_a_template_selects_for_any_command() -> None:
    """`tests.select` gets quoted node ids for pytest, and `class::name` otherwise."""
    found = plan(PY, command="make test", junit=("r.xml",), select="make only T={cases}")
    chosen = runners.select(found, [failed("a.B", "c d")], tree(PY), "t")
    assert chosen is not None
    assert chosen[0].endswith("; make only T='a.B::c d'")
    assert chosen[1] == ("r.xml",)
    found = plan(PY, command="pytest", select="python -m pytest {cases}")
    chosen = runners.select(found, [failed("tests.test_a", "t")], tree(PY), "t")
    assert chosen is not None
    assert chosen[0].endswith(f"--maxfail=0 {A}::t")


def test_exit_codes_that_mean_nothing_ran() -> None:
    """Pytest says so by 4 and 5; 1 means that tests failed."""
    found = plan(PYTEST)
    assert runners.nothing_ran(found, 5) == "pytest found no test"
    assert runners.nothing_ran(found, 1) == ""


@pytest.mark.parametrize(
    ("wanted", "there", "answer"),
    [
        (("a.b", "t"), [("a.b", "t"), ("x.a.b", "t")], ("a.b", "t")),
        (("a.b", "t"), [("x.a.b", "t")], ("x.a.b", "t")),
        (("x.a.b", "t"), [("b", "t")], ("b", "t")),
        (("", "t"), [("pytest", "t")], ("pytest", "t")),
        (("x/a.js", "t"), [("a.js", "t")], ("a.js", "t")),
        (("a.b", "t"), [("x.a.b", "t"), ("y.a.b", "t")], None),
        (("a.b", "t"), [("xa.b", "t")], None),
        (("a.b", "t"), [("x.a.b", "other")], None),
        (("a.b", "t"), [], None),
    ],
)
def test_ids_match_across_dialects(
    wanted: tuple[str, str], there: list[tuple[str, str]], answer: tuple[str, str] | None
) -> None:
    """Exact, or the only case of that name whose class ends alike."""
    report = RunReport(cases=tuple(failed(*each) for each in there))
    case = failed(*wanted)
    assert runners.match([case], report) == {case.id: CaseId(*answer) if answer else None}


def test_two_cases_never_share_an_answer() -> None:
    """What could be either of two is neither."""
    report = RunReport(cases=(failed("b", "t"),))
    wanted = [failed("x.b", "t"), failed("y.b", "t")]
    assert set(runners.match(wanted, report).values()) == {None}
