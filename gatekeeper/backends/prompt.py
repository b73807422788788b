"""What a model is told: fixed texts with strict slots, and fences around what is not ours.

The texts are data files in `prompts/`. A slot is `{{name}}`; one that is missing or not known
is an error of ours and never reaches a model. A fence is longer than every run of backticks in
what it holds, so nothing inside can end it; it is not random, so the same attempts give the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from gatekeeper.domain import Attempt, CaseChange, CaseState, Draft, Finding, Run
from gatekeeper.errors import GatekeeperError

PROMPT_VERSION = "5"
"""Goes up with every change of a text in `prompts/`, so that runs can be compared."""

OUTPUT_LIMIT = 4_000
CHANGE_LIMIT = 6_000
LINE_LIMIT = 300
FEEDBACK_LIMIT = 48_000
LIST_LIMIT = 20
MISFIT_LIMIT = 1_000
MISFITS = 5

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def fill(name: str, **slots: str) -> str:
    """Text of `prompts/NAME.md` with its slots filled; filled text is not searched for slots.

    Raises GatekeeperError where the slots given are not exactly those of the text.
    """
    text = resources.files(__package__).joinpath("prompts", f"{name}.md").read_text("utf-8")
    wanted = set(_SLOT.findall(text))
    if wanted != set(slots):
        missing, unknown = sorted(wanted - set(slots)), sorted(set(slots) - wanted)
        raise GatekeeperError(f"prompt {name}: missing slots {missing}, unknown slots {unknown}")
    return _SLOT.sub(lambda match: slots[match[1]], text)


def instructions(form: str = "schema") -> str:
    """The fixed part of every request of a run, `form` being that of the answer.

    Nothing in it changes from round to round: a server need not read again what begins alike.
    """
    return f"{fill('instructions')}\n{fill(f'answer_{form}')}"


def wanted(candidates: int) -> str:
    """The last message, where more than one candidate is wanted; "" where one is."""
    return fill("wanted", candidates=str(candidates)) if candidates > 1 else ""


def repair(reason: str) -> str:
    """The message that gives an unusable answer back, with the exact reason."""
    return fill("repair", reason=reason)


def misfit(reasons: Sequence[str]) -> str:
    """The message that gives back an answer whose edits cannot be made, with the reasons."""
    told = "\n".join(clip(reason, MISFIT_LIMIT) for reason in reasons[:MISFITS])
    return fill("misfit", reasons=fence(told))


def plan_first(form: str) -> str:
    """The message that asks for the cause and a plan, and for no edits yet."""
    return fill(f"plan_{form}")


def by_plan() -> str:
    """The message that asks for the edits, once there is a plan."""
    return fill("by_plan")


def fence(text: str, label: str = "") -> str:
    """`text` between two fences that it cannot contain."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{ticks}{label}\n{body}{ticks}"


def render_feedback(attempts: Sequence[Attempt]) -> str:
    """What a model is told of earlier attempts: reasons, changes, output. "" without attempts.

    Bounded to about FEEDBACK_LIMIT characters: the newest attempts are kept, and those left
    out are counted. The same attempts give the same text.
    """
    if not attempts:
        return ""
    kept: list[str] = []
    room = FEEDBACK_LIMIT
    for attempt in reversed(attempts):
        text = _attempt(attempt)
        if kept and len(text) > room:
            break
        kept.append(text)
        room -= len(text)
    left_out = len(attempts) - len(kept)
    if left_out:
        kept.append(f"[{left_out} older attempts left out]")
    return fill("feedback", attempts="\n\n".join(reversed(kept)))


def _attempt(attempt: Attempt) -> str:
    parts = [f"## Attempt {_line(attempt.id)}: {attempt.verdict.decision.value}"]
    parts += _listed("reason", attempt.verdict.reasons)
    parts += _listed("finding", (_finding(finding) for finding in attempt.findings))
    change = attempt.candidate.diff if attempt.candidate else attempt.draft.diff
    shown = change.decode("utf-8", "replace") if change else _edits(attempt.draft)
    if shown:
        parts += ["What was tried:", fence(clip(shown, CHANGE_LIMIT), "diff" if change else "")]
    if attempt.trial is not None:
        parts += _cases("still not passing", attempt.trial.fail_to_pass)
        parts += _cases("passed before and does not pass now", attempt.trial.broken)
        parts += _cases("new and failing", attempt.trial.new_red)
        parts += _outputs(attempt.trial.runs)
    return "\n".join(parts)


def _listed(what: str, texts: Iterable[str]) -> list[str]:
    lines = [f"- {what}: {_line(text)}" for text in texts]
    more = len(lines) - LIST_LIMIT
    return [*lines[:LIST_LIMIT], f"- {what}: and {more} more"] if more > 0 else lines


def _finding(finding: Finding) -> str:
    place = f" {finding.path}" if finding.path else ""
    return f"{finding.guard} ({finding.level.value}){place}: {finding.message}"


def _cases(what: str, changes: Iterable[CaseChange]) -> list[str]:
    bad = (change for change in changes if change.after is not CaseState.PASSED)
    return _listed(what, (f"{c.id} ({c.after.value if c.after else 'missing'})" for c in bad))


def _outputs(runs: Iterable[Run]) -> Iterator[str]:
    """Reasons of the red cases, then the output, of the last run that was not clean."""
    dirty = [run for run in runs if run.exit_code != 0 or run.report.failing]
    for run in dirty[-1:]:
        said = "\n\n".join(
            f"{case.id}\n{case.message}\n{case.details}".strip()
            for case in run.report.failing[:LIST_LIMIT]
        )
        text = said or run.output
        if text.strip():
            yield f"Output of {_line(run.purpose)} (exit {run.exit_code}, {run.ending.value}):"
            yield fence(clip(text, OUTPUT_LIMIT))


def _edits(draft: Draft) -> str:
    return "\n".join(
        f"{edit.path}\nsearch:\n{edit.search}\nreplace:\n{edit.replace}\n" for edit in draft.edits
    )


def clip(text: str, limit: int) -> str:
    """At most about `limit` characters: the head and the tail, and how much is missing."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 3], text[-(limit - limit // 3) :]
    return f"{head}\n[cut: {len(text) - len(head) - len(tail)} characters]\n{tail}"


def _line(text: str) -> str:
    """Untrusted text on one bounded line, without control and invisible characters."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return clip(" ".join(shown.split()), LINE_LIMIT).replace("\n", " ")
