"""JUnit XML of any runner, as it is found in the wild, to a RunReport.

Counts come from the testcase elements, never from the attributes of the suites. What cannot
be read is a `Source` that says why, never an exception.
"""

from __future__ import annotations

import gc
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from gatekeeper.domain import CaseResult, RunReport, Source, SourceState
from gatekeeper.errors import UsageError
from gatekeeper.intake.cases import CaseReader, Texts
from gatekeeper.intake.mend import chunks, mended, unpacked
from gatekeeper.intake.packed import PackedCases
from gatekeeper.intake.target import JUnitTarget, NotJUnit, Refused

MAX_BYTES = 512 * 1024**2
"""Bytes of one report, unpacked; more is refused."""
MAX_TOKEN = 16 * 1024**2
"""Bytes of one tag or comment; the parser must hold it whole."""

_KINDS = {
    "TestRun": "a Visual Studio test report (TRX)",
    "test-results": "an NUnit 2 report",
    "html": "an HTML page",
    "coverage": "a coverage report",
    "report": "a coverage report (JaCoCo)",
    "checkstyle": "a Checkstyle report",
    "testng-results": "a TestNG report",
    "robot": "a Robot Framework report",
    "Site": "a CTest report",
}
_MENDED = "bytes that XML does not allow were mended (control characters, encoding or a bare &)"

Opening = Callable[[], BinaryIO]


@dataclass(slots=True)
class _Reading:
    """What one pass over one file gave."""

    reader: CaseReader
    target: JUnitTarget
    size: int = 0
    fault: str = ""  # why the pass did not reach the end of the document
    state: SourceState | None = None  # set where another pass would be no better

    @property
    def found(self) -> int:
        return len(self.reader.cases) + len(self.reader.orphans)


def find_reports(root: Path, globs: Sequence[str]) -> tuple[Path, ...]:
    """Regular files below `root` that match a glob, sorted, each once.

    A folder with a matching name is not a report, and neither is a link that leaves `root`.
    Raises UsageError for a glob that is empty or points outside of `root`.
    """
    top = root.resolve()
    found: dict[Path, Path] = {}
    for glob in globs:
        for path in sorted(root.glob(_relative(glob, top))):
            real = path.resolve()
            if real.is_relative_to(top) and real.is_file():
                found.setdefault(real, path)
    return tuple(sorted(found.values()))


def read_files(paths: Sequence[Path], root: Path) -> RunReport:
    """Read reports from disk as streams; sources are named relative to `root` where they can be."""

    def opening(path: Path) -> Opening:
        return lambda: path.open("rb")

    return _read((_shown(path, root), opening(path)) for path in paths)


def read_reports(files: Sequence[tuple[str, bytes]]) -> RunReport:
    """Read reports, (path, content) each, that came back from a sandbox."""

    def opening(content: bytes) -> Opening:
        return lambda: io.BytesIO(content)

    return _read((path, opening(content)) for path, content in files)


def _read(files: Iterable[tuple[str, Opening]]) -> RunReport:
    cases = PackedCases()
    orphans: list[CaseResult] = []
    sources: list[Source] = []
    texts = Texts()
    for path, opening in files:
        try:
            with _uncollected():
                reading, source = _read_one(path, opening, texts)
        except OSError as error:
            why = f"cannot be read: {error.strerror or error}"
            sources.append(Source(path, SourceState.MALFORMED, note=why))
            continue
        texts = reading.reader.texts
        sources.append(source)
        if source.state not in (SourceState.REFUSED, SourceState.NOT_JUNIT):
            orphans += reading.reader.orphans
            if len(cases):
                cases.extend(reading.reader.cases)
            else:
                cases = reading.reader.cases
    return RunReport(cases.settled(), tuple(orphans), tuple(sources))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles: there are none here, and many objects make it slow."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _read_one(path: str, opening: Opening, texts: Texts) -> tuple[_Reading, Source]:
    """Read as it is; if XML refuses that, mend more and more, and keep the pass that got furthest.

    Raises OSError where the file cannot be opened.
    """
    best = reading = _pass(opening, texts, lambda pieces: pieces)
    mends = False
    for ampersands in (False, True):
        if not reading.fault or reading.state is not None or not reading.size:
            break

        def mend(pieces: Iterator[bytes], ampersands: bool = ampersands) -> Iterator[bytes]:
            return mended(pieces, ampersands=ampersands)

        reading = _pass(opening, texts, mend)
        if not reading.fault or reading.found > best.found or (reading.state and not best.found):
            best, mends = reading, True
    return best, _source(path, best, mends)


