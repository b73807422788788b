"""Opening hours of a week."""

from typing import Dict, List

from timetable.interval import Interval, merge

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Week:
    """Opening hours by weekday."""

    def __init__(self) -> None:
        self._hours: Dict[str, List[Interval]] = {day: [] for day in DAYS}

    def open(self, day: str, *spans: str) -> "Week":
        """Add spans such as `09:00-12:30` to a day."""
        if day not in self._hours:
            raise KeyError(day)
        self._hours[day] = merge([*self._hours[day], *map(Interval.of, spans)])
        return self

    def hours(self, day: str) -> List[str]:
        """The spans of a day as text."""
        return [str(span) for span in self._hours[day]]

    def minutes(self) -> int:
        """Minutes of the whole week."""
        return sum(span.minutes for spans in self._hours.values() for span in spans)

    def is_open(self, day: str, minute: int) -> bool:
        """Whether it is open at a minute of a day."""
        return any(span.start <= minute < span.end for span in self._hours[day])
