"""The frameworks, in the order in which they are looked for: the more telling sign first."""

from __future__ import annotations

from gatekeeper.runners import (
    cargo,
    go,
    gradle,
    jest,
    maven,
    mocha,
    node,
    phpunit,
    pytest,
    python_unittest,
    rspec,
    vitest,
)
from gatekeeper.runners.model import Runner

RUNNERS: dict[str, Runner] = {
    module.RUNNER.name: module.RUNNER
    for module in (
        pytest,
        vitest,
        jest,
        mocha,
        node,
        maven,
        gradle,
        go,
        cargo,
        phpunit,
        rspec,
        python_unittest,
    )
}
