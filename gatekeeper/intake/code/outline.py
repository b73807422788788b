"""A source file as its definitions: what each is called, where it stands, what it names.

Python by its own syntax trees, other languages by tree-sitter where a grammar is installed,
else by indentation and brackets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Definition:
    """Lines of a file that belong together, 1-based and inclusive.

    `name` is dotted (`Class.method`); "" for statements of a module that bind no name. `binds`
    are the plain names under which others use it, `uses` what it names itself, each with how
    often; a use that ends with `*` stands for every name that begins so.
    """

    name: str
    start: int
    end: int
    binds: tuple[str, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)
    header: bool = False  # of a class: what stands before its methods

    @property
    def owner(self) -> str:
        """The class of a method, the class itself of its header."""
        return self.name if self.header else self.name.rpartition(".")[0]


Outline = Sequence[Definition]

LONGEST = 60
"""Lines; a longer definition is looked at in pieces."""

LOOSE = 40
"""Lines at most of a module's own statements that are taken together."""
