"""What may still be spent, decided before each request by the worst that it can cost."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.domain import Spent
from gatekeeper.spending.prices import Price

LEAST_OUTPUT = 2_000
"""Tokens below which an answer with one edit, and a thought before it, is likely to be cut."""

OVERHEAD = 2_500
"""Tokens of a request beside context and feedback: instructions, schema, framing."""

CLI = "codex"

CLI_PROMPT = 6_500
"""Tokens that the Codex CLI puts before ours (22 kB measured with codex-cli 0.169.0)."""

CLI_REQUESTS = 2
"""Requests of one answer of the CLI at most: one, or one more where the model calls for a tool."""

ANSWERS = 2
"""Answers of one round at most: one that is unusable, or does not fit, is given back once.

With `backend.ask` there is a plan before them.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each; 0 is no limit. `money` is in US dollars."""

    money: float = 0.0
    tokens: int = 0
    rounds: int = 0
    candidates: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one more round may use: candidates, and tokens of each answer (0: no limit of ours).

    `refused` says which limit is in the way, and is "" where none is.
    """

    candidates: int
    output_tokens: int = 0
    refused: str = ""


def told_by(backend: str, tokens: int) -> int:
    """Tokens of a request of `tokens` of ours, by estimate."""
    return tokens + CLI_PROMPT if backend == CLI else tokens


def asked_by(backend: str, answers: int) -> int:
    """Requests of a round with so many answers, at most."""
    return answers * CLI_REQUESTS if backend == CLI else answers


def allowed(
    limits: Limits,
    spent: Spent,
    candidates: int,
    prompt_tokens: int,
    price: Price | None,
    answers: int = ANSWERS,
) -> Allowed:
    """What the next round may use. `prompt_tokens` is what it is told, by estimate.

    The worst is as many requests as `answers`, each of which repeats the answers before it, all
    as long as they may be. So a limit of money or tokens becomes a limit of each one's length.
    """
    if limits.rounds and spent.rounds >= limits.rounds:
        return Allowed(0, refused=f"budget.rounds ({limits.rounds}): {spent.rounds} were had")
    left = limits.candidates - spent.candidates
    if limits.candidates and left <= 0:
        return Allowed(0, refused=f"budget.candidates ({limits.candidates}): all were had")
    wanted = min(candidates, left) if limits.candidates else candidates
    lengths = [
        *([_by_tokens(limits, spent, prompt_tokens, answers)] if limits.tokens else ()),
        *(
            [_by_money(limits, spent, prompt_tokens, price, answers)]
            if limits.money and price
            else ()
        ),
    ]
    for length, refused in lengths:
        if length < LEAST_OUTPUT:
            return Allowed(0, refused=refused)
    return Allowed(wanted, min((length for length, _ in lengths), default=0))


def _by_tokens(limits: Limits, spent: Spent, prompt_tokens: int, answers: int) -> tuple[int, str]:
    told = prompt_tokens + OVERHEAD
    lengths = answers + _repeated(answers)
    length = (limits.tokens - spent.tokens - answers * told) // lengths
    worst = answers * told + lengths * LEAST_OUTPUT
    return length, (
        f"budget.tokens ({limits.tokens}): {spent.tokens} are spent, and what comes next may need"
        f" {worst}"
    )


def _by_money(
    limits: Limits, spent: Spent, prompt_tokens: int, price: Price | None, answers: int
) -> tuple[int, str]:
    """The longest answer that the money left can pay each time, with those before it sent back."""
    assert price is not None  # noqa: S101 - asked only with a price
    told = prompt_tokens + OVERHEAD
    dear_input, dear_output = _per_token(price, told)
    fixed = answers * told * dear_input
    each = answers * dear_output + _repeated(answers) * dear_input
    left = limits.money - spent.money - fixed
    worst = fixed + LEAST_OUTPUT * each
    length = int(left / each) if each else 10**9
    return length, (
        f"budget.money ({limits.money:g} USD): {spent.money:.4f} are spent, and what comes next"
        f" may cost {worst:.4f}"
    )


def _repeated(answers: int) -> int:
    """How many answers are sent back, over all the requests."""
    return answers * (answers - 1) // 2


def _per_token(price: Price, input_tokens: int) -> tuple[float, float]:
    """Dollars for one token in and out; near the surcharge for long requests, with it."""
    dear = bool(price.long) and input_tokens * 2 > price.long
    return (
        price.input * (price.long_input if dear else 1) / 1_000_000,
        price.output * (price.long_output if dear else 1) / 1_000_000,
    )
