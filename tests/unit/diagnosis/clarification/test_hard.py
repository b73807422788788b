"""What a person, or a broken pipe, may say to the questions; nothing of it may be misread."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from gatekeeper.diagnosis.clarification.answers import (
    MAX_TEXT,
    Misread,
    directions,
    given_answers,
    read_answer,
)
from gatekeeper.diagnosis.clarification.dialogue import MISTAKES, ROUNDS, converse
from gatekeeper.diagnosis.clarification.questions import IDS, all_questions, open_questions
from gatekeeper.domain import (
    Answer,
    Band,
    CaseId,
    Category,
    Cause,
    Diagnosis,
    Dialog,
    Effect,
    Match,
    Outcome,
    Question,
    Report,
    Scenario,
    Suspect,
)
from gatekeeper.errors import UsageError
from gatekeeper.formats.answers_yml import AnswersYml
from gatekeeper.trust import Asked, answers_of

SUSPECTS = (
    Suspect("tests/test_a.py", 1, 2, 0.9, "the test itself"),
    Suspect("shop/a.py", 1, 2, 0.8, "in the stack trace"),
    Suspect("shop/b c.py", 4, 9, 0.75, "changed by the author"),
    Suspect("shop/far.py", 1, 2, 0.2, "imported"),
)
MATCH = Match(Scenario("old-friend", "Rounding"), 0.3, Band.LOW, ("+0.30 the same test",))


def diagnosis(category: Category, confidence: float = 0.2, causes: int = 2) -> Diagnosis:
    """One with two suspects that the rules do not tell apart."""
    found = tuple(
        Cause(category, f"cause {number}", (CaseId("t", f"test_{number}"),), 1)
        for number in range(1, causes + 1)
    )
    return Diagnosis(category, "t::test_1 fails.", SUSPECTS, "", confidence, ("+0.20 x",), found)


def asked(category: Category = Category.PRODUCT_BUG) -> tuple[Question, ...]:
    """All four questions that the rules know."""
    return tuple(all_questions(diagnosis(category), MATCH))


class Piped:
    """A person who has typed these lines beforehand, and whose input then ends."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        self.shown: list[str] = []
        self.reads = 0

    def show(self, line: str) -> None:
        """Keep it."""
        self.shown.append(line)

    def read(self, prompt: str) -> str | None:
        """The next line, or the end."""
        self.shown.append(prompt)
        self.reads += 1
        return self.lines.pop(0) if self.lines else None


def talked(questions: tuple[Question, ...], *lines: str) -> Dialog:
    """The dialogue as it is at its end."""
    return [*converse(Dialog("interactive", questions), Piped(lines))][-1]


@pytest.mark.parametrize("category", list(Category))
def test_every_offered_answer_can_be_given_in_three_ways(category: Category) -> None:
    """Number, key and text of an option all mean that option, whatever the category is."""
    questions = asked(category)
    assert [one.id for one in questions] == ["cause", "order", "place", "known"]
    for question in questions:
        assert question.id in IDS
        for number, option in enumerate(question.options, 1):
            for said in (str(number), option.key, option.text, f"  {option.key.upper()} "):
                read = read_answer(question, said, "x")
                assert isinstance(read, Answer), said
                assert (read.effect, read.target) == (option.effect, option.target), said


@pytest.mark.parametrize("category", list(Category))
def test_each_category_offers_to_go_on_and_to_stop(category: Category) -> None:
    """Whatever the rules believe, a person can overrule them in both directions."""
    effects = {option.effect for option in asked(category)[0].options}
    assert {Effect.FIX, Effect.STOP} <= effects


@pytest.mark.parametrize(
    ("confidence", "threshold", "wanted"),
    [(0.44, 0.45, True), (0.45, 0.45, False), (0.0, 0.0, False), (0.9, 1.0, True)],
)
def test_the_threshold_itself_is_sure_enough(
    confidence: float, threshold: float, wanted: bool
) -> None:
    """Asked is strictly below the threshold; at 0 never, at 1 always."""
    found = open_questions(diagnosis(Category.UNKNOWN, confidence), MATCH, threshold)
    assert bool(found) is wanted


def test_a_test_file_or_a_distant_suspect_is_no_place_to_choose() -> None:
    """Only product files whose scores are nearly the same are offered as the one to change."""
    place = next(one for one in asked() if one.id == "place")
    assert [o.target for o in place.options if o.effect is Effect.ONLY] == [
        "shop/a.py",
        "shop/b c.py",
    ]


def test_one_cause_and_one_place_are_not_asked_about() -> None:
    """A question with a single sensible answer wastes a person's time."""
    alone = Diagnosis(
        Category.UNKNOWN, "x", SUSPECTS[:2], causes=diagnosis(Category.UNKNOWN, 0.2, 1).causes
    )
    assert [one.id for one in all_questions(alone, None)] == ["cause"]


