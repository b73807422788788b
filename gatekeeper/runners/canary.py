"""The canary of each framework: a fresh failing case beside a passing one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners.canaries import compiled, hosted, python, script
from gatekeeper.runners.gatemade import Canary, Names

CANARIES: dict[str, Callable[[Sequence[CaseResult], Tree, Names], Canary | str]] = {
    "pytest": python.make,
    "unittest": python.make,
    "node": script.maker(script.node),
    "jest": script.maker(script.jest),
    "vitest": script.maker(script.vitest),
    "mocha": script.maker(script.mocha),
    "maven": compiled.junit,
    "gradle": compiled.junit,
    "go": compiled.go,
    "cargo": compiled.cargo,
    "phpunit": hosted.phpunit,
    "rspec": hosted.rspec,
    "custom": python.make,
}
"""For each runner what makes its canary, or says why there is none. `custom` may be pytest."""
