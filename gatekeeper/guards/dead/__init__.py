"""Guard `dead`: code that never runs, names that nothing uses."""

from gatekeeper.guards.dead.guard import no_dead_code

__all__ = ["no_dead_code"]
