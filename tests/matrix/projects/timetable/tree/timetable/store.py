"""Weeks in files."""

import json
import os
from pathlib import Path

from timetable.week import DAYS, Week


def save(week: Week, path: Path) -> None:
    """Write a week; the old file stays as it is if that fails."""
    beside = path.with_suffix(".part")
    try:
        beside.write_text(json.dumps({day: week.hours(day) for day in DAYS}))
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def load(path: Path) -> Week:
    """Read a week back."""
    week = Week()
    for day, spans in json.loads(path.read_text()).items():
        week.open(day, *spans)
    return week
