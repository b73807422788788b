"""A hundred thousand hostile inputs: no crash, no way out of the tree, nothing accepted.

Deterministic by `GATEKEEPER_SEED` (0 if not set); `GATEKEEPER_FUZZ` multiplies the numbers.
"""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import hashlib
import hmac
import json
import posixpath
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.backends.answer import MAX_TEXT, Answer, parse_answer
from gatekeeper.backends.envelope import Envelope, decode, read_envelope
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.candidates import Refusal, realise
from gatekeeper.candidates.mend import Mended, mend
from gatekeeper.candidates.paths import path_problem
from gatekeeper.candidates.unified import parse
from gatekeeper.cli.progress import printable
from gatekeeper.domain import (
    Baseline,
    Candidate,
    CaseId,
    CaseState,
    Decision,
    Draft,
    Edit,
    Ending,
    Record,
    Reproduction,
    Run,
    RunReport,
    Trial,
)
from gatekeeper.errors import BackendError
from gatekeeper.escape import cell, code, env_value, fence, json_bytes, prose, xml_text
from gatekeeper.guards.dependencies import no_new_dependencies
from gatekeeper.guards.hidden import no_hidden_text
from gatekeeper.guards.modes import plain_files
from gatekeeper.guards.paths import protected_paths
from gatekeeper.guards.runner_config import runner_configuration
from gatekeeper.guards.secrets import no_secrets
from gatekeeper.guards.shadows import no_shadowing
from gatekeeper.intake.junit import read_reports
from gatekeeper.runners import watch
from gatekeeper.validation.trial import compare
from gatekeeper.validation.watching import read_record, watch_signal
from gatekeeper.verdict import judge
from tests.support.fuzzing import DIFFS, FILES, NUMBERS, PATHS, TIMES, chance, number
from tests.support.git_repo import Workspace
from tests.support.mutation import SPICES, mutants, spoken
from tests.support.trees import candidate, tree

LIMIT = 60.0
"""Seconds of this process for all of them; what others do on the machine does not count."""


@pytest.fixture(scope="module", autouse=True)
def bounded() -> Iterator[None]:
    """All of it together stays within its time."""
    start = time.process_time()
    yield
    assert time.process_time() - start < LIMIT * max(1.0, TIMES)


def test_there_are_enough_of_them() -> None:
    """The sum that the other tests go through."""
    assert sum(NUMBERS.values()) >= 100_000


# --- diffs and paths --------------------------------------------------------------------


def test_any_diff_is_mended_or_refused() -> None:
    """What is mended is a diff again, and one that says the same the second time."""
    known = tree(FILES)
    for diff in mutants(DIFFS, number("diffs"), chance("diffs")):
        made = mend(diff, known)
        assert isinstance(made, Mended | Refusal)
        if isinstance(made, Mended):
            assert tuple(file.sizes for file in parse(made.diff).files) == made.sizes
        else:
            assert all(made.reasons)


def test_any_path_is_inside_or_refused() -> None:
    """A path without a problem stays below the tree, and no guard stumbles over one."""
    guards = (protected_paths(("data/**",)), no_shadowing(), plain_files(), no_new_dependencies(),
              runner_configuration())  # fmt: skip
    modes = ("100644", "100755", "120000", "160000", "040000")
    throws = chance("modes")
    for path in spoken(PATHS, number("paths"), chance("paths")):
        if not path_problem(path):
            inside = posixpath.normpath(posixpath.join("/tree", path))
            assert inside.startswith("/tree/")
            assert ".git" not in inside.split("/")
            assert "\0" not in path
        before, after = tree({}), tree({path: b"x"})
        made = candidate(before, after, {path: ("000000", throws.choice(modes))})
        for guard in guards:
            for finding in guard(made, before, after):
                assert finding.message
                assert finding.path == path


# --- what a model says ------------------------------------------------------------------

