import json
import tempfile
import unittest
from pathlib import Path

from timetable.store import load, save
from timetable.week import Week


class WeekTest(unittest.TestCase):
    def setUp(self):
        self.week = Week().open("mon", "09:00-12:00", "13:00-17:00").open("sat", "10:00-12:00")

    def test_hours(self):
        self.assertEqual(self.week.hours("mon"), ["09:00-12:00", "13:00-17:00"])

    def test_minutes(self):
        self.assertEqual(self.week.minutes(), 540)

    def test_is_open(self):
        self.assertTrue(self.week.is_open("sat", 600))
        self.assertFalse(self.week.is_open("sat", 720))

    def test_unknown_day(self):
        with self.assertRaises(KeyError):
            self.week.open("someday", "09:00-10:00")

    def test_lunch_within_the_day(self):
        self.week.open("tue", "08:00-18:00").open("tue", "12:00-12:30")
        self.assertEqual(self.week.hours("tue"), ["08:00-18:00"])
        self.assertEqual(self.week.minutes(), 1140)


class StoreTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "week.json"

    def test_round_trip(self):
        save(Week().open("wed", "09:00-10:00"), self.path)
        self.assertEqual(load(self.path).hours("wed"), ["09:00-10:00"])

    def test_old_file_stays(self):
        self.path.write_text(json.dumps({"fri": ["09:00-10:00"]}))
        with self.assertRaises(TypeError):
            save(None or Broken(), self.path)
        self.assertEqual(load(self.path).hours("fri"), ["09:00-10:00"])


class Broken:
    def hours(self, day):
        return object()
