"""One response of the Responses API, however many requests it takes.

The only importer of `openai` and `tenacity`. The SDK's own retries are off (they try again
where the quota is spent, and know no total deadline). Bodies come back as bytes. Redirects are
not followed: the context goes to the address that was configured and to no other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.backends.envelope import one_line
from gatekeeper.backends.faults import (
    Fault,
    RequestFailed,
    Unanswered,
    explain,
    read_status_fault,
    retryable,
)
from gatekeeper.errors import BackendError

if TYPE_CHECKING:
    import ssl

    import httpx2
    import openai
    import tenacity

MAX_BODY = 16 * 1024 * 1024
CONNECT_TIMEOUT = 5.0
UNREACHABLE = "cannot be reached"
UNREACHABLE_TRIES = 3
"""Where nobody listens, waiting seldom helps: a restart of the server, not its absence."""

NO_KEY_HINT = (
    "Set OPENAI_API_KEY (a masked CI variable, or a local .env); a server that needs no key takes "
    "any text. Without a model: --backend search, which needs no key."
)


@dataclass
class Sender:
    """Sends requests to one address until `ends` (time.monotonic), and counts them.

    `timeout` bounds one request in seconds; `tries` is how often the same one is sent at most.
    `notes` and `say` get a line for every wait.
    """

    api_key: str = field(repr=False)
    base_url: str | None
    timeout: float
    tries: int
    ends: float
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    ca_file: str = ""  # certificates beside those that the machine trusts; see `_trust`
    requests: int = 0
    request_ids: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def send(self, arguments: Mapping[str, Any]) -> bytes:
        """The body of a response with status 200.

        Raises Unanswered with what came instead, or BackendError where nothing can be sent.
        """
        import tenacity  # noqa: PLC0415 -- time that other commands need not spend

        before = self.requests
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_retry),
            wait=_pause,
            stop=self._give_up,
            sleep=self.sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        with self._client() as client:
            try:
                body: bytes = retrying(self._once, client, arguments)
            except RequestFailed as failed:
                where = str(client.base_url)
                raise self._explain(failed.fault, where, self.requests - before) from None
        return body

    def _client(self) -> openai.OpenAI:
        if not self.api_key.strip():
            raise BackendError("there is no key for the model", hint=NO_KEY_HINT)
        if not (self.api_key.isascii() and self.api_key.strip().isprintable()):
            raise BackendError("the key holds characters that no key has", hint=NO_KEY_HINT)
        if self.base_url and not re.match(r"https?://[^/]", self.base_url):
            raise BackendError(
                f"not an address of a server: {one_line(self.base_url, 100)}",
                hint="backend.base_url starts with http:// or https:// and mostly ends in /v1.",
            )
        import httpx2  # noqa: PLC0415 -- comes with openai
        import openai  # noqa: PLC0415 -- half a second that other commands need not spend

        trust = _trust(self.ca_file)
        try:
            return openai.OpenAI(
                api_key=self.api_key.strip(),
                base_url=self.base_url or None,
                max_retries=0,
                http_client=openai.DefaultHttpxClient(follow_redirects=False, verify=trust),
            )
        except (openai.OpenAIError, httpx2.InvalidURL, ValueError) as error:
            raise BackendError(
                f"the model's client cannot be set up: {_without(self.api_key, one_line(error))}",
                hint="Check backend.base_url and the proxy variables of this job (HTTPS_PROXY).",
            ) from None

    def _once(self, client: openai.OpenAI, arguments: Mapping[str, Any]) -> bytes:
        """One HTTP request. Raises RequestFailed; a body that breaks off is a fault as well."""
        left = min(self.ends - time.monotonic(), self.timeout)
        if left <= 0:
            hint = "Raise backend.deadline."
            raise BackendError("there is no time left to ask the model", hint=hint)
        self.requests += 1
        ends = time.monotonic() + left
        body = bytearray()
        create: Any = client.responses.with_streaming_response.create
        with faults_of(body), create(**arguments, timeout=timeouts(left)) as response:
            self._remember(response.headers.get("x-request-id", ""))
            for chunk in response.iter_bytes():
                body += chunk
                _bound(body, ends)
        return bytes(body)

    def _remember(self, request_id: str) -> None:
        if request_id:
            self.request_ids.append(one_line(request_id, 200))

    def _give_up(self, state: tenacity.RetryCallState) -> bool:
        """Enough tries, or the coming wait would end after the deadline."""
        late = time.monotonic() + state.upcoming_sleep >= self.ends
        absent = _fault_of(state).what == UNREACHABLE
        tries = min(self.tries, UNREACHABLE_TRIES) if absent else self.tries
        return late or state.attempt_number >= tries

    def _tell(self, state: tenacity.RetryCallState) -> None:
        fault = _fault_of(state)
        self._remember(fault.request_id)
        said = f"{fault.what} {fault.code or fault.kind}".strip()
        wait = f"{state.upcoming_sleep:.1f} s"
        self.notes.append(f"request {state.attempt_number} failed ({said}); waited {wait}")
        self.say(f"request {state.attempt_number} failed ({said}); waiting {wait}")

    def _explain(self, fault: Fault, where: str, tries: int) -> Unanswered:
        self._remember(fault.request_id)
        left = max(0.0, self.ends - time.monotonic())
        stopped = ""
        if retryable(fault) and fault.retry_after is not None and fault.retry_after >= left:
            stopped = f"the server asks to wait {fault.retry_after:.0f} s, {left:.0f} s are left"
        where = re.sub(r"//[^/@]*@", "//", where)
        error = explain(fault, base_url=where, tries=tries, stopped=stopped)
        said = _without(self.api_key, error.message)
        return Unanswered(BackendError(said, hint=error.hint, raw=error.raw), fault)


def _trust(ca_file: str) -> ssl.SSLContext | bool:
    """What the machine trusts (or SSL_CERT_FILE in its place), and the certificates of a file."""
    if not ca_file:
        return True
    import httpx2  # noqa: PLC0415 -- comes with openai

    context = httpx2.create_ssl_context()
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is one of the first
        raise BackendError(
            f"the certificates in {one_line(ca_file)} cannot be used: {one_line(error)}",
            hint="backend.ca_file names a file of certificates in PEM form.",
        ) from None
    return context


def _without(key: str, text: str) -> str:
    return text.replace(key.strip(), "[key]")


@contextmanager
def faults_of(body: bytearray) -> Iterator[None]:
    """Turn what the SDK and its transport raise into RequestFailed; `body` is what had come."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    try:
        yield
    except (openai.APITimeoutError, httpx2.TimeoutException):
        raise RequestFailed(Fault("timed out", body=bytes(body))) from None
    except openai.APIConnectionError as error:
        cause = one_line(error.__cause__ or error)
        raise RequestFailed(Fault(UNREACHABLE, message=cause)) from None
    except openai.APIStatusError as error:
        said = error.response.content[:MAX_BODY]
        fault = read_status_fault(error.status_code, error.response.headers, said, time.time())
        raise RequestFailed(fault) from None
    except httpx2.HTTPError as error:
        fault = Fault("the answer broke off", message=one_line(error), body=bytes(body))
        raise RequestFailed(fault) from None


