"""The table of prices: dated, overridable, and never a guess."""

from __future__ import annotations

import re

import pytest

from gatekeeper.domain import Usage
from gatekeeper.errors import UsageError
from gatekeeper.settings import DEFAULT_MODEL
from gatekeeper.spending.prices import known_prices

TABLE = known_prices({})


def used(input_tokens: int | None, output_tokens: int | None, cached: int | None = None) -> Usage:
    return Usage(input_tokens, cached, output_tokens, requests=1)


def test_the_table_is_dated_and_has_its_source() -> None:
    """A price without a date is no price; the default model has one."""
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", TABLE.dated)
    assert TABLE.source
    assert TABLE.of(DEFAULT_MODEL) is not None


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("gpt-6.1-sol", used(1_000_000 // 4, 100_000), 1.5),  # 0.25 M at 2, 0.1 M at 10
        ("gpt-6.1-sol", used(200_000, 0, 100_000), 0.21),  # half of it cached, at 0.10
        ("gpt-6.1-sol-2026-09-30", used(100_000, 0), 0.2),  # a date behind the name
        ("gpt-6.1-sol", used(300_000, 10_000), 1.35),  # beyond 272,000: 2x in, 1.5x out
        ("gpt-6.2-sol", used(100_000, 0, 50_000), 0.2),  # no cached price known: as fresh
        ("gpt-6.1-sol", Usage(), 0.0),  # nothing was sent
    ],
)
def test_what_a_request_costs(model: str, usage: Usage, usd: float) -> None:
    """Dollars by the table, cached tokens and the surcharge of long requests included."""
    assert TABLE.cost(model, usage) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("model", "usage"),
    [
        ("my-deployment", used(10, 10)),
        ("", used(10, 10)),
        ("gpt-6.1-sol", used(10, None)),
        ("gpt-6.1-sol", used(None, 10)),
        ("gpt-6.1-sol", Usage(requests=1)),
    ],
)
def test_what_is_not_known_is_never_free(model: str, usage: Usage) -> None:
    """An unknown model, or a server that reports no tokens, has an unknown cost and not 0."""
    assert TABLE.cost(model, usage) is None


def test_own_prices_go_first() -> None:
    """The project's price replaces the bundled one, with and without a cached price."""
    own = known_prices({"gpt-6.1-sol": "1/2", "mine": "4/1/8"})
    assert own.cost("gpt-6.1-sol", used(1_000_000, 1_000_000, 500_000)) == pytest.approx(3)
    assert own.cost("mine", used(1_000_000, 0, 500_000)) == pytest.approx(2.5)


@pytest.mark.parametrize("said", ["", "2", "free", "1/2/3/4", "-1/2", "1e3/2", "1/ /2"])
def test_a_price_that_is_none_is_refused(said: str) -> None:
    """Usage error, with the form that is wanted."""
    with pytest.raises(UsageError, match="is no price of mine"):
        known_prices({"mine": said})


@pytest.mark.parametrize(
    ("model", "tier", "usd"),
    [
        ("gpt-6.1-sol", "", 1.2),
        ("gpt-6.1-sol", "default", 1.2),
        ("gpt-6.1-sol", "auto", 1.2),
        ("gpt-6.1-sol", "flex", 0.6),
        ("gpt-6.1-sol-2026-09-30", "priority", 2.4),
        ("gpt-6.1-terra", "priority", None),  # dearer, and nobody has said by how much
        ("gpt-6.1-sol", "express", None),
        ("mine", "express", 2.0),  # a project's own price is that of the tier it uses
    ],
)
def test_a_tier_multiplies_the_price_or_makes_it_unknown(
    model: str, tier: str, usd: float | None
) -> None:
    """100,000 tokens in and out; what has no figure is unknown and never the standard price."""
    table = known_prices({"mine": "10/10"})
    cost = table.cost(model, used(100_000, 100_000), tier)
    assert cost == (None if usd is None else pytest.approx(usd))
