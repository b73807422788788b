"""Where a workspace keeps its repository, the scratch beside it, and folders made from trees."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from gatekeeper.errors import UsageError
from gatekeeper.git import trees
from gatekeeper.git.command import Git, Settings, git_for, temporary_index
from gatekeeper.git.remote import Config
from gatekeeper.process import ProgramFailed

# Files are to be their blobs, whatever the tree's own .gitattributes say.
_PLAIN = "* -text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !whitespace\n"
_WORKTREE_KEYS = ("core.autocrlf", "core.eol", "core.filemode", "core.symlinks", "core.ignorecase")
_OLDEST_GIT = (2, 32)
_NEEDED = ("objects", "shallow", "info/exclude")


def prepare(
    workspace: Path, scratch: Path, caller: Mapping[str, str]
) -> tuple[str, Config, Git, Git, Git]:
    """Fill `scratch`; head commit, configuration, and git on the workspace, plain and on files."""
    source = git_for(_git_dir(workspace), scratch, caller)
    _check_version(source)
    config = _read_config(source)
    objects, shallow, exclude = _locate(source, workspace)
    head = source.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not head:
        raise UsageError(
            f"{workspace} has no commit yet, or its HEAD is broken", hint="commit the files first"
        )
    kind = source.word("rev-parse", "--show-object-format")
    plain = _init(scratch / "plain", kind, source)
    (plain.git_dir / "objects/info/alternates").write_bytes(os.fsencode(objects) + b"\n")
    (plain.git_dir / "info/attributes").write_text(_PLAIN, "utf-8")
    if shallow.is_file():
        shutil.copyfile(shallow, plain.git_dir / "shallow")
    # Known as a ref, so that a fetch can say what is here already.
    plain.out("update-ref", "refs/gatekeeper-head", head)
    files = _init(scratch / "files", kind, source).having(
        _worktree_settings(config, caller, scratch),
        GIT_OBJECT_DIRECTORY=str(plain.git_dir / "objects"),
    )
    if exclude.is_file():
        shutil.copyfile(exclude, files.git_dir / "info/exclude")
    return head, config, source, plain, files.on(workspace)


def _check_version(git: Git) -> None:
    """Older ones do not read GIT_CONFIG_GLOBAL and would obey the workspace."""
    said = git.word("version")
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_GIT:
        raise UsageError(
            f"`{said}` is too old", hint="install git {}.{} or newer".format(*_OLDEST_GIT)
        )


def _git_dir(workspace: Path) -> Path:
    """The repository of a workspace, found without git so that nothing redirects the search."""
    at = workspace / ".git"
    if at.is_dir():
        return at.resolve()
    if at.is_file():  # a worktree or a submodule
        named = at.read_text("utf-8", "surrogateescape").strip().removeprefix("gitdir: ")
        target = (workspace / named).resolve()
        if target.is_dir():
            return target
        raise UsageError(
            f"{at} points to {target}, which is not there",
            hint="mount the main repository too, or use a clone of its own",
        )
    above = next((p for p in workspace.resolve().parents if (p / ".git").exists()), None)
    if above is not None:
        raise UsageError(
            f"{workspace} is a folder inside the repository {above}",
            hint=f"use --workspace {above}",
        )
    raise UsageError(
        f"{workspace} is not a git repository",
        hint="use --workspace with the folder that holds .git",
    )


def _locate(source: Git, workspace: Path) -> list[Path]:
    asked = [part for name in _NEEDED for part in ("--git-path", name)]
    found = source.word("rev-parse", *asked).split("\n")
    if len(found) != len(_NEEDED):
        raise UsageError(f"the path of {workspace} holds a line end, which git cannot take")
    return [(source.cwd / path).resolve() for path in found]


def _read_config(source: Git) -> Config:
    """Keys (as git writes them: section and name in lower case) and values, in order."""
    done = source.run("config", "--local", "--includes", "--list", "-z", check=False)
    pairs = []
    for record in done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, _, value = record.partition("\n")
        pairs.append((key, value))
    return pairs


def _init(folder: Path, kind: str, like: Git) -> Git:
    made = Git(folder, like.cwd, {**like.env, "GIT_DIR": str(folder)})
    made.out(
        "init", "--quiet", "--bare", "--template=", f"--object-format={kind}",
        "--initial-branch=none", str(folder),
    )  # fmt: skip
    (folder / "info").mkdir(exist_ok=True)
    (folder / "objects/info").mkdir(exist_ok=True)
    return made


def _worktree_settings(config: Config, caller: Mapping[str, str], scratch: Path) -> Settings:
    """How this workspace's files differ from their blobs, and what the person never tracks."""
    known = {key: value for key, value in config if key in _WORKTREE_KEYS}
    person = {k: v for k, v in caller.items() if k in ("HOME", "XDG_CONFIG_HOME", "PATH")}
    asked = Git(scratch, scratch, {**person, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"})
    ignored = asked.ask("config", "--global", "--type=path", "core.excludesFile")
    if not ignored:
        home = person.get("XDG_CONFIG_HOME") or f"{person.get('HOME', '/nonexistent')}/.config"
        ignored = f"{home}/git/ignore"
    for key in ("core.autocrlf", "core.eol"):
        value = None if key in known else asked.ask("config", "--global", key)
        if value:
            known[key] = value
    return [*known.items(), ("core.excludesFile", ignored), ("core.bare", "false")]


def export(plain: Git, tree: str, folder: Path, scratch: Path) -> tuple[str, ...]:
    """See `Repository.export`."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    entries = trees.read_entries(plain, tree)
    try:
        with temporary_index(scratch) as index:
            # git itself refuses `..`, `.git` and names that some file system takes for it.
            plain.out("read-tree", tree, index=index)
            plain.on(folder).out("checkout-index", "--all", "--quiet", index=index)
    except ProgramFailed as error:
        raise UsageError(
            f"the files of the commit cannot be written out: {error.message}",
            hint="if this is a partial clone, clone without --filter; else see `git fsck`",
        ) from error
    return _notes(plain, entries)


def _notes(plain: Git, entries: Mapping[str, trees.TreeEntry]) -> tuple[str, ...]:
    notes = [
        f"{path} is a submodule: its folder is empty"
        for path, entry in entries.items()
        if entry.mode == trees.SUBMODULE
    ]
    small = {
        path: entry.blob
        for path, entry in entries.items()
        if entry.regular and path.rpartition("/")[2] == ".gitattributes"
    }
    attributes = trees.read_blobs(plain, small.values()).values()
    if any(b"filter=lfs" in content for content in attributes):
        notes.append(_lfs_note(plain, entries))
    return tuple(note for note in notes if note)


def _lfs_note(plain: Git, entries: Mapping[str, trees.TreeEntry]) -> str:
    sized = {p: e for p, e in entries.items() if e.regular and 100 < (e.size or 0) < 256}
    blobs = trees.read_blobs(plain, (entry.blob for entry in sized.values()))
    found = [path for path, entry in sized.items() if trees.is_lfs_pointer(blobs[entry.blob])]
    if not found:
        return ""
    return f"{len(found)} files are Git LFS pointers, not their contents ({found[0]}, ...)"
