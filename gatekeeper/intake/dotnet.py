"""NUnit 3 and xUnit.net reports: their elements as the JUnit testcases that they amount to.

Both are read by their documented shape. Failures of a suite are not read by themselves: its
cases tell them again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement  # defusedxml parses


@dataclass(frozen=True, slots=True)
class Dialect:
    """The element of one case, and how it is told as a `testcase`."""

    case: str
    suite: str
    translate: Callable[[Element], Element]


_NUNIT_SKIPPED = frozenset({"Skipped", "Inconclusive"})


def _nunit(element: Element) -> Element:
    """`<test-case name classname result label duration><failure><message/><stack-trace/>`."""
    get = element.get
    found = Element(
        "testcase",
        name=get("name", ""),
        classname=get("classname", ""),
        time=get("duration", ""),
    )
    if get("result") == "Failed":
        tag = "error" if get("label") in ("Error", "Invalid", "Cancelled") else "failure"
        _told(element.find("failure"), SubElement(found, tag), get("label", ""))
    elif get("result") in _NUNIT_SKIPPED:
        _told(element.find("reason"), SubElement(found, "skipped"), "")
    _output(element, found)
    return found


def _xunit(element: Element) -> Element:
    """`<test name type method result time><failure exception-type><message/><stack-trace/>`."""
    get = element.get
    kind, name = get("type", ""), get("name", "")
    found = Element(
        "testcase", name=name.removeprefix(f"{kind}."), classname=kind, time=get("time", "")
    )
    if get("source-file"):
        found.set("file", get("source-file", ""))
        found.set("line", get("source-line", ""))
    if get("result") == "Fail":
        failure = element.find("failure")
        exception = "" if failure is None else failure.get("exception-type", "")
        compared = not exception or "Xunit." in exception
        _told(failure, SubElement(found, "failure" if compared else "error"), exception)
    elif get("result") in ("Skip", "NotRun"):
        skipped = SubElement(found, "skipped")
        skipped.set("message", element.findtext("reason") or "")
    _output(element, found)
    return found


def _told(reason: Element | None, into: Element, kind: str) -> None:
    if kind:
        into.set("type", kind)
    if reason is None:
        return
    message = (reason.findtext("message") or "").strip()
    into.set("message", message)
    into.text = "\n".join(filter(None, (message, reason.findtext("stack-trace") or "")))


def _output(element: Element, into: Element) -> None:
    text = element.findtext("output")
    if text:
        SubElement(into, "system-out").text = text


DIALECTS: Mapping[str, Dialect] = {
    "test-run": Dialect("test-case", "test-suite", _nunit),
    "assemblies": Dialect("test", "collection", _xunit),
    "assembly": Dialect("test", "collection", _xunit),
}
"""By the root element."""
