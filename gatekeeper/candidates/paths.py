"""Which paths a candidate may bring into the tree."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Code points that HFS+ leaves out when it compares names.
_UNSEEN = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_MAX = 4096  # bytes, Linux' PATH_MAX
_MAX_PART = 255  # bytes


def path_problem(path: str) -> str:
    """What is wrong with a path for a new file, as the end of a sentence; "" if nothing is."""
    parts = path.split("/")
    checks = (
        (not path, "is empty"),
        (_CONTROL.search(path), "holds a control character"),
        (path.startswith("/"), "is absolute; paths are relative to the repository's top folder"),
        (_DRIVE.match(path), "begins with a drive; paths are relative to the top folder"),
        ("\\" in path, "holds a backslash; folders are parted by /"),
        (".." in parts, "leaves the folder it is in by `..`"),
        ("" in parts or "." in parts, "has an empty part or a `.` in it"),
        (any(_is_git_folder(part) for part in parts), "reaches into git's own folder"),
        (_too_long(path, parts), "is too long for a file system"),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _is_git_folder(part: str) -> bool:
    """Also by the other names that NTFS and HFS+ have for `.git`."""
    seen = _UNSEEN.sub("", part).split(":")[0].rstrip(". ").lower()
    return seen in (".git", "git~1")


def _too_long(path: str, parts: list[str]) -> bool:
    longest = max(len(part.encode("utf-8", "replace")) for part in parts)
    return longest > _MAX_PART or len(path.encode("utf-8", "replace")) > _MAX
