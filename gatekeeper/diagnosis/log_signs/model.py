"""The shape of a sign, and of the rows of the tables beside this file.

A sign's weight says how likely its line is the cause of the failure where a log bears others too:

    90   the machine or the runner ended it: nothing else can be the cause
    70   a tool names the fault and its place
    50   a tool says what it could not do
    30   something failed, in words that fit much
    10   the last words of a tool that called the one that failed
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gatekeeper.domain import Category

Row = tuple[str, int, str, str, str, str]
"""Name, weight, words (divided by bars), pattern, what it says, what to do next."""


@dataclass(frozen=True, slots=True)
class LogSign:
    """`words`: one of them is in every line that the pattern finds, in lower case without digits.

    `says` is a clause in which `{0}` is the pattern's first group; `advice` is what to do next.
    """

    name: str
    category: Category
    weight: int
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    says: str
    advice: str
