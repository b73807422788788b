"""The Responses backend against llmock: a server that nobody here wrote, and that judges us."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gatekeeper.backends.prompt import render_feedback
from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.domain import Attempt, Context, Decision, Draft, Edit, Request, Verdict
from gatekeeper.errors import BackendError
from tests.support.llm_server import (
    LlmServer,
    answer,
    cut,
    junk,
    llm_server,
    outage,
    rate_limit,
    raw_server,
    reply,
    response,
)

KEY = "sk-test-0123456789abcdef"
GOOD = answer([("a.py", "x", "y")])
REQUEST = Request(Context("# FAILURE\nnot — 2\n"), round=1, candidates=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llmock") / "log") as running:
        yield running


def backend(server: LlmServer, **options: Any) -> ResponsesBackend:
    settings = {"timeout": 10.0, "deadline": 30.0, "tries": 3} | options
    return ResponsesBackend(KEY, "gpt-6.1-sol", server.base_url, **settings)


def assert_well_behaved(server: LlmServer, attempts: int) -> None:
    verdict = server.verdict()
    assert verdict["findings"] == []
    assert verdict["attempts"] == attempts


def test_accepted(server: LlmServer) -> None:
    """An answer is read, its usage is counted."""
    server.script(reply(GOOD))
    proposal = backend(server).propose(REQUEST)
    assert proposal.drafts[0].edits[0].replace == "y"
    assert proposal.model == "gpt-6.1-sol"
    assert (proposal.usage.input_tokens or 0) > 0
    assert json.loads(proposal.raw)["object"] == "response"
    assert_well_behaved(server, attempts=1)


def test_its_own_structured_answer_fits_our_schema(server: LlmServer) -> None:
    """Without a script llmock fills the schema that it was sent: a server understands it."""
    server.script({"type": "delay", "seconds": 0})
    proposal = backend(server).propose(REQUEST)
    assert proposal.drafts[0].edits == (Edit("mock-path", "mock-search", "mock-replace"),)
    assert proposal.analysis == "mock-analysis"


def test_three_rounds_send_the_feedback_of_two_rejections(server: LlmServer) -> None:
    """Rejected twice, then another answer: each round has the context first, then what was told."""
    texts = [answer([("a.py", "x", str(n))]) for n in range(3)]
    server.script(*(reply(text) for text in texts))
    attempts: tuple[Attempt, ...] = ()
    for number in (1, 2, 3):
        feedback = render_feedback(attempts)
        proposal = backend(server).propose(
            replace(REQUEST, round=number, attempts=attempts, feedback=feedback)
        )
        assert proposal.drafts[0].edits[0].replace == str(number - 1)
        verdict = Verdict(Decision.REJECTED, (f"reason {number}",))
        attempts += (Attempt(f"{number}.1", number, proposal.drafts[0], verdict),)
    assert_well_behaved(server, attempts=3)


def test_rate_limit_with_retry_after_is_waited_for(server: LlmServer) -> None:
    """Two 429 with Retry-After, really waited; llmock's clock says that it was long enough."""
    server.script(rate_limit(0.6, times=2), reply(GOOD))
    proposal = backend(server).propose(REQUEST)
    assert proposal.drafts
    assert proposal.usage.requests == 3
    assert_well_behaved(server, attempts=3)


