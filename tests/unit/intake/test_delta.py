"""The base of a change, found as each CI and a laptop have it; git is real."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatekeeper.domain import Delta
from gatekeeper.errors import UsageError
from gatekeeper.intake.delta import find_delta
from gatekeeper.intake.provider import Provider, detect
from tests.support.git_repo import Workspace, fingerprint

ZEROS = "0" * 40


@dataclass(frozen=True)
class History:
    r"""`main`: fork - later; `feature` from fork: one - two. A server, and clones of it.

    Each commit adds the file of its name.
    """

    server: Workspace
    ids: Mapping[str, str]

    def clone(self, path: Path, *args: str, branch: str = "feature") -> Workspace:
        made = Workspace(path)
        path.mkdir()
        url = f"file://{self.server.path}"
        made.git("clone", "--quiet", f"--branch={branch}", *args, url, ".")
        return made


@pytest.fixture
def history(tmp_path: Path) -> History:
    server = Workspace.create(tmp_path / "server", {"first": "1\n"})
    ids = {}
    for branch, names in (("main", ["fork"]), ("feature", ["one", "two"]), ("main", ["later"])):
        if branch == "feature":
            server.git("checkout", "--quiet", "-b", branch)
        else:
            server.git("checkout", "--quiet", branch)
        for name in names:
            server.write({name: "x\n"})
            ids[name] = server.commit(name)
    return History(server, ids)


def delta(
    workspace: Workspace,
    env: Mapping[str, str],
    base: str | None = None,
    *,
    fetch: bool = True,
    in_ci: bool = True,
) -> Delta:
    scratch = workspace.path.parent / f"{workspace.path.name}-scratch"
    return find_delta(workspace.open(scratch), env, base, fetch=fetch, in_ci=in_ci)


def paths(found: Delta) -> list[str]:
    return [change.path for change in found.files]


GITLAB = {"GITLAB_CI": "true", "CI": "true", "CI_DEFAULT_BRANCH": "main"}
JENKINS = {"JENKINS_URL": "x"}
CLONES = {"full": (), "shallow": ("--depth=1",), "one branch": ("--single-branch",)}


@pytest.mark.parametrize("clone", CLONES)
@pytest.mark.parametrize(
    ("env", "base", "source", "changed"),
    [
        (
            {**GITLAB, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "fork", "CI_COMMIT_BEFORE_SHA": ZEROS},
            "fork",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA",
            ["one", "two"],
        ),
        ({**GITLAB, "CI_COMMIT_BEFORE_SHA": "one"}, "one", "CI_COMMIT_BEFORE_SHA", ["two"]),
        ({**GITLAB, "CI_COMMIT_BEFORE_SHA": ZEROS}, "fork", "main", ["one", "two"]),
        ({**JENKINS, "CHANGE_TARGET": "main"}, "fork", "CHANGE_TARGET", ["one", "two"]),
        ({**JENKINS, "gitlabTargetBranch": "main"}, "fork", "gitlabTarget", ["one", "two"]),
        ({**JENKINS, "GIT_PREVIOUS_SUCCESSFUL_COMMIT": "one"}, "one", "SUCCESSFUL", ["two"]),
        ({**JENKINS, "GIT_PREVIOUS_COMMIT": "one"}, "one", "GIT_PREVIOUS_COMMIT", ["two"]),
    ],
)
def test_the_base_in_ci(
    history: History,
    tmp_path: Path,
    clone: str,
    env: dict[str, str],
    base: str,
    source: str,
    changed: list[str],
) -> None:
    """With and without the history at hand, the same base and the author's files only."""
    workspace = history.clone(tmp_path / "clone", *CLONES[clone])
    before = fingerprint(workspace.path)
    found = delta(workspace, {key: history.ids.get(value, value) for key, value in env.items()})
    assert found.base == history.ids[base], found
    assert source in found.source
    assert paths(found) == changed
    assert fingerprint(workspace.path) == before


def test_a_merged_result_pipeline(history: History, tmp_path: Path) -> None:
    """HEAD merges the target branch: what came from there is not the author's."""
    workspace = history.clone(tmp_path / "clone", branch="main")
    workspace.git("merge", "--quiet", "--no-ff", "-m", "merged", "origin/feature")
    env = {
        **GITLAB,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": history.ids["fork"],
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": history.ids["later"],
    }
    assert paths(delta(workspace, env)) == ["one", "two"]


