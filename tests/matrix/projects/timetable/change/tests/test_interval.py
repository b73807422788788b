import unittest

from timetable.interval import Interval, merge


def spans(*texts):
    return [Interval.of(text) for text in texts]


class IntervalTest(unittest.TestCase):
    def test_minutes(self):
        self.assertEqual(Interval.of("09:00-12:30").minutes, 210)

    def test_backwards(self):
        with self.assertRaises(ValueError):
            Interval.of("12:00-11:00")

    def test_overlap(self):
        self.assertTrue(Interval(0, 10).overlaps(Interval(9, 20)))
        self.assertFalse(Interval(0, 10).overlaps(Interval(10, 20)))

    def test_touch(self):
        self.assertTrue(Interval(0, 10).touches(Interval(10, 20)))
        self.assertFalse(Interval(0, 10).touches(Interval(11, 20)))

    def test_text(self):
        self.assertEqual(str(Interval(540, 600)), "09:00-10:00")


class MergeTest(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(merge([]), [])

    def test_apart(self):
        self.assertEqual(
            merge(spans("13:00-14:00", "09:00-10:00")), spans("09:00-10:00", "13:00-14:00")
        )

    def test_touching(self):
        self.assertEqual(merge(spans("09:00-10:00", "10:00-11:00")), spans("09:00-11:00"))

    def test_inside(self):
        self.assertEqual(merge(spans("09:00-17:00", "12:00-13:00")), spans("09:00-17:00"))

    def test_a_long_one_over_several(self):
        self.assertEqual(
            merge(spans("08:00-20:00", "09:00-10:00", "11:00-12:00")), spans("08:00-20:00")
        )
