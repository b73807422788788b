"""The same case under two dialects of one framework's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatekeeper.domain import CaseId, CaseResult, RunReport


def match(wanted: Sequence[CaseResult], report: RunReport) -> Mapping[CaseId, CaseId | None]:
    """Each wanted id to the id under which `report` has the case; None where it has not.

    Exact if possible. Else by name, where exactly one case of the report has it and one of
    the two class names ends with the other: jobs run tests from another folder or write
    another family of JUnit. Two wanted cases never share one answer.
    """
    there = {case.id for case in (*report.cases, *report.suite_errors)}
    found: dict[CaseId, CaseId | None] = {}
    for case in wanted:
        found[case.id] = case.id if case.id in there else _near(case.id, there)
    answers = list(found.values())
    return {
        id_: answer if answer is None or id_ == answer or answers.count(answer) == 1 else None
        for id_, answer in found.items()
    }


def _near(wanted: CaseId, there: set[CaseId]) -> CaseId | None:
    near = [each for each in there if each.name == wanted.name and _ends(each, wanted)]
    return near[0] if len(near) == 1 else None


def _ends(one: CaseId, other: CaseId) -> bool:
    """Whether the shorter class name is a tail of the longer, at a boundary of parts."""
    short, long = sorted((_parts(one), _parts(other)), key=len)
    return long[len(long) - len(short) :] == short


def _parts(id_: CaseId) -> list[str]:
    return id_.classname.replace("/", ".").replace("::", ".").split(".") if id_.classname else []
