"""Guard `swallowed`: errors that nobody hears of."""

from gatekeeper.guards.swallowed.guard import no_swallowed_errors

__all__ = ["no_swallowed_errors"]
