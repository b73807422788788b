"""What can go wrong on the way to a model: read as data, judged by pure functions.

A fault is one HTTP request that brought no response. Some may be tried again (the server is
busy, the line broke), some may not (the key is wrong, the money is spent): asking again would
bring the same answer, or a bill.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from gatekeeper.backends.envelope import one_line
from gatekeeper.backends.wire import CACHE_KEY, FORMAT, PREVIOUS
from gatekeeper.errors import BackendError

QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_NEVER_STATUSES = frozenset({400, 401, 403, 404, 413, 422})
_RETRY_STATUSES = frozenset({408, 409, 425, 429})
_CONTEXT_CODES = frozenset({"context_length_exceeded", "string_above_max_length"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One request without a response. `status` is None where HTTP did not get that far."""

    what: str  # a clause for a person
    status: int | None = None
    code: str = ""
    kind: str = ""  # the error's `type`
    param: str = ""  # the field that the server complains of
    message: str = ""
    request_id: str = ""
    retry_after: float | None = None  # seconds, as the server asks
    should_retry: bool | None = None  # the server's own opinion
    body: bytes = b""

    @property
    def quota(self) -> bool:
        """The account is out of money or over a limit that waiting does not lift."""
        return bool(QUOTA_CODES & {self.code, self.kind})


class Unanswered(BackendError):
    """No response came; `fault` is what the last request met."""

    def __init__(self, error: BackendError, fault: Fault) -> None:
        super().__init__(error.message, hint=error.hint, raw=error.raw)
        self.fault = fault


class RequestFailed(Exception):
    """Carries a Fault through the retry loop."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


def read_status_fault(status: int, headers: Mapping[str, str], body: bytes, now: float) -> Fault:
    """A Fault from an HTTP error. `headers` ignores case; `now` is seconds since the epoch."""
    error = _error(body)
    said = error.get("message") or ("" if error else body[:2000].decode("utf-8", "replace"))
    advice = headers.get("x-should-retry", "").lower()
    return Fault(
        what=f"HTTP {status}",
        status=status,
        code=one_line(error.get("code") or "", 100),
        kind=one_line(error.get("type") or "", 100),
        param=one_line(error.get("param") or "", 100),
        message=one_line(said),
        request_id=one_line(headers.get("x-request-id", ""), 200),
        retry_after=retry_after(headers, now),
        should_retry={"true": True, "false": False}.get(advice),
        body=body,
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the server asks to wait: milliseconds, seconds or a date; None if unsaid."""
    wait = _number(headers.get("retry-after-ms"), 0.001)
    if wait is None:
        wait = _number(headers.get("retry-after"), 1.0)
    if wait is None:
        wait = _until(headers.get("retry-after"), now)
    return wait


def retryable(fault: Fault) -> bool:
    """Whether the same request may succeed later.

    The server's own advice counts, but not against an error that is certain to repeat.
    """
    if fault.quota or fault.status in _NEVER_STATUSES:
        return False
    if fault.should_retry is not None:
        return fault.should_retry
    return fault.status is None or fault.status in _RETRY_STATUSES or fault.status >= 500


_LACKING = {
    PREVIOUS: re.compile(r"previous_?response", re.IGNORECASE),
    CACHE_KEY: re.compile(r"prompt_?cache_?key", re.IGNORECASE),
    FORMAT: re.compile(
        r"text\.format|\btext\W{1,6}format|json_?schema|response_format|structured.?output"
        r"|^text$|unknown parameter: .?text\b",
        re.IGNORECASE,
    ),
}


def unsupported(fault: Fault) -> str:
    """The field of `wire` that the server says it does not take; "" where it names none of them.

    A spent quota or a wrong key is never read so.
    """
    if fault.status not in (400, 404, 422) or fault.code in _CONTEXT_CODES:
        return ""
    body = "" if fault.message else fault.body[:2000].decode("utf-8", "replace")
    for said in (fault.param, fault.code, fault.message, body):
        for name, pattern in _LACKING.items():
            if pattern.search(said) and (fault.status != 404 or name == PREVIOUS):
                return name
    return ""


def explain(fault: Fault, *, base_url: str, tries: int, stopped: str = "") -> BackendError:
    """The error for a person: what happened, after how many tries, and what to do.

    `stopped` says why no further try was made, where that is not plain.
    """
    names = "/".join(dict.fromkeys(part for part in (fault.kind, fault.code) if part))
    what = f"{fault.what} {names}".strip()
    if fault.message:
        what += f": {fault.message}"
    if tries > 1:
        what += f" (after {tries} requests)"
    if stopped:
        what += f"; {stopped}"
    if fault.request_id:
        what += f" [request {fault.request_id}]"
    return BackendError(f"no answer from {base_url}: {what}", hint=_hint(fault), raw=fault.body)


def _hint(fault: Fault) -> str:
    if fault.quota:
        return (
            "The account's quota or credit is spent, so it was not asked again: raise the limit, "
            "use another key, or use --backend search, which needs no model."
        )
    if fault.code in _CONTEXT_CODES:
        return "The context is too long for this model: lower context.tokens or choose another."
    if fault.status is None:
        return "Check backend.base_url, the network, and the proxy settings of this job."
    if 300 <= fault.status < 400:
        return "The server redirects, which is not followed: set backend.base_url to its target."
    if fault.status >= 500:
        return "The server is at fault. Run the job again later, or use --backend search."
    return _HINTS.get(fault.status, "The server does not accept the request; its reason is above.")


_HINTS = {
    400: "The server does not accept the request. Check that backend.model knows the values "
    "of backend.reasoning, backend.verbosity and backend.service_tier; without structured output "
    "set backend.format to text.",
    401: "The key is not accepted: check OPENAI_API_KEY, and that it belongs to backend.base_url.",
    403: "The key may not use this model or this endpoint: check its permissions and region.",
    404: "No such model or endpoint: check backend.model and backend.base_url (it mostly ends in "
    "/v1). The server must offer POST /responses; chat/completions alone is not enough.",
    408: "The server gave up waiting. Run the job again later.",
    413: "The request is too large for the server: lower context.tokens.",
    422: "The server does not accept the request. Check backend.model and backend.reasoning.",
    429: "The rate limit is in force. Run the job again later, or raise backend.deadline so that "
    "the wait fits in.",
}


def _error(body: bytes) -> dict[str, Any]:
    """The `error` object of an error body, in any of the shapes that gateways use."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = value.get("error", value) if isinstance(value, dict) else {}
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _number(text: str | None, scale: float) -> float | None:
    try:
        value = float(text or "") * scale
    except ValueError:
        return None
    return max(0.0, value) if math.isfinite(value) else None


def _until(text: str | None, now: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(text or "").timestamp() - now)
    except (ValueError, OverflowError):
        return None