ANSWERS = tuple(
    json.dumps(value)
    for value in (
        {"analysis": "a", "question": None, "candidates": [
            {"rationale": "r", "edits": [{"path": "src/app.py", "search": "a - b", "replace": "a + b"}]}
        ]},
        {"analysis": "", "question": "which?", "candidates": []},
        {"analysis": "ü\ud800", "question": "", "candidates": [{"rationale": "", "edits": [
            {"path": "../x", "search": "", "replace": "x"}, {"path": "new.py", "search": "", "replace": "y"}
        ]}]},
    )
)  # fmt: skip
ENVELOPES = tuple(
    json.dumps(value).encode()
    for value in (
        {"status": "completed", "model": "m", "usage": {"input_tokens": 1, "output_tokens": 2},
         "output": [{"type": "message", "role": "assistant", "status": "completed",
                     "content": [{"type": "output_text", "text": ANSWERS[0]}]}]},
        {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []},
        {"status": "failed", "error": {"code": "server_error", "message": "x"}, "output": None},
        {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]},
    )
)  # fmt: skip


def answered(text: str) -> Answer | str:
    """The answer, or why it cannot be used."""
    try:
        return parse_answer(text, limit=4)
    except UnusableAnswer as error:
        return error.reason


def test_any_answer_is_bounded_or_unusable() -> None:
    """Drafts of strings that can be written, or a reason for the one who wrote it."""
    for text in spoken(ANSWERS, number("answers"), chance("answers")):
        answer = answered(text)
        if isinstance(answer, str):
            assert answer
            continue
        assert len(answer.drafts) <= 4
        assert len(answer.analysis) <= MAX_TEXT + 10
        for edit in (edit for draft in answer.drafts for edit in draft.edits):
            edit.path.encode("utf-8", "surrogateescape")
            (edit.search + edit.replace).encode()


def opened(raw: bytes) -> Envelope | str:
    """What the server sent, or what is wrong with it."""
    try:
        return read_envelope(decode(raw))
    except BackendError as error:
        return error.message


def test_any_response_is_an_envelope_or_an_error_of_the_backend() -> None:
    """Nothing else comes out of bytes that a server sent."""
    for raw in mutants(ENVELOPES, number("envelopes"), chance("envelopes")):
        assert opened(raw)


# --- what a run tells -------------------------------------------------------------------

CASES = [CaseId("tests.test_app", name) for name in ("test_add", "test_sub", "test_more")]


def junit(*states: str) -> bytes:
    """A report in which the three cases have these states."""
    inside = {"passed": "", "skipped": "<skipped/>", "failure": "<failure message='no'>a\nb</failure>",
              "error": "<error type='E'>x</error>"}  # fmt: skip
    shown = "".join(
        f'<testcase classname="{id_.classname}" name="{id_.name}" time="0.1">{inside[state]}</testcase>'
        for id_, state in zip(CASES, states, strict=False)
    )
    return f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" tests="3">{shown}</testsuite></testsuites>'.encode()


REPORTS = (
    junit("failure", "passed", "passed"), junit("error", "passed"), junit("skipped", "passed", "passed"),
    junit("passed", "failure", "passed"), junit("passed", "passed"), junit(),
)  # fmt: skip


def run(report: RunReport, exit_code: int) -> Run:
    return Run("suite", "pytest", exit_code, Ending.EXITED, 0.1, report)


def verdict(report: RunReport, exit_code: int) -> Decision:
    before = run(read_reports([("a.xml", REPORTS[0])]), 1)
    baseline = Baseline(Reproduction.RED, fail_to_pass=(CASES[0],))
    trial: Trial = compare(run(report, exit_code), before, baseline.fail_to_pass)
    return judge(trial).decision


def test_no_damaged_report_is_accepted() -> None:
    """Red by exit status it never is; else only where it says of each case that it passed."""
    for raw in mutants(REPORTS, number("reports"), chance("reports")):
        report = read_reports([("a.xml", raw)])
        assert verdict(report, exit_code=1) is Decision.REJECTED
        if verdict(report, exit_code=0) is Decision.ACCEPTED:
            assert {report.states.get(id_) for id_ in CASES} == {CaseState.PASSED}
            assert not report.failing


