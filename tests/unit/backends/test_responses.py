"""The Responses backend against a real server on loopback that sends every trap we know of."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from gatekeeper.backends import sending
from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.domain import Attempt, Context, Decision, Draft, Edit, Request, Usage, Verdict
from gatekeeper.errors import BackendError, Interrupted
from tests.support.llm_server import Raw, RawServer, answer, raw_server, response, response_body

KEY = "sk-test-0123456789abcdef"
GOOD = answer([("src/a.py", "x = 1\n", "x = 2\n")], analysis="x is wrong")
REQUEST = Request(Context("# FAILURE\nx `is` 1\r\nnot 2 — ≠\n"), round=1, candidates=2)
ONE = replace(REQUEST, candidates=1)


class Sleeps(list[float]):
    """Waits that are recorded, not waited."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@contextmanager
def served(*replies: Raw, **options: Any) -> Iterator[tuple[ResponsesBackend, RawServer, Sleeps]]:
    sleeps = Sleeps()
    with raw_server(*replies) as server:
        settings: dict[str, Any] = {"timeout": 5.0, "deadline": 60.0, "sleep": sleeps} | options
        yield ResponsesBackend(KEY, "m-1", server.base_url, **settings), server, sleeps


def failure(*replies: Raw, **options: Any) -> tuple[BackendError, RawServer, Sleeps]:
    with served(*replies, **options) as (backend, server, sleeps):
        with pytest.raises(BackendError) as caught:
            backend.propose(REQUEST)
        return caught.value, server, sleeps


def error(status: int, headers: dict[str, str] | None = None, **fields: str) -> Raw:
    return Raw(json.dumps({"error": fields}).encode(), status, headers or {})


def test_an_answer_becomes_drafts_with_usage_and_raw_bytes() -> None:
    """A plain answer: drafts, analysis, the server's model, tokens, request id, body as it came."""
    reply = response(GOOD)
    with served(reply) as (backend, server, _):
        proposal = backend.propose(REQUEST)
    assert [draft.edits for draft in proposal.drafts] == [(Edit("src/a.py", "x = 1\n", "x = 2\n"),)]
    assert (proposal.analysis, proposal.question) == ("x is wrong", None)
    assert proposal.raw == reply.body
    assert proposal.model == "scripted-model"
    assert proposal.usage == Usage(100, 40, 20, 5, requests=1, request_ids=("req_1",))
    assert not proposal.exhausted
    assert server.paths == ["/v1/responses"]


def test_the_request_is_stateless_structured_and_holds_the_context_byte_for_byte() -> None:
    """Store is off, the schema is strict, context.txt is the first item as it is, and no more."""
    with served(response(GOOD), reasoning="low", max_output_tokens=900) as (backend, server, _):
        backend.propose(ONE)
    body = server.bodies[0]
    assert body["store"] is False
    assert body["text"]["format"]["type"] == "json_schema"
    assert body["text"]["format"]["strict"] is True
    assert body["input"] == [{"role": "user", "content": REQUEST.context.text}]
    assert body["reasoning"] == {"effort": "low"}
    assert body["max_output_tokens"] == 900
    assert not {"temperature", "stream", "metadata"} & set(body)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_feedback_follows_the_context_and_is_the_text_that_was_given() -> None:
    """From round 2 on a second item is sent: the request's feedback, byte for byte."""
    with served(response(GOOD)) as (backend, server, _):
        backend.propose(replace(ONE, round=2, feedback="told `so`\n"))
    assert [item["content"] for item in server.bodies[0]["input"]] == [
        REQUEST.context.text,
        "told `so`\n",
    ]


def test_attempts_without_a_feedback_text_are_still_told() -> None:
    """A caller that renders no feedback does not lose it."""
    attempt = Attempt("1.1", 1, Draft(), Verdict(Decision.REJECTED, ("breaks test_z",)))
    with served(response(GOOD)) as (backend, server, _):
        backend.propose(replace(REQUEST, round=2, attempts=(attempt,)))
    assert "breaks test_z" in server.bodies[0]["input"][1]["content"]


def test_a_commentary_before_the_final_answer_is_not_part_of_it() -> None:
    """Of several messages only the final answer is read, whatever else is in `output`."""

    def message(text: str, phase: str | None) -> dict[str, Any]:
        part = {"type": "output_text", "text": text}
        return {"type": "message", "role": "assistant", "phase": phase, "content": [part]}

    output = [
        {"type": "reasoning", "summary": []},
        message("I will look.", "commentary"),
        message(GOOD, "final_answer"),
        message("Done.", "commentary"),
    ]
    with served(response(None, output=output)) as (backend, server, _):
        proposal = backend.propose(REQUEST)
    assert len(proposal.drafts) == 1
    assert len(server.bodies) == 1


