"""The process engine: a trusted laptop without Docker. No isolation, and it says so."""

from gatekeeper.engines.process.engine import ProcessEngine

__all__ = ["ProcessEngine"]
