"""The stored answers of an earlier run, judged again: no model, no network, the same drafts.

Read are the folder of a run (`attempts/*/response.json` in order; without any, the
`patch.diff` of each attempt) or a plain folder of `*.json`, `*.diff` and `*.patch` files, each
of which is one round. Answers that could not be used then cannot be used now, and say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatekeeper.backends.answer import MAX_CANDIDATES, Answer, parse_answer, read_answer
from gatekeeper.backends.envelope import decode, one_line, read_envelope
from gatekeeper.backends.plan import parse_plan
from gatekeeper.backends.stored import (
    Exchange,
    Exchanges,
    dump_drafts,
    load_drafts,
    load_exchanges,
)
from gatekeeper.backends.unusable import UnusableAnswer
from gatekeeper.domain import Draft, Proposal, Request
from gatekeeper.errors import BackendError

MAX_FILE = 32 * 1024 * 1024
_PLAIN = frozenset({".json", ".diff", ".patch"})
HINT = "Give the folder of an earlier run (it holds attempts/) or one with *.json or *.diff files."


@dataclass
class ReplayBackend:
    """Gives the stored answer of round N to the Nth request; holds no other state.

    The proposal of the last one is `exhausted`; so is an empty one for every round after it.
    """

    folder: Path
    name: str = field(default="replay", init=False)

    @property
    def rounds(self) -> int:
        """How many answers there are. Raises BackendError where the folder cannot be read."""
        return len(stored_answers(self.folder))

    def propose(self, request: Request) -> Proposal:
        """The stored answer of `request.round`, counted from 1, whatever the request says."""
        answers = stored_answers(self.folder)
        if not answers:
            raise BackendError(f"no stored answer in {self.folder}", hint=HINT)
        number = max(1, request.round)
        if number > len(answers):
            note = "all stored answers were judged"
            raw = dump_drafts(self.name, (), {"note": note})
            return Proposal(raw=raw, exhausted=True, notes=(note,))
        source = answers[number - 1]
        raw = _content(source)
        try:
            proposal = read_stored(raw, source.name, wanted(self.folder))
        except BackendError as error:
            where = f"{source.parent.name}/{source.name}"
            told = BackendError(f"stored answer {where}: {error.message}", hint=error.hint)
            told.raw = raw
            raise told from None
        return replace(proposal, exhausted=number == len(answers))


def stored_answers(folder: Path) -> tuple[Path, ...]:
    """Files that hold one answer each, in the order of their rounds.

    Where one answer held several candidates it was stored with each attempt; it counts once.
    """
    try:
        attempts = folder / "attempts"
        if attempts.is_dir():
            inside = sorted((p for p in attempts.iterdir() if p.is_dir()), key=_natural)
            named = [p / "response.json" for p in inside if (p / "response.json").is_file()]
            found = named or [p / "patch.diff" for p in inside if (p / "patch.diff").is_file()]
        else:
            files = (p for p in folder.iterdir() if p.suffix in _PLAIN and p.is_file())
            found = sorted(files, key=_natural)
        return tuple(_distinct(found))
    except OSError as error:
        hint = HINT
        raise BackendError(f"{folder} cannot be read: {error.strerror}", hint=hint) from None


def wanted(folder: Path) -> int:
    """How many candidates of an answer the run in `folder` kept; every one where none says so."""
    try:
        settings = decode(_content(folder / "verdict.json"))["settings"]
        said = next(item["value"] for item in settings if item["key"] == "backend.candidates")
        return int(said)
    except (OSError, BackendError, LookupError, TypeError, ValueError, StopIteration):
        return MAX_CANDIDATES


def read_stored(raw: bytes, name: str, limit: int = MAX_CANDIDATES) -> Proposal:
    """The proposal in one stored file: a response, an answer, stored drafts or a diff.

    Of an answer, `limit` candidates are kept, as when it came.
    Raises BackendError as it was, or would have been, raised when the answer came.
    """
    if Path(name).suffix in (".diff", ".patch"):
        return Proposal(drafts=(Draft(diff=raw, name=name),), raw=raw, raw_name=name)
    return _read(decode(raw), raw, limit)


def _read(stored: dict[str, Any], raw: bytes, limit: int) -> Proposal:
    try:
        drafts = load_drafts(stored)
        if drafts is not None:
            return Proposal(drafts=drafts, raw=raw)
        had = load_exchanges(stored)
        if had is not None:
            answer, model = _conversed(had, limit)
        elif "candidates" in stored:
            answer, model = read_answer(stored, limit), ""
        else:
            envelope = read_envelope(stored)
            answer, model = parse_answer(envelope.text, limit), envelope.model
    except (UnusableAnswer, ValueError) as unusable:
        raise BackendError(
            f"it is unusable: {one_line(unusable)}",
            hint="It was not usable when it came either; leave it out to judge the others.",
        ) from None
    return Proposal(
        drafts=answer.drafts,
        analysis=answer.analysis,
        question=answer.question,
        raw=raw,
        model=model,
        notes=answer.notes,
    )


def _conversed(had: Exchanges, limit: int) -> tuple[Answer, str]:
    """The answer of a round that took several requests, as it was put together when it came."""
    answer, model = _said(had.every[had.answer], limit)
    if had.kept is None:
        return answer, model
    drafts = []
    for number, which in had.kept:
        said = answer if number == had.answer else _said(had.every[number], limit)[0]
        if which >= len(said.drafts):
            raise ValueError("damaged exchanges: they keep a candidate that is not there")
        drafts.append(said.drafts[which])
    return replace(answer, drafts=tuple(drafts)), model


def _said(one: Exchange, limit: int) -> tuple[Answer, str]:
    envelope = read_envelope(decode(one.body))
    if not one.plan:
        return parse_answer(envelope.text, limit, one.form), envelope.model
    plan = parse_plan(envelope.text, one.form)
    return Answer(plan.analysis, plan.question, ()), envelope.model


def _distinct(paths: Iterable[Path]) -> Iterable[Path]:
    """Leave out a file that repeats the one before it."""
    before = None
    for path in paths:
        content = _content(path)
        if content != before:
            yield path
        before = content


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE:
        raise BackendError(f"{path} is larger than {MAX_FILE} bytes", hint=HINT)
    return path.read_bytes()


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order in which 2 comes before 10."""
    parts = re.findall(r"\d+|\D+", path.name)
    return [(int(p), "") if p.isdecimal() and p.isascii() else (-1, p) for p in parts]
