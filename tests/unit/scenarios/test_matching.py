"""Which known failure a failure is, and how sure that is."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Band, CaseId, CaseResult, CaseState, Scenario, Suspect
from gatekeeper.errors import UsageError
from gatekeeper.scenarios import Bands, best_match
from gatekeeper.scenarios.signature import comparable, contains, signature


def case(
    name: str = "test_discount",
    classname: str = "tests.test_cart",
    message: str = "assert 0.0 == 90",
    kind: str = "",
    details: str = "",
    file: str = "",
) -> CaseResult:
    """A failing case."""
    return CaseResult(CaseId(classname, name), CaseState.FAILURE, message, kind, details, file=file)


def suspect(path: str = "shop/cart.py", symbol: str = "total") -> Suspect:
    """A suspected definition."""
    return Suspect(path, 4, 9, 0.6, "in the stack trace", symbol)


KNOWN = Scenario(
    "discount",
    failure_signatures=("assert 0.0 == 90",),
    affected_tests=("tests.test_cart::test_discount",),
    likely_code_areas=("shop/cart.py::total",),
)


@pytest.mark.parametrize(
    ("failing", "places", "score", "band"),
    [
        # the same failure
        ([case()], [suspect()], 1.0, Band.HIGH),
        ([case(message="AssertionError: assert 0.0 == 90\n + where")], [suspect()], 1.0, Band.HIGH),
        ([case(name="test_discount[10]")], [suspect()], 1.0, Band.HIGH),
        ([case(classname="test_cart")], [suspect()], 1.0, Band.HIGH),
        ([case()], [suspect(symbol="Cart.total")], 1.0, Band.HIGH),
        ([case()], [suspect(symbol="cheapest")], 0.9, Band.HIGH),
        ([case()], [], 0.8, Band.HIGH),
        # another fault under the same test: never more than a candidate
        ([case(message="TypeError: no total for a float")], [suspect()], 0.9, Band.MEDIUM),
        ([case(message="assert 0.0 == 900")], [suspect()], 0.9, Band.MEDIUM),
        ([case(message="assert 10.0 == 90")], [suspect()], 0.9, Band.MEDIUM),
        ([case(message="x")], [], 0.7, Band.MEDIUM),
        # half of what fails is known
        ([case(), case("test_total", "tests.test_tax")], [suspect()], 0.65, Band.MEDIUM),
        # a neighbour
        ([case("test_total", message="x")], [suspect()], 0.44, Band.LOW),
        ([case("test_discount", "tests.test_tax", "x")], [suspect()], 0.2, Band.LOW),
    ],
)
def test_the_score_is_what_agrees(
    failing: list[CaseResult], places: list[Suspect], score: float, band: Band
) -> None:
    """0.7 for the tests, 0.2 for the code, 0.1 for the message, each by how much of it agrees."""
    found = best_match([KNOWN], failing, places)
    assert found is not None
    assert found.score == pytest.approx(score, abs=0.006)
    assert found.band is band


@pytest.mark.parametrize(
    ("failing", "places"),
    [
        ([case("test_a", "tests.test_tax", "x")], [suspect("shop/tax.py")]),
        ([case("test_a", "tests.test_tax")], []),  # the message alone: too common a thing
        ([], [suspect()]),
    ],
)
def test_what_has_nothing_in_common_is_no_match(
    failing: list[CaseResult], places: list[Suspect]
) -> None:
    """Where nothing but a message agrees, or nothing at all, there is no match."""
    assert best_match([KNOWN], failing, places) is None
    assert best_match([], failing, places) is None


@pytest.mark.parametrize(
    ("entry", "failing", "full"),
    [
        ("tests/test_cart.py", case(), True),  # as the public demo writes it
        ("tests/test_cart.py::test_discount", case(), True),
        ("tests/test_cart.py::TestSums::test_x", case("test_x", "tests.test_cart.TestSums"), True),
        ("test_discount", case(), True),
        ("tests.test_cart", case(), True),
        ("com.shop.CartTest::discount", case("discount()", "com.shop.CartTest"), True),
        ("src/test/java/com/shop/CartTest.java", case("discount", "com.shop.CartTest"), True),
        ("tests/cart.test.js::takes 10% off",
         case("takes 10% off", "cart", file="/w/tests/cart.test.js"), True),
        ("com.shop.CartTest.discount", case("com.shop.CartTest.discount", ""), True),
        ("(no name)", case("(no name)", ""), True),
        ("(no name)", case("(no name)", "com.shop.CartTest"), False),
        ("test_discount", case("test_discount_of_tax"), False),
        ("tests/test_car.py", case(), False),
        ("tests/test_cart.py::test_total", case(), False),
        ("other/test_cart.py::test_discount", case(), False),
    ],
)  # fmt: skip
def test_a_test_may_be_named_as_any_runner_names_it(
    entry: str, failing: CaseResult, full: bool
) -> None:
    """Class and name, file, node id or bare name; a name that merely begins alike is another."""
    found = best_match([Scenario("s", affected_tests=(entry,))], [failing], [])
    assert (found is not None and found.score == 0.7) is full


@pytest.mark.parametrize(
    ("area", "score"),
    [
        ("shop/cart.py", 0.2),
        ("./shop/cart.py", 0.2),
        ("shop/", 0.2),
        ("shop", 0.2),
        ("shop/*.py", 0.2),
        ("shop/cart.py::total", 0.2),
        ("shop/cart.py::Cart.total", 0.2),
        ("sho", None),
        ("cart.py", None),
        ("shop/cart.pyx", None),
    ],
)
def test_code_may_be_named_as_file_folder_glob_or_symbol(area: str, score: float | None) -> None:
    """An area is a path, a folder, a glob or a definition; a name that begins alike is none."""
    found = best_match([Scenario("s", likely_code_areas=(area,))], [case()], [suspect()])
    assert (found.score if found else None) == score


def test_a_scenario_that_knows_no_message_can_be_sure() -> None:
    """Without signatures nothing can contradict: tests and code alone reach the high band."""
    silent = Scenario("s", affected_tests=KNOWN.affected_tests, likely_code_areas=("shop",))
    found = best_match([silent], [case(message="anything")], [suspect()])
    assert found is not None
    assert (found.score, found.band) == (0.9, Band.HIGH)


def test_the_arithmetic_is_shown() -> None:
    """Each term is a reason with its number, and so is what held a high score down."""
    found = best_match([KNOWN], [case(message="TypeError: x")], [suspect()])
    assert found is not None
    assert found.reasons == (
        "+0.70 1 of 1 failing test(s) named in it",
        "+0.20 suspected code lies where it says (shop/cart.py)",
        "= 0.90, but this failure says something else: a candidate at most",
    )


def test_the_best_wins_and_then_the_first_id() -> None:
    """Of several the highest score is taken; of equal ones always the same."""
    vague = Scenario("a", affected_tests=("tests/test_cart.py",))
    twin = Scenario("b", affected_tests=("tests/test_cart.py",))
    for known in ([KNOWN, vague, twin], [twin, vague, KNOWN]):
        found = best_match(known, [case()], [])
        assert found is not None
        assert found.scenario is KNOWN
    for known in ([vague, twin], [twin, vague]):
        found = best_match(known, [case()], [])
        assert found is not None
        assert found.scenario is vague


def test_the_bands_can_be_set() -> None:
    """The thresholds are the project's; one that turns the order round is refused."""
    strict = best_match([KNOWN], [case()], [suspect()], Bands(high=1.0, medium=0.95))
    assert strict is not None
    assert strict.band is Band.HIGH
    near = best_match([KNOWN], [case(name="test_x")], [suspect()], Bands(high=0.55, medium=0.55))
    assert near is not None
    assert near.band is Band.LOW
    with pytest.raises(UsageError, match=r"scenarios\.medium"):
        Bands(high=0.4, medium=0.5)


