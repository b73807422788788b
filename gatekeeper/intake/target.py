"""What the XML parser calls: builds an element for each testcase, and for nothing else."""

from __future__ import annotations

from collections import deque
from xml.etree.ElementTree import Element, TreeBuilder  # defusedxml parses
from xml.parsers.expat import XMLParserType

from gatekeeper.intake.cases import FILE, CaseReader, Suite
from gatekeeper.intake.dotnet import DIALECTS, Dialect
from gatekeeper.intake.identity import MAX_NAME

ROOTS = frozenset({"testsuites", "testsuite", "testrun"})
MAX_DEPTH = 256
MAX_CASES = 2_000_000
TEXT_HEAD = 16 * 1024
TEXT_TAIL = 32 * 1024
"""Characters of one text that reach an element; the parser gives it in pieces of a few KB."""

_RED = frozenset({"failure", "error"})


class NotJUnit(Exception):
    """The root element is another one; holds its name."""


class Refused(Exception):
    """A threat rather than a report; says why."""


class JUnitTarget:
    """Gives each testcase to the reader. Memory is that of the results plus one open testcase."""

    def __init__(self, reader: CaseReader) -> None:
        self.claimed = 0  # what the suites' own attributes say; wrong in many real reports
        self.claimed_errors = 0  # those of the root
        self.root = ""
        self._reader = reader
        self._suite = Suite("", "")
        self._suites: list[tuple[int, Suite]] = [(0, self._suite)]
        self._depth = 0
        self._bare: dict[str, str] | None = None  # attributes of a testcase without children yet
        self._open: TreeBuilder | None = None
        self._open_depth = 0
        self._text = 0
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._dialect: Dialect | None = None

    def attach(self, expat: XMLParserType) -> None:
        """Let the parser call this target without the detour over events that nobody needs.

        What defusedxml set on it, the refusal of entities, stays.
        """
        expat.ordered_attributes = False
        expat.StartElementHandler = self.start
        expat.EndElementHandler = self.end
        expat.CharacterDataHandler = self.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins; its name may carry a namespace, which says nothing here."""
        if "}" in tag:
            tag = tag.rpartition("}")[2]
        if tag == "testcase" and self._bare is None and self._open is None and self.root:
            self._bare = attributes  # nearly all end at once; their depth need not be known
        else:
            self._start(tag, attributes)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._bare is not None:
            self._build("testcase", self._bare, self._depth)
            self._bare = None
            self._depth += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(f"elements are nested more than {MAX_DEPTH} deep")
        if self._open is not None:
            if self._text:
                self._flush()
            self._open.start(tag, attributes)
        elif self._is_result(tag):
            self._build(tag, attributes, self._depth - 1)
        else:
            self._outside(tag, attributes)

    def _is_result(self, tag: str) -> bool:
        """Whether an element outside of a testcase is to be built and read."""
        if self._dialect is not None:
            return tag == self._dialect.case
        return bool(self.root) and tag in _RED

    def data(self, text: str) -> None:
        """Text of the open element: the head is kept, then a moving tail."""
        if self._open is None:
            return
        room = TEXT_HEAD - self._text
        self._text += len(text)
        if room > 0:
            self._open.data(text[:room])
            text = text[room:]
            if not text:
                return
        self._tail.append(text[-TEXT_TAIL:])
        text = self._tail[-1]
        self._tail_size += len(text)
        while self._tail_size - len(self._tail[0]) > TEXT_TAIL:
            self._tail_size -= len(self._tail.popleft())

    def end(self, tag: str) -> None:
        """An element ends; a testcase becomes a result, and its element is dropped."""
        if self._bare is not None:
            self._reader.passed(self._bare, self._suite)
            self._bare = None
            return
        self._depth -= 1
        if self._open is not None:
            if self._text:
                self._flush()
            self._open.end(tag)
            if self._depth == self._open_depth:
                self._finish(self._open.close())
        elif self._suites[-1][0] > self._depth:
            self._suites.pop()
            self._suite = self._suites[-1][1]

    def close(self) -> None:
        """Nothing is left to do at the end of the document."""

    def salvage(self) -> str:
        """After a cut: keep the open testcase if it is red already; its name, or ""."""
        if self._bare is not None:
            return self._bare.get("name", "")
        if self._open is None:
            return ""
        self._flush()
        for _ in range(self._open_depth, self._depth):
            self._open.end("")
        element = self._open.close()
        if element.tag in _RED or any(child.tag in _RED for child in element.iter()):
            self._finish(element)
        self._open = None
        return element.get("name") or element.tag

    def _build(self, tag: str, attributes: dict[str, str], parent: int) -> None:
        """Begin an element whose parent is `parent` deep."""
        self._open = TreeBuilder()
        self._open_depth = parent
        self._open.start(tag, attributes)

    def _outside(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.root:
            self._dialect = DIALECTS.get(tag)
            if tag not in ROOTS and self._dialect is None:
                raise NotJUnit(tag)
            self.root = tag
            errors = attributes.get("errors", "")
            self.claimed_errors = int(errors) if errors.isascii() and errors[:9].isdigit() else 0
        if tag == "testsuite" or (self._dialect is not None and tag == self._dialect.suite):
            file = attributes.get("file", "")[:FILE] or self._suite.file
            self._suite = Suite(attributes.get("name", "")[:MAX_NAME], file)
            self._suites.append((self._depth, self._suite))
            if len(self._reader.cases) > MAX_CASES:
                raise Refused(f"more than {MAX_CASES} testcases")
            tests = attributes.get("tests", "")
            self.claimed += int(tests) if tests.isascii() and tests[:9].isdigit() else 0

    def _finish(self, element: Element) -> None:
        if self._dialect is not None and element.tag == self._dialect.case:
            element = self._dialect.translate(element)
        add = self._reader.case if element.tag == "testcase" else self._reader.orphan
        add(element, self._suite)
        self._open = None

    def _flush(self) -> None:
        if self._tail and self._open is not None:
            cut = self._text - TEXT_HEAD - self._tail_size
            if cut > 0:
                self._open.data(f"\n[... {cut} characters left out ...]\n")
            self._open.data("".join(self._tail))
            self._tail.clear()
            self._tail_size = 0
        self._text = 0
