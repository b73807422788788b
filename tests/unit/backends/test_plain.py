"""The plain-text form of an answer: read strictly, into what the JSON form gives."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.backends.answer import parse_answer
from gatekeeper.backends.plain import END, REPLACE, SEARCH
from gatekeeper.backends.plan import parse_plan
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Edit

HEAD = "ANALYSIS:\nbecause\n"


def block(search: str, replace: str) -> str:
    return f"{SEARCH}\n{search}{REPLACE}\n{replace}{END}\n"


def candidate(*files: tuple[str, str, str], why: str = "why") -> str:
    blocks = "".join(f"FILE: {path}\n{block(search, replace)}" for path, search, replace in files)
    return f"CANDIDATE:\n{why}\n{blocks}"


def edits(text: str) -> list[tuple[Edit, ...]]:
    return [draft.edits for draft in parse_answer(text, 16, "text").drafts]


def test_candidates_files_and_blocks() -> None:
    """Two candidates, two files, two blocks under one file: each where it belongs."""
    text = (
        HEAD
        + candidate(("a.py", "x\n", "y\n"), ("b/c.py", "", "new\n"))
        + candidate(("a.py", "p\n", "")) + block("q\n", "r\n")
    )  # fmt: skip
    answer = parse_answer(text, 16, "text")
    assert answer.analysis == "because"
    assert [draft.rationale for draft in answer.drafts] == ["why", "why"]
    assert [draft.edits for draft in answer.drafts] == [
        (Edit("a.py", "x\n", "y\n"), Edit("b/c.py", "", "new\n")),
        (Edit("a.py", "p\n", ""), Edit("a.py", "q\n", "r\n")),
    ]


LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20)
    .map(str)
    .filter(lambda line: line.rstrip() not in (SEARCH, REPLACE, END)),
    min_size=1,
    max_size=6,
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(LINES, LINES)
def test_whatever_stands_in_a_block_comes_out_byte_for_byte(search: str, replace: str) -> None:
    """Headings, rules, fences, form feeds and odd spaces inside of a block are code."""
    if search == replace:
        replace += "more\n"
    assert edits(HEAD + candidate(("a.py", search, replace))) == [(Edit("a.py", search, replace),)]


@pytest.mark.parametrize("line", ["=======", "ANALYSIS:", "CANDIDATE:", "FILE: x", "```", "    "])
def test_what_looks_like_our_form_inside_a_block_is_code(line: str) -> None:
    """An underline of seven signs is common in documentation."""
    found = edits(HEAD + candidate(("a.rst", f"Title\n{line}\n", f"Other\n{line}\n")))
    assert found == [(Edit("a.rst", f"Title\n{line}\n", f"Other\n{line}\n"),)]


@pytest.mark.parametrize(
    "wrap", ["{}", "```\n{}```", "```text\n{}\n```\n", "\n\n{}\n\n", "\ufeff{}"]
)
def test_what_is_around_the_whole_does_not_matter(wrap: str) -> None:
    """A fence around everything, blank lines, a mark of byte order."""
    assert edits(wrap.format(HEAD + candidate(("a.py", "x\n", "y\n"))))


def test_a_question_needs_no_candidate() -> None:
    """It ends in `clarify`, as in JSON."""
    answer = parse_answer(f"{HEAD}QUESTION:\nWhich one?\n", 1, "text")
    assert answer.question is not None
    assert answer.question.text == "Which one?"
    assert not answer.drafts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no line `ANALYSIS:`"),
        ("I had a look.\n", "line 1 stands where none is expected"),
        (candidate(("a.py", "x\n", "y\n")), "no line `ANALYSIS:`"),
        (HEAD, "neither a candidate nor a question"),
        (HEAD + HEAD, "must stand once"),
        (HEAD + "CANDIDATE:\nwhy\n", "has no edits"),
        (HEAD + "FILE: a.py\n", "before any `CANDIDATE:`"),
        (HEAD + "CANDIDATE:\n" + block("x\n", "y\n"), "without a line `FILE: path`"),
        (HEAD + "CANDIDATE:\nFILE: a.py\nso I change it:\n", "line 5 stands where none"),
        (HEAD + candidate(("a.py", "x\n", "y\n")).replace(END, ""), "is not closed"),
        (HEAD + candidate(("a.py", "x\n", "y\n")).replace(REPLACE, ""), f"`{REPLACE}` must come"),
        (HEAD + candidate(("a.py", f"x\n{SEARCH}\n", "y\n")), f"`{REPLACE}` must come"),
        (HEAD + candidate(("a.py", "x\n", f"y\n{REPLACE}\n")), f"`{END}` must come"),
        (HEAD + candidate(("a.py", "x\n", "x\n")), "by itself"),
        ('{"analysis": ', "must begin with"),
        ('{"analysis": ""}', "lacks question, candidates"),
    ],
)
def test_what_is_off_the_form_is_told_by_its_line(text: str, reason: str) -> None:
    """Nothing is guessed: its author is told what to mend."""
    with pytest.raises(UnusableAnswer) as caught:
        parse_answer(text, 1, "text")
    assert reason in caught.value.reason


def test_json_from_a_model_that_knows_better_is_read() -> None:
    """Asked for text, it may still give the object."""
    text = '{"analysis": "", "question": "why?", "candidates": []}'
    assert parse_answer(text, 1, "text").question is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (HEAD, "neither a plan nor a question"),
        (HEAD + "PLAN:\nit\n" + candidate(("a.py", "x\n", "y\n")), "only a plan was asked for"),
        ("PLAN:\nit\n", "no line `ANALYSIS:`"),
        ('{"analysis": 3, "plan": "p", "question": null}', "must be of type string"),
    ],
)
def test_a_plan_that_is_none_is_told(text: str, reason: str) -> None:
    """A plan has no edits, and is not empty."""
    with pytest.raises(UnusableAnswer) as caught:
        parse_plan(text, "text")
    assert reason in caught.value.reason


@given(st.text(max_size=300))
def test_no_text_is_a_crash(text: str) -> None:
    """Whatever comes is an answer, or unusable with a reason."""
    for read in (parse_answer, parse_plan):
        with contextlib.suppress(UnusableAnswer):
            read(text, form="text")
