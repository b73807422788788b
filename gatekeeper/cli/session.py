"""One invocation: signals, the journal, the one place that catches errors, and the last words."""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from gatekeeper import __version__, assembly, wiring
from gatekeeper.assembly import Runs
from gatekeeper.cli.options import options_of
from gatekeeper.cli.person import Terminal
from gatekeeper.cli.progress import Redacted, choose, colored, printable, sentence
from gatekeeper.domain import Conclusion, Outcome, Report
from gatekeeper.errors import (
    BackendError,
    BudgetSpent,
    ClarificationNeeded,
    GatekeeperError,
    Interrupted,
    PublisherError,
    SandboxError,
    UnreadableReport,
    UsageError,
)
from gatekeeper.files import write_atomically
from gatekeeper.journal import Journal
from gatekeeper.ports import Progress
from gatekeeper.steps import Tools
from gatekeeper.trust import Asked, answers_of

OUTCOMES: Mapping[type[GatekeeperError], Outcome] = {
    UsageError: Outcome.USAGE,
    ClarificationNeeded: Outcome.CLARIFY,
    UnreadableReport: Outcome.UNREADABLE,
    BackendError: Outcome.BACKEND,
    SandboxError: Outcome.SANDBOX,
    PublisherError: Outcome.PUBLISHER,
    BudgetSpent: Outcome.BUDGET,
    Interrupted: Outcome.INTERRUPTED,
}

SIGNALS = (signal.SIGINT, signal.SIGTERM)
AGAIN = 0.05
"""Seconds after which a signal that a finalizer swallowed is raised again."""

Job = Callable[[Tools], Conclusion]
Render = Callable[[Report], object]


