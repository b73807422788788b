"""Limits hold before the request is sent, by the worst that it can cost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.domain import Spent
from gatekeeper.spending.budget import ANSWERS, LEAST_OUTPUT, OVERHEAD, Limits, allowed
from gatekeeper.spending.prices import Price

PRICE = Price(2.0, 0.1, 10.0)


def test_without_limits_everything_is_allowed() -> None:
    """0 is no limit."""
    may = allowed(Limits(), Spent(99.0, True, 10**9, 99, 99), 3, 8000, PRICE)
    assert (may.candidates, may.output_tokens, may.refused) == (3, 0, "")


@pytest.mark.parametrize(
    ("limits", "spent", "named"),
    [
        (Limits(rounds=2), Spent(rounds=2), "budget.rounds"),
        (Limits(candidates=4), Spent(candidates=4), "budget.candidates"),
        (Limits(tokens=20_000), Spent(tokens=5_000), "budget.tokens"),
        (Limits(money=0.05), Spent(), "budget.money"),
        (Limits(money=1.0), Spent(money=0.99), "budget.money"),
    ],
)
def test_a_limit_that_would_be_exceeded_is_named(limits: Limits, spent: Spent, named: str) -> None:
    """The refusal says which limit, and what was spent."""
    may = allowed(limits, spent, 1, 8000, PRICE)
    assert may.candidates == 0
    assert may.refused.startswith(named)


def test_the_last_candidates_are_fewer() -> None:
    """Five wanted, two left: two are asked for."""
    assert allowed(Limits(candidates=7), Spent(candidates=5), 5, 0, None).candidates == 2


@given(
    tokens=st.integers(1, 400_000),
    money=st.floats(0.001, 50),
    spent=st.integers(0, 300_000),
    prompt=st.integers(0, 150_000),
    answers=st.integers(1, ANSWERS + 1),
)
def test_the_worst_case_stays_inside(
    tokens: int, money: float, spent: int, prompt: int, answers: int
) -> None:
    """Each request with the answers before it in it, all as long as allowed: never over."""
    had = Spent(money=spent * 2e-6, tokens=spent)
    may = allowed(Limits(money=money, tokens=tokens), had, 1, prompt, PRICE, answers)
    if may.refused:
        return
    told, said = prompt + OVERHEAD, may.output_tokens
    assert said >= LEAST_OUTPUT
    told_each = [told + number * said for number in range(answers)]
    assert had.tokens + sum(told_each) + answers * said <= tokens
    worst = sum(PRICE.of(each, said) for each in told_each)
    assert had.money + worst <= money * (1 + 1e-9)
