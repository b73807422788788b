"""What the watch inside pytest told (`runners/watch`), and what it says of a candidate. Pure."""

from __future__ import annotations

import ast
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from gatekeeper.domain import CaseId, CaseState, Record, Run, SeenCase, Signal, Standing
from gatekeeper.intake.identity import case_id
from gatekeeper.runners import watch

NAME = "watch"
MAC = 32
"""Characters of the code before each line."""
LONGEST_TAG = 200
"""Characters; the watch's own are those of a few processes, one below the other."""
NAMED = 3
"""So many reasons are named in one signal."""
_SEPARATOR = "\t"


def read_record(raw: bytes, key: bytes) -> Record:
    """What a watched run told over the stream, `key` being the one that its orders were made from.

    Contacts and tampering are keys of three parts: what was done, by which file, in which function
    (`told` takes them apart). A line that is missing, out of order or not from the watch makes the
    record incomplete; what was told before it still counts.
    """
    reading = _Reading()
    for number, line in enumerate(raw.splitlines(), 1):
        if why := _heard(reading, line, key):
            reading.faults.append(f"line {number} {why}")
    return Record(
        cases=tuple(reading.cases),
        contacts=frozenset(reading.contacts),
        tampering=frozenset(reading.tampering),
        modules=frozenset(reading.modules),
        complete=not (note := _incomplete(reading)),
        note=note,
    )


@dataclass(slots=True)
class _Reading:
    cases: list[SeenCase] = field(default_factory=list)
    contacts: set[str] = field(default_factory=set)
    tampering: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    next_line: dict[str, int] = field(default_factory=dict)
    raised: set[tuple[str, CaseId]] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


def _heard(reading: _Reading, line: bytes, key: bytes) -> str:
    """Take one line in; why it cannot be believed, else ""."""
    code, _, text = line.partition(b" ")
    try:
        said = ast.literal_eval(text.decode("ascii"))
        tag, number, kind, *values = said
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return "is none of the watch"
    if not isinstance(tag, str) or not all(isinstance(value, str) for value in (kind, *values)):
        return "is none of the watch"
    # A key costs the square of its tag's length, and is made of its bytes.
    if not isinstance(number, int) or len(tag) > LONGEST_TAG or not tag.isascii():
        return "is none of the watch"
    right = hmac.new(watch.key_of(key, tag), text, hashlib.sha256).hexdigest()[:MAC]
    if not hmac.compare_digest(right.encode(), code):
        return "was forged"
    expected = reading.next_line.get(tag, 0)
    reading.next_line[tag] = expected + 1
    if number != expected:
        reading.next_line[tag] = number + 1
        return "comes after others that are missing"
    return _took(reading, tag, kind, values)


def _took(reading: _Reading, tag: str, kind: str, values: list[str]) -> str:
    match kind, values:
        case "case", [classname, name, state]:
            _case(reading, tag, case_id(classname, name), state)
        case "raised", [classname, name, answer]:
            mark = (tag, case_id(classname, name))
            (reading.raised.add if answer == "yes" else reading.raised.discard)(mark)
        case "contact", [_, _, _]:
            reading.contacts.add(_SEPARATOR.join(values))
        case "tamper", [_, _, _]:
            reading.tampering.add(_SEPARATOR.join(values))
        case "modules", [names]:
            reading.modules.update(filter(None, names.split(",")))
        case "end", _:
            reading.ended.add(tag)
        case "fault", [what]:
            return f"says that the watch failed ({what})"
        case _:
            pass  # "begin", and what a later version may say
    return ""


def _case(reading: _Reading, tag: str, id_: CaseId, state: str) -> None:
    """A test that raised has not passed, whatever a report says of it."""
    mark = (tag, id_)
    if state not in _STATES:
        reading.raised.discard(mark)  # it will be run again
        return
    seen = _STATES[state]
    if seen is CaseState.PASSED and mark in reading.raised:
        seen = CaseState.FAILURE
    reading.cases.append(SeenCase(id_, seen))


_STATES = {str(state): state for state in CaseState}


def _incomplete(reading: _Reading) -> str:
    if reading.faults:
        return reading.faults[0]
    if not reading.next_line:
        return "it holds nothing: the watch did not start"
    if open_ := sorted(reading.next_line.keys() - reading.ended):
        return f"it breaks off before the end of the run ({', '.join(open_)})"
    return ""


