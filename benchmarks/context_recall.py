"""Real bugs of real libraries: is the fixed line in the context, its file among the suspects.

    python benchmarks/context_recall.py FOLDER [--half develop|held-out|all] [--each]

FOLDER holds the git directories of the repositories that `realbugs.toml` names. Nothing is run:
the failure reports are facts, taken from real runs.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from realbugs import Bug, Hunk, load

from gatekeeper.context.budget import estimate, head
from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.context.fence import fenced
from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import Delta, RunReport
from gatekeeper.intake.junit import read_reports
from gatekeeper.intake.reach import MAX_CASES
from gatekeeper.intake.stacktrace import case_frames
from gatekeeper.redact import Redactor

BUDGETS = (2000, 4000, 8000, 16000)
NO_DELTA = Delta(head="0" * 40, tree="0" * 40)


@dataclass
class Result:
    """What one bug gave: hunks inside by budget, ranks (1 is best, 0 is absent)."""

    bug: Bug
    hunks: int = 0
    inside: dict[int, int] = field(default_factory=dict)
    baseline: dict[int, int] = field(default_factory=dict)
    tokens: dict[int, int] = field(default_factory=dict)
    file_rank: int = 0
    place_rank: int = 0
    category: str = ""
    seconds: float = 0.0
    reads: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("develop", "held-out", "all"), default="all")
    parser.add_argument("--only", default="", help="bugs whose name contains this")
    parser.add_argument("--reports", type=Path, help="a folder of NAME.xml, used where it is there")
    parser.add_argument("--each", action="store_true")
    chosen = parser.parse_args()
    bugs, missing = load(chosen.folder)
    for name in missing:
        print(f"missing: {name}")
    halves = ("develop", "held-out") if chosen.half == "all" else (chosen.half,)
    every: dict[str, list[Result]] = {}
    for half in halves:
        for bug in bugs:
            if bug.facts["half"] == half and chosen.only in bug.name:
                report = _report(bug, chosen.reports)
                for helped, delta in (("no delta", NO_DELTA), ("delta", bug.delta())):
                    every.setdefault(f"{half}, {helped}", []).append(measured(bug, report, delta))
    if chosen.each:
        for title, results in every.items():
            _each(title, results)
    if len(halves) == 2:
        for helped in ("no delta", "delta"):
            every[f"all, {helped}"] = [r for half in halves for r in every[f"{half}, {helped}"]]
    _table(every)


def _report(bug: Bug, folder: Path | None) -> RunReport:
    """The real report where there is one, of the cases that the fix turns green; else the facts."""
    facts = bug.report()
    real = folder / f"{bug.name}.xml" if folder else None
    if real is None or not real.is_file():
        return facts
    wanted = {(case.id.classname, case.id.name) for case in facts.cases}
    cases = read_reports([(real.name, real.read_bytes())]).failing
    kept = tuple(c for c in cases if (c.id.classname, c.id.name) in wanted)
    return RunReport(kept) if len(kept) == len(facts.cases) else facts


def measured(bug: Bug, report: RunReport, delta: Delta) -> Result:
    hunks = bug.hunks()
    result = Result(bug, len(hunks))
    bug.paths()
    bug.forget()
    started = time.perf_counter()
    frames = case_frames(report.failing[:MAX_CASES], bug.paths())
    diagnosis = diagnose(report, report.failing, delta, bug, frames)
    result.seconds, result.reads = time.perf_counter() - started, bug.reads
    result.category = diagnosis.category
    files = list(dict.fromkeys(s.path for s in diagnosis.suspects))
    wanted = {hunk.path for hunk in hunks}
    result.file_rank = next((n for n, path in enumerate(files, 1) if path in wanted), 0)
    result.place_rank = next(
        (
            n
            for n, s in enumerate(diagnosis.suspects, 1)
            if s.start and any(hunk.within(s.path, s.start, s.end) for hunk in hunks)
        ),
        0,
    )
    for budget in BUDGETS:
        context = build_context(
            report, report.failing, delta, bug, Known(), Allowance(budget), Redactor({})
        )
        assert context.tokens <= budget
        result.tokens[budget] = context.tokens
        shown = _merged([(s.path, s.start, s.end) for s in context.sections if s.start])
        result.inside[budget] = _inside(hunks, shown)
        stack = _whole_files(bug, [frame.path for frame in frames if frame.ours], budget)
        result.baseline[budget] = _inside(hunks, stack)
    return result


def _whole_files(bug: Bug, paths: Sequence[str], budget: int) -> list[tuple[str, int, int]]:
    """The baseline: the files of the stack trace in order, whole, until the budget is full."""
    shown, left = [], budget
    for path in dict.fromkeys(paths):
        text = (bug.read(path) or b"").decode("utf-8", "replace")
        kept, cut = head(text, left - 40)
        shown.append((path, 1, kept.count("\n") or 0))
        left -= estimate(fenced(f"FILE: {path}", "", kept).text)
        if cut:
            break
    return shown


def _merged(shown: Sequence[tuple[str, int | None, int | None]]) -> list[tuple[str, int, int]]:
    """Ranges that touch, as one: a hunk may reach from one section into the next."""
    merged: list[tuple[str, int, int]] = []
    for path, start, end in sorted((p, s or 1, e or 1) for p, s, e in shown):
        if merged and merged[-1][0] == path and start <= merged[-1][2] + 1:
            merged[-1] = (path, merged[-1][1], max(end, merged[-1][2]))
        else:
            merged.append((path, start, end))
    return merged


def _inside(hunks: Sequence[Hunk], shown: Sequence[tuple[str, int, int]]) -> int:
    return sum(any(hunk.within(*lines) for lines in shown) for hunk in hunks)


def _each(title: str, results: Sequence[Result]) -> None:
    print(f"\n{title}: file rank, place rank, hunks inside of hunks, baseline, category, reads, s")
    for r in results:
        inside = " ".join(f"{r.inside[b]}/{r.hunks}" for b in BUDGETS)
        base = " ".join(f"{r.baseline[b]}" for b in BUDGETS)
        print(
            f"  {r.bug.name:24}{r.file_rank:3}{r.place_rank:4}  {inside:22} | {base:10}"
            f" {r.category:14}{r.reads:5}{r.seconds:6.2f}"
        )


def _table(every: dict[str, list[Result]]) -> None:
    print(f"\n{'':22}{'bugs':>5}  the fix's hunks in the context, in %  | file in %   | place in %")
    heads = "".join(f"{b:>7}" for b in BUDGETS)
    print(f"{'':27}{heads}         | first top 3 | first top 3 top 10")
    for title, results in every.items():
        n = len(results)
        for label, pick, of in (
            ("", "inside", _share),
            ("  some of the fix", "inside", _some),
            ("  baseline", "baseline", _share),
        ):
            cells = "".join(f"{100 * of(results, pick, budget):7.0f}" for budget in BUDGETS)
            line = f"{label or title:22}{n:5}{cells}         |"
            if not label:
                line += _ranks(results)
            print(line)
    for budget in BUDGETS:
        used = statistics.mean(r.tokens[budget] for results in every.values() for r in results)
        print(f"of {budget} tokens used: {used:.0f}")
    seconds = [r.seconds for results in every.values() for r in results]
    reads = [r.reads for results in every.values() for r in results]
    print(f"diagnosis: median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s;")
    print(f"files read: median {statistics.median(reads):.0f}, most {max(reads)}")
    for title, results in every.items():
        right = sum(r.category == "product-bug" for r in results)
        print(f"category right: {right} of {len(results)} ({title})")
    languages = Counter(r.bug.facts["language"] for r in next(reversed(every.values())))
    print(", ".join(f"{name}: {count}" for name, count in sorted(languages.items())))


def _share(results: Sequence[Result], pick: str, budget: int) -> float:
    """The mean over the bugs of the share of its hunks that are inside: a bug counts once."""
    return float(statistics.mean(getattr(r, pick)[budget] / max(1, r.hunks) for r in results))


def _some(results: Sequence[Result], pick: str, budget: int) -> float:
    """The share of the bugs of which at least one hunk is inside."""
    return sum(getattr(r, pick)[budget] > 0 for r in results) / len(results)


def _ranks(results: Sequence[Result]) -> str:
    def best(name: str, top: int) -> float:
        ranks: list[int] = [getattr(r, name) for r in results]
        return 100 * sum(0 < rank <= top for rank in ranks) / len(results)

    return (
        f"{best('file_rank', 1):6.0f}{best('file_rank', 3):6.0f} |"
        f"{best('place_rank', 1):6.0f}{best('place_rank', 3):6.0f}{best('place_rank', 10):7.0f}"
    )


if __name__ == "__main__":
    main()
