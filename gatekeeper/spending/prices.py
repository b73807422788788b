"""The dated table of prices, and what the tokens of a request cost by it.

Figures and their source are in `prices.toml`; a project's own go before them. A model that is in
neither has an unknown price, never none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources

from gatekeeper.domain import Usage
from gatekeeper.errors import UsageError

MILLION = 1_000_000
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; beyond `long` input tokens of a request they are dearer."""

    input: float
    cached: float
    output: float
    long: int = 0  # 0: no surcharge
    long_input: float = 1.0
    long_output: float = 1.0

    def of(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """Dollars of one request. Reasoning tokens are part of the output."""
        dear = bool(self.long) and input_tokens > self.long
        fresh = (input_tokens - cached_tokens) * self.input + cached_tokens * self.cached
        said = output_tokens * self.output
        total = fresh * (self.long_input if dear else 1) + said * (self.long_output if dear else 1)
        return total / MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """Every known price by the name of its model. `dated` is an ISO date, `source` for a person."""

    dated: str
    source: str
    models: Mapping[str, Price]
    own: frozenset[str] = frozenset()  # names whose price is a project's own, whatever the tier
    tiers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, model: str, tier: str = "") -> Price | None:
        """The price of a model, also under a name with a date behind it; None if it is unknown.

        So is that of a service tier without a row: it may be dearer by any factor.
        """
        name = model if model in self.models else _DATE.sub("", model)
        price = self.models.get(name)
        if price is None or not tier or name in self.own:
            return price
        factors = self.tiers.get(tier, {})
        factor = factors.get(name, factors.get("all"))
        if factor is None:
            return None
        return replace(
            price,
            input=price.input * factor,
            cached=price.cached * factor,
            output=price.output * factor,
        )

    def cost(self, model: str, usage: Usage, tier: str = "") -> float | None:
        """Dollars of what was used; None where the price or the tokens are not known.

        Several requests count as one for the surcharge of long ones, which errs to the dear side.
        """
        if usage.requests == 0 and not usage.input_tokens:
            return 0.0
        price = self.of(model, tier)
        if price is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        return price.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens or 0)


def known_prices(own: Mapping[str, str]) -> Prices:
    """The bundled table with the project's own prices before it.

    `own` maps models to `INPUT/OUTPUT` or `INPUT/CACHED/OUTPUT`. UsageError where that is not so.
    """
    table = tomllib.loads(resources.files(__package__).joinpath("prices.toml").read_text("utf-8"))
    long = {name: table[name] for name in ("long", "long_input", "long_output")}
    models = {
        name: Price(row["input"], row.get("cached", row["input"]), row["output"], **long)
        for name, row in table["models"].items()
    }
    models.update({name: _own(name, said) for name, said in own.items()})
    return Prices(table["dated"], table["source"], models, frozenset(own), table["tiers"])


def _own(name: str, said: str) -> Price:
    parts = [part.strip() for part in said.split("/")]
    if len(parts) not in (2, 3) or not all(re.fullmatch(r"\d{1,6}(\.\d{1,6})?", p) for p in parts):
        raise UsageError(
            f"budget.prices: `{said}` is no price of {name}",
            hint="Write US dollars for a million tokens: INPUT/OUTPUT or INPUT/CACHED/OUTPUT.",
        )
    figures = [float(part) for part in parts]
    return Price(figures[0], figures[-2] if len(figures) == 3 else figures[0], figures[-1])
