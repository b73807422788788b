"""Each clause of what a JUnit report may do, with a report made for it."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from gatekeeper.domain import SUITE_LEVEL, CaseId, CaseState, RunReport, SourceState
from gatekeeper.errors import UsageError
from gatekeeper.intake.junit import find_reports, read_files, read_reports
from gatekeeper.process import run

PASSED, FAILURE, ERROR, SKIPPED = (
    CaseState.PASSED,
    CaseState.FAILURE,
    CaseState.ERROR,
    CaseState.SKIPPED,
)
ONE = (
    '<testsuite name="s"><testcase classname="c" name="ä"><failure message="é"/>'
    "</testcase></testsuite>"
)


def read(content: str | bytes) -> RunReport:
    return read_reports([("r.xml", content.encode() if isinstance(content, str) else content)])


def cases(inner: str, attributes: str = "") -> RunReport:
    return read(f'<testsuites><testsuite name="s"{attributes}>{inner}</testsuite></testsuites>')


def one(children: str) -> RunReport:
    return cases(f'<testcase classname="c" name="n">{children}</testcase>')


@pytest.mark.parametrize(
    ("children", "state", "flaky"),
    [
        pytest.param("", PASSED, False, id="no-child"),
        pytest.param("<properties/><system-out>x</system-out>", PASSED, False, id="output-only"),
        pytest.param("<skipped/>", SKIPPED, False, id="skipped"),
        pytest.param("<failure/>", FAILURE, False, id="failure"),
        pytest.param("<error/>", ERROR, False, id="error"),
        pytest.param("<skipped/><failure/><error/>", ERROR, False, id="error-before-failure"),
        pytest.param("<skipped/><failure/>", FAILURE, False, id="failure-before-skipped"),
        pytest.param("<failure/><rerunFailure/>", FAILURE, False, id="failed-again"),
        pytest.param("<failure/><rerunError/>", FAILURE, False, id="first-result-decides"),
        pytest.param("<rerunFailure/>", FAILURE, False, id="only-reruns-that-failed"),
        pytest.param("<rerunError/>", ERROR, False, id="only-reruns-that-erred"),
        pytest.param("<flakyFailure/>", PASSED, True, id="passed-at-last"),
        pytest.param("<flakyError/>", PASSED, True, id="passed-after-error"),
        pytest.param("<failure/><flakyFailure/>", FAILURE, False, id="red-is-not-flaky"),
    ],
)
def test_state_of_a_case(children: str, state: CaseState, flaky: bool) -> None:
    """The children of a testcase decide on its state: error, failure, skipped, else passed."""
    (case,) = one(children).cases
    assert (case.state, case.flaky) == (state, flaky)


def test_texts_of_a_failure() -> None:
    """Message, type, body and output are told; the deciding element comes first."""
    (case,) = one(
        '<skipped message="no"/><failure message="is 3" type="AssertionError"><![CDATA[a < b]]>'
        "</failure><system-out>out</system-out><system-err>err</system-err>"
    ).cases
    assert (case.message, case.kind) == ("is 3", "AssertionError")
    assert (case.details, case.output) == ("a < b", "out\nerr")


def test_message_from_the_body() -> None:
    """Where a runner gives no message, the first line of the body is one."""
    (case,) = one("<failure>\n first line\nsecond</failure>").cases
    assert case.message == "first line"


@pytest.mark.parametrize(
    ("attributes", "suite", "place"),
    [
        ('file="t.py" line="7" time="1,234.5"', "", ("t.py", 7, 1234.5)),
        ('filepath="t.js" lineno="8" time="x"', "", ("t.js", 8, None)),
        ("", ' file="suite.js"', ("suite.js", None, None)),
        ('line="-1" time=""', "", ("", None, None)),
    ],
)
@pytest.mark.parametrize("child", ["", "<failure/>"])
def test_place_and_time(
    attributes: str, suite: str, place: tuple[str, int | None, float | None], child: str
) -> None:
    """File, line and seconds are read for passed and red cases alike; nonsense is None."""
    (case,) = cases(f'<testcase name="n" {attributes}>{child}</testcase>', suite).cases
    assert (case.file, case.line, case.seconds) == place


def test_counts_ignore_what_suites_claim() -> None:
    """Attributes of suites are often wrong; the elements count."""
    report = cases('<testcase name="a"/><testcase name="b"><error/></testcase>', ' tests="9"')
    assert (report.counts.tests, report.counts.passed, report.counts.errors) == (2, 1, 1)


def test_nesting_and_cases_below_the_root() -> None:
    """Nested suites, a case between suites and a case below testsuites all count, in order."""
    report = read(
        '<testsuites name="r"><testcase name="top"/><testsuite name="a"><testsuite name="b">'
        '<testcase name="deep"/></testsuite><testcase name="after"/></testsuite></testsuites>'
    )
    assert [str(case.id) for case in report.cases] == ["top", "b::deep", "a::after"]


@pytest.mark.parametrize("tag", ["error", "failure"])
def test_error_without_a_case(tag: str) -> None:
    """An error of a suite makes the run fail, though no testcase does."""
    report = cases(f'<testcase name="a"/><{tag} message="fixture died">trace</{tag}>')
    (orphan,) = report.suite_errors
    assert orphan.id == CaseId("s", SUITE_LEVEL)
    assert (orphan.state, orphan.message, orphan.details) == (tag, "fixture died", "trace")
    assert report.counts.tests == 1
    assert report.failing == (orphan,)


def test_default_namespace() -> None:
    """A default namespace changes nothing."""
    report = read(
        '<testsuites xmlns="urn:x"><testsuite><testcase name="n"><failure/><system-out>o'
        "</system-out></testcase></testsuite></testsuites>"
    )
    assert [(case.state, case.output) for case in report.cases] == [(FAILURE, "o")]


def test_repeated_ids() -> None:
    """An id that repeats keeps each element; the worst state is the one that counts."""
    report = cases('<testcase name="a"><failure/></testcase><testcase name="a"/>')
    assert report.counts.tests == 2
    assert report.states == {CaseId("s", "a"): FAILURE}
    assert report.occurrences == {CaseId("s", "a"): 2}


@pytest.mark.parametrize(
    ("content", "state"),
    [
        pytest.param(ONE.encode(), SourceState.READ, id="utf-8"),
        pytest.param(b"\xef\xbb\xbf" + ONE.encode(), SourceState.READ, id="utf-8-bom"),
        pytest.param(ONE.encode("utf-16"), SourceState.READ, id="utf-16-bom"),
        pytest.param(ONE.encode("utf-16-le"), SourceState.READ, id="utf-16-le-no-bom"),
        pytest.param(ONE.encode("utf-16-be"), SourceState.READ, id="utf-16-be-no-bom"),
        pytest.param(ONE.encode("utf-32"), SourceState.REPAIRED, id="utf-32"),
        pytest.param(
            b'<?xml version="1.0" encoding="iso-8859-1"?>' + ONE.encode("latin-1"),
            SourceState.READ,
            id="latin-1-declared",
        ),
        pytest.param(ONE.encode("latin-1"), SourceState.REPAIRED, id="latin-1-not-declared"),
        pytest.param(
            b'<?xml version="1.0" encoding="utf-16"?>' + ONE.encode(),
            SourceState.REPAIRED,
            id="wrong-declaration",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="nonsense"?>' + ONE.encode(),
            SourceState.REPAIRED,
            id="unknown-encoding",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="gb18030"?>' + ONE.encode("gb18030"),
            SourceState.REPAIRED,
            id="multi-byte-encoding",
        ),
        pytest.param(
            b"\n \n<?xml version='1.0'?>" + ONE.encode(), SourceState.REPAIRED, id="blanks"
        ),
        pytest.param(b"npm notice\n" + ONE.encode(), SourceState.REPAIRED, id="log-line-before"),
        pytest.param(gzip.compress(ONE.encode()), SourceState.READ, id="gzip"),
        pytest.param(gzip.compress(ONE.encode("latin-1")), SourceState.REPAIRED, id="gzip-latin-1"),
    ],
)
def test_encodings(content: bytes, state: SourceState) -> None:
    """Whatever the encoding, the same case is read; what had to be mended is said."""
    report = read(content)
    assert [(str(case.id), case.message) for case in report.cases] == [("c::ä", "é")]
    assert report.sources[0].state is state
    assert bool(report.sources[0].note) == (state is SourceState.REPAIRED)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00b\x08c", "abc"),
        ("a&#27;b&#x1b;c&#0;d", "abcd"),
        ("a&#9;b&amp;c", "a\tb&c"),
        ("a & b", "a & b"),
        ("a&nbsp;b", "a&nbsp;b"),
        ("\ufffe", ""),
    ],
)
def test_bytes_that_xml_forbids(dirty: str, clean: str) -> None:
    """Control bytes, references to them and bare ampersands do not lose the report."""
    report = one(f"<failure>x{dirty}y\x01</failure>")
    assert [case.details for case in report.cases] == [f"x{clean}y"]
    assert report.sources[0].state is SourceState.REPAIRED


def test_mending_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is mended may lie across the border of two chunks."""
    monkeypatch.setattr("gatekeeper.intake.mend.CHUNK", 7)
    report = one("<failure>a&#27;b\x1b[31mc &amp; d & ä</failure>")
    assert [case.details for case in report.cases] == ["abc & d & ä"]


