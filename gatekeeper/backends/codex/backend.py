"""The backend `codex`: the same prompts and answers as over the API, asked by the Codex CLI."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from gatekeeper.backends.codex.sender import CliSender
from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.backends.talk import Manner


@dataclass
class CodexBackend(ResponsesBackend):
    """See `ResponsesBackend`; `search_path` is where the program is looked for."""

    search_path: str = os.defpath
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
            search_path=self.search_path,
        )

    def _manner(self) -> Manner:
        # The CLI stores nothing at the server, so every prompt must hold all that was said.
        manner = super()._manner()
        return replace(manner, wire=replace(manner.wire, store=False))