def test_whole_reports_are_judged_right() -> None:
    """The judge that the damaged ones meet accepts the honest one, and none of the seeds."""
    honest = read_reports([("a.xml", junit("passed", "passed", "passed"))])
    assert verdict(honest, exit_code=0) is Decision.ACCEPTED
    for raw in REPORTS:
        assert verdict(read_reports([("a.xml", raw)]), exit_code=0) is Decision.REJECTED


KEY = b"k" * 32


def told(*said: tuple[object, ...]) -> bytes:
    """A record as the watch writes it."""
    lines = []
    for line in said:
        text = ascii(line).encode()
        mac = hmac.new(watch.key_of(KEY, str(line[0])), text, hashlib.sha256).hexdigest()[:32]
        lines.append(mac.encode() + b" " + text + b"\n")
    return b"".join(lines)


HONEST = told(
    ("p0", 0, "begin"), ("p0", 1, "modules", "os,sys"),
    *(("p0", 2 + n, "case", id_.classname, id_.name, "passed") for n, id_ in enumerate(CASES)),
    ("p0", 5, "end"),
)  # fmt: skip
RECORDS = (
    HONEST,
    told(
        ("p0", 0, "begin"), ("p0", 1, "contact", "environ", "src/app.py", "add"), ("p0", 2, "end")
    ),
    told(("p0", 0, "begin"), ("p0", 1, "tamper", "patched", "src/app.py", "add")),
    b"0" * 32 + b" ('p0', 0, 'case', 'a', 'b', 'passed')\n",
    b"0" * 32 + b" ('" + b"p." * 4000 + b"', 0, 'begin')\n",
)


def test_no_damaged_record_is_complete() -> None:
    """One that says that it is whole is the honest one, or tells the same in its lines."""
    assert read_record(HONEST, KEY).complete
    believed = {line for whole in RECORDS for line in whole.splitlines()}
    for raw in mutants(RECORDS, number("records"), chance("records")):
        record = read_record(raw, KEY)
        assert isinstance(record, Record)
        assert record.complete or record.note
        if record.complete:
            assert {line for line in raw.splitlines() if line} <= believed
        assert {case.id for case in record.cases} <= set(CASES)


