"""Versions in order, and what follows from a change."""

from .version import Version

__all__ = ["Version"]
