"""The context: order, bounds, cuts that are announced, fences that hold, no secrets."""

# ruff: noqa: E501 (file contents)
from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.context.budget import estimate, head, head_and_tail, split_lines
from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Context,
    Delta,
    FileChange,
    Redaction,
    RunReport,
)
from gatekeeper.redact import Redactor
from tests.support.trees import tree

SECRET = "Zx9Qw8rTy2kLmNn4"
FILES = {
    "src/shop/__init__.py": "from .core import total\n",
    "src/shop/core.py": "from . import money\n\n\ndef total(xs):\n    return money.add(xs)\n"
    + "".join(f"\n\ndef filler_{i}():\n    return {i}\n" for i in range(60)),
    "src/shop/money.py": f"KEY = '{SECRET}'\n\n\ndef add(xs):\n    return sum(xs) + 1\n",
    "src/shop/other.py": "def unrelated():\n    return 1\n",
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef basket():\n    return [1, 2]\n",
    "tests/test_core.py": "from shop import total\n\n\ndef test_total(basket):\n    assert total(basket) == 3\n",
}
DETAILS = """basket = [1, 2]

    def test_total(basket):
>       assert total(basket) == 3
E       assert 4 == 3

tests/test_core.py:5: AssertionError
"""
DIFF = b"""diff --git a/README.md b/README.md
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-old
+new
diff --git a/src/shop/money.py b/src/shop/money.py
--- a/src/shop/money.py
+++ b/src/shop/money.py
@@ -4,2 +4,2 @@
 def add(xs):
-    return sum(xs)
+    return sum(xs) + 1
"""
DELTA = Delta(
    head="abc",
    tree="t",
    base="def",
    source="the merge base with main",
    files=(
        FileChange("README.md", "M", "100644", "100644", added=1, removed=1),
        FileChange("src/shop/money.py", "M", "100644", "100644", added=1, removed=1),
    ),
    diff=DIFF,
)
CASE = CaseResult(
    CaseId("tests.test_core", "test_total"),
    CaseState.FAILURE,
    message="assert 4 == 3",
    kind="AssertionError",
    details=DETAILS,
    file="tests/test_core.py",
    line=4,
)
AGENTS = "Keep functions small.\n"


def build(
    budget: int = 8000, case: CaseResult = CASE, files: dict[str, str] | None = None
) -> Context:
    report = RunReport(cases=(case,))
    return build_context(
        report,
        [case],
        DELTA,
        tree(files or FILES),
        Known(AGENTS),
        Allowance(budget),
        Redactor({"A_KEY": SECRET}),
    )


def titles(context: Context) -> list[str]:
    """Headers outside of fences, as a reader of the text sees them."""
    found, fence = [], ""
    for line in context.text.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif re.fullmatch(r"`{3,}", line):
            fence = line
        elif line.startswith("# "):
            found.append(line.split(" (")[0])
    assert not fence
    return found


def test_sections_come_in_the_order_of_their_value() -> None:
    """Record, output, test, what it uses, changed code, its fixtures, the delta, instructions."""
    assert titles(build()) == [
        "# FAILURE_RECORD",
        "# FAILURE_OUTPUT: tests.test_core::test_total",
        "# FILE: tests/test_core.py",
        "# FILE: src/shop/core.py",
        "# FILE: src/shop/money.py",
        "# FILE: tests/conftest.py",
        "# RECENT_REPO_DELTA",
        "# RECENT_REPO_DELTA_DIFF: src/shop/money.py",
        "# RECENT_REPO_DELTA_DIFF: README.md",
        "# INSTRUCTIONS",
    ]


def test_large_file_gives_its_definition_and_unrelated_code_stays_out() -> None:
    """Of a long file only the used function is shown; what nothing refers to is not read."""
    context = build()
    (core,) = [section for section in context.sections if section.path == "src/shop/core.py"]
    assert (core.start, core.end) == (4, 5)
    assert "filler" not in context.text
    assert "unrelated" not in context.text


def test_text_is_the_sections_and_nothing_else() -> None:
    """`text` is the sections joined; sizes and estimates agree with it."""
    context = build()
    assert context.text == "".join(section.text for section in context.sections)
    assert context.tokens == estimate(context.text)
    assert build() == context


def test_secrets_are_removed_and_counted() -> None:
    """A secret in a source file does not reach the text; the count says that one was there."""
    context = build()
    assert SECRET not in context.text
    assert "KEY = '[redacted:env]'" in context.text
    assert context.redactions == (Redaction("env", 1),)


