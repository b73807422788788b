import unittest

from timetable import clock


class ParseTest(unittest.TestCase):
    def test_reads_hours_and_minutes(self):
        self.assertEqual(clock.parse("09:30"), 570)

    def test_end_of_day(self):
        self.assertEqual(clock.parse("24:00"), 1440)

    def test_refuses_what_is_no_time(self):
        for text in ("", "9", "9:5", "25:00", "10:60", "x:yz"):
            with self.subTest(text), self.assertRaises(ValueError):
                clock.parse(text)


class ShowTest(unittest.TestCase):
    def test_pads(self):
        self.assertEqual(clock.show(65), "01:05")

    def test_round_trip(self):
        for minutes in range(0, 1440, 37):
            self.assertEqual(clock.parse(clock.show(minutes)), minutes)
