"""Drafts become candidates or refusals; git is real, and the workspace is never written to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.candidates import Refusal, realise
from gatekeeper.domain import Candidate, Draft, Edit
from gatekeeper.git import Repository
from tests.support.git_repo import Workspace, fingerprint

NUMBERS = "".join(f"line {n}\n" for n in range(1, 21))
FILES: dict[str, str | bytes] = {
    "src/app.py": "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n",
    "numbers.txt": NUMBERS,
    "crlf.txt": NUMBERS.replace("\n", "\r\n"),
    "open.txt": "one\ntwo\nthree",
    "größe.txt": "eins\nzwei\n",
    "two words.txt": "eins\nzwei\n",
    "run.sh": "echo 1\n",
    "logo.bin": bytes(range(256)),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace.create(tmp_path_factory.mktemp("realise") / "project", FILES)
    (made.path / "link").symlink_to("src")
    (made.path / "run.sh").chmod(0o755)
    made.commit("link")
    return made


@pytest.fixture(scope="module")
def repository(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return workspace.open(tmp_path_factory.mktemp("scratch"))


def apply(repository: Repository, draft: Draft) -> Candidate | Refusal:
    return realise(draft, repository, repository.tree_of("HEAD"), "1.1")


def accepted(repository: Repository, diff: bytes | str) -> Candidate:
    raw = diff.encode() if isinstance(diff, str) else diff
    made = apply(repository, Draft(diff=raw))
    assert isinstance(made, Candidate), made
    return made


def refused(repository: Repository, diff: bytes | str) -> str:
    raw = diff.encode() if isinstance(diff, str) else diff
    made = apply(repository, Draft(diff=raw))
    assert isinstance(made, Refusal), made
    return " ".join(made.reasons)


def content(repository: Repository, made: Candidate, path: str) -> str:
    found = repository.read(made.tree, path)
    assert found is not None
    return found.decode()


FIX = (
    "diff --git a/src/app.py b/src/app.py\n"
    "--- a/src/app.py\n"
    "+++ b/src/app.py\n"
    "@@ -1,4 +1,4 @@\n"
    " def add(a, b):\n"
    "-    return a - b\n"
    "+    return a + b\n"
    " \n"
    " \n"
)
FIXED = "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n"

HONEST = {
    "as git writes it": (FIX, ""),
    "no line end at the end": (FIX.removesuffix("\n"), "line end of the last line"),
    "counts too small": (FIX.replace("-1,4 +1,4", "-1,2 +1,2"), "line counts"),
    "counts too large": (FIX.replace("-1,4 +1,4", "-1,9 +1,7"), "line counts"),
    "blank context without its blank": (FIX.replace("\n \n \n", "\n\n\n"), ""),
    "carried as CRLF": (FIX.replace("\n", "\r\n"), "CRLF"),
    "no a/ and b/": (FIX.replace("a/src", "src").replace("b/src", "src"), "a/ and b/"),
    "without the line of git": (FIX.partition("\n")[2], ""),
    "in a fence": (f"Here it is:\n```diff\n{FIX}```\nBye.\n", "Markdown fence"),
    "in a fence, no final line end": (f"```\n{FIX}```", "Markdown fence"),
    "text before": (f"I think that:\n- add is wrong\n\n{FIX}", "text around"),
    "text after": (f"{FIX}\nThis\n- adds\n", "text around"),
    "a mail": (f"From 1234\nSubject: x\n---\n src/app.py | 2 +-\n\n{FIX}-- \n2.39.5\n\n", "text"),
    "a byte order mark": ("\ufeff" + FIX, "byte order"),
    "no context": (
        "--- a/src/app.py\n+++ b/src/app.py\n@@ -2 +2 @@\n-    return a - b\n+    return a + b\n",
        "context",
    ),
    "no context after": (
        "--- a/src/app.py\n+++ b/src/app.py\n@@ -1,2 +1,2 @@\n def add(a, b):\n"
        "-    return a - b\n+    return a + b\n",
        "context",
    ),
    "other lines than it says": (FIX.replace("-1,4 +1,4", "-3,4 +3,4"), "other lines"),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_diff_is_mended_and_said_so(repository: Repository, name: str) -> None:
    """Each small fault is mended, the result is the intended file, and a note names the fault."""
    diff, note = HONEST[name]
    made = accepted(repository, diff)
    assert content(repository, made, "src/app.py") == FIXED
    assert [c.path for c in made.changes] == ["src/app.py"]
    assert (note in " ".join(made.notes)) if note else not made.notes


def test_zero_context_insertions_land_where_they_say(repository: Repository) -> None:
    """Several hunks without context go to their exact lines, whatever the new line numbers say."""
    made = accepted(
        repository,
        "--- a/numbers.txt\n+++ b/numbers.txt\n@@ -3,0 +99 @@\n+three and a half\n"
        "@@ -10,2 +11,0 @@\n-line 10\n-line 11\n@@ -20,0 +1,1 @@\n+the end\n",
    )
    lines = NUMBERS.splitlines()
    wanted = [*lines[:3], "three and a half", *lines[3:9], *lines[11:], "the end"]
    assert content(repository, made, "numbers.txt").splitlines() == wanted


def test_zero_context_with_a_wrong_line_is_refused(repository: Repository) -> None:
    """Without context a wrong line number is not searched for where it is not the only place."""
    diff = "--- a/src/app.py\n+++ b/src/app.py\n@@ -3 +3 @@\n-    return a - b\n+    return 0\n"
    assert "2 times" in refused(repository, diff)


def test_a_diff_with_lf_changes_a_crlf_file(repository: Repository) -> None:
    """The file keeps its CRLF line ends, in the lines that the diff adds too."""
    made = accepted(
        repository,
        "--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n line 1\n-line 2\n+LINE 2\n line 3\n",
    )
    text = content(repository, made, "crlf.txt")
    assert text == NUMBERS.replace("line 2\n", "LINE 2\n", 1).replace("\n", "\r\n")
    assert "CRLF" in " ".join(made.notes)


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (" one\n-two\n+TWO\n three\n", "one\nTWO\nthree"),
        (" one\n two\n-three\n+drei\n", "one\ntwo\ndrei\n"),
        (" one\n two\n three\n+four\n", "one\ntwo\nthree\nfour\n"),
    ],
)
def test_a_last_line_without_line_end(repository: Repository, body: str, result: str) -> None:
    """A diff that does not know that the file's last line has no line end is mended."""
    new = body.count("\n") - body.count("\n-")
    diff = f"--- a/open.txt\n+++ b/open.txt\n@@ -1,3 +1,{new} @@\n{body}"
    assert content(repository, accepted(repository, diff), "open.txt") == result


