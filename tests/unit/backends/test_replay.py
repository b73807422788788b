"""Stored answers are judged again as they were: the same drafts, the same errors."""

import json
from pathlib import Path

import pytest

from gatekeeper.backends.replay import ReplayBackend, read_stored
from gatekeeper.backends.stored import dump_drafts, dump_exchanges
from gatekeeper.domain import Context, Draft, Edit, Proposal, Request
from gatekeeper.errors import BackendError
from tests.support.llm_server import answer, response_body

GOOD = answer([("a.py", "x", "y")])
OTHER = answer([("a.py", "x", "z")])


def body(text: str, **changes: object) -> bytes:
    return json.dumps(response_body(text, **changes)).encode()


def store(folder: Path, *answers: bytes, name: str = "response.json") -> Path:
    for number, raw in enumerate(answers, start=1):
        place = folder / "attempts" / f"{number:02d}"
        place.mkdir(parents=True)
        (place / name).write_bytes(raw)
    return folder


def ask(folder: Path, number: int) -> Proposal:
    return ReplayBackend(folder).propose(Request(Context(""), number, 1))


def test_rounds_give_the_answers_of_a_run_in_order_until_they_are_exhausted(tmp_path: Path) -> None:
    """Round N is answer N, byte for byte; the last says so, and nothing comes after it."""
    folder = store(tmp_path, body(GOOD), body(OTHER))
    first, second, third = (ask(folder, n) for n in (1, 2, 3))
    assert [p.drafts[0].edits[0].replace for p in (first, second)] == ["y", "z"]
    assert first.raw == body(GOOD)
    assert [p.exhausted for p in (first, second, third)] == [False, True, True]
    assert not third.drafts
    assert ReplayBackend(folder).rounds == 2


def test_an_answer_stored_with_each_of_its_candidates_counts_once(tmp_path: Path) -> None:
    """Three attempts of one round hold the same response; it is one round again."""
    folder = store(tmp_path, body(GOOD), body(GOOD), body(OTHER))
    assert ReplayBackend(folder).rounds == 2


def test_what_the_run_ignored_of_an_answer_is_ignored_again(tmp_path: Path) -> None:
    """The run kept as many candidates as it wanted; without its word all of them are kept."""
    both = answer([("a.py", "x", "y")], [("a.py", "x", "z")])
    folder = store(tmp_path, body(both))
    assert len(ask(folder, 1).drafts) == 2
    for damaged in ("", "{", "[]", '{"settings": 1}', '{"settings": [{"key": 1}]}'):
        (folder / "verdict.json").write_text(damaged)
        assert len(ask(folder, 1).drafts) == 2
    settings = [{"key": "backend.candidates", "value": "1", "source": "default"}]
    (folder / "verdict.json").write_text(json.dumps({"settings": settings}))
    assert [draft.edits[0].replace for draft in ask(folder, 1).drafts] == ["y"]


def test_attempts_are_ordered_by_number(tmp_path: Path) -> None:
    """10 comes after 9."""
    for number in (10, 9, 1):
        place = tmp_path / "attempts" / str(number)
        place.mkdir(parents=True)
        text = answer([("a.py", "x", f"replaced {number}")])
        (place / "response.json").write_bytes(text.encode())
    replaced = [ask(tmp_path, n).drafts[0].edits[0].replace for n in (1, 2, 3)]
    assert replaced == ["replaced 1", "replaced 9", "replaced 10"]


def test_a_run_without_answers_is_replayed_from_its_patches(tmp_path: Path) -> None:
    """`validate` asked nobody; its patches are what can be judged again."""
    folder = store(tmp_path, b"diff one", b"diff two", name="patch.diff")
    assert [ask(folder, n).drafts[0].diff for n in (1, 2)] == [b"diff one", b"diff two"]


def test_a_plain_folder_holds_answers_and_patches(tmp_path: Path) -> None:
    """Each file is a round, by name; other files are left alone."""
    (tmp_path / "1.json").write_text(GOOD)
    (tmp_path / "2.patch").write_bytes(b"--- a\xff\n")
    (tmp_path / "3.diff").write_bytes(b"+++")
    (tmp_path / "notes.txt").write_text("not this")
    backend = ReplayBackend(tmp_path)
    assert backend.rounds == 3
    assert ask(tmp_path, 1).drafts[0].edits == (Edit("a.py", "x", "y"),)
    patch = ask(tmp_path, 2)
    assert (patch.drafts[0].diff, patch.raw, patch.raw_name) == (
        b"--- a\xff\n",
        b"--- a\xff\n",
        "2.patch",
    )


def test_of_a_repaired_answer_the_last_counts() -> None:
    """What was given back is not judged again."""
    raw = dump_exchanges([b"<html>", body("junk"), body(GOOD)], ["why", "why"])
    assert read_stored(raw, "response.json").drafts[0].edits[0].replace == "y"


def test_drafts_of_a_search_come_back_as_they_were() -> None:
    """Edits, label, rationale and diffs with any bytes survive the way through the file."""
    drafts = (
        Draft(diff=b"--- a\r\n+\xff\x00", rationale="r", label="revert"),
        Draft(edits=(Edit("a\udcff", "s", "é"),), diff=b"", rationale="", label=""),
        Draft(diff="--- ä\n".encode()),
    )
    raw = dump_drafts("search", drafts, {"probes": 3})
    assert read_stored(raw, "response.json").drafts == drafts


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"<html>", "web page"),
        (body("x")[:-9], "not whole JSON"),
        (body("prose"), "unusable: it is not valid JSON"),
        (body("", status="incomplete"), "incomplete"),
        (json.dumps({"error": {"code": "quota", "message": "pay"}}).encode(), "quota pay"),
        (json.dumps({"gatekeeper": 1, "drafts": [{"edits": 3}]}).encode(), "damaged draft"),
        (json.dumps({"gatekeeper": 1, "exchanges": []}).encode(), "no answer of the Responses"),
        (dump_exchanges([body("junk"), body("junk again")], ["why"]), "unusable"),
        (json.dumps({"gatekeeper": 1, "exchanges": [3]}).encode(), "damaged exchanges"),
    ],
)
def test_what_was_an_error_is_the_same_error_again(tmp_path: Path, raw: bytes, says: str) -> None:
    """A run that ended without usable answers ends so again, naming the file, keeping the bytes."""
    folder = store(tmp_path, raw)
    with pytest.raises(BackendError) as caught:
        ask(folder, 1)
    assert says in caught.value.message
    assert "01/response.json" in caught.value.message
    assert caught.value.raw == raw


@pytest.mark.parametrize("make", [False, True])
def test_a_folder_without_answers_is_an_error(tmp_path: Path, make: bool) -> None:
    """Missing or empty: what to give instead is said."""
    folder = tmp_path / "run"
    if make:
        folder.mkdir()
    with pytest.raises(BackendError) as caught:
        ask(folder, 1)
    assert "attempts/" in caught.value.hint