def test_a_commentary_after_an_answer_without_a_phase_is_not_taken_for_it() -> None:
    """Older servers give no phase; what calls itself commentary is never the answer."""
    body = response_body(GOOD)
    part = {"type": "output_text", "text": "All done."}
    body["output"].append({"type": "message", "phase": "commentary", "content": [part]})
    with served(Raw(json.dumps(body).encode())) as (backend, server, _):
        assert backend.propose(REQUEST).drafts
    assert len(server.bodies) == 1


def test_missing_usage_is_unknown_and_not_zero() -> None:
    """A server that reports no usage gives None for every count, and a note says so."""
    with served(response(GOOD, usage=None)) as (backend, _, _):
        proposal = backend.propose(REQUEST)
    assert proposal.usage.input_tokens is None
    assert proposal.usage.output_tokens is None
    assert any("did not report the usage" in note for note in proposal.notes)


@pytest.mark.parametrize("status", [None, "complete"])
def test_a_gateway_may_be_loose_with_the_status(status: str | None) -> None:
    """A whole answer under no status, or under a neighbour's word for it, is used."""
    with served(response(GOOD, status=status)) as (backend, _, _):
        assert backend.propose(REQUEST).drafts


@pytest.mark.parametrize(
    "usage", [{}, {"input_tokens": "many", "output_tokens": -1}, [], "none", {"input_tokens": True}]
)
def test_garbled_usage_is_unknown(usage: object) -> None:
    """Counts that are no counts are None; the answer is still used."""
    with served(response(GOOD, usage=usage)) as (backend, _, _):
        found = backend.propose(REQUEST).usage
    assert (found.input_tokens, found.output_tokens) == (None, None)


HTML = Raw(b"<!DOCTYPE html><title>Sign in</title>", content_type="text/html")