@pytest.mark.parametrize(
    "name", ["größe.txt", "two words.txt", r'"a/gr\303\266\303\237e.txt"', '"a/two words.txt"']
)
def test_quoted_and_plain_names_mean_the_same(repository: Repository, name: str) -> None:
    """Octal escapes, blanks and plain UTF-8 are decoded as git does."""
    old = name if name.startswith('"') else f"a/{name}"
    new = old.replace("a/", "b/", 1)
    made = accepted(repository, f"--- {old}\n+++ {new}\n@@ -1,2 +1,2 @@\n-eins\n+EINS\n zwei\n")
    assert {c.path for c in made.changes} <= {"größe.txt", "two words.txt"}


def new_file(path: str, line: str = "x") -> str:
    quoted = f'"b/{path}"' if "\\" in path else f"b/{path}"
    return f"--- /dev/null\n+++ {quoted}\n@@ -0,0 +1 @@\n+{line}\n"


HOSTILE = {
    "parent": new_file("../outside"),
    "parent inside": new_file("src/../../outside"),
    "absolute": "--- /dev/null\n+++ /tmp/outside\n@@ -0,0 +1 @@\n+x\n",
    "absolute beside a fix": f"{FIX}--- /dev/null\n+++ /tmp/outside\n@@ -0,0 +1 @@\n+x\n",
    "git folder": new_file(".git/hooks/pre-commit"),
    "git folder in capitals": new_file(".GIT/config"),
    "git folder for NTFS": new_file("GIT~1/config"),
    "git folder with a blank": new_file(".git /config"),
    "git folder with a dot": new_file("a/.git./config"),
    "git folder as a stream": new_file(".git::$INDEX_ALLOCATION/config"),
    "git folder for HFS": new_file(".g\u200cit/config"),
    "control character": new_file(r"a\001b"),
    "line end in the name": new_file(r"a\nb"),
    "backslash": new_file(r"a\\..\\b"),
    "beneath a link": new_file("link/new.py"),
    "beneath a file": new_file("src/app.py/new.py"),
    "over a file": new_file("src/app.py"),
    "link, then through it": (
        "diff --git a/d b/d\nnew file mode 120000\n--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n"
        "+/tmp\n\\ No newline at end of file\n" + new_file("d/outside")
    ),
    "rename into git": (
        "diff --git a/run.sh b/.git/hooks/pre-commit\nsimilarity index 100%\n"
        "rename from run.sh\nrename to .git/hooks/pre-commit\n"
    ),
    "rename over a file": (
        "diff --git a/run.sh b/src/app.py\nsimilarity index 100%\n"
        "rename from run.sh\nrename to src/app.py\n"
    ),
    "copy out": (
        "diff --git a/run.sh b/../x\nsimilarity index 100%\ncopy from run.sh\ncopy to ../x\n"
    ),
    "names that disagree": FIX.replace("+++ b/src/app.py", "+++ b/run.sh"),
    "binary without content": (
        "diff --git a/logo.bin b/logo.bin\nindex 1..2\nBinary files a/logo.bin and b/logo.bin "
        "differ\n"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_diff_is_refused(workspace: Workspace, repository: Repository, name: str) -> None:
    """Paths out of the tree, into git's folder, through links: refused, nothing written."""
    before = fingerprint(workspace.path)
    assert refused(repository, HOSTILE[name])
    assert fingerprint(workspace.path) == before


PARTIAL = {
    "a line without a mark": FIX.replace("     return", "    return").replace(
        "-    return a - b\n", "-    return a - b\nreturn\n"
    ),
    "a second file without a hunk": FIX + "--- a/run.sh\n+++ b/run.sh\n",
    "a second file with an unreadable hunk": FIX + "--- a/run.sh\n+++ b/run.sh\n@@ foo @@\n+x\n",
    "a hunk without a file": "@@ -1 +1 @@\n-a\n+b\n",
    "only git's line": FIX + "diff --git a/run.sh b/run.sh\n",
    "half in a fence": f"{FIX}\n```diff\n{new_file('x')}```\n",
    "one hunk of two fits": FIX
    + "@@ -5,2 +5,2 @@\n def sub(a, b):\n-    return nothing\n+    return 1\n",
    "lines after the end": FIX.replace("-1,4 +1,4", "-1,2 +1,2").replace("\n \n \n", "\nx\n+y\n"),
    "a damaged binary after it": (
        FIX + "diff --git a/logo.bin b/logo.bin\n"
        f"index {'1' * 40}..{'2' * 40}\nGIT binary patch\nliteral 2\ndamaged\n"
    ),
    "a line without end in the middle": FIX.replace(" \n \n", "\n\n\\ No newline at end of file\n"),
    "a lone new name": FIX + "\n+++ b/run.sh\n+x\n",
}


@pytest.mark.parametrize("name", PARTIAL)
def test_nothing_is_applied_in_part(repository: Repository, name: str) -> None:
    """What git would skip without a word is a refusal of the whole diff."""
    assert refused(repository, PARTIAL[name])


@pytest.mark.parametrize(
    ("diff", "reason"),
    [
        ("", "no change"),
        ("I would change line 3.\n", "no unified diff"),
        (FIX.replace("a - b", "a * b"), "does not apply"),
        (FIX.replace("src/app.py", "src/nowhere.py"), "nowhere.py"),
        (FIX.replace("+    return a + b", "+    return a - b"), "changes nothing"),
        (FIX.encode("utf-16").decode("latin-1"), ""),
        ("\0" * 100, "no unified diff"),
    ],
)
def test_a_refusal_says_why(repository: Repository, diff: str, reason: str) -> None:
    """Each kind of unusable diff has a sentence of its own."""
    assert reason in refused(repository, diff)


def test_binary_mode_link_and_rename_apply_as_git_does(
    workspace: Workspace, repository: Repository, tmp_path: Path
) -> None:
    """What the guards must judge (binary, mode, link, rename) gets to them as a candidate."""
    clone = Workspace(tmp_path / "clone")
    workspace.git("clone", "--quiet", str(workspace.path), str(clone.path))
    clone.write({"logo.bin": bytes(reversed(range(256)))})
    (clone.path / "run.sh").chmod(0o644)
    (clone.path / "other").symlink_to("numbers.txt")
    clone.git("mv", "open.txt", "renamed.txt")
    clone.git("add", "--all")
    diff = clone.git("diff", "--cached", "--binary", "-M").encode() + b"\n"
    assert b"rename to" in diff
    made = accepted(repository, diff)
    assert {(c.path, c.status, c.new_mode) for c in made.changes} == {
        ("logo.bin", "M", "100644"),
        ("run.sh", "M", "100644"),
        ("other", "A", "120000"),
        ("open.txt", "D", "000000"),
        ("renamed.txt", "A", "100644"),
    }
    assert made.tree == clone.git("write-tree")


def test_a_large_diff(repository: Repository) -> None:
    """10 MB are applied, more than the limit are refused before they are read."""
    line = "+" + "x" * 99 + "\n"
    head = "--- /dev/null\n+++ b/large.txt\n@@ -0,0 +1,100000 @@\n"
    made = accepted(repository, head + line * 100_000)
    assert made.changes[0].added == 100_000
    assert "larger than" in refused(repository, head + line * 200_000)


# --- edits ------------------------------------------------------------------------------


def edits(repository: Repository, *wanted: tuple[str, str, str]) -> Candidate | Refusal:
    return apply(repository, Draft(edits=tuple(Edit(*one) for one in wanted)))


def test_edits_change_files_and_make_new_ones(repository: Repository) -> None:
    """Edits of one file build on each other; an empty search makes a file; modes are kept."""
    made = edits(
        repository,
        ("src/app.py", "def add(a, b):\n    return a - b", "def add(a, b):\n    return a + b"),
        ("run.sh", "1", "2"),
        ("run.sh", "echo 2", "echo 3"),
        ("src/new/part.py", "", "X = 1\n"),
    )
    assert isinstance(made, Candidate)
    assert content(repository, made, "src/app.py") == FIXED
    assert content(repository, made, "run.sh") == "echo 3\n"
    modes = {c.path: c.new_mode for c in made.changes}
    assert modes == {"src/app.py": "100644", "run.sh": "100755", "src/new/part.py": "100644"}
    assert b"--- a/run.sh\n+++ b/run.sh\n@@ -1 +1 @@\n-echo 1\n+echo 3\n" in made.diff


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (("src/app.py", "    return a - b", "x"), "2 times in src/app.py (lines 2, 6)"),
        (("src/app.py", "def ad(a, b):", "x"), "1: def add(a, b):"),
        (("src/app.py", "", "x"), "exists"),
        (("src/none.py", "a", "x"), "does not exist"),
        (("src", "", "x"), "is a folder"),
        (("link", "src", "x"), "link"),
        (("link/new.py", "", "x"), "link"),
        (("run.sh/new.py", "", "x"), "is a file"),
        (("../x", "", "x"), "`..`"),
        (("/x", "", "x"), "absolute"),
        (("C:/x", "", "x"), "drive"),
        ((".git/hooks/x", "", "x"), "git's own"),
        (("a/.Git /x", "", "x"), "git's own"),
        (("a\0b", "", "x"), "control"),
        (("a//b", "", "x"), "empty part"),
        (("", "", "x"), "empty"),
        (("x" * 300, "", "x"), "too long"),
        (("run.sh", "echo 1", "echo 1"), "changes nothing"),
        (("run.sh", "echo \ud800", "x"), "surrogate"),
    ],
)
def test_an_edit_that_cannot_be_made(
    repository: Repository, edit: tuple[str, str, str], reason: str
) -> None:
    """Each impossible edit has a reason that its author can act on."""
    made = edits(repository, edit)
    assert isinstance(made, Refusal)
    assert reason in made.reasons[0]


