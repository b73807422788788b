"""What is drafted from a run, when, and what never gets into a draft."""

from __future__ import annotations

import dataclasses

import pytest

from gatekeeper.domain import (
    Attempt,
    Band,
    CaseId,
    CaseResult,
    CaseState,
    Category,
    Decision,
    Delta,
    Diagnosis,
    Draft,
    Match,
    Outcome,
    Report,
    RunReport,
    Scenario,
    Suspect,
    Verdict,
)
from gatekeeper.redact import Redactor
from gatekeeper.scenarios import best_match, draft, dump, parse, redacted
from gatekeeper.scenarios.invariants import stated
from tests.support.trees import candidate, tree

SECRET = "hunter2-Kj9f2LmQ"
CART = "def total(prices, discount=0):\n    return sum(prices) * (1 - discount / 10)\n"
TESTS = """from shop.cart import total


def test_discount():
    basket = [100]
    assert total(basket) == 100
    assert total(
        basket, 10
    ) == 90
"""
BEFORE = tree({"shop/cart.py": CART, "tests/test_cart.py": TESTS})
GOOD = tree({**BEFORE.files, "shop/cart.py": CART.replace("/ 10)", "/ 100)")})
BAD = tree({**BEFORE.files, "shop/cart.py": CART.replace("/ 10)", "/ 20)")})
DETAILS = """    def test_discount():
        basket = [100]
        assert total(basket) == 100
>       assert total(
            basket, 10
        ) == 90
E       assert 0.0 == 90

tests/test_cart.py:7: AssertionError
"""
CASE = CaseResult(
    CaseId("tests.test_cart", "test_discount"),
    CaseState.FAILURE,
    f"assert 0.0 == 90 as {SECRET} said at 2026-11-21T04:00:00Z",
    "AssertionError",
    DETAILS,
    file="tests/test_cart.py",
    line=4,
)
SURE = Diagnosis(
    Category.PRODUCT_BUG,
    "it fails",
    (
        Suspect("shop/cart.py", 1, 2, 0.6, "in the trace", "total"),
        Suspect("tests/test_cart.py", 4, 9, 0.15, "the test"),
    ),
    confidence=0.9,
)
FLAKY = dataclasses.replace(SURE, category=Category.FLAKY)
UNKNOWN = dataclasses.replace(SURE, category=Category.UNKNOWN)
UNSURE = dataclasses.replace(SURE, confidence=0.6)


def attempt(id_: str, decision: Decision, *reasons: str, label: str = "") -> Attempt:
    """A judged attempt on the cart; the accepted one is right."""
    made = candidate(BEFORE, GOOD if decision is Decision.ACCEPTED else BAD)
    sign = "100" if decision is Decision.ACCEPTED else "20"
    diff = (
        "diff --git a/shop/cart.py b/shop/cart.py\nindex 1..2 100644\n"
        "--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,2 +1,2 @@\n def total(prices, discount=0):\n"
        f"-    return sum(prices) * (1 - discount / 10)\n"
        f"+    return sum(prices) * (1 - discount / {sign})\n"
    )
    made = dataclasses.replace(made, diff=diff.encode())
    wrote = Draft(rationale=f"A percent is\na hundredth. {SECRET}", label=label)
    return Attempt(id_, 1, wrote, Verdict(decision, reasons), made)


def run(**more: object) -> Report:
    """The report of a run with one failing case, a rejected and an accepted attempt."""
    fields: dict[str, object] = {
        "failures": RunReport((CASE,)),
        "delta": Delta("0123456789abcdef", "t"),
        "diagnosis": UNSURE,
        "attempts": (
            attempt("1.1", Decision.REJECTED, "tests.test_cart::test_discount is red."),
            attempt("2.1", Decision.ACCEPTED),
        ),
        "accepted": "2.1",
        "version": "9",
        "started": "2026-11-21",
    }
    return Report("run", Outcome.ACCEPTED, 0, "", **{**fields, **more})  # type: ignore[arg-type]