def test_a_record_is_judged_whatever_it_says() -> None:
    """The signal of the watch never raises, and is not clean for a record that breaks off."""
    report = read_reports([("a.xml", junit("passed", "passed", "passed"))])
    whole = Run("suite", "pytest", 0, Ending.EXITED, 0.1, report, record=read_record(HONEST, KEY))
    assert watch_signal(whole, whole).standing == "clean"
    for raw in mutants(RECORDS, number("records") // 7, chance("signals")):
        record = read_record(raw, KEY)
        seen = Run("suite", "pytest", 0, Ending.EXITED, 0.1, report, record=record)
        signal = watch_signal(seen, whole)
        assert record.complete or signal.standing != "clean"


# --- text and files ---------------------------------------------------------------------


def test_any_text_is_harmless_where_it_is_shown() -> None:
    """One line stays one line, a fence holds, XML and JSON stay whole, a log obeys nothing."""
    seeds = (*(spice.decode("utf-8", "replace") for spice in SPICES), "/close @all", "a `b` c")
    for text in spoken(seeds, number("texts"), chance("texts")):
        for shown in (prose(text), code(text), cell(text)):
            assert "\n" not in shown
            assert not shown.startswith("/")
        assert not set(env_value(text)) & set("\n\r\"'$`= ")
        assert "|" not in cell(text)
        fenced = fence(text)
        mark = fenced.partition("\n")[0]
        assert fenced.split("\n")[1:-1].count(mark) == 0
        json.loads(json_bytes({"x": text}))
        assert not {"<", "\x00", "\x1b"} & set(xml_text(text))
        assert not {"\r", "\x1b", "\x9b", "\u202e"} & set(printable(text))


MANIFESTS = {
    "pyproject.toml": "[project]\ndependencies=['a']\n[tool.pytest]\nx=1\n[tool.poetry.group.dev]\na=1\n",
    "setup.cfg": "[options]\ninstall_requires=a\n[tool:pytest]\naddopts=-x\n",
    "setup.py": "N=['a']\nsetup(install_requires=N)\n",
    "package.json": '{"scripts":{"test":"jest"},"dependencies":{"a":"1"},"workspaces":["a"]}',
    "package-lock.json": '{"packages":{"":{"version":"1"},"a":{"version":"1"}}}',
    "Cargo.toml": "[dependencies]\na='1'\n[[bin]]\nname='x'\ntest=false\n[lib]\ntest=true\n",
    "Cargo.lock": "[[package]]\nname='a'\nversion='1'\nsource='r'\n",
    "uv.lock": "[[package]]\nname='a'\nversion='1'\nsource={editable='.'}\n",
    "pom.xml": "<project><dependencies><dependency/></dependencies><plugin><artifactId>x</artifactId></plugin></project>",
    "build.gradle": "dependencies {\n  api 'a'\n}\ntest {\n}\n",
    "composer.json": '{"require":{"a":"1"},"scripts":{}}',
    "tsconfig.json": '{"compilerOptions":{"paths":{"a":["b"]}}}',
    "Makefile": "SHELL=x\ntest:\n\tpytest\n",
    "app.env": "API_TOKEN=k9Xq2Lm7Rt4Vb8Nw3Zc6\nURL=postgres://a:b@c/d\n",
}


def test_any_content_of_a_file_is_judged() -> None:
    """Guards that read files say something or nothing; broken syntax is no crash of ours."""
    guards = (runner_configuration(), no_new_dependencies(), no_secrets(), no_hidden_text())
    throws = chance("names")
    seeds = [text.encode() for text in MANIFESTS.values()]
    for content in mutants(seeds, number("files"), chance("files")):
        path = throws.choice(list(MANIFESTS))
        before, after = tree({path: MANIFESTS[path]}), tree({path: content})
        for one, other in ((before, after), (after, before)):
            made = candidate(one, other)
            assert all(f.path == path for guard in guards for f in guard(made, one, other))


# --- through real git -------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace.create(tmp_path_factory.mktemp("fuzz") / "project", FILES)
    (made.path / "link").symlink_to("/etc")
    made.commit("link")
    return made


def drafts() -> Iterator[Draft]:
    """Damaged diffs, and edits at damaged places."""
    for diff in mutants(DIFFS, number("git"), chance("git")):
        yield Draft(diff=diff)
    throws = chance("edits")
    for path in spoken((*PATHS, "link/passwd", "src"), number("edits"), throws):
        yield Draft(edits=(Edit(path, throws.choice(("", "a - b", "x")), "y\n"),))


def test_no_draft_leaves_the_tree(workspace: Workspace, tmp_path: Path) -> None:
    """Git makes a candidate of it or it is refused; files lie inside, and nothing else changed."""
    repository = workspace.open(tmp_path / "scratch")
    base = repository.tree_of("HEAD")
    before = {p: p.read_bytes() for p in workspace.path.rglob("*") if p.is_file()}
    made = 0
    for draft in drafts():
        found = realise(draft, repository, base, "1.1")
        assert isinstance(found, Candidate | Refusal)
        if isinstance(found, Candidate):
            made += 1
            for change in found.changes:
                assert change.status == "D" or not path_problem(change.path)
                assert not change.path.startswith("link/")
    assert made > 10
    assert {p: p.read_bytes() for p in workspace.path.rglob("*") if p.is_file()} == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["scratch"]


def test_the_same_seed_gives_the_same_inputs() -> None:
    """A failure can be seen again by anybody who knows the seed."""
    first, second = (list(mutants(DIFFS, 50, chance("again"))) for _ in range(2))
    assert first == second
    assert len(set(first)) > 40
