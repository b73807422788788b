"""Guard `literals`: answers that are copied from the failing tests."""

from gatekeeper.guards.literals.guard import no_copied_answers

__all__ = ["no_copied_answers"]
