"""Guard `harness`: product code that looks at what tests it."""

from gatekeeper.guards.harness.guard import no_harness_contact

__all__ = ["no_harness_contact"]
