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


@pytest.mark.corpus
@pytest.mark.parametrize("reasoning", ["", "minimal", "high"])
def test_our_requests_are_valid_by_the_published_description(corpora: Path, reasoning: str) -> None:
    """First request, feedback and repair fit OpenAI's own schema and use no unknown field."""
    folder = corpora / "openai-spec"
    document = json.loads((folder / "responses.schema.json").read_text("utf-8"))
    schema = Draft202012Validator({**document, "$ref": "#/$defs/CreateResponse"})
    known = json.loads((folder / "top-level-properties.json").read_text("utf-8"))
    attempt = Attempt("1.1", 1, Draft(), Verdict(Decision.REJECTED, ("no",)))
    with raw_server(response("junk"), response(GOOD)) as raw:
        asked = ResponsesBackend(
            KEY, "gpt-6.1-sol", raw.base_url, reasoning=reasoning, max_output_tokens=5000
        )
        asked.propose(replace(REQUEST, round=2, attempts=(attempt,)))
    assert [len(body["input"]) for body in raw.bodies] == [2, 4]
    for body in raw.bodies:
        assert not list(schema.iter_errors(body))
        assert set(body) <= set(known["CreateResponse"])
