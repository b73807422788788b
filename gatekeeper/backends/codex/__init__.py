"""Candidates from the Codex CLI: `codex exec`, which only proposes, and never sees the key."""

from gatekeeper.backends.codex.backend import CodexBackend

__all__ = ["CodexBackend"]