def test_a_forced_push(history: History, tmp_path: Path) -> None:
    """Where the earlier head is no longer in the branch, the common ancestor is the base."""
    workspace = history.clone(tmp_path / "clone")
    found = delta(workspace, {**GITLAB, "CI_COMMIT_BEFORE_SHA": history.ids["later"]})
    assert found.base == history.ids["fork"]
    assert "no longer in the branch" in found.source


def test_the_default_branch_itself(history: History, tmp_path: Path) -> None:
    """A first pipeline on the default branch compares with the commit before, shallow or not."""
    for number, args in enumerate(CLONES.values()):
        workspace = history.clone(tmp_path / f"clone{number}", *args, branch="main")
        workspace.git("checkout", "--quiet", "--detach")
        found = delta(workspace, {**GITLAB, "CI_COMMIT_BEFORE_SHA": ZEROS})
        assert paths(found) == ["later"]
        assert "HEAD~1" in found.source


def test_unknown_says_why(history: History, tmp_path: Path) -> None:
    """Without a fetch, and with one that fails, a shallow clone's delta is unknown and says so."""
    workspace = history.clone(tmp_path / "clone", "--depth=1")
    env = {**GITLAB, "CI_MERGE_REQUEST_DIFF_BASE_SHA": history.ids["fork"]}
    found = delta(workspace, env, fetch=False)
    assert (found.base, found.files, found.diff) == (None, (), b"")
    assert f"{history.ids['fork'][:12]} is not in this clone" in found.unknown
    assert "shallow" in " ".join(found.notes)
    workspace.git("remote", "set-url", "origin", f"file://{tmp_path}/nowhere")
    assert "fetching" in delta(workspace, env).unknown
    workspace.git("remote", "remove", "origin")
    assert "no remote" in delta(workspace, env).unknown


def test_a_single_commit_has_no_base(tmp_path: Path) -> None:
    """The first commit of a project has nothing before it."""
    found = delta(Workspace.create(tmp_path / "project", {"a": "a"}), GITLAB)
    assert found.base is None
    assert found.unknown


def test_the_base_that_was_asked_for(history: History, tmp_path: Path) -> None:
    """A commit, a branch that went on, a branch only the remote has; nonsense is an error."""
    workspace = history.clone(tmp_path / "clone")
    assert paths(delta(workspace, GITLAB, "HEAD~1")) == ["two"]
    assert paths(delta(workspace, GITLAB, "origin/main")) == ["one", "two"]
    assert paths(delta(workspace, GITLAB, "main")) == ["one", "two"]
    assert paths(delta(workspace, GITLAB, history.ids["one"])) == ["two"]
    narrow = history.clone(tmp_path / "narrow", "--depth=1")
    assert paths(delta(narrow, GITLAB, "main")) == ["one", "two"]
    for name in ("nonsense", "--all", "f" * 40):
        with pytest.raises(UsageError, match="no commit") as raised:
            delta(workspace, GITLAB, name)
        assert raised.value.hint


def test_a_laptop(history: History, tmp_path: Path) -> None:
    """The branch's work and what is uncommitted; on the default branch what is not pushed."""
    workspace = history.clone(tmp_path / "clone")
    found = delta(workspace, {}, in_ci=False)
    assert (paths(found), found.uncommitted) == (["one", "two"], False)
    workspace.write({"mine": "m\n"})
    found = delta(workspace, {}, in_ci=False)
    assert (paths(found), found.uncommitted) == (["mine", "one", "two"], True)
    assert b"+++ b/mine" in found.diff
    assert paths(delta(workspace, {}, in_ci=True)) == ["one", "two"]
    (workspace.path / "mine").unlink()
    workspace.git("checkout", "--quiet", "main")
    assert paths(delta(workspace, {}, in_ci=False)) == ["later"]
    workspace.write({"mine": "m\n"})
    found = delta(workspace, {}, in_ci=False)
    assert paths(found) == ["mine"]
    workspace.commit()
    found = delta(workspace, {}, in_ci=False)
    assert (paths(found), found.source) == (["mine"], "merge base with the upstream branch")