@pytest.mark.parametrize(
    ("reply", "says", "hint"),
    [
        (HTML, "web page", "base_url"),
        (replace(response(GOOD), body=response(GOOD).body[:-40]), "not whole JSON", "cut"),
        (Raw(b""), "empty body", "base_url"),
        (Raw(b"[1, 2]"), "no JSON object", "/responses"),
        (Raw(b"[" * 100_000), "not whole JSON", "cut"),
        (Raw(b'{"choices": []}'), "no answer of the Responses API", "chat/completions"),
        (
            response(None, refusal="I cannot help"),
            "refused to answer: I cannot help",
            "context.txt",
        ),
        (
            response("", status="failed", error={"code": "server_error", "message": "it broke"}),
            "failed: server_error it broke",
            "later",
        ),
        (
            response("{", status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete: max_output_tokens",
            "backend.max_output_tokens",
        ),
        (
            response("", status="incomplete", incomplete_details={"reason": "content_filter"}),
            "incomplete: content_filter",
            "filter",
        ),
        (response("{", status="incomplete"), "incomplete: not said", "Try again"),
        (response("", status="queued"), "queued, not completed", "try again"),
    ],
)
def test_every_useless_answer_is_told_apart_and_kept(reply: Raw, says: str, hint: str) -> None:
    """One request each, its own words, a hint, and the body for the artifacts."""
    caught, server, _ = failure(reply)
    assert says in caught.message
    assert hint in caught.hint
    assert caught.raw == reply.body
    assert isinstance(caught.usage, Usage)
    assert caught.usage.requests == len(server.bodies) == 1


def test_tokens_of_a_useless_answer_are_counted() -> None:
    """A refusal costs tokens as well; the error carries them."""
    caught, _, _ = failure(response(None, refusal="no"))
    assert isinstance(caught.usage, Usage)
    assert (caught.usage.input_tokens, caught.usage.output_tokens) == (100, 20)


def test_an_unusable_answer_is_given_back_once_with_the_reason() -> None:
    """The second request repeats the first, adds the bad answer and why it is bad."""
    bad = json.dumps({"analysis": "", "question": None, "candidates": [{"rationale": "r"}]})
    with served(response(bad), response(GOOD)) as (backend, server, _):
        proposal = backend.propose(ONE)
    first, second = (body["input"] for body in server.bodies)
    assert second[: len(first)] == first
    assert second[1] == {"role": "assistant", "content": bad}
    assert "candidates[0] lacks edits" in second[2]["content"]
    assert len(proposal.drafts) == 1
    assert proposal.usage == Usage(200, 80, 40, 10, requests=2, request_ids=("req_1", "req_1"))


def test_both_bodies_of_a_repaired_answer_are_kept_with_what_was_said_between() -> None:
    """The stored response shows everything that was received and sent beyond the context."""
    with served(response("nonsense"), response(GOOD)) as (backend, server, _):
        stored = json.loads(backend.propose(REQUEST).raw)
    first, second = stored["exchanges"]
    assert first["body"] == response_body("nonsense")
    assert first["then_sent"] == server.bodies[1]["input"][-1]["content"]
    assert second == {"body": response_body(GOOD)}


def test_a_second_unusable_answer_is_the_end() -> None:
    """Two requests, no third; the error holds the reason and both bodies."""
    caught, server, _ = failure(response("nonsense"), response('{"candidates": 3}'))
    assert "also after it was given back" in caught.message
    assert "lacks analysis, question" in caught.message
    assert len(server.bodies) == 2
    assert len(json.loads(caught.raw)["exchanges"]) == 2


def test_a_message_that_never_came_is_asked_for_again() -> None:
    """Completed without a message is an empty answer, and repeats no empty message."""
    with served(response(None, output=[]), response(GOOD)) as (backend, server, _):
        assert backend.propose(ONE).drafts
    assert [item["role"] for item in server.bodies[1]["input"]] == ["user", "user"]


def test_half_a_surrogate_pair_is_not_usable_and_not_a_crash() -> None:
    r"""`\ud800` in JSON cannot be written to any file; it is given back as such."""
    bad = '{"analysis": "", "question": "\\ud800", "candidates": []}'
    caught, _, _ = failure(response(bad))
    assert "surrogate" in caught.message


@pytest.mark.parametrize(
    ("status", "hint"),
    [(400, "backend.model"), (401, "OPENAI_API_KEY"), (403, "permissions"), (404, "/v1"),
     (413, "context.tokens"), (422, "backend.reasoning")],
)  # fmt: skip
@pytest.mark.parametrize("advice", [{}, {"x-should-retry": "true"}])
def test_errors_that_would_repeat_are_not_tried_again(
    status: int, hint: str, advice: dict[str, str]
) -> None:
    """One request, whatever the server advises."""
    caught, server, sleeps = failure(error(status, advice, message="no way", code="c"))
    assert len(server.bodies) == 1
    assert not sleeps
    assert f"HTTP {status} c: no way" in caught.message
    assert hint in caught.hint
    assert b"no way" in caught.raw


@pytest.mark.parametrize(
    "fields",
    [{"type": "insufficient_quota"}, {"code": "insufficient_quota"},
     {"code": "credit_balance_exhausted"}, {"code": "project_spend_limit_exceeded"}],
)  # fmt: skip
def test_a_spent_quota_is_not_tried_again(fields: dict[str, str]) -> None:
    """429 for lack of money: one request, even with Retry-After, and the hint names it."""
    caught, server, _ = failure(error(429, {"retry-after": "1"}, message="pay", **fields))
    assert len(server.bodies) == 1
    assert "quota" in caught.hint
    assert "search" in caught.hint


def test_a_context_that_is_too_long_has_its_own_hint() -> None:
    """The way out is a smaller context."""
    caught, _, _ = failure(error(400, code="context_length_exceeded", message="too long"))
    assert "context.tokens" in caught.hint


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"retry-after": "7"}, 7.0, 7.5),
        ({"retry-after": "0.4"}, 0.4, 0.9),
        ({"retry-after-ms": "2500", "retry-after": "9"}, 2.5, 3.0),
        ({"retry-after": "DATE"}, 10.0, 13.5),
        ({"retry-after": "soon"}, 1.0, 1.5),
        ({"retry-after": "inf"}, 1.0, 1.5),
        ({"retry-after": "-5"}, 0.0, 0.5),
        ({}, 1.0, 1.5),
    ],
)
def test_the_servers_wish_to_wait_is_honoured(
    headers: dict[str, str], least: float, most: float
) -> None:
    """Seconds, milliseconds or a date; nonsense falls back to the own back-off."""
    sent = {k: formatdate(time.time() + 12) if v == "DATE" else v for k, v in headers.items()}
    limited = error(429, sent, code="rate_limit_exceeded")
    with served(limited, response(GOOD)) as (backend, server, sleeps):
        proposal = backend.propose(REQUEST)
    assert len(sleeps) == 1
    assert least <= sleeps[0] <= most
    assert proposal.usage.requests == len(server.bodies) == 2
    assert any("429 rate_limit_exceeded" in note for note in proposal.notes)


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    """Retry-After 100 with 20 s left: one request, at once, and the reason says both figures."""
    caught, server, sleeps = failure(error(429, {"retry-after": "100"}), deadline=20.0)
    assert len(server.bodies) == 1
    assert not sleeps
    assert "asks to wait 100 s" in caught.message


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_an_outage_ends_after_the_tries_with_growing_waits(status: int) -> None:
    """Each try is counted, waits grow, and the last reason is told."""
    caught, server, sleeps = failure(error(status, message="busy"), tries=4)
    assert len(server.bodies) == 4
    assert len(sleeps) == 3
    assert sleeps == sorted(sleeps)
    assert sleeps[-1] > 2 * sleeps[0]
    assert "after 4 requests" in caught.message
    assert isinstance(caught.usage, Usage)
    assert caught.usage.requests == 4