def _pass(
    opening: Opening, texts: Texts, mend: Callable[[Iterator[bytes]], Iterator[bytes]]
) -> _Reading:
    reader = CaseReader(Texts(texts.whole, texts.short))
    reading = _Reading(reader, JUnitTarget(reader))
    with opening() as stream:
        try:
            _feed(reading, mend(_measured(unpacked(stream), reading)))
        except DefusedXmlException as error:
            reading.state = SourceState.REFUSED
            reading.fault = f"declares entities ({type(error).__name__}), which no report needs"
        except Refused as error:
            reading.state, reading.fault = SourceState.REFUSED, str(error)
        except NotJUnit as error:
            reading.state, reading.fault = SourceState.NOT_JUNIT, _kind(str(error))
        except ParseError as error:
            reading.fault = str(error)
        except (ValueError, LookupError) as error:  # an encoding that the parser does not know
            if reading.target.root:
                raise
            reading.fault = str(error)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            reading.fault = f"the packed data are damaged: {error}"
    return reading


def _feed(reading: _Reading, pieces: Iterator[bytes]) -> None:
    parser = XMLParser(target=reading.target)
    expat = parser.parser
    reading.target.attach(expat)
    fed = 0
    for piece in pieces:
        parser.feed(piece)
        fed += len(piece)
        if fed - expat.CurrentByteIndex > MAX_TOKEN:
            raise Refused(f"one tag or comment has more than {MAX_TOKEN} bytes")
    parser.close()


def _measured(stream: BinaryIO, reading: _Reading) -> Iterator[bytes]:
    for piece in chunks(stream):
        reading.size += len(piece)
        if reading.size > MAX_BYTES:
            raise Refused(f"more than {MAX_BYTES} bytes")
        yield piece


def _source(path: str, reading: _Reading, mends: bool) -> Source:
    state, note = _state(reading)
    if mends and state in (SourceState.READ, SourceState.TRUNCATED):
        state = SourceState.REPAIRED if state is SourceState.READ else state
        note = f"{note}; {_MENDED}" if note else _MENDED
    if reading.reader.texts.cut:
        short = (
            f"texts of {reading.reader.texts.cut} cases were shortened, there are too many of them"
        )
        note = f"{note}; {short}" if note else short
    kept = state not in (SourceState.REFUSED, SourceState.NOT_JUNIT)
    return Source(path, state, len(reading.reader.cases) if kept else 0, note)


def _state(reading: _Reading) -> tuple[SourceState, str]:
    if reading.state is not None:
        return reading.state, reading.fault
    if reading.fault:
        return _broken(reading)
    if not reading.found:
        claimed = reading.target.claimed
        says = f", though its suites claim {claimed} tests" if claimed else ""
        return SourceState.EMPTY, f"holds no testcase{says}"
    return SourceState.READ, _untold(reading)


def _untold(reading: _Reading) -> str:
    """A package that does not compile is counted by gotestsum, which says no more of it."""
    target, reader = reading.target, reading.reader
    claimed = target.claimed_errors
    if target.root != "testsuites" or claimed == 0 or reader.errors or reader.orphans:
        return ""
    return (
        f"its head claims {claimed} error(s) of which no testcase tells: something was not even "
        "loaded or compiled, so read the job's log as well"
    )


def _broken(reading: _Reading) -> tuple[SourceState, str]:
    target = reading.target
    inside = target.salvage()
    if not reading.size or (not target.root and "no element found" in reading.fault):
        return SourceState.EMPTY, "the file is empty"
    if not target.root:
        return SourceState.MALFORMED, f"is not XML: {reading.fault}"
    where = f"{reading.fault}, inside `{inside[:200]}`" if inside else reading.fault
    if not reading.found:
        return SourceState.MALFORMED, f"broken before its first testcase was complete: {where}"
    kept = f"what came before is kept ({len(reading.reader.cases)} testcases)"
    return SourceState.TRUNCATED, f"ends too early or is broken: {where}; {kept}"


def _kind(root: str) -> str:
    name = root[:100]
    return f"is {_KINDS[name]}, not JUnit XML" if name in _KINDS else f"has the root <{name}>"


def _relative(glob: str, top: Path) -> str:
    path = Path(glob)
    if path.is_absolute() and path.is_relative_to(top):
        path = path.relative_to(top)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UsageError(
            f"`{glob}` is no pattern for report files",
            hint="give patterns relative to the workspace, such as build/test-results/**/*.xml",
        )
    return str(path)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
