"""The policy: from findings and a trial to a decision with every reason. Pure.

Strict per-case states: every fail-to-pass case must be `passed` (skipped is not passed,
missing is not passed), every case that passed at baseline must still be there and pass, and no
signal may speak against the candidate. A missing signal is said, and is no reason either way.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import (
    CaseChange,
    CaseState,
    Decision,
    Finding,
    Level,
    Signal,
    Standing,
    Trial,
    Verdict,
)

NAMED = 10
"""So many cases are named in one reason; the verdict's data hold them all."""


def blocked(findings: Sequence[Finding]) -> Verdict | None:
    """The rejection by guards, or None where no finding blocks."""
    blocking = [finding for finding in findings if finding.level is Level.BLOCK]
    if not blocking:
        return None
    return Verdict(Decision.REJECTED, tuple(_place(finding) for finding in blocking))


def refused(reasons: Sequence[str]) -> Verdict:
    """The rejection of a draft that git could not apply."""
    return Verdict(Decision.REJECTED, tuple(reasons))


def judge(trial: Trial) -> Verdict:
    """Accepted only where nothing at all speaks against it."""
    reasons = [
        *trial.problems,
        *_still_red(trial.fail_to_pass),
        *_broken(trial.broken),
        *_new_red(trial.new_red),
        *_against(trial.signals),
    ]
    if reasons:
        return Verdict(Decision.REJECTED, tuple(reasons))
    return Verdict(Decision.ACCEPTED, tuple(_grounds(trial)))


def _grounds(trial: Trial) -> list[str]:
    grounds = []
    if trial.fail_to_pass:
        grounds.append(
            f"{len(trial.fail_to_pass)} failing case(s) were red on the unchanged commit "
            "and pass with this candidate."
        )
    grounds.append(f"{trial.pass_to_pass} case(s) that passed before pass still.")
    if trial.excused:
        names = ", ".join(str(id_) for id_ in trial.excused[:NAMED])
        grounds.append(f"Not held against it, flaky on the unchanged commit as well: {names}.")
    clean = [signal.name for signal in trial.signals if signal.standing is Standing.CLEAN]
    if clean:
        grounds.append(f"Nothing against it from: {', '.join(clean)}.")
    grounds += [
        f"The signal `{signal.name}` is missing: {signal.why}"
        for signal in trial.signals
        if signal.standing is Standing.MISSING
    ]
    return [*grounds, *trial.notes]


def _against(signals: Sequence[Signal]) -> list[str]:
    return [
        f"{signal.why} [signal: {signal.name}]"
        for signal in signals
        if signal.standing is Standing.AGAINST
    ]


def _still_red(changes: Sequence[CaseChange]) -> list[str]:
    bad = [change for change in changes if change.after is not CaseState.PASSED]
    return [f"{change.id} must pass and {_after(change)}." for change in bad[:NAMED]] + _more(bad)


def _broken(changes: Sequence[CaseChange]) -> list[str]:
    named = [f"{c.id} passed before and {_after(c)}." for c in changes[:NAMED]]
    return named + _more(changes)


def _new_red(changes: Sequence[CaseChange]) -> list[str]:
    named = [
        f"{c.id} {'was skipped before' if c.before else 'is new'} and {_after(c)}."
        for c in changes[:NAMED]
    ]
    return named + _more(changes)


def _more(changes: Sequence[CaseChange]) -> list[str]:
    extra = len(changes) - NAMED
    return [f"... and {extra} more of this kind."] if extra > 0 else []


def _after(change: CaseChange) -> str:
    match change.after:
        case None:
            return "is missing from the report"
        case CaseState.SKIPPED:
            return "is skipped, which is not passed"
        case CaseState.PASSED:
            return "passes less often than before"
        case CaseState.FAILURE | CaseState.ERROR as state:
            return f"is red ({state})"


def _place(finding: Finding) -> str:
    """The finding as a sentence, with its place where the message does not name it."""
    where = f"{finding.path}:{finding.line}" if finding.line else finding.path
    place = f" ({where})" if where and f"`{where}`" not in finding.message else ""
    return f"{finding.message[:1].upper()}{finding.message[1:]}{place} [guard: {finding.guard}]"
