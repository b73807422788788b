"""The account of one run: what its rounds may use, and what they have cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from gatekeeper.domain import Baseline, Bill, CaseResult, Spent, Usage
from gatekeeper.errors import BudgetSpent, UsageError
from gatekeeper.spending.budget import (
    LEAST_OUTPUT,
    OVERHEAD,
    Allowed,
    allowed,
    asked_by,
    told_by,
)
from gatekeeper.spending.prices import Price
from gatekeeper.steps import Tools, billed


class Account:
    """Knows what earlier runs spent on the same failure, where a file keeps that."""

    def __init__(self, tools: Tools, failing: Sequence[CaseResult]) -> None:
        self.tools = tools
        self.ledger = tools.account(failing)
        self.earlier = self.ledger.before()
        self.spent = Spent()  # by this run
        tools.journal.note(prices=tools.prices.dated, earlier=self.earlier)

    def allowed(self, backend: str, prompt_tokens: int) -> Allowed:
        """What the next round may use; BudgetSpent where its worst case would exceed a limit.

        `prompt_tokens` is what it is told, by estimate. Backends that ask no model spend neither
        money nor tokens.
        """
        tools = self.tools
        limits, price = tools.policy.limits, self._price(backend)
        if backend not in tools.models:
            limits = replace(limits, money=0.0, tokens=0)
        elif limits.money and price is None:
            model = tools.models[backend]
            raise UsageError(
                f"budget.money is set, and the price of {self._named(model)} is not known",
                hint=f"Add it: --set 'budget.prices={{{model}: INPUT/OUTPUT}}', in USD per million"
                " tokens; or limit budget.tokens instead.",
            )
        spent = self.earlier.plus(self.spent)
        policy = tools.policy
        told, answers = told_by(backend, prompt_tokens), asked_by(backend, policy.answers)
        may = allowed(limits, spent, policy.candidates, told, price, answers)
        if may.refused:
            runs = self.earlier.runs
            since = f", {runs} earlier run(s) of this failure included" if runs else ""
            raise BudgetSpent(
                f"the budget is spent: {may.refused}{since}",
                hint="Raise that limit, or look at the rejected attempts in the report.",
            )
        return may

    def pay(
        self, backend: str, model: str, usage: Usage, candidates: int, worst: tuple[int, int]
    ) -> None:
        """Put what a round has cost into the report and into the account.

        Where the server did not say what was used, the report says that it is unknown, and the
        account takes the worst: `worst` is the tokens of one request and of one answer.
        """
        # A server may say a longer name, or its own; one without a price is billed as asked.
        asked = self.tools.models.get(backend, "")
        named = model if self.tools.prices.of(model) else asked
        bill = billed(self.tools, named, usage, self.tools.policy.tier)
        self.tools.journal.spend(bill)
        tokens, money = self._assumed(backend, bill, worst)
        more = Spent(
            money, bill.money is None, tokens, 1, candidates, runs=0 if self.spent.rounds else 1
        )
        self.spent = self.spent.plus(more)
        self.ledger.add(more)

    def _assumed(self, backend: str, bill: Bill, worst: tuple[int, int]) -> tuple[int, float]:
        usage, price = bill.usage, self._price(backend)
        told, said = told_by(backend, worst[0]) + OVERHEAD, worst[1] or LEAST_OUTPUT
        if usage.input_tokens is not None and usage.output_tokens is not None:
            tokens = usage.input_tokens + usage.output_tokens
        else:
            tokens = usage.requests * (told + said)
        if bill.money is not None:
            return tokens, bill.money
        return tokens, usage.requests * price.of(told, said) if price else 0.0

    def _price(self, backend: str) -> Price | None:
        model = self.tools.models.get(backend)
        return self.tools.prices.of(model, self.tools.policy.tier) if model else None

    def _named(self, model: str) -> str:
        tier = self.tools.policy.tier
        return f"{model} in the service tier {tier}" if tier else model


def in_time(tools: Tools, baseline: Baseline) -> None:
    """BudgetSpent where a round could not be judged before the end: it is not begun."""
    if tools.deadline.at is None:
        return
    longest = max((run.seconds for run in baseline.runs), default=0.0)
    if time.monotonic() + longest >= tools.deadline.at:
        raise BudgetSpent(
            f"the time is spent: {tools.deadline.why}, and one more run of the tests takes"
            f" {longest:.0f} s",
            hint="Raise budget.minutes or the job's timeout, or look at the report.",
        )
