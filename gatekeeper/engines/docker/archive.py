"""A folder of this machine as one tar stream, as the engine takes it."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gatekeeper.engines.docker.frames import EPOCH, EPOCH_FILE, FIFO
from gatekeeper.errors import SandboxError
from gatekeeper.process import run, started

USER = 1000
HOME = "/home/gatekeeper"
SHELL = "/gatekeeper/sh"
"""A copy of the image's shell that may be run and not read (see pid1.sh)."""
STICKY = 0o1777
COMPILED = "__pycache__"
CHUNK = 1024 * 1024


def tree_archive(tree: Path, mtime: int) -> Iterator[bytes]:
    """`tree` as `workspace/...`, owned by USER, every time set to `mtime`.

    One time for all, well before that of any overlay: what compares times (compiled Python,
    make) then sees every file of a candidate as new and nothing else.
    """
    yield from _by_gnu_tar(tree, mtime) if _has_gnu_tar() else _by_python(tree, mtime)


@dataclass(frozen=True, slots=True)
class Locked:
    """A file that USER may read and not change."""

    path: str
    content: bytes
    executable: bool = False


def locked_archive(files: Iterable[Locked], top: str, mtime: int, folders: int = STICKY) -> bytes:
    """Files below `top`, owned by root in folders owned by root: sticky ones, if nothing is said.

    USER may still put files of its own beside them, and can neither write, remove nor rename
    these: code under test cannot rewrite a test before the runner reads it. Nor can it put
    compiled Python in its place, which counts before the source.
    """
    found = sorted(files, key=lambda file: file.path)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for folder, mode in sorted(_folders(found, folders).items()):
            entry = tarfile.TarInfo(os.fspath(top / folder))
            entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, mode, mtime
            tar.addfile(entry)
        for file in found:
            entry = tarfile.TarInfo(f"{top}/{file.path}")
            entry.size, entry.mtime = len(file.content), mtime
            entry.mode = 0o555 if file.executable else 0o444
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _folders(files: Iterable[Locked], mode: int) -> dict[PurePosixPath, int]:
    """Every folder on the way to these files and its mode; those of compiled Python are shut."""
    made = dict[PurePosixPath, int]()
    for file in files:
        place = PurePosixPath(file.path)
        made.update(dict.fromkeys(place.parents, mode))
        if place.suffix == ".py":
            made[place.parent / COMPILED] = 0o555
    return made


def files_of(tree: Path, paths: Sequence[str]) -> Iterator[Locked]:
    """These files of `tree`; links are left out."""
    for path in paths:
        source = tree / path
        if not source.is_symlink() and source.is_file():
            yield Locked(path, source.read_bytes(), os.access(source, os.X_OK))


def base_entries(shell: bytes, passwd: bytes | None) -> bytes:
    """The home folder, what PID 1 needs, and a passwd with our user if one is given.

    The beginning of a tar, without its end: another one is to follow.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        _add_folder(tar, "workspace")
        _add_folder(tar, HOME.lstrip("/"))
        epoch = tarfile.TarInfo(EPOCH_FILE.lstrip("/"))
        epoch.mtime, epoch.mode = EPOCH, 0o444
        tar.addfile(epoch)
        fifo = tarfile.TarInfo(FIFO.lstrip("/"))
        fifo.type, fifo.mode, fifo.mtime = tarfile.FIFOTYPE, 0o622, EPOCH
        tar.addfile(fifo)
        program = tarfile.TarInfo(SHELL.lstrip("/"))
        program.size, program.mode, program.mtime = len(shell), 0o111, EPOCH
        tar.addfile(program, io.BytesIO(shell))
        if passwd is not None:
            entry = tarfile.TarInfo("etc/passwd")
            entry.size, entry.mode, entry.mtime = len(passwd), 0o644, EPOCH
            tar.addfile(entry, io.BytesIO(passwd))
        return buffer.getvalue()[: tar.offset]


def with_user(passwd: bytes) -> bytes | None:
    """A passwd file with USER in it; None where it has one. Java finds its home folder there."""
    fields = [line.split(b":") for line in passwd.splitlines()]
    if any(len(parts) > 2 and parts[2] == str(USER).encode() for parts in fields):
        return None
    line = f"gatekeeper:x:{USER}:{USER}::{HOME}:/bin/sh\n".encode()
    return passwd + (b"" if passwd.endswith(b"\n") or not passwd else b"\n") + line


def _add_folder(tar: tarfile.TarFile, name: str) -> None:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode, folder.uid, folder.gid = tarfile.DIRTYPE, 0o755, USER, USER
    tar.addfile(folder)


def _has_gnu_tar() -> bool:
    program = shutil.which("tar")
    return program is not None and b"GNU tar" in run([program, "--version"], check=False).stdout


def _by_gnu_tar(tree: Path, mtime: int) -> Iterator[bytes]:
    """Ten times as fast as Python's tarfile on many files."""
    argv = ["tar", "--create", "--format=gnu", "--hard-dereference", "--numeric-owner"]
    argv += [f"--owner={USER}", f"--group={USER}", f"--mtime=@{mtime}", "--mode=u+rwX"]
    argv += ["--transform=flags=r;s,^\\.,workspace,", "--directory", str(tree), "."]
    with started(argv) as child:
        while data := child.stdout.read(CHUNK):
            yield data
        if child.wait() != 0:
            raise SandboxError(
                f"the files in {tree} cannot all be read",
                hint="check their permissions, then try again",
            )


def _by_python(tree: Path, mtime: int) -> Iterator[bytes]:
    def ours(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = USER
        entry.uname = entry.gname = ""
        entry.mtime = mtime
        entry.mode |= 0o600
        return entry

    with tempfile.TemporaryFile() as spool:
        with tarfile.open(
            fileobj=spool, mode="w", format=tarfile.GNU_FORMAT, dereference=False
        ) as tar:
            tar.add(os.fspath(tree), "workspace", filter=ours)
        spool.seek(0)
        while data := spool.read(CHUNK):
            yield data


def only_file(data: bytes) -> bytes:
    """Content of the first regular file of a tar; empty where there is none."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar:
            member = tar.extractfile(entry) if entry.isreg() else None
            if member:
                return member.read()
    return b""
