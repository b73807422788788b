"""Each fact that is not as it should be is one line with its remedy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from gatekeeper import runners, settings
from gatekeeper.doctor import Check, Facts, Health, checks
from gatekeeper.domain import Delta, EngineInfo, FileChange
from gatekeeper.errors import UsageError
from tests.support.trees import tree

PLAN = runners.detect(tree({"conftest.py": ""}))
assert PLAN is not None
CHANGE = FileChange("a.py", "M", "100644", "100644")
HEALTHY = Facts(
    settings=settings.load(env={"OPENAI_API_KEY": "sk-not-shown"}, flags={}),
    git="git version 2.47.3",
    delta=Delta("1" * 40, "2" * 40, base="3" * 40, source="the merge base", files=(CHANGE,)),
    plan=PLAN,
    engine=EngineInfo("docker", True, "28.2 on this machine"),
    image_there=True,
    reports=("report.xml",),
)


KEY = {"OPENAI_API_KEY": "sk-not-shown"}


def loaded(env: Mapping[str, str] = MappingProxyType({}), **flags: str) -> settings.Settings:
    return settings.load(env=env, flags={key.replace("__", "."): v for key, v in flags.items()})


def test_a_healthy_project_has_nothing_to_do() -> None:
    """All is ok, the key's value is nowhere, and every line says something."""
    found = checks(HEALTHY)
    assert [check.name for check in found] == [
        "git", "workspace", "base", "tests", "JUnit", "engine", "image", "key", "model",
    ]  # fmt: skip
    assert {check.health for check in found} == {Health.OK}
    assert all(check.detail and not check.hint for check in found)
    assert "sk-not-shown" not in repr(found)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"by_layout": (".go",), "by_grammar": (".js",)}, ".go by indentation and brackets"),
        ({"by_grammar": (".js", ".ts")}, ".js, .ts by tree-sitter"),
    ],
)
def test_how_other_languages_are_read_is_told(facts: dict[str, Any], said: str) -> None:
    """A line only where the project has such files, and no fault either way."""
    (row,) = [c for c in checks(dataclasses.replace(HEALTHY, **facts)) if c.name == "sources"]
    assert row.detail.startswith(said)
    assert row.health is Health.OK


NO_TESTS = UsageError("no sign of a test framework", hint="Set tests.command.")
NO_REPO = UsageError("not a git repository", hint="Run git init.")


@pytest.mark.parametrize(
    ("changes", "name", "health", "detail", "hint"),
    [
        ({"git": ""}, "git", "missing", "not found", "apt-get install git"),
        ({"git": "git version 2.25.1"}, "git", "missing", "2.25.1", "2.31"),
        ({"delta": NO_REPO}, "workspace", "missing", "not a git repository", "git init"),
        ({"delta": Delta("1" * 40, "2" * 40, unknown="a shallow clone")}, "base", "warn",
         "a shallow clone", "--base"),
        ({"plan": NO_TESTS}, "tests", "missing", "no sign", "tests.command"),
        ({"also": ("pytest", "node")}, "tests", "warn", "also looks like node", "tests.runner"),
        ({"plan": dataclasses.replace(PLAN, missing="add jest-junit")}, "report", "warn",
         "no JUnit", "add jest-junit."),
        ({"reports": ()}, "JUnit", "warn", "no report in the workspace", "--junit"),
        ({"reports": (), "settings": loaded(KEY, tests__junit="out/*.xml")}, "JUnit", "warn",
         "out/*.xml", "--junit"),
        ({"engine": EngineInfo("docker", False, "no socket", hint="Start it.")}, "engine",
         "missing", "no socket", "Start it."),
        ({"engine": EngineInfo("process", True, "this machine", isolated=False)}, "engine",
         "warn", "isolates nothing", "Docker"),
        ({"image_there": False}, "image", "warn", "python:3.12 is not on", "docker pull python"),
        ({"plan": dataclasses.replace(PLAN, image=None)}, "image", "missing", "none is set",
         "--image"),
        ({"settings": loaded()}, "key", "warn", "`edits` and `search` propose", "OPENAI_API_KEY"),
        ({"settings": loaded(backend__name="responses")}, "key", "missing", "not set",
         "--backend search"),
    ],
)  # fmt: skip
def test_a_problem_is_named_with_its_remedy(
    changes: dict[str, Any], name: str, health: str, detail: str, hint: str
) -> None:
    """Exactly one check changes to this, and it says what to do."""
    found = [
        c for c in checks(dataclasses.replace(HEALTHY, **changes)) if c.health is not Health.OK
    ]
    assert [(check.name, check.health) for check in found] == [(name, Health(health))]
    assert detail in found[0].detail
    assert hint in found[0].hint


def test_an_image_matters_only_to_an_engine_that_has_images() -> None:
    """With the process engine nothing is said of one."""
    engine = EngineInfo("process", True, "this machine", isolated=False)
    found = checks(dataclasses.replace(HEALTHY, engine=engine, image_there=None))
    assert "image" not in [check.name for check in found]


def test_a_server_is_shown_without_its_password() -> None:
    """Credentials in an address stay out of the terminal."""
    env = {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "https://me:pw@proxy/v1"}
    found = checks(dataclasses.replace(HEALTHY, settings=settings.load(env=env, flags={})))
    assert found[-1] == Check(
        "model",
        Health.OK,
        f"{settings.DEFAULT_MODEL} at https://proxy/v1"
        " (the default; set backend.model for another)",
    )


@pytest.mark.parametrize(
    ("version", "health", "said"),
    [
        ("codex-cli 0.169.0", Health.OK, "codex-cli 0.169.0"),
        ("codex-cli 1.2.0", Health.OK, "codex-cli 1.2.0"),
        ("codex-cli 0.99.1", Health.WARN, "older"),
        ("", Health.MISSING, "no `codex`"),
        ("what is this", Health.MISSING, "no `codex`"),
    ],
)
def test_the_codex_cli_is_looked_for_where_it_is_asked(
    version: str, health: Health, said: str
) -> None:
    """A row only for the backend that needs it, with what to do."""
    chosen = loaded(KEY, backend__name="codex")
    found = checks(dataclasses.replace(HEALTHY, settings=chosen, codex=version))
    (row,) = [check for check in found if check.name == "codex"]
    assert row.health is health
    assert said in row.detail
    assert bool(row.hint) is (health is not Health.OK)
    assert not [check for check in checks(HEALTHY) if check.name == "codex"]
