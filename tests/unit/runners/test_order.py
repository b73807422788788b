from __future__ import annotations

import json

import pytest

from gatekeeper.runners import plan_for
from gatekeeper.runners.order import reordered
from gatekeeper.settings import SandboxSection, SuiteSection
from tests.support.trees import MemoryTree, tree


def package(**versions: str) -> MemoryTree:
    """A package.json that needs these."""
    return tree({"package.json": json.dumps({"devDependencies": versions})})


@pytest.mark.parametrize(
    ("command", "files", "option"),
    [
        ("gotestsum -- ./...", tree({"go.mod": ""}), " -- -shuffle=7 ./..."),
        ("npx jest", package(jest="^29.7.0"), "jest --randomize --seed=7"),
        ("npx jest", package(jest="~30"), "jest --randomize --seed=7"),
        ("npx jest", package(jest="^29.4.1"), None),
        ("npx jest", package(), None),
        ("npx jest", tree({"package.json": "[]"}), None),
        ("npx vitest run", package(), "vitest run --sequence.shuffle --sequence.seed=7"),
        ("bundle exec rspec", tree({}), "rspec --order rand:7"),
        ("vendor/bin/phpunit", tree({}), "phpunit --order-by=random --random-order-seed=7"),
        ("python3 -m pytest", tree({}), None),
    ],
)
def test_the_order_is_changed_where_there_is_an_option(
    command: str, files: MemoryTree, option: str | None
) -> None:
    """The option goes to the framework, in the whole suite and in a selection of cases."""
    plan = plan_for(SuiteSection(command=command), SandboxSection(), files)
    changed = reordered(plan, files, 7)
    if option is None:
        assert changed is None
        return
    assert changed is not None
    assert option in changed.command
    assert option.split()[-1] in changed.reporting.command
    assert changed.reporting.reports == plan.reporting.reports
