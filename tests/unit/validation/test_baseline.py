from __future__ import annotations

import pytest

from gatekeeper.domain import Reproduction
from gatekeeper.validation.baseline import classify, settle
from tests.support.runs import ids, report, run


@pytest.mark.parametrize(
    ("runs", "expected", "red"),
    [
        (["a=failure b=failure", "a=failure b=error"], Reproduction.RED, "a b"),
        (["a=failure b=passed", "a=failure b=passed"], Reproduction.RED, "a"),
        (["a=failure b=passed", "a=failure b=failure"], Reproduction.RED, "a"),
        (["a=passed b=passed", "a=passed b=passed"], Reproduction.GREEN, ""),
        (["a=passed b=skipped", "a=passed b=skipped"], Reproduction.GREEN, ""),
        (["a=passed b=failure", "a=failure b=passed"], Reproduction.FLAKY, ""),
        (["c=passed", "c=passed"], Reproduction.BROKEN, ""),
        (["a=failure b=failure", ""], Reproduction.BROKEN, ""),
        (["a=failure", "b=failure"], Reproduction.FLAKY, ""),
    ],
    ids=[
        "red",
        "one green",
        "one flaky",
        "green",
        "skipped",
        "flaky",
        "unseen",
        "no report",
        "odd",
    ],
)
def test_only_red_every_time_is_proof(runs: list[str], expected: Reproduction, red: str) -> None:
    """A case is fail-to-pass only where every run of the unchanged commit shows it red."""
    wanted = report("a=failure b=failure").failing
    baseline = classify(wanted, [run(cases) for cases in runs])
    assert baseline.reproduction is expected
    assert baseline.fail_to_pass == ids(red)


def test_a_case_that_is_green_among_the_others_proves_nothing() -> None:
    """Red when run alone and green in the whole suite is flaky, and no reason to spend."""
    wanted = report("a=failure").failing
    baseline = classify(wanted, [run("a=failure"), run("a=failure")])
    settled = settle(baseline, run("a=passed b=passed"))
    assert settled.reproduction is Reproduction.FLAKY
    assert settled.fail_to_pass == ()


def test_an_unreadable_inventory_is_no_inventory() -> None:
    """Without a readable run of the whole suite nothing can be accepted."""
    wanted = report("a=failure").failing
    baseline = classify(wanted, [run("a=failure"), run("a=failure")])
    assert settle(baseline, run("")).reproduction is Reproduction.BROKEN
