"""Makes the traces in tests/assets/traces again, by running the real tools.

    python -m tests.support.make_traces TOOLS FOLDER [name ...]

TOOLS holds `v` (a venv with pytest) and `node_modules`; FOLDER is scratch. Names of this machine
are replaced.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "assets" / "traces"
WORKSPACE = "/builds/acme/shop"


def main() -> None:
    """Run what was asked for, or everything."""
    tools, folder, *names = sys.argv[1:]
    traces = tomllib.loads((HERE / "traces.toml").read_text())
    for name in names or traces:
        made = traces[name].get("made")
        if made is None:  # by its documented shape: the file was written by hand
            continue
        room = Path(folder) / name
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
        path = f"{tools}/v/bin:{tools}/node_modules/.bin:{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "TOOLS": tools, "LANG": "C.UTF-8", "CI": "true"}
        done = subprocess.run(
            ["bash", "-c", made],
            cwd=room,
            env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=180,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        text = text.replace(str(room), WORKSPACE).replace(tools, "/opt/tools")
        text = re.sub(r"/root/\.(?=\w)", "/home/ci/.", text)
        (HERE / f"{name}.txt").write_text(text)
        print(f"{name:24} exit {done.returncode:3} {len(text.splitlines()):4} lines")


if __name__ == "__main__":
    main()
