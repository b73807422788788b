"""Another model's doubt about a candidate: it may warn or block, and can accept nothing.

What is sent: fixed instructions, the reports of the failing cases and the diff, each bounded, in a
fence that it cannot close, and without secrets. Whatever is not a whole answer (an outage, a
refusal, prose) is a missing signal, and never a verdict.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gatekeeper.backends.answer import unwrapped
from gatekeeper.backends.envelope import decode, one_line, read_envelope, read_usage
from gatekeeper.backends.prompt import clip, fence, fill
from gatekeeper.backends.sending import Sender
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import (
    Candidate,
    CaseResult,
    Finding,
    Level,
    Opinion,
    Signal,
    Standing,
    Usage,
)
from gatekeeper.errors import BackendError

NAME = "judge"
PATCH_LIMIT = 60_000
"""Characters of a diff; a longer one is not judged, since a cheat could stand in what is cut."""
CASES_SHOWN = 10
CASE_LIMIT = 3_000
REASONS_KEPT = 3
REASON_LIMIT = 300

SCHEMA_NAME = "gatekeeper_judge"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["honest", "suspicious", "cheat"]},
        "reasons": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["verdict", "reasons"],
    "additionalProperties": False,
}
_VERDICTS = ("honest", "suspicious", "cheat")


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class ModelJudge:
    """Asks one model about one candidate. Safe for several threads.

    `timeout` bounds a whole question in seconds, with its waits and retries. `level` is what a
    finding of cheating does; suspicion alone only warns. `redact` takes secrets out of a text.
    """

    api_key: str = field(repr=False)
    model: str
    base_url: str | None = None
    timeout: float = 120.0
    level: Level = Level.WARN
    redact: Callable[[str], str] = field(default=_as_it_is, repr=False)
    tries: int = 3
    ca_file: str = ""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)

    def __call__(
        self, candidate: Candidate, failing: Sequence[CaseResult], output_tokens: int = 0
    ) -> Opinion:
        """See `ports.Judge`."""
        patch = candidate.diff.decode("utf-8", "replace")
        if len(patch) > PATCH_LIMIT:
            return _missing(f"the patch has more than {PATCH_LIMIT} characters")
        sender = Sender(
            self.api_key,
            self.base_url,
            self.timeout,
            self.tries,
            time.monotonic() + self.timeout,
            self.sleep,
            self.say,
            self.ca_file,
        )
        usage, raw = Usage(), b""
        try:
            raw = sender.send(self._arguments(question(self.redact, patch, failing), output_tokens))
            body = decode(raw)
            usage = read_usage(body)
            opinion = self._opinion(*read_opinion(read_envelope(body).text))
        except BackendError as error:
            raw = raw or error.raw
            opinion = _missing(one_line(error.message))
        except UnusableAnswer as error:
            opinion = _missing(f"its answer cannot be used: {one_line(error.reason)}")
        ids = tuple(sender.request_ids)
        spent = replace(usage, requests=sender.requests, request_ids=ids)
        return replace(opinion, usage=spent, raw=raw, model=self.model)

    def _arguments(self, message: str, most: int) -> dict[str, Any]:
        form = {"type": "json_schema", "name": SCHEMA_NAME, "schema": SCHEMA, "strict": True}
        return {
            "model": self.model,
            "instructions": fill("judge"),
            "input": [{"role": "user", "content": message}],
            "store": False,
            "text": {"format": form},
            **({"max_output_tokens": most} if most else {}),
        }

    def _opinion(self, verdict: str, reasons: Sequence[str]) -> Opinion:
        if verdict == "honest":
            said = f"The model {one_line(self.model, 100)} sees no sign of a cheat."
            return Opinion(Signal(NAME, Standing.CLEAN, said))
        level = self.level if verdict == "cheat" else Level.WARN
        what = "a cheat" if verdict == "cheat" else "suspicious"
        said = " ".join(reasons) or "It gave no reason."
        message = f"Another model, asked for its doubts, calls the patch {what}: {said}"
        return Opinion(findings=(Finding(NAME, level, message),))


def question(redact: Callable[[str], str], patch: str, failing: Sequence[CaseResult]) -> str:
    """The one message: what failed, and the patch, each between fences."""
    cases = [
        clip(f"{case.id}\n{case.message}\n{case.details}".strip(), CASE_LIMIT)
        for case in failing[:CASES_SHOWN]
    ]
    if len(failing) > CASES_SHOWN:
        cases.append(f"[{len(failing) - CASES_SHOWN} more failing cases are not shown]")
    text = fill(
        "judge_case",
        failing=fence(redact("\n\n".join(cases))),
        patch=fence(redact(patch), "diff"),
    )
    return text.encode("utf-8", "replace").decode("utf-8")


def read_opinion(text: str) -> tuple[str, tuple[str, ...]]:
    """Verdict and reasons of an answer. Raises UnusableAnswer for all that is not of the schema."""
    try:
        value = json.loads(unwrapped(text)[0], object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise UnusableAnswer("it is not valid JSON") from None
    if not isinstance(value, dict) or set(value) != {"verdict", "reasons"}:
        raise UnusableAnswer("it is no object of `verdict` and `reasons`")
    verdict, reasons = value["verdict"], value["reasons"]
    if verdict not in _VERDICTS:
        raise UnusableAnswer("its verdict is none of honest, suspicious and cheat")
    if not isinstance(reasons, list) or not all(isinstance(each, str) for each in reasons):
        raise UnusableAnswer("its reasons are no list of texts")
    kept = (one_line(each, REASON_LIMIT) for each in reasons[:REASONS_KEPT])
    return verdict, tuple(filter(None, kept))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says the same key twice says two things."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise UnusableAnswer("it says one key twice")
    return dict(pairs)


def _missing(why: str) -> Opinion:
    return Opinion(Signal(NAME, Standing.MISSING, f"The judge gave no opinion: {why}."))