def drafted(report: Report, taken: frozenset[str] = frozenset()) -> Scenario | None:
    """The draft of a report, secrets of the environment removed."""
    assert report.failures is not None
    return draft(
        report, report.failures.failing, BEFORE, Redactor({"A_PASSWORD": SECRET}).text, taken
    )


def match(band: Band) -> Match:
    """A match with some other scenario."""
    return Match(Scenario("older"), 0.61, band)


def test_an_accepted_candidate_makes_a_draft() -> None:
    """A new failure with an accepted fix: every part of the draft, from tests, code and diff."""
    found = drafted(run())
    assert found == Scenario(
        id="cart-test-discount",
        title="test_discount: assert 0.0 == 90 as [redacted:env] said at <time>",
        origin="drafted by gatekeeper 9 (run), 2026-11-21 on commit 0123456789ab",
        failure_signatures=("assert 0.0 == 90 as",),
        affected_tests=("tests.test_cart::test_discount",),
        likely_code_areas=("shop/cart.py::total",),
        invariants=("test_discount: assert total( basket, 10 ) == 90",),
        accepted_fix_patterns=(
            "Changed shop/cart.py: A percent is a hundredth. [redacted:env]",
            "+++ b/shop/cart.py\n@@ -1,2 +1,2 @@\n def total(prices, discount=0):\n"
            "-    return sum(prices) * (1 - discount / 10)\n"
            "+    return sum(prices) * (1 - discount / 100)",
        ),
        rejected_fix_patterns=(
            "Changed shop/cart.py (`return sum(prices) * (1 - discount / 20)`): "
            "tests.test_cart::test_discount is red.",
        ),
        review_required=True,
    )


def test_the_draft_is_found_again_when_the_failure_comes_back() -> None:
    """What is drafted, written, and read back matches the same failure with full score."""
    found = drafted(run())
    assert found is not None
    again = parse("scenarios/cart-test-discount.yml", dump(found))
    later = dataclasses.replace(CASE, message=CASE.message.replace("04:00:00", "23:11:09"))
    matched = best_match([again], [later], SURE.suspects)
    assert matched is not None
    assert (matched.score, matched.band) == (1.0, Band.HIGH)


@pytest.mark.parametrize(
    ("more", "is_drafted"),
    [
        ({"diagnosis": SURE, "accepted": ""}, True),  # understood, though nothing was accepted
        ({"match": match(Band.MEDIUM)}, True),
        ({"match": match(Band.LOW)}, True),
        ({"match": match(Band.HIGH)}, False),  # known
        ({"accepted": ""}, False),  # neither a fix nor a sure diagnosis
        ({"diagnosis": None, "accepted": ""}, False),
        ({"accepted": "", "diagnosis": FLAKY}, False),
        ({"accepted": "", "diagnosis": UNKNOWN}, False),
        ({"failures": RunReport()}, False),
    ],
)  # fmt: skip
def test_when_there_is_a_draft(more: dict[str, object], is_drafted: bool) -> None:
    """Only what is new or known in part, and understood, is drafted."""
    assert (drafted(run(**more)) is not None) is is_drafted


def test_a_draft_says_which_known_one_is_near() -> None:
    """A failure that is known in part names the scenario that it is like, and takes another id."""
    found = drafted(run(match=match(Band.MEDIUM)), frozenset({"cart-test-discount"}))
    assert found is not None
    assert found.id == "cart-test-discount-2"
    assert found.origin.endswith("the nearest known one is older (0.61)")


def test_a_revert_is_called_one() -> None:
    """Taking the author's change back is no repair of the code, and the draft says what it was."""
    attempts = (attempt("2.1", Decision.ACCEPTED, label="revert"),)
    found = drafted(run(attempts=attempts))
    assert found is not None
    assert found.accepted_fix_patterns[0].startswith(
        "Took back the author's change of shop/cart.py"
    )


