"""Responses that are not done, and what counts of several messages."""

from __future__ import annotations

import pytest

from gatekeeper.backends.envelope import read_envelope
from gatekeeper.errors import BackendError
from tests.support.llm_server import response_body


@pytest.mark.parametrize("status", ["cancelled", "queued", "in_progress", "something new"])
def test_a_response_that_is_not_completed_is_no_answer(status: str) -> None:
    """Whatever text came with it: its status is named, and that it may be tried again."""
    with pytest.raises(BackendError) as caught:
        read_envelope(response_body("a text", status=status))
    assert caught.value.message == f"the response is {status}, not completed"
    assert "try again" in caught.value.hint


def test_a_refusal_before_the_final_answer_does_not_count() -> None:
    """The last message is the answer; one that refused a part before it is commentary."""
    body = response_body("the answer")
    refused = response_body(None, refusal="I will not")["output"][0]
    body["output"] = [refused, *body["output"]]
    assert read_envelope(body).text == "the answer"


def test_a_refusal_as_the_final_answer_counts_after_a_commentary() -> None:
    """What was said on the way does not make up for it."""
    body = response_body("I will look at it.")
    body["output"][0]["phase"] = "commentary"
    refused = response_body(None, refusal="I will not")["output"][0]
    body["output"].append({**refused, "phase": "final_answer"})
    with pytest.raises(BackendError, match="refused to answer: I will not"):
        read_envelope(body)
