"""Shared configuration: the parts about tests are locked, the rest is free."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import pytest

from gatekeeper.domain import Level
from gatekeeper.guards.runner_config import runner_configuration
from tests.support.trees import candidate, tree

POM = "<project><build><plugins><plugin><artifactId>%s</artifactId>%s</plugin></plugins></build>%s</project>"
MAKE = "install:\n\tpip install .\n\ntest:\n\tpytest\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "blocks"),
    [
        ("pyproject.toml", "[project]\nname='a'\n", "[project]\nname='b'\n", False),
        ("pyproject.toml", "[tool.ruff]\nx=1\n", "[tool.ruff]\nx=2\n", False),
        ("pyproject.toml", "", "[tool.pytest.ini_options]\naddopts='-k nothing'\n", True),
        ("pyproject.toml", "[tool.pytest]\nx=1\n", None, True),
        ("pyproject.toml", "[project]\nname='a'\n", None, False),
        ("sub/pyproject.toml", "[tool.tox]\nx=1\n", "[tool.tox]\nx=2\n", True),
        ("pyproject.toml", "", "[project.entry-points.pytest11]\nx='evil'\n", True),
        ("pyproject.toml", "", "[project.entry-points.console]\nx='fine'\n", False),
        ("pyproject.toml", "[a]\n", "[a\n", True),
        ("pyproject.toml", "[a\n", "[a]\n", False),
        ("pyproject.toml", "# said\n[tool.pytest]\nx=1\n", "[tool.pytest]\nx = 1 # ok\n", False),
        ("setup.cfg", "[metadata]\nname=a\n", "[metadata]\nname=b\n", False),
        ("setup.cfg", "[metadata]\nname=a\n", "[metadata]\nname=a\n[tool:pytest]\naddopts=-x\n", True),
        ("setup.cfg", "[flake8]\nx=1\n", "[flake8]\nx=2\n", False),
        ("setup.cfg", "", "[options.entry_points]\npytest11=\n  x=evil\n", True),
        ("setup.cfg", "", "[options.entry_points]\nconsole_scripts=\n  x=a:b\n", False),
        ("package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"2"}}', False),
        ("package.json", '{"scripts":{"test":"jest"}}', '{"scripts":{"test":"true"}}', True),
        ("package.json", "{}", '{"jest":{"testPathIgnorePatterns":["."]}}', True),
        ("web/package.json", "{}", '{"mocha":{"grep":"x"}}', True),
        ("package.json", "{}", '{"scripts":', True),
        ("package.json", "{}", "[]", True),
        ("composer.json", "{}", '{"scripts":{"test":"true"}}', True),
        ("Cargo.toml", "[dependencies]\na='1'\n", "[dependencies]\na='2'\n", False),
        ("Cargo.toml", "", "[[test]]\nname='x'\nharness=false\n", True),
        ("Cargo.toml", "", "[lib]\ntest=false\n", True),
        ("Cargo.toml", "", "[lib]\npath='src/a.rs'\n", False),
        ("pom.xml", POM % ("maven-jar-plugin", "", ""), POM % ("maven-jar-plugin", "<x/>", ""), False),
        ("pom.xml", POM % ("maven-surefire-plugin", "", ""), POM % ("maven-surefire-plugin", "<skip/>", ""), True),
        ("pom.xml", "<project/>", "<project><properties><skipTests>true</skipTests></properties></project>", True),
        ("pom.xml", "<project/>", "<project><version>2</version></project>", False),
        ("pom.xml", "<project/>", '<!DOCTYPE a [<!ENTITY b "c">]><project>&b;</project>', True),
        ("build.gradle", "version='1'\n", "version='2'\n", False),
        ("build.gradle.kts", "", "tasks.test {\n  enabled = false\n}\n", True),
        ("build.gradle", "test {\n  useJUnit()\n}\n", "test {\n  useJUnit()\n  exclude 'x'\n}\n", True),
        ("Makefile", MAKE, MAKE.replace("install .", "install -e ."), False),
        ("Makefile", MAKE, MAKE.replace("\tpytest", "\ttrue"), True),
        ("vite.config.ts", "a: 1\n", "a: 2\n", False),
        ("vite.config.ts", "a: 1\n", "a: 1\ntest: {\n  exclude: []\n}\n", True),
        ("setup.py", "setup(name='a')\n", "setup(name='b')\n", False),
        ("src/config.toml", "[tool.pytest]\n", "", False),
        ("Makefile", MAKE, "SHELL := ./fake\n" + MAKE, True),
        ("Makefile", MAKE, "PYTHON = ./fake\n" + MAKE, True),
        ("Makefile", MAKE, "include fake.mk\n" + MAKE, True),
        ("Makefile", MAKE, "NAME := shop\n" + MAKE, False),
        ("gradle.properties", "version=1\n", "version=1\norg.gradle.jvmargs=-javaagent:x.jar\n", True),
        ("gradle.properties", "version=1\n", "version=2\n", False),
        ("tsconfig.json", "{\n  \"strict\": true\n}\n", "{\n  \"strict\": false\n}\n", False),
        ("tsconfig.json", "{}", '{"compilerOptions":{"paths":{"assert":["./fake"]}}}', True),
        ("tsconfig.spec.json", "{\n  // said\n}\n", "{\n  \"exclude\": [\n    \"x\"\n  ]\n}\n", True),
        ("vite.config.ts", "a: 1\n", "a: 1\nresolve: { alias: { vitest: './fake' } }\n", True),
        ("package.json", "{}", '{"babel":{"plugins":["./fake"]}}', True),
        ("package.json", "{}", '{"_moduleAliases":{"chai":"./fake"}}', True),
        ("package.json", "{}", '{"bin":{"shop":"a.js"},"files":["a"]}', False),
        ("turbo.json", "{}", '{"pipeline":{"test":{"dependsOn":[]}}}', True),
        ("turbo.json", "{}", '{"globalEnv":["A"]}', False),
        ("pom.xml", POM % ("build-helper-maven-plugin", "", ""), POM % ("build-helper-maven-plugin", "<x/>", ""), True),
    ],
)  # fmt: skip
def test_only_the_parts_about_tests_are_locked(
    path: str, old: str, new: str | None, blocks: bool
) -> None:
    """Each known file is compared part by part on both sides; None deletes it."""
    before = tree({path: old} if old else {})
    after = tree({} if new is None else {path: new})
    findings = list(runner_configuration()(candidate(before, after), before, after))
    assert bool(findings) == blocks
    assert all(f.level is Level.BLOCK and f.path == path and path in f.message for f in findings)


def test_finding_names_the_part_and_the_line() -> None:
    """The reader learns which part, and where."""
    before = tree({"package.json": '{\n "name": "a",\n "jest": {}\n}\n'})
    after = tree({"package.json": '{\n "name": "a",\n "jest": {"bail": 1}\n}\n'})
    (finding,) = runner_configuration()(candidate(before, after), before, after)
    assert finding.line == 3
    assert "changes jest in `package.json`" in finding.message