def test_a_draft_is_bounded() -> None:
    """A thousand failing cases, a huge diff and a long message make a draft that can be read."""
    cases = tuple(
        dataclasses.replace(CASE, id=CaseId("t", f"test_{n}"), message=f"{n} " + "x" * 9000)
        for n in range(1000)
    )
    big = attempt("2.1", Decision.ACCEPTED)
    assert big.candidate is not None
    long = big.candidate.diff + b"".join(b"+line %d\n" % n for n in range(5000))
    big = dataclasses.replace(big, candidate=dataclasses.replace(big.candidate, diff=long))
    found = drafted(run(failures=RunReport(cases), attempts=(big,)))
    assert found is not None
    assert len(dump(found)) < 20_000
    assert "[cut: about" in found.accepted_fix_patterns[1]
    assert parse("a.yml", dump(found)).affected_tests == found.affected_tests


@pytest.mark.parametrize(
    ("classname", "name", "slug"),
    [
        ("com.shop.CartTest", "takesTenPercentOff()", "cart-takes-ten-percent-off"),
        ("", "Preis für Übergröße", "preis-f-r-bergr-e"),
        ("漢字", "漢字", "failure"),
        ("tests.test_cart.TestTotal", "test_a[../../etc/passwd]", "total-test-a"),
        ("t", "x" * 300, "t-" + "x" * 58),
    ],
)
def test_the_id_is_a_file_name(classname: str, name: str, slug: str) -> None:
    """Whatever a test is called, the id is short, readable, and nothing but a name."""
    odd = dataclasses.replace(CASE, id=CaseId(classname, name))
    found = drafted(run(failures=RunReport((odd,))))
    assert found is not None
    assert found.id == slug


def test_secrets_that_came_later_are_removed_too() -> None:
    """`approve` redacts what a person may have pasted into the draft, in every field but the id."""
    text = f"see {SECRET}"
    one = Scenario("a", text, text, (text,), (text,), (text,), (text,), (text,), (text,))
    clean = redacted(one, Redactor({"A_PASSWORD": SECRET}).text)
    assert SECRET not in dump(clean).decode()
    assert dump(clean).count(b"[redacted:env]") == 8


# --- what the test states ---------------------------------------------------------------

UNITTEST = """class CartCase(TestCase):
    def test_it(self):
        cart = Cart()
        self.assertEqual(cart.total, 3)
        with self.assertRaises(KeyError):
            cart.remove("x")
        helper(cart)
"""
SCRIPT = """test("adds", () => {
  const cart = make();
  expect(cart.total).toBe(3);
});
"""


def test_all_assertions_where_the_trace_names_none() -> None:
    """Without a line, the first assertions of the test are what it states; no other statement."""
    case = CaseResult(CaseId("tests.test_c.CartCase", "test_it"), CaseState.ERROR)
    assert stated([case], tree({"tests/test_c.py": UNITTEST})) == (
        "test_it: self.assertEqual(cart.total, 3)",
        "test_it: self.assertRaises(KeyError)",
    )


def test_the_line_of_the_trace_in_another_language() -> None:
    """For JavaScript, the line of the test in the stack trace."""
    case = CaseResult(
        CaseId("adds", "adds"),
        CaseState.FAILURE,
        details="Error: no\\n    at Object.<anonymous> (/w/tests/cart.test.js:3:22)\\n".replace(
            "\\n", "\n"
        ),
    )
    found = stated([case], tree({"tests/cart.test.js": SCRIPT}), ["/w"])
    assert found == ("adds: expect(cart.total).toBe(3);",)


def test_nothing_is_made_up() -> None:
    """Where the test cannot be found, or cannot be read, nothing is stated."""
    case = CaseResult(CaseId("tests.test_gone", "test_it"), CaseState.ERROR)
    assert stated([case], tree({"a.py": ""})) == ()
