"""Times of day as minutes since midnight."""

import re

DAY = 24 * 60


def parse(text: str) -> int:
    """Minutes of `HH:MM`."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if not found:
        raise ValueError(f"not a time of day: {text!r}")
    hours, minutes = map(int, found.groups())
    if minutes > 59 or hours * 60 + minutes > DAY:
        raise ValueError(f"no such time of day: {text!r}")
    return hours * 60 + minutes


def show(minutes: int) -> str:
    """`HH:MM` of minutes."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
