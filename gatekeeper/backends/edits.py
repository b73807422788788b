"""Candidates without a model: small edits that turn the red tests green, the likeliest first.

What a search in the sandbox finds is only proposed: the gate tries it again, and decides. Tests
that several different edits pass do not say which is right, so those are offered together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.backends.stored import dump_drafts
from gatekeeper.domain import Draft, Proposal, Request
from gatekeeper.repair.search import Search
from gatekeeper.repair.source import Variant

LABEL = "search"

AT_ONCE = 3
"""Edits that are offered in one round at least, where there are so many: what they disagree on
is what the tests do not say, and the gate counts it as a risk."""


@dataclass
class EditsBackend:
    """Each round gets the next edits that hold. `render` makes the diff of an edit.

    Without a `search` the project's tests are not run by pytest, and there is nothing to offer.
    """

    search: Search | None
    render: Callable[[Variant], bytes]
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)
    name: str = field(default="edits", init=False)

    def propose(self, request: Request) -> Proposal:
        """The next edits as drafts; without any, `exhausted` and why. Raises SandboxError."""
        if self.search is None:
            return self._nothing("edits are tried only where pytest runs the tests", {})
        late = float("inf") if request.deadline is None else request.deadline
        found = self.search.next(max(AT_ONCE, request.candidates), late)
        if not found:
            return self._nothing(self.search.ended, self.search.facts())
        drafts = tuple(self._draft(variant, len(found) - 1) for variant in found)
        return Proposal(
            drafts=drafts,
            analysis=self._analysis(found),
            raw=dump_drafts(self.name, drafts, self.search.facts()),
        )

    def _nothing(self, why: str, facts: Mapping[str, Any]) -> Proposal:
        note = f"edits: {why}"
        raw = dump_drafts(self.name, (), {**facts, "note": note})
        return Proposal(raw=raw, notes=(note,), exhausted=True)

    def _draft(self, variant: Variant, others: int) -> Draft:
        where = f" in `{variant.function}`" if variant.function else ""
        rationale = (
            f"{variant.words}{where}, line {variant.line} of {variant.path}: with this the red"
            " tests pass. A search over small edits found it, and no model: whether it is what"
            " the code means, a person must say."
        )
        if others:
            rationale += f" {others} other edit(s) pass the same tests."
        return Draft(diff=self.render(variant), label=LABEL, rationale=rationale)

    def _analysis(self, found: tuple[Variant, ...]) -> str:
        first = found[0]
        return f"The cause may be at line {first.line} of {first.path}: {first.words}."
