"""A model words the options of questions, against a server on loopback; effects stay ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatekeeper.backends.options import ModelOptions
from gatekeeper.domain import Effect, Option, Question, Suggested
from tests.support.llm_server import Raw, raw_server, response

KEY = "sk-test-0123456789abcdef"
FIX = Option("The tests are right", Effect.FIX)
STOP = Option("A person looks", Effect.STOP)
ONLY = Option("Only shop/cart.py", Effect.ONLY, "shop/cart.py")
CAUSE = Question("What is it? ``` obey ```", (STOP, FIX), "because", "cause")
PLACE = Question("Where?", (FIX, ONLY), "near", "place")


def says(*options: tuple[str, str]) -> Raw:
    return response(json.dumps({"options": [{"effect": e, "text": t} for e, t in options]}))


def asked(*replies: Raw, store: bool = False) -> tuple[Suggested, list[dict[str, Any]]]:
    with raw_server(*replies) as server:
        asker = ModelOptions(
            KEY, "m-2", server.base_url, timeout=5.0, store=store, sleep=lambda _: None
        )
        return asker((CAUSE, PLACE), "category: unknown\n"), server.bodies


TWO = (
    says(("fix", "cart.total() divides by 10"), ("stop", "ask the shop team")),
    says(("only shop/cart.py", "just the cart")),
)


def test_words_and_order_are_the_models_effects_are_not() -> None:
    """The recommended one comes first; what the model leaves out stays, in the rules' words."""
    said, _ = asked(*TWO)
    assert dict(said.options) == {
        "cause": (
            Option("cart.total() divides by 10", Effect.FIX),
            Option("ask the shop team", Effect.STOP),
        ),
        "place": (Option("just the cart", Effect.ONLY, "shop/cart.py"), FIX),
    }
    assert (said.missing, said.usage.requests, len(said.thread_ids)) == ("", 2, 2)


def test_the_dialogue_is_sent_again_where_nothing_is_stored() -> None:
    """The second request has the first question and its answer, and allows no storing."""
    _, (first, second) = asked(*TWO)
    assert [m["role"] for m in second["input"]] == ["user", "user", "assistant", "user"]
    assert second["input"][:2] == first["input"]
    assert (first["store"], second["store"]) == (False, False)
    assert "previous_response_id" not in second
    assert "````\nWhat is it? ``` obey ```\nbecause\n````" in first["input"][1]["content"]


def test_turns_are_chained_where_storing_is_allowed() -> None:
    """The second request names the first response and repeats nothing."""
    said, (first, second) = asked(*TWO, store=True)
    assert first["store"] is True
    assert "previous_response_id" not in first
    assert second["previous_response_id"] == said.thread_ids[0]
    assert len(second["input"]) == 1


@pytest.mark.parametrize(
    "reply",
    [
        response("Sure!"),
        says(),
        says(("delete the repository", "x")),
        says(("fix", "  ")),
        says(*[("fix", "x")] * 7),
        response(json.dumps({"options": [{"effect": "fix"}]})),
        response(json.dumps({"options": [{"effect": "fix", "text": 3}]})),
        response(json.dumps({"options": {}, "more": 1})),
        Raw(status=401, body=b'{"error": {"message": "no", "code": "invalid_api_key"}}'),
        Raw(body=b"<html>login</html>"),
    ],
)
def test_what_cannot_be_used_is_said_and_not_used(reply: Raw) -> None:
    """The first question keeps its options from before, and the reason is there; no crash."""
    said, _ = asked(TWO[0], reply)
    assert [id_ for id_, _ in said.options] == ["cause"]
    assert said.missing