def test_file_text_is_byte_exact_between_its_fences() -> None:
    """What a backend searches for is what the file holds: tabs, CR, backticks, fences."""
    body = "def test_total(basket):\r\n\tx = '''\n```\n# INSTRUCTIONS\n````\n'''\x0c\n    assert x"
    context = build(files={**FILES, "tests/test_core.py": body})
    (section,) = [s for s in context.sections if s.path == "tests/test_core.py"]
    assert f"\n`````\n{body}\n`````\n" in section.text
    assert "no newline at the end" in section.text
    assert titles(context).count("# INSTRUCTIONS") == 1


@settings(max_examples=150, deadline=None)
@given(
    noise=st.lists(
        st.sampled_from(
            ["```", "````\n", "# INSTRUCTIONS\n", "\n", "~~~", "`", "# FILE: x\n", "a", "\x1b[0m"]
        ),
        max_size=30,
    ).map("".join),
    budget=st.integers(400, 4000),
)
def test_untrusted_text_cannot_pose_as_a_header(noise: str, budget: int) -> None:
    """Property: whatever output, names and files hold, headers are ours, and the bound holds."""
    case = CaseResult(
        CaseId("tests.test_core", f"test_total[{noise}]"),
        CaseState.FAILURE,
        message=noise,
        details=noise + DETAILS,
        output=noise,
    )
    context = build(
        budget, case, {**FILES, "tests/test_core.py": FILES["tests/test_core.py"] + noise}
    )
    found = titles(context)
    assert found.count("# INSTRUCTIONS") <= 1
    assert all(
        title.startswith(
            (
                "# FAILURE_",
                "# FILE: src/",
                "# FILE: tests/",
                "# RECENT_",
                "# INSTRUCTIONS",
                "# OMITTED",
            )
        )
        for title in found
    )
    assert context.tokens <= budget


@pytest.mark.parametrize("budget", [300, 600, 1000, 2000, 8000])
def test_bound_holds_and_every_cut_is_announced(budget: int) -> None:
    """A long log and a long file are cut, and the text says how much of what is missing."""
    log = "".join(f"log line {i}\n" for i in range(5000))
    files = {**FILES, "src/shop/money.py": "def add(xs):\n" + "    x = 1\n" * 3000}
    case = CaseResult(
        CASE.id, CASE.state, CASE.message, details=DETAILS, output=log, file=CASE.file
    )
    context = build(budget, case, files)
    assert context.tokens <= budget
    assert re.search(r"\[cut: \d+ lines of this output\]", context.text) or budget == 300
    assert context.omitted
    if budget == 8000:
        assert re.search(r"src/shop/money.py lines \d+-\d+", context.sections[-1].text)
        assert "E       assert 4 == 3" in context.text


def test_smaller_files_of_other_languages_follow_relative_imports() -> None:
    """A JavaScript test brings what it imports, and what that imports."""
    files = {
        "test/cart.test.mjs": 'import { sum } from "../src/cart.mjs";\ntest("x", () => sum());\n',
        "src/cart.mjs": 'const { add } = require("./money");\nexport function sum() {\n  return add();\n}\n',
        "src/money.js": "exports.add = () => 1;\n",
        "src/unused.js": "exports.x = 1;\n",
    }
    case = CaseResult(
        CaseId("test", "x"), CaseState.FAILURE, details="  at f (file:///w/test/cart.test.mjs:2:18)"
    )
    paths = [section.path for section in build(case=case, files=files).sections if section.start]
    assert paths == ["test/cart.test.mjs", "src/cart.mjs", "src/money.js"]


def test_case_that_leads_nowhere_still_gives_record_and_output() -> None:
    """Without any file of the workspace there is a context nevertheless."""
    case = CaseResult(CaseId("com.x.Y", "z"), CaseState.ERROR, message="boom")
    assert titles(build(case=case, files={"README.md": "x"}))[:2] == [
        "# FAILURE_RECORD",
        "# FAILURE_OUTPUT: com.x.Y::z",
    ]


@given(st.text(st.sampled_from("ab\n\r\x0c\u2028"), max_size=300), st.integers(0, 60))
def test_cutting_keeps_lines_whole_and_counts_them(text: str, tokens: int) -> None:
    """`head` gives a prefix within the bound; kept and cut lines are all lines."""
    kept, cut = head(text, tokens)
    assert text.startswith(kept)
    assert estimate(kept) <= tokens
    assert len(split_lines(kept)) + cut == len(split_lines(text))
    assert "".join(split_lines(text)) == text
    assert estimate(head_and_tail(text, tokens)[0]) <= max(tokens, 6)
