"""The account of one run: what each call of a model may use, and what it has cost."""

from __future__ import annotations

import functools
import time
from dataclasses import replace

from gatekeeper.context.budget import estimate
from gatekeeper.domain import Baseline, Bill, Spent, Usage
from gatekeeper.errors import BudgetSpent, UsageError
from gatekeeper.spending.budget import (
    LEAST_OUTPUT,
    OVERHEAD,
    Allowed,
    allowed,
    asked_by,
    told_by,
)
from gatekeeper.spending.ledger import Ledger
from gatekeeper.spending.prices import Price
from gatekeeper.steps import Tools, billed


def earlier(tools: Tools) -> Spent:
    """What earlier runs spent on the failure of the report, read once."""
    known = tools.journal.report.earlier
    if known is None:
        known = _ledger(tools).before()
        tools.journal.note(prices=tools.prices.dated, earlier=known)
    return known


def so_far(tools: Tools) -> Spent:
    """What this run has spent, in rounds and beside them."""
    charged = (bill.charged for bill in tools.journal.report.bills)
    return functools.reduce(Spent.plus, charged, Spent())


def aside(tools: Tools, model: str, told: str, answers: int = 1) -> Allowed:
    """What calls of a model beside the rounds may use; `refused` says why there may be none.

    A person's question, a doubt or a wording is worth less than the run: it is left out where
    its worst case would exceed a limit, and does not end anything. `told` is what is sent.
    """
    limits = replace(tools.policy.limits, rounds=0, candidates=0)
    price = tools.prices.of(model)
    if not limits.money and not limits.tokens:
        return Allowed(1)
    if limits.money and price is None:
        return Allowed(0, refused=f"budget.money is set, and the price of {model} is not known")
    spent = earlier(tools).plus(so_far(tools))
    return allowed(limits, spent, 1, estimate(told), price, answers)


def paid_aside(tools: Tools, model: str, usage: Usage, told: str, may: Allowed) -> None:
    """Put what such calls have cost into the report and into the account."""
    bill = billed(tools, model, usage)
    price = tools.prices.of(model)
    tokens, money = _assumed(bill, price, (estimate(told), may.output_tokens))
    charged = Spent(money, bill.money is None, tokens)
    earlier(tools)  # before the account knows of this one
    tools.journal.spend(replace(bill, charged=charged))
    _ledger(tools).add(charged)


def _ledger(tools: Tools) -> Ledger:
    failures = tools.journal.report.failures
    return tools.account(failures.failing if failures else ())


def _assumed(bill: Bill, price: Price | None, worst: tuple[int, int]) -> tuple[int, float]:
    """Tokens and dollars; the worst of each request where the server did not say."""
    usage = bill.usage
    told, said = worst[0] + OVERHEAD, worst[1] or LEAST_OUTPUT
    if usage.input_tokens is not None and usage.output_tokens is not None:
        tokens = usage.input_tokens + usage.output_tokens
    else:
        tokens = usage.requests * (told + said)
    if bill.money is not None:
        return tokens, bill.money
    return tokens, usage.requests * price.of(told, said) if price else 0.0


class Account:
    """Of the rounds; knows what earlier runs spent on the same failure, where a file keeps that."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.earlier = earlier(tools)

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
        spent = self.earlier.plus(so_far(tools))
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
        tokens, money = _assumed(bill, self._price(backend), worst)
        runs = 0 if so_far(self.tools).rounds else 1
        more = Spent(money, bill.money is None, tokens, 1, candidates, runs)
        self.tools.journal.spend(replace(bill, charged=more))
        _ledger(self.tools).add(more)

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
