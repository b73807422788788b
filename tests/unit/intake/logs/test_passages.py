"""The reader: passages wherever they are, right line numbers, bounded memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from gatekeeper.domain import LogText, Passage
from gatekeeper.intake.logs import passages
from gatekeeper.intake.logs.passages import BLOCK, Alphabet, read_log
from tests.support.logs import cleaned

NOISE = b"2026-11-21T04:00:00Z INFO worker 7 rendered page %d in 12 ms, all is well\n"
ALPHABET = Alphabet(("fatal:",), lambda line: "fatal" if "fatal:" in line else "")


def read(raw: bytes, alphabet: Alphabet = ALPHABET) -> LogText:
    return read_log(io.BytesIO(raw), "job.log", alphabet)


def noise(count: int) -> bytes:
    return b"".join(NOISE % number for number in range(count))


def true_to(raw: bytes, passage: Passage) -> bool:
    """Whether the passage's numbers are those of its lines in the log."""
    lines = list(cleaned(raw))[passage.start - 1 :]
    return tuple(lines[: len(passage.lines)]) == passage.lines


@pytest.mark.parametrize("before", [0, 1, 29, 5_000, 40_000])
@pytest.mark.parametrize("after", [0, 1, 5_000, 40_000])
def test_a_line_is_found_wherever_it_is(before: int, after: int) -> None:
    """First, last, in the middle of megabytes: it comes with its number and what is around it."""
    raw = noise(before) + b"fatal: no\n" + noise(after)
    log = read(raw)
    (passage,) = log.passages
    assert passage.at == before + 1
    assert passage.said == "fatal: no"
    assert true_to(raw, passage)
    assert log.lines == before + after + 1
    assert log.size == len(raw)
    assert len(passage.lines) == min(before, passages.NEAR) + 1 + min(after, passages.AFTER)


def test_numbers_are_right_across_every_border_of_blocks() -> None:
    """A thousand lines around each border between two blocks are all numbered as they stand."""
    raw = bytearray(noise(60_000))
    marked = []
    for border in (BLOCK, BLOCK - 1_000, 2 * BLOCK, 2 * BLOCK + 90, 3 * BLOCK):
        at = raw.rfind(b"\n", 0, border) + 1
        raw[at : at + 6] = b"fatal:"
        marked.append(raw.count(b"\n", 0, at) + 1)
    log = read(bytes(raw))
    found = [passage.at for passage in log.passages]
    assert found == sorted(marked)
    assert all(true_to(bytes(raw), passage) for passage in log.passages)


def test_of_a_flood_the_first_and_the_last_are_kept() -> None:
    """200,000 lines that all bear the sign give six passages, the very first and last of them."""
    raw = b"".join(b"fatal: %d\n" % number for number in range(200_000))
    log = read(raw)
    numbers = [passage.at for passage in log.passages]
    assert len(numbers) == passages.FIRST + passages.LAST
    assert numbers[:3] == [1, 2, 3]
    assert numbers[-1] == 200_000
    assert all(passage.said == f"fatal: {passage.at - 1}" for passage in log.passages)


def test_memory_does_not_grow_with_the_log() -> None:
    """A log ten times as long needs no more."""

    class Endless(io.RawIOBase):
        def __init__(self, blocks: int) -> None:
            self.left = blocks
            self.block = (noise(4_000) + b"fatal: again\n") * 4

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return self.block if self.left >= 0 else b""

    peaks = []
    for blocks in (20, 200):
        tracemalloc.start()
        read_log(Endless(blocks), "job.log", ALPHABET)  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 16 * BLOCK


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"x" * 9_000_000 + b"fatal: no" + b"y" * 9_000_000, id="no line break at all"),
        pytest.param(
            b"x" * 9_000_000 + b"\nfatal: no\n" + b"y" * 9_000_000, id="huge lines around"
        ),
    ],
)
def test_a_line_of_megabytes_stops_nothing(raw: bytes) -> None:
    """A binary dumped into the log is read past, in bounded time and memory."""
    log = read(raw)
    assert log.size == len(raw)
    assert log.lines == raw.count(b"\n") + 1
    assert any("fatal: no" in passage.said for passage in log.passages)


def test_a_passage_knows_its_section() -> None:
    """GitLab's sections are followed, also where one ends and the next begins in one line."""
    mark = b"section_%s:1763700012:%s\r\x1b[0K"
    raw = (
        mark % (b"start", b"get_sources") + b"Getting\nfatal: one\n"
        + mark % (b"end", b"get_sources") + mark % (b"start", b"step_script") + b"Run\nfatal: two\n"
        + mark % (b"end", b"step_script") + b"\nfatal: three\n"
    )  # fmt: skip
    sections = [passage.section for passage in read(raw).passages]
    assert sections == ["get_sources", "step_script", ""]


def test_a_passage_begins_where_its_trace_begins() -> None:
    """A stack trace of twenty lines is not cut in the middle."""
    trace = b"Traceback (most recent call last):\n" + b'  File "a.py", line 1, in f\n' * 18
    raw = noise(100) + trace + b"fatal: E\n" + noise(100)
    (passage,) = read(raw).passages
    assert passage.lines[0] == "Traceback (most recent call last):"
    assert passage.start == 101


@pytest.mark.parametrize(
    ("raw", "lines", "last"),
    [
        (b"", 0, None),
        (b"\n", 1, None),
        (b"a", 1, 1),
        (b"a\n", 1, 1),
        (b"a\n\n\n", 3, 1),
        (b"a\nb", 2, 2),
    ],
)
def test_the_tail_is_numbered_too(raw: bytes, lines: int, last: int | None) -> None:
    """The last lines that say something, and how many lines there are."""
    log = read(raw)
    assert log.lines == lines
    assert (log.tail.at if log.tail else None) == last
    assert log.tail is None or true_to(raw, log.tail)
