"""gatekeeper decides whether a generated fix may be trusted."""

__version__ = "0.1.0"