@pytest.mark.parametrize("said", ["0", "4", "99", "9" * 5000, "only", "only shop/far.py", "first"])
def test_what_looks_like_an_option_and_is_none_is_no_note(said: str) -> None:
    """A slip in a number or a path must not reach a model as free text."""
    assert isinstance(read_answer(asked()[2], said, "x"), Misread)


@pytest.mark.parametrize("said", ["-1", "1.", "1)", "fix it in shop/a.py", "Stop: ask Ann", "²"])
def test_other_words_are_a_note(said: str) -> None:
    """Free text is kept as it is."""
    read = read_answer(asked()[0], said, "x")
    assert isinstance(read, Answer)
    assert (read.effect, read.text) == (Effect.NOTE, said)


def test_a_note_has_an_end() -> None:
    """A pipe that never ends does not fill the context."""
    read = read_answer(asked()[0], "x" * 10**6, "x")
    assert isinstance(read, Answer)
    assert len(read.text) == MAX_TEXT


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"Cause": "fix"}, "Cause"),
        ({"cause": "first 1"}, "first 1"),
        ({"cause": " "}, "empty"),
    ],
)
def test_a_file_of_answers_is_read_strictly(given: dict[str, str], word: str) -> None:
    """An answer that cannot be obeyed ends the run with a sentence that names it."""
    with pytest.raises(UsageError, match=word) as caught:
        given_answers(asked(), given, "answers.yml")
    assert caught.value.hint


def test_what_was_not_asked_is_named_and_nothing_is_guessed() -> None:
    """An answer without its question does nothing, and is reported."""
    answers, needless = given_answers(asked()[:1], {"cause": "stop", "place": "fix"}, "f")
    assert [one.effect for one in answers] == [Effect.STOP]
    assert needless == ("place",)


def test_answers_that_end_the_run_end_it_whatever_else_was_answered() -> None:
    """STOP outweighs every answer that goes on."""
    answers, _ = given_answers(asked(), {"order": "first 2", "cause": "stop"}, "f")
    dialog = Dialog("fail", asked(), answers=answers)
    assert dialog.open == ()
    assert directions(dialog).stop


def stored(answers: tuple[Answer, ...]) -> dict[str, str]:
    """The answers after answers.yml was written, and read by `--answers`, as settings."""
    dialog = Dialog("interactive", asked(), answers=answers)
    written = AnswersYml().render(Report("clarify", Outcome.ANALYZED, 0, "", dialog=dialog))
    assert written is not None
    nowhere = Path("none")
    return answers_of(Asked(nowhere, nowhere, None, {}, {}, ("answers.yml", written)))


@pytest.mark.parametrize(
    "said",
    ["a: b # c", '"quoted"', "- x", "{a: 1}", "no", "0x1f", "~", "| pipe", "a\tb", "%d", "&x *y",
     "!tag", "@at", "`tick`", "2 things", "cause: fix", "\u00e9 e\u0301", "two\nlines\n\n# x",
     "'", "\\u0041", "x" * MAX_TEXT, "a\x00b\x1b[2J", "\u202e \ufeff"],
)  # fmt: skip
def test_a_stored_note_is_read_as_the_same_words(said: str) -> None:
    """Nothing that YAML or JSON takes for its own is lost or changed on the way."""
    assert stored((Answer("cause", said, Effect.NOTE),)) == {"cause": said}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_stored_option_is_read_as_the_same_option(number: int) -> None:
    """Also one whose target is a path with a blank in it."""
    place = asked()[2]
    chosen = read_answer(place, str(number), "dialogue")
    assert isinstance(chosen, Answer)
    again, _ = given_answers(asked(), stored((chosen,)), "dialogue")
    assert again == (chosen,)


def test_all_answers_are_confirmed_at_once() -> None:
    """Four answers and a `y` are four answers, in the order of the questions, and no end."""
    end = talked(asked(), "1", "first 2", "only shop/b c.py", "it is new", "Y")
    assert [(one.question, one.effect) for one in end.answers] == [
        ("cause", Effect.FIX),
        ("order", Effect.FIRST),
        ("place", Effect.ONLY),
        ("known", Effect.NOTE),
    ]
    assert (end.ended, end.open) == ("", ())
    assert end.rounds[-1].confirmed
    told = directions(end)
    assert (told.first, told.only, told.stop) == (2, ("shop/b c.py",), "")


def test_after_an_answer_that_stops_nothing_more_is_asked() -> None:
    """The other questions are moot, and only the answer that stops counts."""
    end = talked(asked(), "stop", "y")
    assert [one.effect for one in end.answers] == [Effect.STOP]
    assert end.open == ()


