"""The backend `codex`: the same prompts and answers as over the API, asked by the Codex CLI."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatekeeper.backends.codex.sender import CliSender
from gatekeeper.backends.responses import ResponsesBackend


@dataclass
class CodexBackend(ResponsesBackend):
    """See `ResponsesBackend`; `path` is the program, as the shell would find it."""

    path: str = "codex"
    name: str = field(default="codex", init=False)

    def _sender(self, ends: float) -> CliSender:
        return CliSender(
            self.api_key,
            self.base_url,
            self.timeout,
            self.tries,
            ends,
            self.sleep,
            self.say,
            self.ca_file,
            path=self.path,
        )