def timeouts(left: float) -> httpx2.Timeout:
    """What is left in seconds, and less for reaching the server."""
    import httpx2  # noqa: PLC0415 -- comes with openai

    return httpx2.Timeout(left, connect=min(CONNECT_TIMEOUT, left))


def _bound(body: bytearray, ends: float) -> None:
    """Raise where a body is too large, or comes by drops and takes too long."""
    if len(body) > MAX_BODY:
        raise BackendError(
            f"the server's answer is larger than {MAX_BODY} bytes",
            hint="Check backend.base_url; lower backend.max_output_tokens.",
            raw=bytes(body[:MAX_BODY]),
        )
    if time.monotonic() > ends:
        late = Fault("timed out", message="while the answer was coming in", body=bytes(body))
        raise RequestFailed(late)


def _fault_of(state: tenacity.RetryCallState) -> Fault:
    error = state.outcome.exception() if state.outcome else None
    return error.fault if isinstance(error, RequestFailed) else Fault("failed")


def _may_retry(error: BaseException) -> bool:
    return isinstance(error, RequestFailed) and retryable(error.fault)


def _pause(state: tenacity.RetryCallState) -> float:
    """What the server asks for and a little more; else exponential, with jitter."""
    import tenacity  # noqa: PLC0415

    asked = _fault_of(state).retry_after
    if asked is not None:
        return asked + 0.05 * state.attempt_number
    return float(tenacity.wait_exponential_jitter(initial=1, max=30, jitter=0.5)(state))
