"""What the process engine does when its gate dies, and which of its limits hold."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from gatekeeper.domain import Limits, RunSpec, SnapshotSpec
from gatekeeper.engines.process import ProcessEngine, folders

ROOT = Path(__file__).resolve().parents[2]
GATE = """
import signal, sys
from gatekeeper.domain import RunSpec, SnapshotSpec
from gatekeeper.engines.process import ProcessEngine

def stop(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
tree, mark = sys.argv[1:]
with ProcessEngine().prepare(SnapshotSpec(tree, "")) as snapshot:
    print("ready", flush=True)
    snapshot.run(RunSpec(f"(setsid sleep {mark} &); trap '' TERM HUP; sleep {mark}; sleep {mark}"))
"""


def alive(mark: str) -> int:
    """How many processes carry the mark as an argument of their own."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += f"sleep\0{mark}\0" in (process / "cmdline").read_text("utf-8", "replace")
        except OSError:
            continue
    return found


def wait_for(mark: str, number: int) -> None:
    deadline = time.monotonic() + 15
    while alive(mark) != number:
        assert time.monotonic() < deadline, f"{alive(mark)} processes instead of {number}"
        time.sleep(0.05)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_gate(
    signum: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the gate ends, its processes end too; its folder goes now or at the next start."""
    mark = f"{1000 + signum}.{os.getpid()}"
    scratch = tmp_path / "scratch"
    for folder in (scratch, tmp_path / "tree"):
        folder.mkdir()
    gate = subprocess.Popen(
        [sys.executable, "-c", GATE, str(tmp_path / "tree"), mark],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)},
    )
    with gate:
        assert gate.stdout is not None
        assert gate.stdout.readline() == b"ready\n"
        wait_for(mark, 2)
        gate.send_signal(signum)
        gate.wait(20)
    wait_for(mark, 0)
    if signum == signal.SIGKILL:
        assert list(scratch.iterdir())
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        folders.sweep()
    assert list(scratch.iterdir()) == []


def test_limits_of_one_process(tmp_path: Path) -> None:
    """One process cannot take more memory, or write a larger file, than the limits say."""
    limits = Limits(memory=256 * 1024**2, disk=1024**2, timeout=60)
    hog = "import sys\ntry:\n x = bytearray(1 << 30)\nexcept MemoryError:\n sys.exit(9)"
    with ProcessEngine().prepare(SnapshotSpec(str(tmp_path), "", limits=limits)) as snapshot:
        assert snapshot.run(RunSpec(f"{sys.executable} -c '{hog}'")).exit_code == 9
        wrote = snapshot.run(RunSpec("head -c 3000000 /dev/zero > f; stat -c %s f"))
    assert int(wrote.output.split()[-1]) <= 1024**2