def test_taking_back_a_stop_asks_the_rest() -> None:
    """An edit that makes the other questions matter again asks them before it is confirmed."""
    end = talked(asked(), "stop", "e 1", "fix", "first 1", "1", "1", "y")
    assert [one.question for one in end.answers] == ["cause", "order", "place", "known"]
    assert not end.ended


def test_an_edit_is_kept_beside_what_it_replaced() -> None:
    """The artifact can tell what a person changed their mind about."""
    end = talked(asked()[:1], "1", "e 1", "rerun", "y")
    assert [one.effect for one in end.answers] == [Effect.RERUN]
    revised = [typed for round_ in end.rounds for typed in round_.typed if typed.replaced]
    assert [(one.text, one.replaced[:14]) for one in revised] == [("rerun", "The tests are ")]


@pytest.mark.parametrize(
    "lines",
    [
        ("1",),
        ("1", ""),
        ("1", "n"),
        ("",),
        ("7",) * (MISTAKES + 1),
        ("1", *("e 1", "2") * ROUNDS, "y"),
        ("1", *("e 9",) * ROUNDS, "y"),
    ],
    ids=["end", "empty", "no", "nothing", "mistakes", "edits", "wrong edits"],
)
def test_what_was_not_confirmed_is_no_answer(lines: tuple[str, ...]) -> None:
    """Only a `y` within the rounds makes answers; else the dialogue says why it ended."""
    end = talked(asked()[:1], *lines)
    assert end.answers == ()
    assert end.ended
    assert [one.id for one in end.open] == ["cause"]


def test_answers_from_elsewhere_outlive_a_conversation_that_breaks_off() -> None:
    """What a file said still stands where the rest was not answered."""
    given, _ = given_answers(asked(), {"cause": "fix"}, "answers.yml")
    start = Dialog("interactive", asked(), answers=given)
    end = [*converse(start, Piped(["first 1"]))][-1]
    assert [one.origin for one in end.answers] == ["answers.yml"]
    assert end.ended


WORDS = ("1", "2", "9", "", "y", "n", "e 1", "e 2", "e 9", "e", "stop", "fix", "only shop/a.py",
         "first 2", "known old-friend", "so it is", "\x1b[2J", "\ud83d")  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_any_input_comes_to_an_end_that_is_either_confirmed_or_explained(seed: int) -> None:
    """No script of lines loops, raises, or leaves answers that nobody confirmed."""
    said = random.Random(seed)
    person = Piped(said.choices(WORDS, k=said.randint(0, 60)))
    end = [*converse(Dialog("interactive", asked()), person)][-1]
    confirmed = bool(end.rounds) and end.rounds[-1].confirmed
    assert confirmed is not bool(end.ended)
    assert bool(end.answers) is confirmed
    assert confirmed is not bool(end.open)
    assert person.reads <= (ROUNDS + 1) * (len(asked()) * MISTAKES + 1)


@pytest.mark.parametrize("lines", [("1",), ("1", "n"), ("1", ""), ("7", "8", "9")])
def test_nothing_that_was_typed_is_lost_when_it_breaks_off(lines: tuple[str, ...]) -> None:
    """The last dialogue holds every line, however the conversation ended."""
    end = talked(asked()[:1], *lines)
    typed = [one.text for round_ in end.rounds for one in round_.typed]
    assert typed == list(lines)


def test_an_absurd_number_to_edit_is_no_crash() -> None:
    """int() of more than 4300 digits raises ValueError -> exit 70."""
    assert talked(asked()[:1], "1", "e " + "9" * 5000, "y").answers


@pytest.mark.parametrize("said", ["known issue", "only Linux", "first run", "known flake"])
def test_two_words_that_only_begin_like_a_key_are_a_note(said: str) -> None:
    """Free text is refused on a question that offers no such option at all."""
    read = read_answer(asked()[0], said, "x")
    assert isinstance(read, Answer)
    assert read.effect is Effect.NOTE


def test_the_answers_stand_in_the_order_of_the_questions() -> None:
    """The order of the file's keys changes context.txt, which must be deterministic."""
    one, _ = given_answers(asked(), {"cause": "fix", "order": "first 1"}, "f")
    two, _ = given_answers(asked(), {"order": "first 1", "cause": "fix"}, "f")
    assert one == two


@pytest.mark.parametrize("category", list(Category))
def test_no_two_options_of_a_question_share_a_key(category: Category) -> None:
    """`build` offers STOP twice, so answers.yml cannot say the second one."""
    for question in asked(category):
        assert len({option.key for option in question.options}) == len(question.options)
