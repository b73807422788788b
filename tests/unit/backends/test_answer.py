"""What a model says is checked against what it was asked for, and bounded."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gatekeeper.backends import answer as module
from gatekeeper.backends.answer import SCHEMA, parse_answer, read_answer
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Edit

EDIT = {"path": "a.py", "search": "x", "replace": "y"}


def said(**changes: Any) -> dict[str, Any]:
    candidate = {"rationale": "because", "edits": [EDIT]}
    return {"analysis": "found", "question": None, "candidates": [candidate]} | changes


def with_edit(**changes: Any) -> dict[str, Any]:
    return said(candidates=[{"rationale": "", "edits": [EDIT | changes]}])


def test_the_schema_is_a_schema_in_which_every_field_is_required() -> None:
    """Strict structured output refuses optional fields and open objects, at every level."""
    Draft202012Validator.check_schema(SCHEMA)

    def strict(schema: dict[str, Any]) -> None:
        if schema.get("type") == "object":
            assert schema["additionalProperties"] is False
            assert schema["required"] == list(schema["properties"])
            for inner in schema["properties"].values():
                strict(inner)
        if schema.get("type") == "array":
            strict(schema["items"])

    strict(SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(said()),
        f"\n\ufeff{json.dumps(said())}\n",
        f"```json\n{json.dumps(said(), indent=2)}\n```",
        f"~~~\n{json.dumps(said())}\n~~~\n",
    ],
)
def test_an_answer_is_read_with_or_without_a_fence(text: str) -> None:
    """Servers that ignore the schema wrap the object; that is mended, and said."""
    answer = parse_answer(text)
    assert answer.drafts[0].edits == (Edit("a.py", "x", "y"),)
    assert bool(answer.notes) is text.startswith(("```", "~~~"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "the answer must be of type object"),
        ({}, "the answer lacks analysis, question, candidates"),
        (said(extra=1), "unknown fields: extra"),
        (said(question=3), "question must be of type string or null"),
        (said(candidates={}), "candidates must be of type array"),
        (said(candidates=[3]), "candidates[0] must be of type object"),
        (said(candidates=[{"rationale": "", "edits": []}]), "candidates[0] has no edits"),
        (said(candidates=[]), "neither a candidate nor a question"),
        (said(candidates=[], question=" \n"), "neither a candidate nor a question"),
        (with_edit(path=""), "candidates[0].edits[0].path must have 1 to"),
        (with_edit(path="a" * 2000), "path must have 1 to"),
        (with_edit(search=None), "candidates[0].edits[0].search must be of type string"),
        (with_edit(search="y"), "replaces a text by itself"),
        (with_edit(replace="\ud800"), "candidates[0].edits[0].replace holds half"),
        (with_edit(path="a\ud800"), "path holds half"),
        (with_edit(replace="é" * 600_000), "bytes large"),
        (said(candidates=[{"rationale": "", "edits": [EDIT] * 65}]), "65 edits"),
    ],
)  # fmt: skip
def test_the_reason_names_the_place(value: object, reason: str) -> None:
    """The reason goes back to the model, so it says where and what."""
    with pytest.raises(UnusableAnswer) as caught:
        read_answer(value)
    assert reason in caught.value.reason


@pytest.mark.parametrize("text", ["", "  ", "{", "I did it.", "[" * 200_000, "1" * 5000])
def test_what_is_not_json_is_unusable_and_never_a_crash(text: str) -> None:
    """Also text that breaks JSON readers: deep nesting, huge integers."""
    with pytest.raises(UnusableAnswer):
        parse_answer(text)


def test_a_new_file_has_an_empty_search_and_may_be_empty() -> None:
    """The format of new files; an empty `__init__.py` is a file."""
    answer = read_answer(with_edit(search="", replace=""))
    assert answer.drafts[0].edits == (Edit("a.py", "", ""),)


def test_a_path_that_is_not_utf8_keeps_its_bytes() -> None:
    """Paths are decoded by surrogateescape everywhere; an answer may name such a file."""
    assert read_answer(with_edit(path="a\udcff.py")).drafts[0].edits[0].path == "a\udcff.py"


def test_long_texts_are_cut_and_numbers_bounded() -> None:
    """A rationale of a megabyte and a hundred candidates do not reach the report."""
    one = {"rationale": "r" * 1_000_000, "edits": [EDIT]}
    answer = read_answer(said(candidates=[one] * 100), limit=1000)
    assert len(answer.drafts) == module.MAX_CANDIDATES
    assert len(answer.drafts[0].rationale) <= module.MAX_TEXT + 10


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["analysis", "question", "candidates", "rationale", "edits", "path", "z"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_the_check_agrees_with_a_json_schema_validator(value: object) -> None:
    """Whatever the published validator refuses is refused here as a schema error, and only that."""
    fits = Draft202012Validator(SCHEMA).is_valid(value)
    assert (module.mismatch(value, SCHEMA, "the answer") == "") is fits


@given(st.text())
def test_any_text_is_read_or_unusable(text: str) -> None:
    """No other exception comes out."""
    with contextlib.suppress(UnusableAnswer):
        assert parse_answer(text).analysis is not None
