"""Category and confidence of real failures that are labelled (tests/assets/failures).

    PYTHONPATH=. python benchmarks/diagnosis.py

Prints how many are right, for those that the rules were written by and for those that were only
looked at afterwards, and how often each band of confidence is right.
"""

from __future__ import annotations

from collections import Counter

from tests.unit.diagnosis.test_labelled import CASES, LABEL, ROWS, diagnosed

BANDS = (0.0, 0.4, 0.55, 0.7, 0.8)


def main() -> None:
    sets: Counter[tuple[str, bool]] = Counter()
    bands: Counter[tuple[float, bool]] = Counter()
    claimed: Counter[float] = Counter()
    for name, case in CASES:
        found = diagnosed(name, case)
        label = LABEL.search(case.id.name)
        right = label is not None and found.category == label[1].replace("_", "-")
        band = max(start for start in BANDS if found.confidence >= start)
        sets[ROWS[name]["set"], right] += 1
        bands[band, right] += 1
        claimed[band] += found.confidence
    for name in ("develop", "held-out"):
        print(f"{name:9} {sets[name, True]:3} of {sets[name, True] + sets[name, False]:3} right")
    for band in BANDS:
        count = bands[band, True] + bands[band, False]
        if count:
            says = claimed[band] / count
            print(f"from {band:.2f}: says {says:.2f}, right {bands[band, True]:3} of {count:3}")


if __name__ == "__main__":
    main()