def conclude(
    command: str,
    values: Mapping[str, Any],
    job: Job,
    *,
    render: Render | None = None,
    runs: Runs = Runs.PROPOSED,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a job to its conclusion, write the report whatever happens, say it, return the code.

    `render` makes what `--format json` prints. `runs` says whose code the job runs: an engine
    without isolation is never chosen by itself for code of a model or a stranger.
    """
    options = options_of(values, env)
    progress = choose(values["color"], values["quiet"], options.env)
    started = time.monotonic()
    journal: Journal | None = None
    told = 0
    with _handlers_kept():
        try:
            with interruptible():
                redactor = assembly.redactor_for(options)
                progress = Redacted(progress, redactor.text)
                _require_apart(options)
                journal = Journal(
                    command,
                    options.out,
                    wiring.FORMATS,
                    redactor.bytes,
                    lambda: redactor.found,
                )
                journal.note(given=tuple(answers_of(options).items()))
                person = Terminal(redactor.text)
                with assembly.open_tools(
                    options, journal, progress, redactor, person, runs=runs, started=started
                ) as tools:
                    told = _show_start(journal, progress, values["verbose"])
                    end = job(tools)
        except GatekeeperError as error:
            end = _expected(error)
        except Exception as error:  # noqa: BLE001 - the one catcher: a bug of ours, with a report
            end = _bug(error, journal)
        if journal is not None:
            end = replace(end, reason=_clean(journal, end.reason), hint=_clean(journal, end.hint))
            end = _finished(journal, end)
            for warning in journal.report.warnings[told:]:
                progress.warn(warning)
        _last_words(end, journal, values, render)
    return end.exit_code


def simple(values: Mapping[str, Any], job: Callable[[], str]) -> int:
    """Run a job that leaves no report: say what it did, or why it could not."""
    with _handlers_kept():
        try:
            with interruptible():
                said = job()
        except GatekeeperError as error:
            end = _expected(error)
            _last_words(end, None, values, None)
            return end.exit_code
        except Exception as error:  # noqa: BLE001 - the same catcher, without a journal
            end = _bug(error, None)
            _last_words(end, None, values, None)
            return end.exit_code
    if values["format_"] == "json":
        click.echo(json.dumps({"exit_code": 0, "said": said}))
    elif not values["quiet"]:
        click.echo(printable(said))
    return 0


def _require_apart(options: Asked) -> None:
    """There is a workspace, and the report is not written over it."""
    workspace, out = options.workspace.resolve(), options.out.resolve()
    if not workspace.is_dir():
        raise UsageError(f"the workspace {options.workspace} is no folder", hint="Set --workspace.")
    if workspace.is_relative_to(out):
        raise UsageError(
            f"--out {options.out} holds the workspace itself",
            hint="Choose a folder for the report alone.",
        )


def _finished(journal: Journal, end: Conclusion) -> Conclusion:
    """The end, as the report has it; a verdict that cannot be written is none."""
    try:
        journal.finish(end)
    except UsageError as error:
        return _expected(error)
    return end


def _clean(journal: Journal, text: str) -> str:
    return journal.clean(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _expected(error: GatekeeperError) -> Conclusion:
    outcome = next(
        (OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES), Outcome.BUG
    )
    return Conclusion(outcome, error.exit_code, error.message, sentence(error.hint))


def _bug(error: Exception, journal: Journal | None) -> Conclusion:
    trace = "".join(traceback.format_exception(error))
    hint = "Please report it with the traceback."
    if journal is not None and journal.out is not None:
        about = (
            f"gatekeeper {__version__}, Python {platform.python_version()}, {platform.platform()}"
        )
        said = f"{about}\n\n{trace}".encode("utf-8", "replace")
        with suppress(OSError):
            write_atomically(journal.out / "bug.txt", journal.clean(said))
            hint = f"Please report it with {journal.out / 'bug.txt'}."
    return Conclusion(
        Outcome.BUG, 70, f"A bug of gatekeeper: {type(error).__name__}: {error}", hint
    )


# --- signals ----------------------------------------------------------------------------


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """The caller's signal handlers are back afterwards."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM become `Interrupted`, so that every clean-up runs; afterwards they wait.

    A second signal must not cut the clean-up of the first one short, nor the report. One that
    arrives while Python runs a finalizer would be lost, as nothing can be raised through that:
    then it is raised again a moment later.
    """
    arrived = signal.SIGTERM
    others = sys.unraisablehook

    def stop(signum: int, _frame: FrameType | None) -> None:
        nonlocal arrived
        arrived = signal.Signals(signum)
        _ignore()
        raise Interrupted(signum)

    def again(_signum: int, _frame: FrameType | None) -> None:
        raise Interrupted(arrived)

    def lost(unraisable: sys.UnraisableHookArgs) -> None:
        if isinstance(unraisable.exc_value, Interrupted):
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        else:
            others(unraisable)

    for number in SIGNALS:
        signal.signal(number, stop)
    signal.signal(signal.SIGALRM, again)
    sys.unraisablehook = lost
    try:
        yield
    finally:
        _ignore()
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = others


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


# --- words ------------------------------------------------------------------------------


def _show_start(journal: Journal, progress: Progress, verbose: bool) -> int:
    """Every guess with where it came from; returns how many warnings were shown."""
    with progress.step("workspace"):
        guesses = journal.report.guesses
        width = max((len(guess.what) for guess in guesses), default=0)
        for guess in guesses:
            progress.say(f"{guess.what:{width}}  {guess.value} ({guess.source})")
        if verbose:
            for key, value, source in journal.report.settings:
                if source != "default":
                    progress.say(f"{key} = {value} ({source})")
    for warning in journal.report.warnings:
        progress.warn(warning)
    return len(journal.report.warnings)


_LOOK = {0: "green", 1: "red", 10: "green"}


def _last_words(
    end: Conclusion, journal: Journal | None, values: Mapping[str, Any], render: Render | None
) -> None:
    if values["format_"] == "json":
        shown: object = None
        if journal is not None and end.exit_code != UsageError.exit_code:
            shown = render(journal.report) if render else _verdict(journal)
        click.echo(json.dumps(shown or _bare(end), indent=2, ensure_ascii=True))
        return
    to_error = end.exit_code not in (0, 1, 10)
    color = colored(values["color"], os.environ, sys.stderr if to_error else sys.stdout)
    if journal is not None and not values["quiet"]:
        click.echo(err=True)  # what was watched ends here
    words = printable(f"{end.outcome}: {end.reason}").replace("\n", "\n    ")
    click.secho(
        words, fg=_LOOK.get(end.exit_code, "yellow"), bold=True, err=to_error, color=color
    )  # fmt: skip
    if end.hint:
        click.echo(printable(f"  next:   {end.hint}"), err=to_error)
    if journal is not None and journal.out is not None and not values["quiet"]:
        click.echo(printable(f"  report: {journal.out / 'report.md'}"), err=to_error)


def _bare(end: Conclusion) -> dict[str, object]:
    """What can be said in JSON where there is nothing to render."""
    return {
        "outcome": end.outcome,
        "exit_code": end.exit_code,
        "reason": end.reason,
        "hint": end.hint,
    }


def _verdict(journal: Journal) -> object:
    verdict = next(f for f in wiring.FORMATS if f.filename == "verdict.json")
    return json.loads(journal.clean(verdict.render(journal.report) or b"{}"))
