"""How a run is watched: the command, the orders, and for which plans."""

from __future__ import annotations

import ast
import json

import pytest

from gatekeeper import runners
from gatekeeper.runners import watch
from gatekeeper.settings import SandboxSection, SuiteSection
from tests.support.trees import tree


def test_two_runs_share_neither_folder_nor_key() -> None:
    """Nothing that a run could learn serves it in another one."""
    asked = watch.Watch(watch.new_name())
    one, other = asked.over("pytest"), asked.over("pytest")
    assert one.key != other.key
    assert not {o.path for o in one.overlays} & {o.path for o in other.overlays}


def test_the_command_says_nothing_of_the_key() -> None:
    """The key is only in files that the plugin removes; the command itself comes last."""
    watched = watch.Watch("name", reverse=True).over("cd x && pytest -q")
    orders = [json.loads(overlay.content or b"") for overlay in watched.overlays]
    assert len({order["key"] for order in orders}) == watch.STARTS
    assert all(order["reverse"] and not order["hide"] for order in orders)
    assert all(order["key"] == watch.key_of(watched.key, order["tag"]).hex() for order in orders)
    assert not any(order["key"] in watched.command for order in orders)
    assert watched.command.endswith("; cd x && pytest -q")


@pytest.mark.parametrize(
    ("command", "can"),
    [
        ("python3 -m pytest -q", True),
        ("cd sub && pytest tests", True),
        ("make test", True),
        ("node --test", False),
    ],
)
def test_only_pytest_is_watched(command: str, can: bool) -> None:
    """Whatever starts it; for others the reason is said."""
    files = tree({"tests/test_a.py": "import pytest\n\n\ndef test_a(): ...\n", "pytest.ini": ""})
    plan = runners.plan_for(SuiteSection(command=command), SandboxSection(), files)
    assert (watch.unwatchable(plan) == "") is can


def test_every_part_of_the_plugin_runs_on_python_3_8_and_is_not_rewritten() -> None:
    """Its files are syntax of 3.8, and pytest's assertion rewriting leaves them alone."""
    files = watch.tools("name")
    assert {file.path.partition("/")[0] for file in files} == {"name"}
    for file in files:
        module = ast.parse(file.content or b"", feature_version=(3, 8))
        assert "PYTEST_DONT_REWRITE" in (ast.get_docstring(module) or "")
