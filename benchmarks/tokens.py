"""What one attempt costs in tokens, by part of the prompt, and a second round over the first.

    PYTHONPATH=. python benchmarks/tokens.py FOLDER [--bugs 10] [--tokens 8000]

FOLDER holds the git directories of the repositories that `realbugs.toml` names. The requests are
real ones, taken down by a server on loopback that answers with a script: in the first round with
an edit that does not repair, in the second with the true fix. Nothing of the projects is run; the
feedback of the first round tells of the failure as it was. Tokens of a prompt are the project's
own estimate (`context/budget.py`: 3.2 bytes a token, some 20 % more than o200k_base counts).
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realbugs import Bug, load

from gatekeeper.backends.prompt import instructions, render_feedback
from gatekeeper.backends.responses import ResponsesBackend
from gatekeeper.context.budget import estimate
from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.domain import (
    Attempt,
    CaseChange,
    CaseState,
    Context,
    Decision,
    Draft,
    Edit,
    Ending,
    Request,
    Run,
    Trial,
    Verdict,
)
from gatekeeper.redact import Redactor
from tests.support.llm_server import answer, raw_server, response

PLAN = {"analysis": "a" * 400, "plan": "p" * 400, "question": None}


@dataclass(frozen=True)
class Cost:
    """Tokens of one bug; `alike` is the share of round two that round one begins with."""

    name: str
    parts: Mapping[str, int]
    first: int
    second: int
    alike: float
    planned: int  # both requests of a first round with a plan
    completion: int
    text: int  # the first round in plain text instead of structured output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bugs", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=8000)
    chosen = parser.parse_args()
    bugs, missing = load(chosen.folder)
    for name in missing:
        print(f"missing: {name}")
    costs = [measured(bug, chosen.tokens) for bug in _spread(bugs, chosen.bugs)]
    _table(costs)


def _spread(bugs: Sequence[Bug], count: int) -> list[Bug]:
    """As many projects as there are, in the order of the facts: one bug of each, then another."""
    by_folder: dict[Path, list[Bug]] = {}
    for bug in bugs:
        by_folder.setdefault(bug.folder, []).append(bug)
    turns = itertools.zip_longest(*by_folder.values())
    return [bug for turn in turns for bug in turn if bug][:count]


def measured(bug: Bug, tokens: int) -> Cost:
    report = bug.report()
    context = build_context(
        report, report.failing, bug.delta(), bug, Known(), Allowance(tokens), Redactor({})
    )
    fix, wrong = _fix(bug), _wrong(bug)
    feedback = render_feedback([_rejected(bug, wrong)])
    first, second = _rounds(context, (wrong, fix), feedback)
    planned = _rounds(context, (json.dumps(PLAN), fix), ask=True)
    plain = _rounds(context, (_as_text(fix),), form="text")
    parts = {
        "instructions": _tokens(first["instructions"]),
        "schema": _tokens(json.dumps(first["text"])),
        **_sections(context),
        "feedback": _tokens(feedback),
    }
    prompts = [_prompt(body) for body in (first, second)]
    return Cost(
        bug.name,
        parts,
        _tokens(prompts[0]),
        _tokens(prompts[1]),
        _alike(*prompts) / len(prompts[1]),
        sum(_tokens(_prompt(body)) for body in planned),
        estimate(fix),
        _tokens(_prompt(plain[0])),
    )


def _rounds(
    context: Context, texts: Sequence[str], feedback: str = "", **options: Any
) -> list[dict[str, Any]]:
    """The bodies that were sent; with `feedback` each text is a round of its own."""
    with raw_server(*map(response, texts)) as server:
        backend = ResponsesBackend("sk-benchmark", "gpt-6.1-sol", server.base_url, **options)
        backend.propose(Request(context, 1, 1))
        if feedback:
            backend.propose(Request(context, 2, 1, feedback=feedback))
    return server.bodies


def _wrong(bug: Bug) -> str:
    """An answer that adds a comment to the file of the fix: a usual size, and no repair."""
    path = bug.hunks()[0].path
    lines = (bug.read(path) or b"").decode("utf-8", "replace").splitlines(keepends=True)
    at = max(0, bug.hunks()[0].start - 3)
    search = "".join(lines[at : at + 5])
    return answer([(path, search, search + "# looked at\n")], analysis=_prose(bug))


def _fix(bug: Bug) -> str:
    """The true fix as an answer: each changed passage with two lines around it."""
    edits = []
    for path in dict.fromkeys(hunk.path for hunk in bug.hunks()):
        before, after = (
            bug.git("show", f"{bug.facts[side]}:{path}", check=False).decode("utf-8", "replace")
            for side in ("parent", "fix")
        )
        old, new = (text.splitlines(keepends=True) for text in (before, after))
        for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(2):
            a, b, c, d = group[0][1], group[-1][2], group[0][3], group[-1][4]
            edits.append((path, "".join(old[a:b]), "".join(new[c:d])))
    return answer(edits[:64], analysis=_prose(bug))


def _prose(bug: Bug) -> str:
    """Some sentences, as long as an analysis mostly is: their words are not what is measured."""
    return f"The cause lies in {bug.hunks()[0].path}. " * 6


def _as_text(text: str) -> str:
    said = json.loads(text)
    blocks = "".join(
        f"FILE: {e['path']}\n<<<<<<< SEARCH\n{e['search']}======= REPLACE\n{e['replace']}"
        ">>>>>>> END\n"
        for one in said["candidates"]
        for e in one["edits"]
    )
    return f"ANALYSIS:\n{said['analysis']}\nCANDIDATE:\nwhy\n{blocks}"


def _rejected(bug: Bug, text: str) -> Attempt:
    """What the loop would know of the wrong answer: the same cases are red, with what they said."""
    edit = Edit(**json.loads(text)["candidates"][0]["edits"][0])
    report = bug.report()
    run = Run("fail-to-pass", "pytest", 1, Ending.EXITED, 1.0, report)
    red = tuple(CaseChange(c.id, CaseState.FAILURE, CaseState.FAILURE) for c in report.failing)
    reasons = ("The failing tests still fail.",)
    return Attempt(
        "1.1",
        1,
        Draft(edits=(edit,)),
        Verdict(Decision.REJECTED, reasons),
        trial=Trial(runs=(run,), fail_to_pass=red),
    )


def _sections(context: Context) -> dict[str, int]:
    """Tokens of the context by what a section is about."""
    found: dict[str, int] = {}
    for section in context.sections:
        kind = "code" if section.path else "report and rest"
        found[f"context: {kind}"] = found.get(f"context: {kind}", 0) + section.tokens
    return found


def _prompt(body: Mapping[str, Any]) -> bytes:
    """What a model reads of a request, in the order in which it reads it."""
    told = [message["content"] for message in body["input"]]
    return "\n".join([json.dumps(body.get("text")), body["instructions"], *told]).encode()


def _alike(before: bytes, after: bytes) -> int:
    both = zip(before, after, strict=False)
    return next((n for n, (a, b) in enumerate(both) if a != b), min(len(before), len(after)))


def _tokens(text: str | bytes) -> int:
    return estimate(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def _table(costs: Sequence[Cost]) -> None:
    def middle(values: Sequence[float]) -> str:
        return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"

    print(f"{len(costs)} failures: {', '.join(cost.name for cost in costs)}")
    print("| tokens, median (least to most) | |\n|---|---|")
    for part in dict.fromkeys(part for cost in costs for part in cost.parts):
        print(f"| {part} | {middle([cost.parts.get(part, 0) for cost in costs])} |")
    print(f"| prompt of round one | {middle([cost.first for cost in costs])} |")
    print(f"| completion: the true fix as an answer | {middle([c.completion for c in costs])} |")
    print(f"| prompt of round two | {middle([cost.second for cost in costs])} |")
    print(f"| prompts of a round with `backend.ask` | {middle([c.planned for c in costs])} |")
    print(f"| prompt of round one in plain text | {middle([cost.text for cost in costs])} |")
    over = [100 * cost.second / cost.first for cost in costs]
    alike = [100 * cost.alike for cost in costs]
    fresh = [100 * (1 - cost.alike) * cost.second / cost.first for cost in costs]
    print(f"round two over round one, %: {middle(over)}")
    print(f"of round two the same bytes as round one begins with, %: {middle(alike)}")
    print(f"what is new in round two over round one, %: {middle(fresh)}")
    print(f"instructions in plain text: {_tokens(instructions('text'))} tokens")


if __name__ == "__main__":
    main()
