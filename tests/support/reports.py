"""Whole reports, made of hostile text, for whatever renders them."""

from __future__ import annotations

from dataclasses import replace

from gatekeeper.domain import (
    Answer,
    Attempt,
    Band,
    Baseline,
    Candidate,
    CaseChange,
    CaseId,
    CaseResult,
    CaseState,
    Category,
    Cause,
    Context,
    Decision,
    Delta,
    Diagnosis,
    Dialog,
    Draft,
    Effect,
    Ending,
    EngineInfo,
    FileChange,
    Finding,
    Guess,
    Level,
    Match,
    Option,
    Outcome,
    Proposal,
    Question,
    Redaction,
    Report,
    Reproduction,
    Round,
    Run,
    RunReport,
    Scenario,
    Section,
    Source,
    SourceState,
    Step,
    Suspect,
    Trial,
    Typed,
    Usage,
    Verdict,
)

HOSTILE = (
    "/close\n/merge @admin <img src=x onerror=alert(1)> ![x](http://evil.example/p.png) "
    "[y](javascript:z) ``` ```` ~~~ | #1 !2 \x00\x1b[31m\u202e\udcff ü"
)
"""Quick actions, a mention, HTML, an image, fences, references, control bytes, a broken byte."""

ASKED = Question(
    HOSTILE, (Option(HOSTILE, Effect.ONLY, HOSTILE), Option("no", Effect.STOP)), HOSTILE, "fault"
)
ANSWER = Answer("fault", HOSTILE, Effect.NOTE, HOSTILE, HOSTILE)
DIALOG = Dialog(
    "interactive",
    (ASKED, Question("?")),
    (Round((Typed("fault", HOSTILE, HOSTILE), Typed("", "y")), confirmed=True),),
    (ANSWER,),
    HOSTILE,
    (HOSTILE,),
    HOSTILE,
    HOSTILE,
)

RED = CaseId("pkg.test_a", f"test_red[{HOSTILE}]")
GOOD = CaseId("pkg.test_a", "test_good")


def suite(state: CaseState) -> RunReport:
    """A run in which the red case has this state."""
    return RunReport(
        cases=(
            CaseResult(GOOD, CaseState.PASSED, seconds=0.25, suite="pkg"),
            CaseResult(
                RED,
                state,
                message=HOSTILE if state.red else "",
                kind="AssertionError" if state.red else "",
                details=f"{HOSTILE}\n" * 30 if state.red else "",
                output=HOSTILE,
                file="pkg/test_a.py",
                line=7,
                suite="pkg",
            ),
        ),
        sources=(Source("junit.xml", SourceState.TRUNCATED, 2, HOSTILE),),
    )


def run(purpose: str, state: CaseState) -> Run:
    """A run of the suite."""
    code = 1 if state.red else 0
    return Run(purpose, "pytest -q | tee log", code, Ending.EXITED, 1.5, suite(state), HOSTILE)


def diff(note: str = HOSTILE) -> bytes:
    """A diff whose added line is hostile."""
    added = note.replace("\n", " ").encode("utf-8", "surrogateescape")
    return (
        b"diff --git a/pkg/a.py b/pkg/a.py\n--- a/pkg/a.py\n+++ b/pkg/a.py\n@@ -1 +1 @@\n"
        b"-old\n+" + added + b"\n"
    )


def attempt(id_: str, decision: Decision) -> Attempt:
    """A tried candidate."""
    change = FileChange("pkg/a\udcff.py", "M", "100644", "100644", added=1, removed=1)
    accepted = decision is Decision.ACCEPTED
    after = CaseState.PASSED if accepted else CaseState.FAILURE
    trial = Trial(
        runs=(run("fail-to-pass", after), run("suite", after)),
        fail_to_pass=(CaseChange(RED, CaseState.FAILURE, after),),
        broken=() if accepted else (CaseChange(GOOD, CaseState.PASSED, None),),
        excused=(GOOD,),
        pass_to_pass=1,
        problems=() if accepted else (HOSTILE,),
        notes=(HOSTILE,),
        seconds=3.0,
    )
    draft = Draft(diff=diff(), rationale=HOSTILE, label="revert", name="" if accepted else HOSTILE)
    return Attempt(
        id_,
        1,
        draft,
        Verdict(decision, (HOSTILE,)),
        Candidate(id_, draft, "a" * 40, "b" * 40, (change,), diff(), (HOSTILE,)),
        (Finding("paths", Level.WARN, HOSTILE, "pkg/a.py", 3),),
        trial,
    )


