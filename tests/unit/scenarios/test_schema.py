"""Scenario files: ours in YAML, the public demo's in JSON, and what is wrong with a file."""

from __future__ import annotations

import json

import pytest

from gatekeeper.domain import Scenario
from gatekeeper.errors import UsageError
from gatekeeper.scenarios import dump, is_scenario_file, load, parse

WHOLE = b"""\
id: cart-discount
title: A percent is a hundredth
origin: Anna, merge request 12
failure_signatures:
  - assert 0.0 == 90
affected_tests: [tests.test_cart::test_discount]
likely_code_areas:
  - shop/cart.py::total
invariants:
  - a discount of 10 takes a tenth away
accepted_fix_patterns:
  - |
    divide by 100
    and not by 10
rejected_fix_patterns:
review_required: no
"""

DEMO = {
    "id": "write_path_key_helper_bug",
    "title": "Keys are written in two ways",
    "origin": "seeded",
    "failure_signatures": ["canonical storage key missing"],
    "affected_tests": ["tests/test_scenario_2_wrong_fix_path.py"],
    "likely_code_areas": ["user_registry.py", "utils.py"],
    "invariants": ["one helper makes every key"],
    "accepted_fix_patterns": ["repair the storage key helper"],
    "rejected_fix_patterns": ["special-case the read path", 7, {"no": "text"}],
    "review_required": False,
    "gating": True,
}


def test_a_whole_file_is_read() -> None:
    """Every key of a YAML scenario arrives; an empty list is none, a block keeps its lines."""
    assert parse("scenarios/x.yml", WHOLE) == Scenario(
        "cart-discount",
        "A percent is a hundredth",
        "Anna, merge request 12",
        ("assert 0.0 == 90",),
        ("tests.test_cart::test_discount",),
        ("shop/cart.py::total",),
        ("a discount of 10 takes a tenth away",),
        ("divide by 100\nand not by 10",),
        (),
        False,
        "scenarios/x.yml",
    )


def test_the_demo_files_are_read() -> None:
    """A JSON file of the public demo: its ten keys, without what is no text or no key of ours."""
    found = parse("test_scenarios/write.json", json.dumps(DEMO).encode())
    assert found.id == "write_path_key_helper_bug"
    assert found.affected_tests == ("tests/test_scenario_2_wrong_fix_path.py",)
    assert found.rejected_fix_patterns == ("special-case the read path",)
    assert found.review_required is False
    assert found.path == "test_scenarios/write.json"


def test_the_name_of_the_file_is_the_id_and_review_is_required() -> None:
    """A file that says neither id nor review has the id of its name, and a person must look."""
    found = parse("scenarios/slow-disk.yml", b"failure_signatures: No space left\n")
    assert (found.id, found.review_required) == ("slow-disk", True)
    assert found.failure_signatures == ("No space left",)


