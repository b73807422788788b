"""What every request of a run says beside its messages, as the Responses API names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMAT = "text.format"
CACHE_KEY = "prompt_cache_key"
PREVIOUS = "previous_response_id"


@dataclass(frozen=True, slots=True)
class Wire:
    """The choices of a run; "" and 0 leave one to the server.

    `cache_key` tells the server which requests begin alike. `store` allows it to keep what was
    said, which is then not sent again.
    """

    model: str
    reasoning: str = ""
    verbosity: str = ""
    service_tier: str = ""
    cache_key: str = ""
    store: bool = False
    max_output_tokens: int = 0

    def arguments(
        self,
        instructions: str,
        messages: Sequence[Mapping[str, str]],
        form: Mapping[str, Any] | None,
        most: int = 0,
        previous: str = "",
    ) -> dict[str, Any]:
        """The body of one request. `form` is the structured output that is wanted.

        `most` bounds the answer's tokens beside the run's own limit; `previous` is the stored
        response that `messages` go on from.
        """
        text: dict[str, Any] = {"format": dict(form)} if form else {}
        if self.verbosity:
            text["verbosity"] = self.verbosity
        limits = [limit for limit in (self.max_output_tokens, most) if limit]
        chosen = {
            "text": text,
            "reasoning": {"effort": self.reasoning} if self.reasoning else None,
            "service_tier": self.service_tier,
            CACHE_KEY: self.cache_key,
            PREVIOUS: previous,
            "max_output_tokens": min(limits, default=0),
        }
        fixed = {
            "model": self.model,
            "instructions": instructions,
            "input": list(messages),
            "store": self.store,
        }
        return fixed | {name: value for name, value in chosen.items() if value}