def refused(id_: str) -> Attempt:
    """A draft that git could not apply."""
    return Attempt(id_, 2, Draft(rationale="x"), Verdict(Decision.REJECTED, ("No such file.",)))


def minimal(outcome: Outcome) -> Report:
    """What there is when a run ends at its very beginning."""
    return Report("run", outcome, 70, "It ended.")


KNOWN = Scenario("known-one", *(HOSTILE,) * 2, *((HOSTILE,),) * 6, path="scenarios/known-one.yml")
"""A scenario with hostile texts in every field that may hold one."""


def full(outcome: Outcome) -> Report:
    """Every field filled, with one accepted and two rejected attempts where that can be."""
    won = outcome is Outcome.ACCEPTED
    attempts = (attempt("1.1", Decision.REJECTED), refused("2.1"))
    usage = Usage(1200, 0, 300, None, 2, ("req_1",))
    return replace(
        minimal(outcome),
        exit_code=0 if won else 1,
        reason=HOSTILE,
        hint=HOSTILE,
        version="1.0",
        started="2026-11-21T00:00:00+00:00",
        guesses=(Guess("base", "abc", "CI_MERGE_REQUEST_DIFF_BASE_SHA"),),
        settings=(("tests.command", HOSTILE, "file"),),
        steps=(Step("read", 0.5), Step("reproduce", 2.25, HOSTILE)),
        failures=suite(CaseState.FAILURE),
        delta=Delta(
            head="c" * 40,
            tree="d" * 40,
            base="e" * 40,
            source="merge base",
            files=(FileChange("pkg/a.py", "M", "100644", "100644", added=2, removed=1),),
            diff=b"diff",
            unknown=HOSTILE,
            notes=(HOSTILE,),
        ),
        baseline=Baseline(
            Reproduction.RED, (RED,), (GOOD,), (), (GOOD,), (run("reproduce 1", CaseState.FAILURE),)
        ),
        inventory=run("inventory", CaseState.FAILURE),
        diagnosis=Diagnosis(
            Category.PRODUCT_BUG,
            HOSTILE,
            (Suspect("pkg/a.py", 1, 3, 0.75, HOSTILE, HOSTILE),),
            HOSTILE,
            0.8,
            (HOSTILE,),
            (Cause(Category.PRODUCT_BUG, HOSTILE, (RED,), 3, "pkg/a.py", 1),),
            (RED,),
            HOSTILE,
            (HOSTILE,),
        ),
        match=Match(KNOWN, 0.93, Band.HIGH, (HOSTILE,)),
        proposed=KNOWN,
        context=Context(
            f"# context\n{HOSTILE}\n",
            (Section("Failure", HOSTILE, "pkg/a.py", 1, 3, 12, "half of it"),),
            42,
            (HOSTILE,),
            (Redaction("token", 1),),
        ),
        questions=(ASKED,),
        dialog=DIALOG,
        attempts=(*attempts, attempt("2.2", Decision.ACCEPTED)) if won else attempts,
        accepted="2.2" if won else "",
        proposals=(
            Proposal((Draft(),), HOSTILE, Question("?"), usage, b"{}", "response.json", "m"),
        ),
        usage=usage,
        backend="responses",
        model="model-1",
        engine=EngineInfo("process", True, "here", isolated=False, hint=HOSTILE),
        image_digest="sha256:abc",
        warnings=(HOSTILE,),
    )
