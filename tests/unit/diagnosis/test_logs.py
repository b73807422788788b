"""What raw logs say: the labelled logs of real tools, and lines that only look alike."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.diagnosis.log_signs import SIGNS, WORDS, recognise
from gatekeeper.diagnosis.log_signs.building import BUILD
from gatekeeper.diagnosis.log_signs.code import CODE, LINT, OTHERS
from gatekeeper.diagnosis.log_signs.configuring import CONFIGURATION
from gatekeeper.diagnosis.log_signs.depending import DEPENDENCY
from gatekeeper.diagnosis.log_signs.machine import INFRASTRUCTURE, RESOURCE, TIMEOUT
from gatekeeper.diagnosis.logs import cleaned, diagnose_log, outside_of_tests
from gatekeeper.domain import Category, Delta, FileChange
from tests.support import logs
from tests.support.logs import Judged, Labelled, Paths, judge, labelled, read

DOCS = Path(__file__).resolve().parents[3] / "docs" / "log-categories.md"


def noise(name: str, lines: int) -> Iterator[bytes]:
    """Lines of a long job that say nothing, though some of them sound like it."""
    seed = int(hashlib.md5(name.encode()).hexdigest()[:6], 16)
    kinds = (
        "tests/area/test_{0}.py::test_connection_refused_is_told[{1}] PASSED  [ {1}%]",
        "[INFO] page {0} rendered, 0 errors, 0 failures",
        "gcc -O2 -Wall -Werror -c src/error_{0}.c -o build/error_{0}.o",
        "src/part_{0}.c:{1}:9: warning: unused variable 'timeout' [-Wunused-variable]",
        "Downloading https://artifacts.example.org/fatal-{0}.tar.gz ({1} kB)",
        "npm warn deprecated exception-{0}@1.2.{1}: this package failed to keep up",
        "ok {0} - refuses when the disk is full",
        "  \u2713 times out politely ({1} ms)",
    )
    for number in range(lines):
        kind = kinds[(number * 7 + seed) % len(kinds)]
        yield kind.format(number, number % 97).encode() + b"\n"


# --- labelled logs ----------------------------------------------------------------------


@pytest.mark.parametrize("label", labelled(), ids=lambda label: label.name)
def test_every_cause_is_in_its_log(label: Labelled) -> None:
    """A label is worth something only where a line of the log bears it."""
    lines = list(logs.cleaned(label.raw))
    assert not label.cause or any(cause in line for cause in label.cause for line in lines)


def accuracy(judged: list[Judged]) -> tuple[float, float]:
    right = sum(one.right for one in judged) / len(judged)
    return right, sum(one.found for one in judged) / len(judged)


@pytest.mark.parametrize("held_out", [False, True], ids=["developed on", "held out"])
@pytest.mark.parametrize("noisy", [False, True], ids=["as made", "in 5,000 lines of noise"])
def test_the_goals_are_met(held_out: bool, noisy: bool) -> None:
    """At least 95 % of the categories and 90 % of the passages, in each half, noise or not.

    With noise the log stands behind 4,000 lines and before 1,000: no tail shows the cause.
    """
    mine = [label for label in labelled() if label.held_out is held_out]
    if noisy:
        mine = [label for label in mine if label.cause]
    judged = [judge(label, _buried(label) if noisy else label.raw) for label in mine]
    category, passage = accuracy(judged)
    wrong = [one.label.name for one in judged if not (one.right and one.found)]
    assert category >= 0.95, wrong
    assert passage >= 0.90, wrong


def _buried(label: Labelled) -> bytes:
    before = b"".join(noise(label.name, 4_000))
    after = b"".join(noise(label.name[::-1], 1_000))
    return before + label.raw.rstrip(b"\n") + b"\n" + after


def test_the_confusion_table_in_the_docs_is_up_to_date() -> None:
    """docs/log-categories.md is what `python -m tests.support.log_table` prints now."""
    from tests.support.log_table import markdown  # noqa: PLC0415 - judges every log

    assert DOCS.read_text(encoding="utf-8") == markdown()


# --- the table of signs -----------------------------------------------------------------


def test_no_two_signs_have_the_same_name() -> None:
    """A passage names its sign; a second sign of that name would hide the first."""
    rows = [BUILD, DEPENDENCY, CONFIGURATION, INFRASTRUCTURE, RESOURCE, TIMEOUT, LINT, CODE, OTHERS]
    assert sum(map(len, rows)) == len(SIGNS)


@pytest.mark.parametrize("name", SIGNS)
def test_the_words_of_a_sign_can_be_found(name: str) -> None:
    """They are compared with lines in lower case without digits, and one of WORDS is in each."""
    for word in SIGNS[name].words:
        assert word == word.lower()
        assert not any(map(str.isdigit, word)), word
        assert any(short in word for short in WORDS)


# --- lines ------------------------------------------------------------------------------

TOLD = {
    Category.UNKNOWN: [
        "ERROR 2026 (HY000): TLS is needed, and there is none",
        "Error: the widget is upside down",
        "frobnicate: fatal: the moon is not full",
    ],
    Category.DEPENDENCY: [
        "ERROR: Could not build wheels for cryptography, which is required",
        "ImportError: cannot import name 'soft_unicode' from 'markupsafe' (/usr/lib/x.py)",
    ],
    Category.CONFIGURATION: [
        "error: failed to push some refs: fatal: Authentication failed for 'https://x'",
        "/bin/sh: 1: tox: not found",
        "bash: ./gradlew: Permission denied",
        "fatal: could not read Username for 'https://git.example.org': No such device",
        "Error response from daemon: pull access denied for acme/app, "
        "repository does not exist",
        "KeyError: 'DATABASE_URL'",
        "fatal: 'acme/shop.git' does not appear to be a git repository",
    ],
    Category.INFRASTRUCTURE: [
        "E   requests.exceptions.ConnectionError: HTTPConnectionPool(host='db', port=80)",
        "java.net.UnknownHostException: artifacts.example.org",
        "fatal: unable to access 'https://x/': The requested URL returned error: 502",
    ],
    Category.RESOURCE: [
        "OSError: [Errno 28] No space left on device",
        "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation "
        "failed - JavaScript heap out of memory",
        "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB",
        "c++: fatal error: Killed signal terminated program cc1plus",
        "ERROR: Job failed: exit code 137",
    ],
    Category.TIMEOUT: [
        "ERROR: Job failed: execution took longer than 30m0s seconds",
    ],
    Category.BUILD: [
        "src/App.java:[12,8] error: incompatible types",
        "src/lib.rs:3:5: error: mismatched types",
        "SyntaxError: Unexpected token '}'",
    ],
    Category.LINT: [
        'app/models.py:10: error: Name "x" is not defined  [name-defined]',
        "would reformat src/app.py",
        "src/app.ts(3,7): error TS2339: Property 'x' does not exist on type 'Y'.",
    ],
    Category.PRODUCT_BUG: [
        "E   KeyError: 'total'",
        "AssertionError: expected 'permission denied' to equal 'ok'",
        "E       AssertionError: assert 'No space left on device' == ''",
        "    shop_test.go:7: got connection refused, want nil",
        "panic: runtime error: index out of range [3] with length 3",
        "Segmentation fault (core dumped)",
    ],
}  # fmt: skip

SAYS_NOTHING = [
    "ERROR: Job failed: exit code 1",
    "Error: Process completed with exit code 1.",
    "errors: 0, warnings: 2",
    "tests/test_net.py::test_connection_refused PASSED   [ 10%]",
    "test_no_space_left_on_device (tests.test_disk.Disk) ... ok",
    "ok 12 - fails with ECONNREFUSED",
    "--- PASS: TestTimeout (0.00s)",
    "  \u2713 rejects with MemoryError (3 ms)",
    "WARNING: Retrying after connection broken by 'ConnectionRefusedError'",
    "npm warn deprecated request@2.88.2: this module cannot find module 'x'",
    "$ ./run.sh || echo 'error: command not found'",
    "+ grep -c 'fatal: No space left on device' log",
    "src/a.c:3:5: warning: unused variable 'timeout' [-Wunused-variable]",
    "[INFO] 0 errors, 0 failures",
    "[WARNING] Could not find artifact com.acme:shop in cache, using the registry",
    "Compiling error_handling v1.0.0",
    "gcc -Werror -c src/fatal.c",
    "Downloading panic-3.0.tar.gz (12 kB)",
    "Installing collected packages: exceptiongroup, tomli, pytest",
    "All 12 permissions were granted, access was never denied twice",
    "Successfully installed timeout-decorator-0.5.0",
    "# npm error code E404 was fixed in the last release",
    "configure: checking whether the C compiler works... yes",
    'time=2026 level=info msg="cannot connect yet, connection refused"',
    "Cleaning up killed processes: none",
    "INFO rate limit is 100 requests, timeout 30",
    "100 tests, 0 failures, 0 errors, 2 skipped",
    'Uploading artifacts as "archive" to coordinator... 201 Created',
    "test result: ok. 12 passed; 0 failed; 0 ignored",
    "Finished `dev` profile in 2.1s: no warnings, nothing undefined",
    "The exit code 0 of the job was expected",
    "Listing error_codes/: 12 files",
]


@pytest.mark.parametrize(
    ("category", "line"), [(category, line) for category, lines in TOLD.items() for line in lines]
)
def test_a_line_says_what_kind_of_failure_it_is(category: Category, line: str) -> None:
    """Lines as tools write them, that are in none of the labelled logs."""
    name = recognise(line)
    assert name, "no sign"
    assert SIGNS[name].category is category, name


@pytest.mark.parametrize("line", SAYS_NOTHING)
def test_a_line_that_only_sounds_like_a_failure_bears_no_sign(line: str) -> None:
    """Passed tests, warnings, echoed commands, names of files and packages."""
    assert recognise(line) == ""


# --- which of several passages ----------------------------------------------------------

SECTION = "section_start:1763700012:{}\r\x1b[0K\x1b[36;1m{}\x1b[0;m\n"

STORIES = {
    "a download that worked at the second attempt": (
        "curl: (7) Failed to connect to cache port 80\nretrying in 1 s\n" + "ok\n" * 50
        + "main.c:3:1: error: unknown type name 'in'\nmake: *** [Makefile:2: main.o] Error 1\n",
        Category.BUILD, "unknown type name",
    ),
    "an upload of artifacts that fails after the script did": (
        SECTION.format("step_script", "Run") + "FAILED tests/test_a.py::test_a - assert 1 == 2\n"
        "E       assert 1 == 2\n" + SECTION.format("upload_artifacts_on_failure", "Upload")
        + "ERROR: Uploading artifacts: 403 Forbidden\n",
        Category.PRODUCT_BUG, "assert 1 == 2",
    ),
    "a cache that cannot be restored": (
        SECTION.format("restore_cache", "Cache") + "curl: (6) Could not resolve host: cache\n"
        + SECTION.format("step_script", "Run") + "a.py:1:1: F401 'os' imported but unused\n",
        Category.LINT, "F401",
    ),
    "a disk that is full makes a test fail": (
        "E   OSError: [Errno 28] No space left on device\nFAILED tests/test_a.py::test_write\n",
        Category.RESOURCE, "No space left",
    ),
    "a linter that only warns before the tests fail": (
        "a.py:1:1: F401 'os' imported but unused\n" + "collected\n" * 150
        + "E       assert 1 == 2\n\na.py:3: AssertionError\nFAILED tests/test_a.py::test_a\n",
        Category.PRODUCT_BUG, "assert 1 == 2",
    ),
    "a package that is missing makes everything after it fail": (
        "ERROR: No matching distribution found for ledger==9\nmake: *** [deps] Error 1\n"
        "ERROR: Job failed: exit code 2\n",
        Category.DEPENDENCY, "No matching distribution",
    ),
    "an index that is down looks like a package that is missing": (
        "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)'\n"
        "ERROR: Could not find a version that satisfies the requirement ledger\n",
        Category.INFRASTRUCTURE, "Could not find a version",
    ),
    "a test that passes logs what it was told to expect": (
        "=== RUN   TestRefused\n    a_test.go:3: dial tcp: connection refused\n"
        "--- PASS: TestRefused (0.00s)\n=== RUN   TestSum\n    a_test.go:9: got 3, want 4\n"
        "--- FAIL: TestSum (0.00s)\nFAIL\n",
        Category.PRODUCT_BUG, "got 3, want 4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STORIES)
def test_the_passage_that_ended_the_job_is_the_first(name: str) -> None:
    """What was survived, what came after and what is only a consequence is not the cause."""
    text, category, said = STORIES[name]
    diagnosis, shown = diagnose_log([read(text.encode())], logs.NO_DELTA, Paths(frozenset()))
    assert diagnosis.category is category
    assert said in shown[0].said


def test_a_module_of_the_project_is_no_dependency() -> None:
    """`No module named 'shop.tax'` is for the author to repair where `shop` is in the tree."""
    log = read(
        b"Traceback (most recent call last):\nModuleNotFoundError: No module named 'shop.tax'\n"
    )
    ours, _ = diagnose_log([log], logs.NO_DELTA, Paths(frozenset({"shop/money.py"})))
    theirs, _ = diagnose_log([log], logs.NO_DELTA, Paths(frozenset({"app/money.py"})))
    assert (ours.category, theirs.category) == (Category.PRODUCT_BUG, Category.DEPENDENCY)
    assert outside_of_tests(theirs)
    assert not outside_of_tests(ours)


def test_files_that_the_passage_names_are_suspects_and_changed_ones_come_first() -> None:
    """The place is the workspace's path, also where the log has the path of another machine."""
    log = read(
        b"/builds/acme/shop/src/a.c: In function 'f':\n/builds/acme/shop/src/a.c:3:5: error: no\n"
        b"/builds/acme/shop/src/b.c:9:1: note: declared here\n"
    )
    tree = Paths(frozenset({"src/a.c", "src/b.c"}))
    change = FileChange("src/b.c", "M", "100644", "100644")
    diagnosis, _ = diagnose_log([log], Delta("", "", files=(change,)), tree, logs.ROOTS)
    assert [(one.path, one.start) for one in diagnosis.suspects] == [("src/b.c", 9), ("src/a.c", 3)]
    assert "src/b.c:9" in diagnosis.suggested_fix


