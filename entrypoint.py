"""The image's entry: gatekeeper's own commands, and anything else as it is.

GitLab's runner starts `sh` in the image, Jenkins' `inside` starts `cat`; both must just work.
The user may be any uid, known or not, with HOME=/ or none. Without arguments: `gatekeeper run`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path


def main(argv: Sequence[str]) -> int:
    """Run one of our commands, or become the program that `argv` names."""
    _ensure_home()
    words = list(argv) or ["run"]
    if words[0] == "gatekeeper":
        return _gatekeeper(words[1:])
    if words[0].startswith("-") or _is_command(words[0]):
        return _gatekeeper(words)
    return _become(words)


def _gatekeeper(words: list[str]) -> int:
    from gatekeeper.cli.main import main as command_line  # noqa: PLC0415  # `sh` needs none of it

    return command_line(words)


def _is_command(word: str) -> bool:
    """Whether it is ours; without loading the command line for what cannot be.

    Jenkins looks at the container's top process as soon as it has started, and expects `cat`.
    """
    if not word.isidentifier() or find_spec(f"gatekeeper.cli.{word}") is None:
        return False
    from gatekeeper.cli.main import COMMANDS  # noqa: PLC0415

    return word in COMMANDS


def _become(words: list[str]) -> int:
    program = shutil.which(words[0])
    if program is not None:
        os.execv(program, words)  # noqa: S606  # no shell: the words are passed on as they came
    print(  # noqa: T201
        f"gatekeeper: `{words[0]}` is neither a command of gatekeeper nor a program in this image; "
        "`gatekeeper --help` lists the commands",
        file=sys.stderr,
    )
    return 127


def _ensure_home() -> None:
    """Programs write below HOME; an unknown uid has `/`, or nothing at all."""
    home = os.environ.get("HOME", "")
    if home in ("", "/") or not Path(home).is_dir() or not os.access(home, os.W_OK | os.X_OK):
        os.environ["HOME"] = tempfile.mkdtemp(prefix="gatekeeper-home-")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