@pytest.mark.parametrize(
    ("content", "where", "hint"),
    [
        (b"id: a\ninvariant:\n  - x\n", "s.yml:2: ", "`invariants`"),
        (b"affected_test: a\n", "s.yml:1: ", "`affected_tests`"),
        (
            b"id: a\n\nreview_required: maybe\n",
            "s.yml:3: review_required: `maybe`",
            "true or false",
        ),
        (b"affected_tests:\n  - a: b\n", "s.yml:2: ", "quotes"),
        (b"affected_tests: [a]\naffected_tests: [b]\n", "s.yml:2: ", "Remove one"),
        (b"- a\n- b\n", "s.yml:1: the file is not a mapping", "key: value"),
        (b"id: [a\n", "s.yml:2: not valid YAML", "indentation"),
        (b"id: a b\naffected_tests: [t]\n", "`a b` is no id", "lower-case"),
        (b"id: ../../x\naffected_tests: [t]\n", "`../../x` is no id", "lower-case"),
        (b"title: nothing to find it by\n", "says which failures", "affected_tests"),
        (b"", "says which failures", "affected_tests"),
        (b"failure_signatures: [err]\n", "`err` is in nearly every failure", "4 characters"),
        (b"affected_tests: [t]\ninvariants: ['" + b"x" * 4001 + b"']\n", "4000", "read by people"),
        (b"affected_tests: [\xff]\n", "not UTF-8", "UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(content: bytes, where: str, hint: str) -> None:
    """A broken file is one sentence with file and line, and the nearest right key or what to do."""
    with pytest.raises(UsageError) as caught:
        parse("s.yml", content)
    assert where in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{\n "id": "a",\n}', "d.json:3: not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe", "not JSON in UTF-8"),
        (b'{"id": "a"}', "says which failures"),
    ],
)
def test_broken_json_is_named(content: bytes, said: str) -> None:
    """A JSON file that cannot be read is a sentence, never a traceback."""
    with pytest.raises(UsageError) as caught:
        parse("d.json", content)
    assert said in caught.value.message


def test_what_steers_a_terminal_is_not_kept() -> None:
    """Escape sequences and characters that turn the reading direction become visible."""
    raw = json.dumps({"title": "a\u001b[31mb\u202ec\u200bd", "affected_tests": ["t"]}).encode()
    assert parse("d.json", raw).title == "a\ufffd[31mb\ufffdc\ufffdd"


@pytest.mark.parametrize(
    "text",
    ["plain", "key: value", "- item", "[redacted:env]", "# no comment", "a\nb", "yes", "1.5",
     "+++ b/x\n@@ -1 +1 @@\n-a\n+b", " leading\nlines", "tab\there",
     "émile 漢字", "'\"", "{}", "~"],
)  # fmt: skip
def test_what_is_written_is_read_again(text: str) -> None:
    """`dump` and `parse` are inverse for every text, whatever YAML would make of it."""
    one = Scenario("a", text.replace("\n", " ").strip(), accepted_fix_patterns=(text.strip(" "),),
                   affected_tests=("t",))  # fmt: skip
    again = parse("a.yml", dump(one))
    assert (again.title, again.accepted_fix_patterns) == (one.title, one.accepted_fix_patterns)


def test_a_diff_is_written_as_it_is_read() -> None:
    """A text of several lines is a block in the file, so that a merge request shows it."""
    one = Scenario("a", accepted_fix_patterns=("@@ -1 +1 @@\n-a\n+b",), affected_tests=("t",))
    assert "  - |-\n    @@ -1 +1 @@\n    -a\n    +b\n" in dump(one).decode()


def test_one_broken_file_does_not_take_the_memory_away() -> None:
    """Good files are known though others are broken or say the same id; each problem is told."""
    memory = load({
        "scenarios/b.yml": b"affected_tests: [t]\n",
        "scenarios/a.yml": b"affected_tests: [t]\n",
        "scenarios/c.yml": b"id: a\naffected_tests: [t]\n",
        "scenarios/d.yml": b"steps: [1]\n",
    })  # fmt: skip
    assert [one.id for one in memory.scenarios] == ["a", "b"]
    assert len(memory.problems) == 2
    assert "scenarios/c.yml: the id `a` is that of scenarios/a.yml" in memory.problems[0]
    assert "scenarios/d.yml:1" in memory.problems[1]
    assert memory.get("b") is memory.scenarios[1]
    assert memory.get("z") is None


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("scenarios/a.yml", True),
        ("scenarios/a.yaml", True),
        ("test_scenarios/a.json", True),
        ("scenarios/a.json", False),
        ("scenarios/.a.yml", False),
        ("scenarios/README.md", False),
        ("scenarios/below/a.yml", False),
        ("src/scenarios/a.yml", False),
        ("test_scenarios/a.py", False),
    ],
)
def test_which_files_are_scenarios(path: str, is_one: bool) -> None:
    """Files directly in the folder, and the demo's; what else lies there is left alone."""
    assert is_scenario_file(path, "scenarios") is is_one
