"""Interleaved samples and a table of ratios, for the scripts beside this one."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

GATEKEEPER = [sys.executable, "-m", "gatekeeper"]
IMAGE = "gatekeeper-test/python"
"""A Python image with pytest; `python tests/support/images.py` makes it where none is."""


def interleaved(
    actions: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm: int = 1,
    repeat: Mapping[str, int] | None = None,
) -> dict[str, list[float]]:
    """Wall seconds of each action, one of each in turn, so that a noisy moment hits all alike.

    What is named in `repeat` is done that often in a row, and the mean is one sample.
    """
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(-warm, rounds):
        for name, action in actions.items():
            times = (repeat or {}).get(name, 1)
            begun = time.perf_counter()
            for _ in range(times):
                action()
            if number >= 0:
                seconds[name].append((time.perf_counter() - begun) / times)
    return seconds


def show(
    title: str, seconds: Mapping[str, Sequence[float]], over: Mapping[str, str] | None = None
) -> None:
    """Print median, least, and ratio of each row; `over` names another baseline than the first."""
    first = next(iter(seconds))
    print(f"\n{title}")
    print(f"  {'':52}{'median s':>9}{'least s':>9}{'ratio':>7}{'of least':>9}{'n':>4}")
    for name, values in seconds.items():
        base = seconds[(over or {}).get(name, first)]
        middle, least = statistics.median(values), min(values)
        print(
            f"  {name:52}{middle:9.3f}{least:9.3f}{middle / statistics.median(base):7.2f}"
            f"{least / min(base):9.2f}{len(values):4}"
        )


def machine() -> None:
    """Print what the figures depend on."""
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {cores} cores, load {load:.1f}, "
        f"Python {platform.python_version()}"
    )


def run(argv: Sequence[str], expected: int = 0, cwd: Path | None = None) -> str:
    """Standard output of a program that must end with this exit code."""
    # As it is installed: with Python's compiled files, whatever this shell demands of it.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode != expected:
        raise SystemExit(f"`{' '.join(argv)}` ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout
