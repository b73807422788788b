"""Half-open intervals of a day."""

from typing import Iterable, List, NamedTuple

from timetable import clock


class Interval(NamedTuple):
    """From `start` up to, not including, `end`."""

    start: int
    end: int

    @classmethod
    def of(cls, text: str) -> "Interval":
        """`09:00-12:30` as an interval."""
        start, end = (clock.parse(part) for part in text.split("-"))
        if end <= start:
            raise ValueError(f"it ends before it starts: {text!r}")
        return cls(start, end)

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        """Whether they have a minute in common."""
        return self.start < other.end and other.start < self.end

    def __str__(self) -> str:
        return f"{clock.show(self.start)}-{clock.show(self.end)}"


def merge(intervals: Iterable[Interval]) -> List[Interval]:
    """The same minutes in as few intervals as can be, in order."""
    merged: List[Interval] = []
    for interval in sorted(intervals):
        if merged and interval.start <= merged[-1].end:
            last = merged.pop()
            interval = Interval(last.start, max(last.end, interval.end))
        merged.append(interval)
    return merged
