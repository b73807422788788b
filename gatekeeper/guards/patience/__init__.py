"""Guard `patience`: sleeps, retries and longer limits."""

from gatekeeper.guards.patience.guard import no_waiting

__all__ = ["no_waiting"]