@pytest.mark.parametrize(
    ("kept", "tail"),
    [
        (["a"], '<testcase name="b"'),
        (["a"], '<testcase name="b">'),
        (["a"], '<testcase name="b"><skipped message="x">half'),
        (["a", "b"], '<testcase name="b"><failure message="x"/><system-out>half'),
        (["a", "b"], '<testcase name="b"><failure message="x">half'),
        (["a"], "</testsuites>"),
    ],
)
def test_truncated(kept: list[str], tail: str) -> None:
    """Before the cut everything is kept; the open case only if it is red already."""
    report = read(f'<testsuites><testsuite name="s"><testcase name="a"/>{tail}')
    assert [case.id.name for case in report.cases] == kept
    assert report.sources[0].state is SourceState.TRUNCATED
    assert report.sources[0].cases == len(kept)
    assert f"({len(kept)} testcases)" in report.sources[0].note


def test_truncated_gzip() -> None:
    """A packed report that ends too early gives the cases before the cut."""
    names = "".join(f'<testcase name="{number * 7919}"/>' for number in range(50_000))
    packed = gzip.compress(f"<testsuite>{names}</testsuite>".encode())
    report = read(packed[: len(packed) // 2])
    assert 1000 < report.counts.tests < 50_000
    assert report.sources[0].state is SourceState.TRUNCATED


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "state"),
    [
        pytest.param(BOMB + ONE, SourceState.REFUSED, id="entity-bomb"),
        pytest.param(EXTERNAL + ONE, SourceState.REFUSED, id="external-entity"),
        pytest.param("<testsuite>" + "<a>" * 1000, SourceState.REFUSED, id="too-deep"),
        pytest.param("", SourceState.EMPTY, id="empty"),
        pytest.param(" \n", SourceState.EMPTY, id="blank"),
        pytest.param("<testsuites/>", SourceState.EMPTY, id="no-case"),
        pytest.param('{"tests": 1}', SourceState.MALFORMED, id="json"),
        pytest.param("<testsuite><a></b>", SourceState.MALFORMED, id="broken-before-a-case"),
        pytest.param("<TestRun/>", SourceState.NOT_JUNIT, id="trx"),
        pytest.param("<test-run/>", SourceState.EMPTY, id="nunit"),
        pytest.param("<!DOCTYPE html><html><br></html>", SourceState.NOT_JUNIT, id="html"),
        pytest.param("<testcase name='a'/>", SourceState.NOT_JUNIT, id="other-root"),
    ],
)
def test_unusable(content: str, state: SourceState) -> None:
    """What holds no test result gives no case, and a note that says why."""
    report = read(content)
    assert not report.cases
    assert report.sources[0].state is state
    assert report.sources[0].note


