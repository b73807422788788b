"""Guard `phantoms`: symbols that do not exist."""

from gatekeeper.guards.phantoms.guard import known_symbols

__all__ = ["known_symbols"]
