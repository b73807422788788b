"""What every format in the table promises, whatever it renders."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Outcome
from gatekeeper.ports import Format
from gatekeeper.wiring import FORMATS
from tests.support.reports import full, minimal

EACH = pytest.mark.parametrize("format_", FORMATS, ids=lambda each: each.filename)
OUTCOMES = pytest.mark.parametrize("outcome", Outcome)


@EACH
@OUTCOMES
def test_a_format_renders_every_outcome_the_same_way_twice(
    format_: Format, outcome: Outcome
) -> None:
    """Whatever the outcome and however hostile the text: no error, and equal bytes twice."""
    for report in (minimal(outcome), full(outcome)):
        assert format_.render(report) == format_.render(report)


@EACH
def test_a_full_report_leaves_no_raw_control_character(format_: Format) -> None:
    """No artifact for people or machines carries an escape character, diffs and context apart."""
    if format_.filename in ("patch.diff", "context.txt"):
        return
    content = format_.render(full(Outcome.ACCEPTED))
    assert content is None or b"\x1b" not in content


def test_file_names_are_plain_and_unique() -> None:
    """Two formats never write the same file, nor outside of the report's folder."""
    names = [format_.filename for format_ in FORMATS]
    assert len(set(names)) == len(names)
    assert not any("/" in name or name.startswith(".") for name in names)