def test_the_confidence_is_the_sum_that_is_told() -> None:
    """Its terms are said, and what nobody can know is never sure."""
    for label in labelled()[:40]:
        found = judge(label).diagnosis
        total = sum(float(reason.split()[0]) for reason in found.confidence_reasons)
        assert found.confidence == pytest.approx(min(0.9, total))
    nothing, tail = diagnose_log([read(b"a\nb\n")], logs.NO_DELTA, Paths(frozenset()))
    assert (nothing.category, nothing.confidence) == (Category.UNKNOWN, 0.1)
    assert tail[0].lines == ("a", "b")


def test_secrets_leave_the_passages_and_lines_keep_their_numbers() -> None:
    """What is shown was redacted as one text, so a key over several lines goes whole."""
    log = read(b"TOKEN is abcdef123\nerror: no\nmain.c:1:1: error: abcdef123\nend\n")
    _, shown = diagnose_log([log], logs.NO_DELTA, Paths(frozenset()))
    clean = cleaned(log, shown, lambda text: text.replace("abcdef123", "[redacted:env]"))
    (passage,) = clean.passages
    assert passage.said == "main.c:1:1: error: [redacted:env]"
    assert "abcdef123" not in repr(clean)


@pytest.mark.parametrize(
    "filler", ["a", "A", "a.", "A.b", " ", "/", "1:", "a: ", "'", "[x] ", "x("]
)
def test_no_line_takes_long(filler: str) -> None:
    """A line is somebody else's text: with any word of any sign in it, it is done in no time."""
    for word in sorted({word for sign in SIGNS.values() for word in sign.words}):
        half = (filler * 300)[:300]
        begun = time.process_time()
        recognise(half + word + half)
        assert time.process_time() - begun < 0.05, word
