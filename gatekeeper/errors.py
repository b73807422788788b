"""The error tree: one class of error, one exit code (DESIGN section 2).

    GatekeeperError            70
    ├── UsageError              2   usage or configuration
    ├── ClarificationNeeded     3   a person must answer first
    ├── UnreadableReport        4   no readable test result
    ├── BackendError            5   the model could not be asked or gave nothing usable
    ├── SandboxError            6   engine unreachable, image missing, set-up failed
    ├── PublisherError          7   the verdict stands, posting it failed
    ├── BudgetSpent             9   money, tokens, time or attempts are spent
    └── Interrupted       130/143   SIGINT or SIGTERM

"Rejected", "not reproduced" and "accepted, but the gate stays red" are outcomes,
not errors: they are values of `domain.Outcome`. Only `cli/session.py` catches this tree.

Every message says what happened, and `hint` says what to do about it.
"""

from __future__ import annotations

import signal


class GatekeeperError(Exception):
    """Base of everything that gatekeeper raises on purpose."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GatekeeperError):
    """A wrong flag, a wrong configuration value, a workspace that is not one."""

    exit_code = 2


class ClarificationNeeded(GatekeeperError):
    """The failure is not understood well enough; a person must answer first."""

    exit_code = 3


class UnreadableReport(GatekeeperError):
    """No test result could be read: none found, none executed, all malformed."""

    exit_code = 4


class BackendError(GatekeeperError):
    """The backend could not be asked, refused, or gave nothing usable.

    `raw` is what came back all the same, so that it can be stored; b"" where nothing did.
    `usage` is the `domain.Usage` that was spent until then (this module imports nothing).
    """

    exit_code = 5

    def __init__(self, message: str, *, hint: str = "", raw: bytes = b"") -> None:
        super().__init__(message, hint=hint)
        self.raw = raw
        self.usage: object = None


class SandboxError(GatekeeperError):
    """The engine, its image or the set-up failed; says nothing about a candidate."""

    exit_code = 6


class PublisherError(GatekeeperError):
    """The verdict stands, but posting it failed."""

    exit_code = 7


class BudgetSpent(GatekeeperError):
    """A limit on money, tokens, time or attempts was reached before a decision."""

    exit_code = 9


class Interrupted(GatekeeperError):
    """SIGINT or SIGTERM arrived; clean-up has run."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum
