"""Folders of the process engine: copies, overlays, reports, and those that a dead gate left."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gatekeeper.domain import Overlay
from gatekeeper.engines.border import matches
from gatekeeper.errors import SandboxError
from gatekeeper.process import run

PREFIX = "gatekeeper-process-"
OLD = 946684800
"""2000-01-01: reports that were there before a run get this time."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A folder of this run, named by its process, removed at the end."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).resolve()
    try:
        yield folder
    finally:
        remove(folder)


def sweep() -> None:
    """Remove the folders of processes that are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not _alive(int(pid)) and folder.stat().st_uid == os.getuid():
                remove(folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove(folder: Path) -> None:
    """Remove a folder also where a test took the write permission off some of it."""
    if not folder.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        run(["chmod", "-R", "u+rwX", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def copy(source: Path, target: Path) -> None:
    """A full copy with times, links and modes; shares blocks where the file system can.

    Never hard links: a run that writes in place would change every other copy.
    """
    flags = ["-a"]
    if b"--reflink" in run(["cp", "--help"], check=False).stdout:
        flags.append("--reflink=auto")
    finished = run(["cp", *flags, str(source), str(target)], check=False)
    if finished.exit_code != 0:
        said = finished.stderr.decode("utf-8", "replace").strip()[-500:]
        raise SandboxError(
            f"the workspace cannot be copied: {said}", hint="make room in the temporary folder"
        )


def settle(tree: Path, mtime: float) -> None:
    """Give every file one time, older than any overlay: compiled Python compares times."""
    for folder, _, names in os.walk(tree):
        for name in names:
            with contextlib.suppress(OSError):
                os.utime(os.path.join(folder, name), (mtime, mtime), follow_symlinks=False)  # noqa: PTH118


def lay_over(tree: Path, overlays: Sequence[Overlay], *, locked: bool = False) -> None:
    """Add, change and remove files; what stands in their place (a link, a folder) goes first.

    `locked` ones are read-only, which keeps honest code from writing to them.
    """
    for item in overlays:
        path = _inside(tree, item.path)
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            remove(path)
        if item.content is None:
            _prune(path.parent, tree)
    for item in overlays:
        if item.content is None:
            continue
        path = _inside(tree, item.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.content)
        path.chmod((0o755 if item.executable else 0o644) & (0o555 if locked else 0o777))
        moment = time.time() - 5  # as in frames.py of the Docker engine
        os.utime(path, (moment, moment))


def _inside(tree: Path, name: str) -> Path:
    """The path of an overlay; SandboxError where a folder on the way leads outside."""
    path = tree / name
    if ".." in Path(name).parts or not path.parent.resolve().is_relative_to(tree):
        raise SandboxError(f"{name!r} is not inside the workspace")
    return path


def _prune(folder: Path, top: Path) -> None:
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def outdate(tree: Path, globs: Sequence[str]) -> None:
    """Give reports that are there already a time at which no run writes."""
    for path in _matching(tree, globs):
        with contextlib.suppress(OSError):
            os.utime(tree / path, (OLD, OLD), follow_symlinks=False)


def collect(
    tree: Path, globs: Sequence[str], limit: int
) -> tuple[tuple[tuple[str, bytes], ...], str]:
    """Regular files written since `outdate`, read without following links; and a note."""
    found: list[tuple[str, bytes]] = []
    left = limit
    for path in sorted(_matching(tree, globs)):
        content = _regular(tree / path, left)
        if content is None:
            return tuple(found), f"reports over {limit} bytes were left out"
        if content is not _STALE:
            found.append((path, content))
            left -= len(content)
    return tuple(found), ""


_STALE = b"(stale)"


def _regular(path: Path, limit: int) -> bytes | None:
    """Content; `_STALE` for what is not new or not a file; None where it is over the limit."""
    try:
        handle = os.open(path, _READ)
    except OSError:
        return _STALE
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_mtime <= OLD:
            return _STALE
        content = file.read(limit + 1) if facts.st_size <= limit else b""
        return content if max(len(content), facts.st_size) <= limit else None


def _matching(tree: Path, globs: Sequence[str]) -> Iterable[str]:
    if not globs:
        return
    wanted = matches(globs)
    for folder, _, names in os.walk(tree, followlinks=False):
        prefix = "" if Path(folder) == tree else os.path.relpath(folder, tree) + "/"
        yield from (prefix + name for name in names if wanted.fullmatch(prefix + name))
