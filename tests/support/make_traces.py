"""Makes what stands in tests/assets/{traces,junit,failures} again, by running the real tools.

    python -m tests.support.make_traces traces|junit|failures TOOLS FOLDER [name ...]

TOOLS holds `v` (a venv with pytest and its plugins, Robot Framework, unittest-xml-reporting) and
`node_modules` (Jest, Vitest, Mocha, Playwright test and their JUnit reporters); FOLDER is scratch,
best inside the folder of `node_modules`. Names of this machine are replaced.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
WORKSPACE = "/builds/acme/shop"


def main() -> None:
    """Run what was asked for, or everything."""
    kind, tools, folder, *names = sys.argv[1:]
    here = ASSETS / kind
    (index,) = here.glob("*.toml")
    rows = tomllib.loads(index.read_text())
    for name in names or rows:
        if "made" not in rows[name]:  # by its documented shape: written by hand
            continue
        room = Path(folder) / name
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
        for path, text in rows[name].get("tree", {}).items():
            (room / path).parent.mkdir(parents=True, exist_ok=True)
            (room / path).write_text(text.removeprefix("\n"))
        code, said = _run(rows[name]["made"], room, tools)
        if kind != "traces":
            report = room / "report.xml"
            said = report.read_bytes() if report.exists() else b""
        made = _clean(said, room, tools)
        (here / f"{name}.{'txt' if kind == 'traces' else 'xml'}").write_bytes(made)
        print(f"{name:24} exit {code:3} {len(made.splitlines()):4} lines")


def _run(script: str, room: Path, tools: str) -> tuple[int, bytes]:
    path = f"{tools}/v/bin:{tools}/node_modules/.bin:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "TOOLS": tools, "LANG": "C.UTF-8", "CI": "true"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=room,
        env={**env, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        timeout=180,
        check=False,
    )
    return done.returncode, done.stdout


def _clean(made: bytes, room: Path, tools: str) -> bytes:
    made = made.replace(os.fsencode(room), b"/builds/acme/shop").replace(
        tools.encode(), b"/opt/tools"
    )
    made = re.sub(rb'hostname="[^"]+"', b'hostname="runner-07"', made)
    return re.sub(rb"/root/\.(?=\w)", b"/home/ci/.", made)


if __name__ == "__main__":
    main()