def told(key: str) -> tuple[str, str, str]:
    """(what was done, file, function) of a contact or of tampering."""
    what, file, function = (*key.split(_SEPARATOR), "", "")[:3]
    return what, file, function


# --- the signal -------------------------------------------------------------------------


def watch_signal(run: Run, inventory: Run, changed: Collection[str] | None = None) -> Signal:
    """What the watch says of a candidate's run against the inventory.

    `changed` are the paths that the candidate changes: what other files of the project do there is
    as its author wrote it, even where the inventory did not come that far. None: every file counts.
    """
    before, after = inventory.record, run.record
    if before is None or not before.complete:
        why = before.note if before else "this run of the tests cannot be watched"
        return Signal(NAME, Standing.MISSING, f"Nobody watched the tests: {why}.")
    if after is None:
        return Signal(NAME, Standing.MISSING, "Nobody watched the tests of this run.")
    reasons = [*_broken_off(after), *_deeds(before, after, changed), *_lies(run, inventory)]
    if not reasons:
        seen = f"{len(after.cases)} case(s) were seen to end as the report says"
        return Signal(NAME, Standing.CLEAN, f"{seen}, and nothing touched the test runner.")
    more = len(reasons) - NAMED
    rest = [f"... and {more} more of this kind."] if more > 0 else []
    return Signal(NAME, Standing.AGAINST, " ".join([*reasons[:NAMED], *rest]))


def _broken_off(after: Record) -> Iterator[str]:
    if not after.complete:
        yield (
            f"The record of the run is not complete: {after.note}. Something ended the tests early "
            "or interfered with the record, which did not happen on the unchanged commit."
        )


def _deeds(before: Record, after: Record, changed: Collection[str] | None) -> Iterator[str]:
    known = {told(key)[:2] for key in before.contacts}
    for what, file, function in sorted(map(told, after.contacts)):
        if (what, file) not in known and (changed is None or file in changed):
            yield (
                f"`{file}` {what} while the tests run (in `{function}`), which it did not do on "
                "the unchanged commit: a fix must work without it."
            )
    known = {told(key)[:2] for key in before.tampering}
    for what, file, function in sorted(map(told, after.tampering)):
        written = changed is not None and _lent(what) and _ours(file) and file not in changed
        if (what, file) not in known and not written:
            yield (
                f"While the tests ran, something {what}, by `{function}` of "
                f"{f'`{file}`' if file else 'an unknown place'}, which did not happen on the "
                "unchanged commit: the tests' word proves nothing then."
            )


_RUNNERS = re.compile(r"`(?:_?pytest|pluggy|unittest)\b|\bhook `")


def _lent(what: str) -> bool:
    """Whether something of Python or of the tests was replaced, and nothing of the runner."""
    return not _RUNNERS.search(what)


def _ours(file: str) -> bool:
    """Whether it is a file of the workspace: others are absolute, or no files."""
    return bool(file) and not file.startswith(("/", "<"))


def _lies(run: Run, inventory: Run) -> Iterator[str]:
    """Cases that passed by the report and not by what was seen; known disagreements excepted."""
    if run.record is None or inventory.record is None:
        return
    excused = set(_disagreeing(inventory, inventory.record, inventory.report.states.keys()))
    passed = [i for i, state in run.report.states.items() if state is CaseState.PASSED]
    unseen = inventory.report.states.keys() - _seen(inventory.record).keys()
    states = _seen(run.record)
    for id_ in _disagreeing(run, run.record, passed):
        if id_ in excused or (id_ in unseen and id_ not in states):
            continue
        how = f"was seen to end otherwise ({states[id_]})" if id_ in states else "was not seen"
        yield f"The report says that {id_} passed, but it {how} while the tests ran."


def _disagreeing(run: Run, record: Record, ids: Collection[CaseId]) -> Iterator[CaseId]:
    seen, said = _seen(record), run.report.states
    return (id_ for id_ in ids if seen.get(id_) is not said[id_])


def _seen(record: Record) -> dict[CaseId, CaseState]:
    """The worst state of each id, as `RunReport.states` has it."""
    order = (CaseState.PASSED, CaseState.SKIPPED, CaseState.FAILURE, CaseState.ERROR)
    found: dict[CaseId, CaseState] = {}
    for case in record.cases:
        known = found.get(case.id)
        if known is None or order.index(case.state) > order.index(known):
            found[case.id] = case.state
    return found