# --- what a failure says ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("at 2026-11-21T04:00:00Z", "at 2026-12-01T14:10:09Z"),
        ("<Cart at 0x7f00aa11bb>", "<Cart at 0x7f99887766>"),
        ("shop/cart.py:7: boom", "shop/cart.py:19: boom"),
        ('File "a.py", line 3', 'File "a.py", line 30'),
        ("connect to 127.0.0.1:40211 failed", "connect to 127.0.0.1:51333 failed"),
        ("timed out after 1.52s", "timed out after 2.7s"),
        ("/tmp/pytest-of-anna/pytest-12/x", "/tmp/pytest-of-root/pytest-3/x"),
        ("object 3f2a9b1c0d4e5f60 is missing", "object 0a1b2c3d4e5f6071 is missing"),
        ("\x1b[31mE   assert  1 == 2\x1b[0m", "e assert 1 == 2"),
    ],
)
def test_two_runs_of_one_failure_say_the_same(one: str, other: str) -> None:
    """Times, addresses, line numbers, ports, durations, folders and colours do not count."""
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("assert 0.0 == 90", "assert 0.5 == 90"),
        ("KeyError: 'price'", "KeyError: 'prices'"),
        ("expected 3 items", "expected 4 items"),
        ("shop/cart.py:7: boom", "shop/tax.py:7: boom"),
        ("HTTP 500", "HTTP 502"),
    ],
)
def test_values_and_names_do_count(one: str, other: str) -> None:
    """What the failure is about is never masked, and a part of a word is not the word."""
    assert comparable(one) != comparable(other)
    assert not contains(comparable(one), comparable(other))


@pytest.mark.parametrize(
    ("failing", "line"),
    [
        (case(message="AssertionError: assert 1 == 2\n + where"), "AssertionError: assert 1 == 2"),
        (case(message="", details="    x\n>   assert a\nE   assert 1 == 2\n"), "assert 1 == 2"),
        (case(message="Failed", details="Traceback (most recent call last):\n  x\nKeyError: 'x'"),
         "KeyError: 'x'"),
        (case(message="", details="", kind="java.lang.IllegalStateException"),
         "java.lang.IllegalStateException"),
        (case(message="error", details=""), ""),
    ],
)  # fmt: skip
def test_the_signature_is_the_line_that_tells(failing: CaseResult, line: str) -> None:
    """The runner's message, else the assertion, else a traceback's last line, else the kind."""
    assert signature(failing) == line
