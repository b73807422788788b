"""Why a draft did not become a candidate."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Sentences that tell whoever wrote the draft what to change. No tree was made."""

    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what had been mended before


class NotADiff(ValueError):
    """A text that cannot be read as a unified diff; the message is a sentence for its author."""
