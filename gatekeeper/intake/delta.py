"""What the author changed: the base is looked for, and said, or why it is not known."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gatekeeper.domain import Delta
from gatekeeper.errors import UsageError
from gatekeeper.git import SUBMODULE, Repository
from gatekeeper.intake.provider import detect

_DEPTH = 50  # commits that one fetch brings where a merge base must be found
_TIMEOUT = 60.0  # seconds for that fetch
_DEFAULT_NAMES = ("main", "master")


@dataclass(frozen=True, slots=True)
class Base:
    """A commit to compare with, and in words where it comes from."""

    commit: str
    source: str


def find_delta(
    repository: Repository,
    env: Mapping[str, str],
    base: str | None,
    *,
    fetch: bool,
    in_ci: bool,
    exclude: Sequence[str] = (),
) -> Delta:
    """The author's change, up to the commit under test (on a laptop: to the working tree).

    `base` is what a person asked for, else it is found; UsageError where that is no commit.
    With `fetch`, a shallow clone gets one fetch of bounded depth and time. `exclude` are
    paths of the working tree that are not the author's work, such as the report's folder.
    """
    search = _Search(repository, env, fetch)
    head_tree = repository.tree_of(repository.head)
    tree = head_tree if in_ci else repository.worktree_tree(exclude)
    dirty = tree != head_tree
    found = search.asked(base) if base else search.guess(dirty)
    notes = _notes(repository, dirty=dirty)
    if found is None:
        return Delta(
            head=repository.head,
            tree=tree,
            uncommitted=dirty,
            unknown="; ".join(search.tried) or "there is no earlier commit",
            notes=notes,
        )
    before = repository.tree_of(found.commit)
    files = repository.changes(before, tree)
    modules = [c.path for c in files if SUBMODULE in (c.old_mode, c.new_mode)]
    return Delta(
        head=repository.head,
        tree=tree,
        base=found.commit,
        source=found.source,
        files=files,
        diff=repository.diff(before, tree),
        uncommitted=dirty,
        notes=(
            *notes,
            *(f"{path} is a submodule: what changed inside is not here." for path in modules),
            *search.tried,
        ),
    )


def _notes(repository: Repository, *, dirty: bool) -> tuple[str, ...]:
    notes = []
    if dirty:
        notes.append("Uncommitted work is part of the change.")
    if repository.shallow:
        notes.append("The clone is shallow: older history is not here.")
    return tuple(notes)


class _Search:
    """One search for the base; `tried` says of each way that led nowhere, why."""

    def __init__(self, repository: Repository, env: Mapping[str, str], fetch: bool) -> None:
        self.repository = repository
        self.env = env
        self.may_fetch = fetch
        self.tried: list[str] = []

    def asked(self, name: str) -> Base:
        """The base that a person named: with a branch that went on, what both have in common."""
        commit = self._commit(name) or self._commit(f"{self.repository.remote}/{name}")
        if commit is None and not _is_id(name) and (found := self._branch(name, "as asked")):
            return found
        if commit is None:
            why = "; ".join(self.tried)
            raise UsageError(
                f"the base `{name}` is no commit that is known here" + (f" ({why})" if why else ""),
                hint="fetch it (in CI: a larger clone depth), or name another base",
            )
        common = self.repository.merge_base(commit, self.repository.head)
        if common and common != commit:
            return Base(common, f"merge base with `{name}`, as asked")
        return Base(commit, f"`{name}`, as asked")

    def guess(self, dirty: bool) -> Base | None:
        """The first way that leads to a commit other than what is under test."""
        ways = {"gitlab": self._gitlab, "jenkins": self._jenkins, "local": self._local}
        for way in ways[detect(self.env).name]():
            found = way()
            if found is not None and (dirty or found.commit != self.repository.head):
                return found
        if dirty:
            return Base(self.repository.head, "HEAD: only the uncommitted work is compared")
        return self._parent()

    # --- the providers ------------------------------------------------------------------

    def _gitlab(self) -> Iterator[Callable[[], Base | None]]:
        # In a merged-result pipeline HEAD already holds the target branch: from the merge base,
        # the work of others would count as the author's.
        yield partial(self._variable, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
        yield partial(self._variable, "CI_MERGE_REQUEST_DIFF_BASE_SHA")
        yield partial(self._pushed, "CI_COMMIT_BEFORE_SHA")
        yield partial(self._branch, self.env.get("CI_DEFAULT_BRANCH"), "CI_DEFAULT_BRANCH")

    def _jenkins(self) -> Iterator[Callable[[], Base | None]]:
        for key in ("CHANGE_TARGET", "gitlabTargetBranch"):
            yield partial(self._branch, self.env.get(key), key)
        for key in ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "GIT_PREVIOUS_COMMIT", "gitlabBefore"):
            yield partial(self._pushed, key)
        yield self._default

    def _local(self) -> Iterator[Callable[[], Base | None]]:
        yield self._default
        yield self._upstream

    # --- the ways -----------------------------------------------------------------------

    def _variable(self, key: str) -> Base | None:
        named = self._value(key)
        commit = self._commit(named) if named else None
        return Base(commit, key) if commit else None

    def _pushed(self, key: str) -> Base | None:
        """What the branch was before the push; after a force-push, what both have in common."""
        found = self._variable(key)
        if found is None or self.repository.is_ancestor(found.commit, self.repository.head):
            return found
        common = self.repository.merge_base(found.commit, self.repository.head)
        if common is None:
            # Cut-off history does not tell; the difference of the two is still what was pushed.
            if self.repository.shallow:
                return found
            self.tried.append(f"{key} shares no history with HEAD")
            return None
        return Base(common, f"merge base with {key}, which is no longer in the branch")

    def _branch(self, name: str | None, source: str) -> Base | None:
        """The merge base with a branch of the remote, fetched where that is needed."""
        if not name:
            return None
        tip = self.repository.resolve(f"refs/remotes/{self.repository.remote}/{name}")
        base = self.repository.merge_base(tip, self.repository.head) if tip else None
        if base is None and self._fetch(name, self.repository.head, depth=_DEPTH):
            tip = self.repository.fetched(name)
            base = self.repository.merge_base(tip, self.repository.head) if tip else None
            if base is None:
                self.tried.append(f"no merge base with {name} within {_DEPTH} commits")
        if base is None:
            return None
        return Base(base, f"merge base with {name} ({source})")

    def _default(self) -> Base | None:
        """The merge base with the default branch, unless that is where we are."""
        known = self.repository.default_branch()
        remote = self.repository.remote
        names = [known] if known else [f"{remote}/{name}" for name in _DEFAULT_NAMES]
        here = self.repository.branch()
        for name in (*names, *_DEFAULT_NAMES):
            if name.removeprefix(f"{remote}/") == here:
                continue
            if base := self.repository.merge_base(name, self.repository.head):
                return Base(base, f"merge base with {name}")
        return None

    def _upstream(self) -> Base | None:
        base = self.repository.merge_base("@{upstream}", self.repository.head)
        return Base(base, "merge base with the upstream branch") if base else None

    def _parent(self) -> Base | None:
        parents = self.repository.parents(self.repository.head)
        if not parents:
            return None
        commit = self._commit(parents[0], self.repository.head, depth=2)
        return Base(commit, "HEAD~1: nothing else is known to compare with") if commit else None

    # --- commits ------------------------------------------------------------------------

    def _value(self, key: str) -> str | None:
        named = self.env.get(key, "")
        return named if named.strip("0") else None  # GitLab: all zeros for "none"

    def _commit(self, name: str, *fetching: str, depth: int = 1) -> str | None:
        if self.repository.commit_exists(name):
            return self.repository.resolve(name)
        if not _is_id(name):
            return None
        if self._fetch(*(fetching or (name,)), depth=depth) and self.repository.commit_exists(name):
            return name
        self.tried.append(f"{name[:12]} is not in this clone")
        return None

    def _fetch(self, *wants: str, depth: int) -> bool:
        """The one fetch; a second call does nothing."""
        if not self.may_fetch:
            return False
        self.may_fetch = False
        done = self.repository.fetch_one(
            *wants, depth=depth, timeout=_TIMEOUT, settings=_job_token(self.env)
        )
        if not done.ok:
            self.tried.append(f"fetching {wants[0][:40]} failed: {done.why}")
        return done.ok


def _is_id(name: str) -> bool:
    return len(name) in (40, 64) and not name.strip("0123456789abcdef")


def _job_token(env: Mapping[str, str]) -> list[tuple[str, str]]:
    """GitLab's own server gets the job's token: newer runners keep it out of .git/config."""
    server, token = env.get("CI_SERVER_URL"), env.get("CI_JOB_TOKEN")
    if not server or not token:
        return []
    login = base64.b64encode(f"gitlab-ci-token:{token}".encode()).decode()
    return [(f"http.{server}/.extraHeader", f"Authorization: Basic {login}")]
