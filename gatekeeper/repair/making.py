"""Makes variants at one place: a span of the source, and what is put there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from gatekeeper.repair.source import Place, Source, Variant

_ATOMS = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Constant, ast.List, ast.Dict)


class Maker:
    """Makes variants at one place."""

    def __init__(self, source: Source, place: Place) -> None:
        self.source, self.place = source, place

    def span(self, start: int, end: int, text: str, prior: float, words: str = "") -> Variant:
        """The bytes `start` to `end` replaced; `words` say it where the texts alone do not."""
        place, old = self.place, self.source.between(start, end)
        function, first = "", 0
        if place.function:
            function = place.function.name
            first = min(n.lineno for n in (place.function, *place.function.decorator_list))
        return Variant(
            self.source.path,
            start,
            end,
            text,
            place.node.lineno,  # type: ignore[attr-defined]
            words or f"`{short(old)}` became `{short(text)}`",
            prior,
            function,
            first,
            place.in_body,
        )

    def node(self, node: ast.AST, text: str, prior: float, words: str = "") -> Variant:
        """A whole node replaced."""
        return self.span(self.source.start(node), self.source.end(node), text, prior, words)

    def text(self, node: ast.AST) -> str:
        """A node as it is written."""
        return self.source.text(node)

    def operator(
        self, left: ast.AST, right: ast.AST, old: str, new: str, prior: float
    ) -> Iterator[Variant]:
        """The operator between two nodes replaced; nothing where it cannot be found."""
        start, end = self.source.end(left), self.source.start(right)
        pattern = r"\s+".join(map(re.escape, old.split()))
        found = re.search(pattern, self.source.between(start, end))
        if found and old:
            words = f"`{old}` became `{new}`"
            yield self.span(start + found.start(), start + found.end(), new, prior, words)

    def atom(self, node: ast.AST) -> str:
        """A node as it is written, in brackets where an operator beside it could tear it apart."""
        text = self.text(node)
        return text if isinstance(node, _ATOMS) else f"({text})"


def short(text: str) -> str:
    """Code on one line of at most 60 characters, for a sentence."""
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 60 else f"{line[:57]}..."