def test_the_server_may_forbid_another_try() -> None:
    """x-should-retry: false on a 503 is obeyed."""
    _, server, _ = failure(error(503, {"x-should-retry": "false"}))
    assert len(server.bodies) == 1


def test_request_ids_of_failed_requests_are_kept() -> None:
    """Support needs them; each failed request's id is in the usage and in the message."""
    caught, _, _ = failure(error(500, {"x-request-id": "req_down"}), tries=2)
    assert isinstance(caught.usage, Usage)
    assert caught.usage.request_ids == ("req_down", "req_down")
    assert "req_down" in caught.message


def test_a_body_that_breaks_off_is_tried_again_and_kept() -> None:
    """A line that breaks is a fault of the way; what had come is stored where nothing else came."""
    broken = replace(response(GOOD), promised=50)
    with served(broken, response(GOOD)) as (backend, server, _):
        assert backend.propose(REQUEST).drafts
        assert len(server.bodies) == 2
    caught, _, _ = failure(broken, tries=2)
    assert "broke off" in caught.message
    assert caught.raw == broken.body


def test_a_server_that_does_not_answer_in_time_is_tried_again() -> None:
    """The limit for one request holds, and says so."""
    caught, server, _ = failure(replace(response(GOOD), delay=1.0), timeout=0.2, tries=2)
    assert "timed out" in caught.message
    assert len(server.bodies) == 2


def test_an_answer_that_comes_by_drops_is_dropped_at_the_limit() -> None:
    """A limit for each read is none for the whole: a byte now and then would last for ever."""
    drops = replace(response(GOOD), drip=0.1)
    started = time.monotonic()
    caught, _, _ = failure(drops, timeout=0.6, tries=1)
    assert time.monotonic() - started < 3.0
    assert "timed out: while the answer was coming in" in caught.message
    assert drops.body.startswith(caught.raw)
    assert caught.raw


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server sends is bounded; what had come is kept."""
    monkeypatch.setattr(sending, "MAX_BODY", 100)
    caught, server, _ = failure(response(GOOD))
    assert "larger than 100 bytes" in caught.message
    assert caught.raw == response(GOOD).body[:100]
    assert len(server.bodies) == 1


def test_a_signal_while_the_model_thinks_ends_the_call() -> None:
    """What a signal handler raises is not taken for a lost line, nor tried again."""

    def interrupted(signum: int, frame: object) -> None:
        raise Interrupted(signum)

    before = signal.signal(signal.SIGALRM, interrupted)
    try:
        with served(replace(response(GOOD), delay=3.0)) as (backend, server, _):
            signal.setitimer(signal.ITIMER_REAL, 0.7)
            with pytest.raises(Interrupted):
                backend.propose(REQUEST)
            assert len(server.bodies) == 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_deadline_of_the_request_bounds_the_backends_own() -> None:
    """A request whose time is over is not sent."""
    with served(response(GOOD)) as (backend, server, _):
        with pytest.raises(BackendError, match="no time left"):
            backend.propose(replace(REQUEST, deadline=time.monotonic() - 1))
        assert not server.bodies


def test_nobody_listens() -> None:
    """Connection refused: tried again, but less often, then an error that names the address."""
    with raw_server(response(GOOD)) as server:
        address = server.base_url
    backend = ResponsesBackend(KEY, "m", address, tries=5, sleep=Sleeps())
    with pytest.raises(BackendError) as caught:
        backend.propose(REQUEST)
    assert "cannot be reached" in caught.value.message
    assert address in caught.value.message
    assert "after 3 requests" in caught.value.message


def test_no_key_is_no_request() -> None:
    """The hint says what to set and what works without."""
    with served(response(GOOD)) as (backend, server, _):
        backend.api_key = " "
        with pytest.raises(BackendError, match="no key") as caught:
            backend.propose(REQUEST)
        assert not server.bodies
    assert "OPENAI_API_KEY" in caught.value.hint
    assert "--backend search" in caught.value.hint


def test_the_key_is_in_no_message_and_no_repr() -> None:
    """A server that repeats the key, an address with credentials: neither gets out."""
    caught, _, _ = failure(error(401, message=f"wrong key {KEY}"))
    assert KEY not in caught.message + str(caught) + caught.hint
    backend = ResponsesBackend(KEY, "m", "http://user:geheim@127.0.0.1:9/v1", tries=1)
    assert KEY not in repr(backend)
    with pytest.raises(BackendError) as refused:
        backend.propose(REQUEST)
    assert "geheim" not in refused.value.message


@pytest.mark.parametrize("address", ["localhost:9", "ftp://x/v1", "/v1", "http:///v1"])
def test_an_address_that_is_none_is_told_at_once(address: str) -> None:
    """No waits for something that cannot work."""
    backend = ResponsesBackend(KEY, "m", address, sleep=pytest.fail)
    with pytest.raises(BackendError, match="not an address"):
        backend.propose(REQUEST)


@pytest.mark.parametrize("address", ["http://[::1/v1", "http://a:port/v1"])
def test_an_address_that_the_client_cannot_read_is_no_bug_of_ours(address: str) -> None:
    """What the SDK raises at its set-up becomes a BackendError as well."""
    with pytest.raises(BackendError, match="cannot be set up"):
        ResponsesBackend(KEY, "m", address, sleep=pytest.fail).propose(REQUEST)


def test_a_proxy_variable_that_is_nonsense_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's environment may hold anything."""
    monkeypatch.setenv("HTTPS_PROXY", "foo://nowhere")
    with pytest.raises(BackendError, match="cannot be set up") as caught:
        ResponsesBackend(KEY, "m", "http://127.0.0.1:9/v1").propose(REQUEST)
    assert "HTTPS_PROXY" in caught.value.hint


