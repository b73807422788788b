"""Candidates from a model behind the Responses API, at OpenAI or at any compatible address.

What is sent: the fixed instructions, context.txt byte for byte, and from the second round on
what became of earlier attempts. Nothing is stored at the server, unless `store` allows it. An
answer that cannot be used, or whose edits do not fit, is given back once, with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gatekeeper.backends.conversation import converse
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.talk import Manner, Memory, Talk
from gatekeeper.backends.wire import Wire
from gatekeeper.domain import Draft, Proposal, Request
from gatekeeper.errors import BackendError


@dataclass
class ResponsesBackend:
    """Asks a model. Times in seconds; 0 or "" leaves a choice to the server.

    `timeout` bounds one HTTP request, `deadline` a whole `propose` with its waits and its
    repair; `tries` is how often one request is sent at most. `form` is that of the answer:
    `schema`, `text`, or `auto` for text once the server has said that it lacks the other. `ask`
    wants a plan first. `check` says why a draft does not fit the files. `ca_file` holds
    certificates to trust. `say` gets a line for every wait.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    timeout: float = 120.0
    deadline: float = 600.0
    reasoning: str = ""
    max_output_tokens: int = 0
    tries: int = 5
    form: str = "auto"
    verbosity: str = ""
    service_tier: str = ""
    cache_key: str = ""
    store: bool = False
    ask: bool = False
    ca_file: str = ""
    check: Callable[[Draft], str] = field(default=lambda _: "", repr=False)
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    name: str = field(default="responses", init=False)
    _memory: Memory = field(default_factory=Memory, init=False, repr=False)

    def propose(self, request: Request) -> Proposal:
        """One round: a request, and one more with the reason where the answer is unusable.

        Raises BackendError with the `raw` and `usage` of what came until then.
        """
        ends = time.monotonic() + self.deadline
        if request.deadline is not None:
            ends = min(ends, request.deadline)
        sender = self._sender(ends)
        talk = Talk(self._manner(), request, sender, self._memory)
        try:
            return converse(talk)
        except BackendError as error:
            if error.raw:
                talk.keep(error.raw)
            error.raw = talk.raw()
            error.usage = talk.usage()
            raise

    def _sender(self, ends: float) -> Sender:
        return Sender(
            self.api_key,
            self.base_url,
            self.timeout,
            self.tries,
            ends,
            self.sleep,
            self.say,
            self.ca_file,
        )

    def _manner(self) -> Manner:
        wire = Wire(
            self.model,
            self.reasoning,
            self.verbosity,
            self.service_tier,
            self.cache_key,
            self.store,
            self.max_output_tokens,
        )
        return Manner(wire, self.form, self.ask, self.check)
