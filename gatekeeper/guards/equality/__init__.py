"""Guard `equality`: comparisons that do not compare."""

from gatekeeper.guards.equality.guard import honest_equality

__all__ = ["honest_equality"]
