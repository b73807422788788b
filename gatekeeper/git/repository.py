"""A workspace's history and files, read through a scratch repository that borrows its objects."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gatekeeper.domain import FileChange, Overlay
from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.git import hunks as _hunks
from gatekeeper.git import layout, making, remote, snapshot, trees
from gatekeeper.git.command import Git
from gatekeeper.git.hunks import Hunk
from gatekeeper.git.making import PatchRefused
from gatekeeper.git.remote import Config, Fetched
from gatekeeper.git.trees import TreeEntry, TreeView


@dataclass(frozen=True, slots=True)
class Repository:
    """Reads a workspace. Everything that is made (blobs, trees, indexes) is made in `scratch`.

    Trees and commits are full object ids. Safe to use from several threads.
    """

    workspace: Path
    scratch: Path
    head: str  # commit id
    config: Config = field(
        repr=False
    )  # of the workspace, as data: nothing in it is obeyed as it stands
    source: Git  # the workspace's own repository: names and configuration are read, no more
    plain: Git  # the scratch repository; files are their blobs, byte for byte
    files: Git  # the same objects, with the line ends of the workspace's working tree
    _listings: dict[str, Mapping[str, TreeEntry]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def open(cls, workspace: Path, scratch: Path) -> Repository:
        """Look at the repository whose top folder is `workspace`; `scratch` is a folder to fill.

        Raises UsageError where there is no repository, no commit, or the workspace is not the
        top folder.
        """
        return cls(workspace, scratch, *layout.prepare(workspace, scratch, os.environ))

    # --- commits ------------------------------------------------------------------------

    @property
    def shallow(self) -> bool:
        """Whether history is cut off somewhere."""
        return (self.plain.git_dir / "shallow").exists()

    def resolve(self, rev: str) -> str | None:
        """The commit that a name or id means, or None where it is not here."""
        if not rev or rev.startswith("-"):
            return None
        if rev == self.head:
            return rev
        full = len(rev) == len(self.head) and rev.strip("0123456789abcdef") == ""
        name = rev if full else self.source.ask("rev-parse", "--verify", "--quiet", rev)
        if not name:
            return None
        return self.plain.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") or None

    def commit_exists(self, rev: str) -> bool:
        """Whether the commit is here, with its files' listing."""
        commit = self.resolve(rev)
        return commit is not None and self.plain.ask("cat-file", "-e", f"{commit}^{{tree}}") == ""

    def tree_of(self, rev: str) -> str:
        """Tree of a commit; UsageError where there is no such commit."""
        commit = self.resolve(rev)
        if commit is None:
            raise UsageError(
                f"`{rev}` is no commit of this repository", hint="fetch it, or name another one"
            )
        return self.plain.word("rev-parse", "--verify", f"{commit}^{{tree}}")

    def parents(self, rev: str) -> tuple[str, ...]:
        """Ids of a commit's parents as the commit names them, also where they are not here."""
        head, _, _ = self.plain.out("cat-file", "commit", rev).partition(b"\n\n")
        lines = head.decode("utf-8", "replace").splitlines()
        return tuple(line.split()[1] for line in lines if line.startswith("parent "))

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, or None where there is none within the known history."""
        a, b = self.resolve(one), self.resolve(other)
        if a is None or b is None:
            return None
        found = self.plain.ask("merge-base", a, b)
        return found.splitlines()[0] if found else None

    def past(self, path: str, limit: int) -> tuple[tuple[bytes, bytes], ...]:
        """A file before and after each of its last `limit` changes, the latest first.

        Of the last `RECENT` commits, without merges and without the one that made the file; in a
        shallow clone fewer.
        """
        far = self.plain.ask("rev-list", "--first-parent", "-n", "1", f"--skip={RECENT}", self.head)
        said = self.plain.ask(
            "log", "-n", str(limit), "--no-merges", "--format=", "--raw", "--no-abbrev",
            "--no-renames", f"{far}..{self.head}" if far else self.head, "--", f":(literal){path}",
        )  # fmt: skip
        rows = [row.split() for row in (said or "").splitlines() if row.startswith(":")]
        pairs = [(row[2], row[3]) for row in rows if row[4] == "M"]
        here = self.sizes({blob for pair in pairs for blob in pair})  # a partial clone has fewer
        pairs = [pair for pair in pairs if set(pair) <= here.keys()]
        contents = self.blobs({blob for pair in pairs for blob in pair})
        return tuple((contents[old], contents[new]) for old, new in pairs)

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether `one` is `other` or comes before it, within the known history."""
        return self.plain.ask("merge-base", "--is-ancestor", one, other) is not None

    def branch(self) -> str:
        """Name of the branch that is checked out, "" where none is."""
        return self.source.ask("symbolic-ref", "--quiet", "--short", "HEAD") or ""

    def default_branch(self) -> str | None:
        """The remote's default branch as a name to resolve, such as `origin/main`."""
        return self.source.ask(
            "symbolic-ref", "--quiet", "--short", f"refs/remotes/{self.remote}/HEAD"
        )

    @property
    def remote(self) -> str:
        """The remote to talk to: the branch's own, else `origin`, else the only one."""
        known = dict(self.config)
        names = [k.split(".", 1)[1][:-4] for k in known if _is_remote_url(k)]
        own = known.get(f"branch.{self.branch()}.remote", "")
        if own in names:
            return own
        return names[0] if len(names) == 1 else "origin"

    def fetch_one(
        self,
        *wants: str,
        timeout: float = 60.0,
        depth: int = 1,
        settings: Sequence[tuple[str, str]] = (),
    ) -> Fetched:
        """Fetch commit ids or branch names from the remote into the scratch, `depth` deep.

        A branch is then known as `refs/gatekeeper/NAME` to `fetched`. `settings` are further
        git settings, for credentials; they are passed by environment, never on a command line.
        """
        known = remote.remote_settings(self.config, self.remote)
        if known is None:
            return Fetched(False, "the repository has no remote")
        specs = [w if _is_id(w, self.head) else f"+refs/heads/{w}:{_fetched(w)}" for w in wants]
        return remote.fetch(
            self.plain.on(self.workspace),
            [*known, *settings],
            specs,
            depth=depth if self.shallow else None,
            timeout=timeout,
            env={"HOME": os.environ.get("HOME", str(self.scratch))},  # for .netrc
        )

    def fetched(self, branch: str) -> str | None:
        """Tip of a branch that `fetch_one` brought."""
        return self.plain.ask("rev-parse", "--verify", "--quiet", _fetched(branch))

    # --- reading trees ------------------------------------------------------------------

    def view(self, tree: str) -> TreeView:
        """Read access for guards and context."""
        return TreeView(self, tree)

    def entries(self, tree: str) -> Mapping[str, TreeEntry]:
        """Path to entry, submodules too. The last few listings are kept: trees never change."""
        known = self._listings.pop(tree, None)
        if known is None:
            known = trees.read_entries(self.plain, tree)
            for unused in list(self._listings)[: 1 - _KEPT_LISTINGS]:  # used longest ago
                self._listings.pop(unused, None)
        self._listings[tree] = known
        return known

    def entries_of(self, tree: str, paths: Sequence[str]) -> Mapping[str, TreeEntry]:
        """Path to entry of those paths that are there; one of them may be a folder.

        The tree of a candidate is read at a few paths only; listing 60,000 takes half a second.
        """
        wanted = [path for path in paths if path]
        known = self._listings.get(tree)
        if known is None and len(wanted) <= _FEW_PATHS:
            listing: Mapping[str, TreeEntry] = (
                trees.read_entries(self.plain, tree, wanted) if wanted else {}
            )
        else:
            listing = self.entries(tree)
        return {path: listing[path] for path in wanted if path in listing}

    def blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Object id to content. Raises GatekeeperError where one is not here."""
        try:
            return trees.read_blobs(self.plain, ids)
        except (IndexError, ValueError) as error:
            raise GatekeeperError(
                "an object of the repository is missing",
                hint="this looks like a partial clone; clone without --filter",
            ) from error

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """Object id to size in bytes, without what is not here."""
        return trees.read_sizes(self.plain, ids)

    def paths(self, tree: str) -> frozenset[str]:
        """Every path that is a file or a link."""
        return self.view(tree).paths()

    def read(self, tree: str, path: str) -> bytes | None:
        """Content of a regular file, or None."""
        listed = self.plain.out("ls-tree", "-z", "--full-tree", tree, f":(literal){path}")
        about = listed.split(b"\t", 1)[0].decode("ascii").split()
        if not about or about[0] not in (trees.REGULAR, trees.EXECUTABLE):
            return None
        return self.plain.out("cat-file", "blob", about[2])

    def files_in(self, tree: str, folder: str) -> dict[str, bytes]:
        """Path to content of the regular files directly in a folder, without listing the rest."""
        listed = self.plain.out("ls-tree", "-d", "-z", "--full-tree", tree, f":(literal){folder}")
        about = listed.split(b"\t", 1)[0].decode("ascii").split()
        if not about or about[1] != "tree":
            return {}
        below = self.view(about[2])
        names = [name for name in below.paths() if "/" not in name]
        return {f"{folder}/{name}": text for name, text in below.read_many(names).items()}

    def changes(self, before: str, after: str) -> tuple[FileChange, ...]:
        """Changes between two trees, by path; a rename is a D and an A."""
        return trees.read_changes(self.plain, before, after)

    def diff(self, before: str, after: str, *, context: int = 3) -> bytes:
        """The same as text that `git apply` takes: a/ and b/, full ids, binaries included."""
        return self.plain.out(*_DIFF, "--binary", f"-U{context}", before, after)

    def overlays(self, before: str, after: str) -> tuple[Overlay, ...]:
        """What turns a folder holding `before` into `after`.

        Raises PatchRefused for what is not a regular file on the new side: an overlay cannot
        hold a link or a submodule.
        """
        changes = self.changes(before, after)
        for change in changes:
            if change.status != "D" and not _regular(change.new_mode):
                raise PatchRefused(f"{change.path} is not a regular file")
        new = self.blobs(c.new_blob for c in changes if c.status != "D")
        # What goes comes first, so that a file may take the place of a folder.
        order = sorted(changes, key=lambda c: (c.status != "D", c.path))
        return tuple(
            Overlay(c.path, new.get(c.new_blob), c.new_mode == trees.EXECUTABLE) for c in order
        )

    def export(self, tree: str, folder: Path) -> tuple[str, ...]:
        """Write a tree's files and links, byte for byte, into an empty or new folder.

        Returns notes: submodules (left as empty folders) and Git LFS pointers.
        """
        return layout.export(self.plain, tree, folder, self.scratch)

    @property
    def index_file(self) -> Path:
        """The workspace's own index."""
        return self.source.git_dir / "index"

    # --- making trees -------------------------------------------------------------------

    def worktree_tree(self, exclude: Sequence[str] = ()) -> str:
        """The working tree as a tree: tracked and untracked files, none that are ignored.

        `exclude` are paths (files or folders) that do not count. The index stays as it is.
        """
        return snapshot.snapshot(self, exclude)

    def write_tree_with(self, tree: str, contents: Mapping[str, bytes | None]) -> str:
        """`tree` with these files replaced, added (not executable) or, where None, removed.

        Raises PatchRefused where a path is not possible beside the others.
        """
        known = self.entries(tree)
        lines: dict[str, making.Entry] = {}
        for path, content in contents.items():
            mode = known[path].mode if path in known else trees.REGULAR
            if content is not None and not _regular(mode):
                raise PatchRefused(f"{path} is not a regular file")
            lines[path] = None if content is None else (mode, self.store(content))
        return self.write_entries(tree, lines)

    def store(self, content: bytes) -> str:
        """Id of a blob with this content, kept in the scratch."""
        return self.plain.word("hash-object", "-w", "--stdin", stdin=content)

    def write_entries(self, tree: str, entries: Mapping[str, making.Entry]) -> str:
        """`tree` with other (mode, blob) at these paths; PatchRefused where they cannot be."""
        return making.write_entries(self.plain, self.scratch, tree, entries)

    def apply_to_tree(self, tree: str, diff: bytes, flags: Sequence[str] = ()) -> tuple[str, str]:
        """Apply a diff as `git apply` does; no fuzz. Returns the new tree and git's remarks.

        Raises PatchRefused with git's reason; the old tree is what it was.
        """
        return making.apply(self.plain, self.scratch, tree, diff, flags)

    def patch_sizes(self, diff: bytes, flags: Sequence[str] = ()) -> making.Sizes:
        """What git reads in a diff: lines added and removed for each file, None if binary.

        Raises PatchRefused where git cannot read it.
        """
        return making.patch_sizes(self.plain, diff, flags)

    # --- parts of a change --------------------------------------------------------------

    def hunks(
        self, before: str, after: str, *, join: int = 0, only: Collection[str] | None = None
    ) -> tuple[Hunk, ...]:
        """The smallest parts of a change; `join` puts those within that many lines together.

        With `only`, those of these files.
        """
        found: list[Hunk] = []
        for change in self.changes(before, after):
            if only is not None and change.path not in only:
                continue
            if not _hunks.can_split(change):
                found.append(Hunk(change, whole=True))
                continue
            args = ("-U0", f"--inter-hunk-context={join}", before, after, "--")
            diff = self.plain.out(*_DIFF, *args, f":(literal){change.path}")
            found.extend(_hunks.parse_hunks(change, diff))
        return tuple(found)

    def revert_hunks(self, tree: str, hunks: Iterable[Hunk]) -> str | None:
        """`tree`, the new side of these hunks, with them taken back; None if they do not fit."""
        by_file: dict[FileChange, list[Hunk]] = {}
        for hunk in hunks:
            by_file.setdefault(hunk.change, []).append(hunk)
        known = self.entries(tree)
        entries: dict[str, making.Entry] = {}
        for change, parts in by_file.items():
            entry = known.get(change.path)
            if (entry.blob if entry else "") != change.new_blob:
                return None
            entries[change.path] = self._old_entry(change, parts)
        try:
            return self.write_entries(tree, entries)
        except PatchRefused:
            return None

    def _old_entry(self, change: FileChange, parts: list[Hunk]) -> making.Entry:
        if any(part.whole for part in parts):
            return (change.old_mode, change.old_blob) if change.old_blob else None
        blobs = self.blobs((change.old_blob, change.new_blob))
        content = _hunks.take_back(blobs[change.old_blob], blobs[change.new_blob], parts)
        return change.old_mode, self.store(content)


_KEPT_LISTINGS = 4
_FEW_PATHS = 100

RECENT = 500
"""Commits that are looked through for what changed a file: a long history takes seconds a file."""

_DIFF = (
    "diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--full-index",
    "--no-color", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip


def _regular(mode: str) -> bool:
    return mode in (trees.REGULAR, trees.EXECUTABLE)


def _is_id(want: str, like: str) -> bool:
    return len(want) == len(like) and want.strip("0123456789abcdef") == ""


def _fetched(branch: str) -> str:
    return f"refs/gatekeeper/{branch}"


def _is_remote_url(key: str) -> bool:
    return key.startswith("remote.") and key.endswith(".url")