def test_an_outage_ends_with_an_error_after_growing_waits(server: LlmServer) -> None:
    """Three requests with real back-off, then the end."""
    server.script(outage(503))
    with pytest.raises(BackendError) as caught:
        backend(server).propose(REQUEST)
    assert "HTTP 503" in caught.value.message
    assert "after 3 requests" in caught.value.message
    assert caught.value.raw
    assert_well_behaved(server, attempts=3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_cannot_be_mended_is_not_retried(server: LlmServer, status: int) -> None:
    """One request."""
    server.script(outage(status))
    with pytest.raises(BackendError, match=f"HTTP {status}"):
        backend(server).propose(REQUEST)
    assert_well_behaved(server, attempts=1)


def test_a_refusal_in_words_ends_after_one_repair(server: LlmServer) -> None:
    """A server without refusal parts refuses in prose: off the schema, twice, kept."""
    server.script(reply("I'm sorry, but I can't help with that.", times=None))
    with pytest.raises(BackendError, match="unusable") as caught:
        backend(server).propose(REQUEST)
    assert b"can't help" in caught.value.raw
    assert_well_behaved(server, attempts=2)


def test_a_cut_answer_says_incomplete(server: LlmServer) -> None:
    """The limit of output tokens: not parsed, not repaired, kept."""
    server.script(cut(GOOD))
    with pytest.raises(BackendError, match="incomplete: max_output_tokens") as caught:
        backend(server).propose(REQUEST)
    assert json.loads(caught.value.raw)["status"] == "incomplete"
    assert_well_behaved(server, attempts=1)


def test_junk_is_given_back_once_and_may_be_mended(server: LlmServer) -> None:
    """Prose first, then what was asked for."""
    server.script(junk(times=1), reply(GOOD))
    assert backend(server).propose(REQUEST).drafts
    assert_well_behaved(server, attempts=2)


def test_junk_twice_is_the_end(server: LlmServer) -> None:
    """No third request."""
    server.script(junk())
    with pytest.raises(BackendError, match="not valid JSON"):
        backend(server).propose(REQUEST)
    assert_well_behaved(server, attempts=2)


def test_a_slow_answer_is_dropped_at_the_limit(server: LlmServer) -> None:
    """A server that takes longer than the limit for one request is asked again, then used."""
    server.script({"type": "delay", "seconds": 2.0}, reply(GOOD, times=None))
    proposal = backend(server, timeout=0.5).propose(REQUEST)
    assert proposal.usage.requests == 2


CATALOGUE: dict[str, tuple[dict[str, Any], int]] = {
    **{
        f"{status} once": ({"type": "fail", "status": status, "times": 1}, 2)
        for status in (408, 409, 429, 500, 502, 503, 504, 529)
    },
    **{
        f"{status} with Retry-After": (
            {"type": "fail", "status": status, "times": 1, "retry_after": 1.5},
            2,
        )
        for status in (429, 503, 529)
    },
    **{
        f"{status} for ever": ({"type": "fail", "status": status, "times": None}, 1)
        for status in (400, 401, 403, 404, 422)
    },
    "delay": ({"type": "delay", "seconds": 0.3, "times": 1}, 1),
    "slow first token": ({"type": "slow_first_token", "seconds": 0.3, "times": 1}, 1),
    **{
        f"stream {kind}": ({"type": "stream_fault", "kind": kind, "times": 1}, 1)
        for kind in ("disconnect", "truncate", "stall", "malformed")
    },
    **{
        f"tool {kind}": ({"type": "tool_fault", "kind": kind, "times": 1}, 1)
        for kind in ("malformed_arguments", "unknown_tool")
    },
}
"""Every kind of fault that llmock can make, and how many requests are right."""


@pytest.mark.parametrize("fault", CATALOGUE)
def test_the_verdict_is_clean_over_the_whole_catalogue(server: LlmServer, fault: str) -> None:
    """Faults of streams and tools cannot touch us: we use neither; the others are coped with."""
    behaviour, attempts = CATALOGUE[fault]
    server.script(behaviour, reply(GOOD))
    if "for ever" in fault:
        with pytest.raises(BackendError, match=f"HTTP {behaviour['status']}"):
            backend(server).propose(REQUEST)
    else:
        assert backend(server).propose(REQUEST).drafts
    assert_well_behaved(server, attempts=attempts)


CHOICES: dict[str, dict[str, Any]] = {
    "plain": {},
    "effort": {"reasoning": "minimal"},
    "all": {
        "reasoning": "high",
        "verbosity": "low",
        "service_tier": "flex",
        "cache_key": "gatekeeper-0123456789abcdef0123456789abcdef",
        "store": True,
    },
    "plan": {"ask": True, "store": True},
    "text": {"form": "text", "verbosity": "high"},
}


@pytest.mark.corpus
@pytest.mark.parametrize("name", CHOICES)
def test_our_requests_are_valid_by_the_published_description(corpora: Path, name: str) -> None:
    """Plan, first request, feedback and repair fit OpenAI's schema, with each of our fields."""
    folder = corpora / "openai-spec"
    document = json.loads((folder / "responses.schema.json").read_text("utf-8"))
    schema = Draft202012Validator({**document, "$ref": "#/$defs/CreateResponse"})
    known = json.loads((folder / "top-level-properties.json").read_text("utf-8"))
    attempt = Attempt("1.1", 1, Draft(), Verdict(Decision.REJECTED, ("no",)))
    plan = json.dumps({"analysis": "a", "plan": "p", "question": None})
    asked_first = [response(plan)] if name == "plan" else []
    with raw_server(*asked_first, response("junk"), response(GOOD)) as raw:
        asked = ResponsesBackend(
            KEY, "gpt-6.1-sol", raw.base_url, max_output_tokens=5000, **CHOICES[name]
        )
        asked.propose(replace(REQUEST, round=2, candidates=2, attempts=(attempt,)))
    assert len(raw.bodies) == 2 + len(asked_first)
    for body in raw.bodies:
        assert not list(schema.iter_errors(body))
        assert set(body) <= set(known["CreateResponse"])


@pytest.mark.corpus
def test_the_check_of_requests_can_fail(corpora: Path) -> None:
    """The description refuses a value that it does not know: the test above is one."""
    folder = corpora / "openai-spec"
    document = json.loads((folder / "responses.schema.json").read_text("utf-8"))
    schema = Draft202012Validator({**document, "$ref": "#/$defs/CreateResponse"})
    assert list(schema.iter_errors({"model": "m", "input": 3}))
    assert list(schema.iter_errors({"model": "m", "input": "x", "text": {"verbosity": "loud"}}))