def test_a_laptop_without_a_remote(tmp_path: Path) -> None:
    """A project of one commit with uncommitted work compares with that commit."""
    workspace = Workspace.create(tmp_path / "project", {"a": "a\n"})
    workspace.write({"a": "b\n"})
    found = delta(workspace, {}, in_ci=False)
    assert paths(found) == ["a"]
    assert "uncommitted" in found.source


def test_a_submodule_that_moved(history: History, tmp_path: Path) -> None:
    """A submodule is one entry of the change, and a note says that its inside is not shown."""
    workspace = history.clone(tmp_path / "clone")
    workspace.git("update-index", "--add", "--cacheinfo", f"160000,{history.ids['one']},sub")
    workspace.git("commit", "--quiet", "-m", "sub")
    found = delta(workspace, GITLAB, "HEAD~1")
    assert paths(found) == ["sub"]
    assert "sub is a submodule" in " ".join(found.notes)


# --- credentials ------------------------------------------------------------------------


class _Recorder(http.server.BaseHTTPRequestHandler):
    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[str | None]]]:
    """A server of the kind that GitLab is to git, which only writes down who asked."""
    seen: list[str | None] = []
    recorder = type("Recorder", (_Recorder,), {"seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), recorder) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}", seen
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("own", [True, False])
def test_the_jobs_token_goes_to_its_server_only(
    history: History,
    tmp_path: Path,
    server: tuple[str, list[str | None]],
    monkeypatch: pytest.MonkeyPatch,
    own: bool,
) -> None:
    """A fetch from CI_SERVER_URL carries the job's token, one from elsewhere does not."""
    url, seen = server
    for key in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(key, raising=False)
    workspace = history.clone(tmp_path / "clone", "--depth=1")
    workspace.git("remote", "set-url", "origin", f"{url}/group/project.git")
    env = {
        **GITLAB,
        "CI_COMMIT_BEFORE_SHA": history.ids["one"],
        "CI_SERVER_URL": url if own else "http://127.0.0.2",
        "CI_JOB_TOKEN": "secret-token",
    }
    found = delta(workspace, env)
    assert seen
    assert all(bool(header) is own for header in seen)
    assert "secret-token" not in repr(found)


def test_a_password_in_the_address_is_not_shown(history: History, tmp_path: Path) -> None:
    """Why a fetch failed is told without the user and password of the remote's address."""
    workspace = history.clone(tmp_path / "clone", "--depth=1")
    workspace.git("remote", "set-url", "origin", "http://user:pa55word@127.0.0.1:9/x.git")
    found = delta(workspace, {**GITLAB, "CI_COMMIT_BEFORE_SHA": history.ids["one"]})
    assert "fetching" in found.unknown
    assert "pa55word" not in repr(found)


# --- the provider -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "name", "in_ci", "fork"),
    [
        ({}, "local", False, None),
        ({"CI": "false"}, "local", False, None),
        ({"CI": "true"}, "local", True, None),
        ({"GITLAB_CI": "true", "JENKINS_URL": "x"}, "gitlab", True, None),
        (
            {
                "GITLAB_CI": "true",
                "CI_MERGE_REQUEST_PROJECT_ID": "1",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2",
            },
            "gitlab",
            True,
            True,
        ),
        (
            {
                "GITLAB_CI": "true",
                "CI_MERGE_REQUEST_PROJECT_ID": "1",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
            },
            "gitlab",
            True,
            False,
        ),
        ({"JENKINS_URL": "x"}, "jenkins", True, None),
        ({"JENKINS_HOME": "x", "CHANGE_ID": "1", "CHANGE_FORK": "me"}, "jenkins", True, True),
        ({"JENKINS_URL": "x", "CHANGE_ID": "1"}, "jenkins", True, False),
        (
            {"JENKINS_URL": "x", "gitlabSourceNamespace": "a", "gitlabTargetNamespace": "b"},
            "jenkins",
            True,
            True,
        ),
    ],
)
def test_the_provider(env: dict[str, str], name: str, in_ci: bool, fork: bool | None) -> None:
    """Each CI is known by its own variables, and a fork where they tell."""
    found = detect(env)
    assert isinstance(found, Provider)
    assert (found.name, found.in_ci, found.fork) == (name, in_ci, fork)
    assert found.source