def test_a_key_with_a_line_break_inside_is_told() -> None:
    """Two keys pasted together cannot be sent as a header, and are not shown."""
    backend = ResponsesBackend("sk-a\nsk-b", "m", "http://127.0.0.1:9/v1")
    with pytest.raises(BackendError, match="holds characters") as caught:
        backend.propose(REQUEST)
    assert "sk-b" not in caught.value.message


def test_a_redirect_is_not_followed() -> None:
    """The context goes where it was configured to go and nowhere else."""
    with raw_server(response(GOOD)) as other:
        target = other.base_url + "/responses"
        caught, _, _ = failure(Raw(b"", 307, {"location": target}))
        assert not other.bodies
    assert "HTTP 307" in caught.message
    assert "redirects" in caught.hint


def test_text_of_a_server_cannot_write_on_the_terminal() -> None:
    """Control characters and new lines in an error's text are flattened, length is bounded."""
    caught, _, _ = failure(error(400, message="\x1b[2Jbad\n\nnews" + "x" * 9000))
    assert "\x1b" not in caught.message
    assert "\n" not in caught.message
    assert len(caught.message) < 700


def test_more_candidates_than_asked_for_are_ignored() -> None:
    """The first ones count; a note says how many were left out."""
    many = answer(*[[("a.py", f"x{n}", "y")] for n in range(5)])
    with served(response(many)) as (backend, _, _):
        proposal = backend.propose(REQUEST)
    assert [draft.edits[0].search for draft in proposal.drafts] == ["x0", "x1"]
    assert any("3 candidates beyond the 2" in note for note in proposal.notes)


def test_a_question_is_an_answer() -> None:
    """Nothing to change, but something to ask: no repair, one question."""
    asking = answer(question="Which of the two is right?", analysis="unclear")
    with served(response(asking)) as (backend, server, _):
        proposal = backend.propose(REQUEST)
    assert proposal.question is not None
    assert proposal.question.text == "Which of the two is right?"
    assert not proposal.drafts
    assert len(server.bodies) == 1


def test_waits_are_told_while_they_last() -> None:
    """Who watches the run learns why nothing happens."""
    said: list[str] = []
    limited = error(429, {"retry-after": "3"})
    with served(limited, response(GOOD), say=said.append) as (backend, _, _):
        backend.propose(REQUEST)
    assert len(said) == 1
    assert "HTTP 429" in said[0]
    assert "waiting 3." in said[0]