def test_edits_of_a_crlf_file(repository: Repository) -> None:
    """An edit written with LF finds its lines in a CRLF file, and leaves no LF behind."""
    made = edits(repository, ("crlf.txt", "line 2\nline 3\n", "line 2\nnew\nline 3\n"))
    assert isinstance(made, Candidate)
    text = content(repository, made, "crlf.txt")
    assert text.count("\r\n") == text.count("\n") == 21
    assert "CRLF" in made.notes[0]


def test_two_new_files_that_exclude_each_other(repository: Repository) -> None:
    """A file and a folder of the same name cannot both be made."""
    made = edits(repository, ("x", "", "a"), ("x/y", "", "b"))
    assert isinstance(made, Refusal)


# --- anything at all --------------------------------------------------------------------

SEED = (FIX + HOSTILE["link, then through it"] + new_file("fine.txt")).encode()


@settings(
    max_examples=int(os.environ.get("GATEKEEPER_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 3), st.binary(max_size=6)),
        min_size=1,
        max_size=8,
    )
)
def test_any_mutation_is_a_candidate_or_a_refusal(
    workspace: Workspace, repository: Repository, changes: list[tuple[int, int, bytes]]
) -> None:
    """Random damage to a diff never raises, never touches the workspace, never leaves the tree."""
    diff = bytearray(SEED)
    for at, cut, extra in changes:
        diff[at : at + cut] = extra
    before = fingerprint(workspace.path)
    made = apply(repository, Draft(diff=bytes(diff)))
    assert isinstance(made, Candidate | Refusal)
    assert fingerprint(workspace.path) == before
    if isinstance(made, Candidate):
        for change in made.changes:
            parts = change.path.split("/")
            assert not {"", "..", ".git"} & set(parts)
