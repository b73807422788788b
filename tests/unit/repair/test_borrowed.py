"""Edits that the past and the siblings of a function suggest."""

from __future__ import annotations

from gatekeeper.repair.history import history
from gatekeeper.repair.siblings import siblings
from gatekeeper.repair.source import Source, Variant

NOW = b'''"""Areas."""


def area(shape):
    width = shape.height
    if width < 0:
        raise ValueError("negative")
    return width * shape.height


def volume(shape):
    width = shape.width
    if width < 0:
        raise ValueError("negative")
    return width * shape.height * shape.depth
'''
LINES = {5: 1.0, 8: 0.5}


def applied(variant: Variant, content: bytes = NOW) -> bytes:
    return content[: variant.start] + variant.text.encode() + content[variant.end :]


def test_a_recent_change_is_undone_where_its_lines_still_stand() -> None:
    """What the commit replaced comes back, as one edit of that line, within the function."""
    before = NOW.replace(b"    width = shape.height\n", b"    width = shape.width\n")
    every = history(Source("a.py", NOW), LINES, [(before, NOW)])
    (found,) = [v for v in every if "undone" in v.words]
    assert applied(found) == before
    assert (found.line, found.function, found.first, found.live) == (5, "area", 4, True)


def test_a_change_of_lines_that_no_red_test_ran_or_that_changed_again_is_left_alone() -> None:
    """Line 12 is not suspicious; a line that is not there any more cannot be undone."""
    elsewhere = NOW.replace(b"    width = shape.width\n", b"    width = shape.depth\n")
    gone = (NOW.replace(b"area", b"zone"), NOW.replace(b"shape.height\n    if", b"other\n    if"))
    assert not list(history(Source("a.py", NOW), LINES, [(elsewhere, NOW), gone]))


def test_a_word_that_was_replaced_elsewhere_is_replaced_where_it_was_forgotten() -> None:
    """Commits made `tall` of `height` in another line: line 5 and line 8 may lack it."""
    past = [(b"a = one.height\nb = 1\n", b"a = one.tall\nb = 1\n")]
    found = [applied(v) for v in history(Source("a.py", NOW), LINES, past)]
    assert NOW.replace(b"width = shape.height", b"width = shape.tall") in found
    assert NOW.replace(b"return width * shape.height\n", b"return width * shape.tall\n") in found
    assert len(found) == 2


def test_a_file_that_came_whole_is_no_small_change() -> None:
    """Hunks of more than a dozen lines are nobody's slip."""
    before = b"\n".join(b"x%d = 1" % n for n in range(40))
    after = b"\n".join(b"y%d = 2" % n for n in range(40))
    lines = dict.fromkeys(range(1, 41), 1.0)
    undone = [
        v for v in history(Source("a.py", after), lines, [(before, after)]) if "undone" in v.words
    ]
    assert not undone


def test_what_a_function_much_alike_has_is_offered_and_named() -> None:
    """`volume` takes the width where `area` takes the height: copied, and corrected in one."""
    source = Source("a.py", NOW)
    found = list(siblings(source, LINES, [source]))
    right = NOW.replace(b"    width = shape.height\n", b"    width = shape.width\n")
    assert [v.words for v in found if applied(v) == right] == [
        "`width = shape.height` became what `volume` of a.py has there"
    ]


def test_functions_that_have_little_in_common_lend_nothing() -> None:
    """Two functions without a common line."""
    other = Source("b.py", b"def area(shape):\n    first = 1\n    second = 2\n    return first\n")
    assert not list(siblings(Source("a.py", NOW), LINES, [other]))