@pytest.mark.parametrize(
    ("root", "words"), [("TestRun", "TRX"), ("html", "HTML"), ("suites", "<suites>")]
)
def test_the_note_names_the_format(root: str, words: str) -> None:
    """A report of another kind is called by its name."""
    assert words in read(f"<{root}/>").sources[0].note


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small packed file that unpacks to a huge one is refused, and so is an endless tag."""
    monkeypatch.setattr("gatekeeper.intake.junit.MAX_BYTES", 10**6)
    bomb = gzip.compress(b"<testsuite>" + b" " * 2 * 10**6 + b"</testsuite>")
    assert read(bomb).sources[0].state is SourceState.REFUSED
    monkeypatch.undo()
    monkeypatch.setattr("gatekeeper.intake.junit.MAX_TOKEN", 10**6)
    tag = b'<testsuite><testcase name="' + b"x" * 3 * 10**6
    assert read(tag).sources[0].state is SourceState.REFUSED


def test_huge_texts_are_bounded() -> None:
    """Names, messages and bodies of any size end up small; head and tail are there."""
    big = "head" + "x" * 3_000_000 + "tail"
    report = cases(
        f'<testcase name="{big}" classname="{big}"><failure message="{big}" type="{big}">{big}'
        f"</failure><system-out>{big}</system-out></testcase>"
    )
    (case,) = report.cases
    assert len(case.id.name) < 1100
    assert len(case.message) < 2100
    assert len(case.kind) < 300
    for text in (case.details, case.output):
        assert 10_000 < len(text) < 20_000
        assert text.startswith("head")
        assert text.endswith("tail")
        assert "left out" in text


def test_all_texts_together_are_bounded() -> None:
    """Thousands of long failures are all counted, but not all of their text is kept."""
    body = "<failure message='m'>" + "x" * 10_000 + "</failure>"
    report = cases("".join(f'<testcase name="{n}">{body}</testcase>' for n in range(2000)))
    assert report.counts.failures == 2000
    assert sum(len(case.details) for case in report.cases) < 9 * 1024**2
    assert all(case.message == "m" for case in report.cases)
    assert "shortened" in report.sources[0].note


def test_many_cases() -> None:
    """A report with more cases than a tuple should hold says the same as a small one."""
    names = [f"case {number} é 0x{number:08x}" for number in range(6000)]
    inner = "".join(
        f'<testcase classname="c" name="{name}" line="3" time="0.5">'
        f"{'<failure/>' if not index % 1000 else ''}</testcase>"
        for index, name in enumerate(names)
    )
    content = f'<testsuite name="s">{inner}</testsuite>'.encode()
    report = read_reports([("a", content), ("b", content)])
    assert len(report.cases) == report.counts.tests == 12_000
    assert (report.counts.failures, len(report.failing)) == (12, 6)
    first, last = report.cases[1], report.cases[-1]
    assert first.id == CaseId("c", "case 1 é <address>")
    assert (last.id.name, last.line, last.seconds) == ("case 5999 é <address>", 3, 0.5)
    assert [case.id for case in report.cases[5999:6001]] == [last.id, report.cases[0].id]
    assert [case.state for case in report.cases].count(FAILURE) == 12


def test_memory_of_a_big_report(tmp_path: Path) -> None:
    """100 MB on disk, one text of 30 MB among it, are read with little memory."""
    path = tmp_path / "big.xml"
    case = (
        '<testcase classname="some.module" name="test[{}]"><system-out>{}</system-out></testcase>'
    )
    with path.open("w") as file:
        file.write("<testsuite>" + case.format("huge", "y" * 30_000_000))
        for number in range(70_000):
            file.write(case.format(number, "z" * 900))
        file.write("</testsuite>")
    script = (
        "import sys; from pathlib import Path\n"
        "from gatekeeper.intake.junit import read_files\n"
        "found = len(read_files([Path(sys.argv[1])], Path('/')).cases)\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(found, status.partition('VmHWM:')[2].split()[0])"
    )
    found, peak = run([sys.executable, "-c", script, str(path)]).stdout.split()
    assert int(found) == 70_001
    assert int(peak) < 64 * 1024  # KB


def test_reading_is_of_one_report_at_a_time(tmp_path: Path) -> None:
    """Several files make one report, each with its source; one that is gone is said to be."""
    good = tmp_path / "a.xml"
    good.write_text(ONE)
    gone = tmp_path / "gone.xml"
    report = read_files([good, gone, tmp_path], tmp_path)
    assert report.counts.tests == 1
    states = [source.state for source in report.sources]
    assert states == [SourceState.READ, SourceState.MALFORMED, SourceState.MALFORMED]
    assert [source.path for source in report.sources] == ["a.xml", "gone.xml", "."]
    assert "cannot be read" in report.sources[1].note


def test_find_reports(tmp_path: Path) -> None:
    """Globs find files below the root, sorted, each once; folders and leaving links are not."""
    root = tmp_path / "root"
    (root / "build" / "x.xml").mkdir(parents=True)
    outside = tmp_path / "secret.xml"
    for path in (root / "b.xml", root / "build" / "a.xml", root / "build" / "no.txt", outside):
        path.write_text(ONE)
    (root / "inside.xml").symlink_to("b.xml")
    (root / "leaves.xml").symlink_to(outside)
    (root / "away").symlink_to(tmp_path)
    (root / "dangling.xml").symlink_to("nothing")
    found = find_reports(root, ["**/*.xml", "b.xml", "away/*.xml", str(root / "build/*.xml")])
    assert [path.relative_to(root).as_posix() for path in found] == ["b.xml", "build/a.xml"]


@pytest.mark.parametrize("glob", ["", "/etc/*.xml", "../*.xml", "a/../../*.xml"])
def test_globs_that_leave(tmp_path: Path, glob: str) -> None:
    """A pattern that cannot mean a file of the workspace is a mistake, and is said to be."""
    with pytest.raises(UsageError) as caught:
        find_reports(tmp_path, [glob])
    assert caught.value.hint
