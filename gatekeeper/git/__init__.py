"""The only place that runs git; the workspace's own repository is only ever read."""

from gatekeeper.git.hunks import Hunk
from gatekeeper.git.making import PatchRefused
from gatekeeper.git.remote import Fetched
from gatekeeper.git.repository import Repository
from gatekeeper.git.trees import SUBMODULE, TreeEntry, TreeView
from gatekeeper.git.worktree import apply_to_worktree

__all__ = [
    "SUBMODULE",
    "Fetched",
    "Hunk",
    "PatchRefused",
    "Repository",
    "TreeEntry",
    "TreeView",
    "apply_to_worktree",
]
