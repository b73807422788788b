"""Folders of the process engine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gatekeeper.domain import Overlay
from gatekeeper.engines.process import folders
from gatekeeper.errors import SandboxError


@pytest.mark.parametrize("path", ["../out", "a/../../out", "link/out", "/etc/out"])
def test_overlay_outside_is_refused(tmp_path: Path, path: str) -> None:
    """No overlay writes outside the workspace, be it by dots or through a link."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link").symlink_to(tmp_path)
    with pytest.raises(SandboxError):
        folders.lay_over(tree, [Overlay(path, b"x")])
    assert not (tmp_path / "out").exists()


def test_folders_of_dead_processes_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed gate left goes at the next start; what a living one uses stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = tmp_path / f"{folders.PREFIX}{dead.pid}-x"
    used = tmp_path / f"{folders.PREFIX}{os.getppid()}-x"
    for folder in (left, used):
        folder.mkdir()
    with folders.place() as place:
        assert place.is_dir()
        assert not left.exists()
        assert used.exists()
    assert not place.exists()


def test_folder_without_permissions_is_removed(tmp_path: Path) -> None:
    """A test that takes its own permissions away does not leave its folder behind."""
    inner = tmp_path / "place" / "closed"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    inner.chmod(0)
    folders.remove(tmp_path / "place")
    assert not (tmp_path / "place").exists()
