"""A folder as the tar stream that an engine takes."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from gatekeeper.engines.docker import archive


def listing(data: bytes) -> dict[str, tuple[bytes, str, int, int, float, str]]:
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
        return {
            item.name.rstrip("/").removeprefix("./"): (
                item.type,
                item.linkname,
                item.mode & 0o700,
                item.uid,
                item.mtime,
                item.uname,
            )
            for item in tar
        }


@pytest.mark.parametrize("gnu", [True, False], ids=["gnu-tar", "python"])
def test_tree_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gnu: bool) -> None:
    """With and without GNU tar: names, links, bits; one owner, one time, nobody's names."""
    monkeypatch.setattr(archive, "_has_gnu_tar", lambda: gnu)
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/run").write_text("x")
    (tmp_path / "dir/run").chmod(0o755)
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / ".hidden").chmod(0o000)
    (tmp_path / "link").symlink_to("./dir/run")
    (tmp_path / os.fsdecode(b"\xe9" * 120)).write_text("x")
    found = listing(b"".join(archive.tree_archive(tmp_path, 1234)))
    common = (archive.USER, 1234, "")
    assert found["workspace"] == (tarfile.DIRTYPE, "", 0o700, *common)
    assert found["workspace/dir/run"] == (tarfile.REGTYPE, "", 0o700, *common)
    assert found["workspace/.hidden"] == (tarfile.REGTYPE, "", 0o600, *common)
    assert found["workspace/link"][:2] == (tarfile.SYMTYPE, "./dir/run")
    assert "workspace/" + os.fsdecode(b"\xe9" * 120) in found


def test_user_is_added_once() -> None:
    """A passwd without our user gets it; one that has the number stays as it is."""
    added = archive.with_user(b"root:x:0:0::/root:/bin/sh")
    assert added is not None
    assert added.splitlines()[-1].startswith(b"gatekeeper:x:1000:1000:")
    assert archive.with_user(added) is None
    assert archive.with_user(b"node:x:1000:1000::/home/node:/bin/sh\n") is None


def test_locked_archive() -> None:
    """Files and every folder on their way are root's; compiled Python has no place beside them."""
    files = [
        archive.Locked("tests/deep/test_a.py", b"a"),
        archive.Locked("tests/run.sh", b"b", executable=True),
    ]
    with tarfile.open(fileobj=io.BytesIO(archive.locked_archive(files, "workspace", 7))) as tar:
        found = {item.name: (item.mode, item.uid, item.isdir(), item.mtime) for item in tar}
    assert found == {
        "workspace": (0o1777, 0, True, 7),
        "workspace/tests": (0o1777, 0, True, 7),
        "workspace/tests/deep": (0o1777, 0, True, 7),
        "workspace/tests/deep/__pycache__": (0o555, 0, True, 7),
        "workspace/tests/deep/test_a.py": (0o444, 0, False, 7),
        "workspace/tests/run.sh": (0o555, 0, False, 7),
    }


def test_links_are_not_locked(tmp_path: Path) -> None:
    """A link among the protected paths is left as the tree has it."""
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "b.py").symlink_to("a.py")
    found = list(archive.files_of(tmp_path, ("a.py", "b.py", "gone.py")))
    assert found == [archive.Locked("a.py", b"x")]
