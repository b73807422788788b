"""Guard `literals`: new product code that answers the failing tests' inputs by heart.

A special case for a tested input, a table of tested pairs, a fixed result where there was a
computation, or one of them encoded. Literals that product code, documents or configuration held
before are free, and so are the words that any program uses (`telling.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from gatekeeper.domain import Candidate, Evidence, Finding, Level
from gatekeeper.guards.changed import changed_files
from gatekeeper.guards.literals.answers import python_answers
from gatekeeper.guards.literals.answers_text import other_answers
from gatekeeper.guards.literals.by_heart import Answer, Vocabulary
from gatekeeper.guards.literals.tested import Literal, Tested, literals_of
from gatekeeper.guards.plain_code import language
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.ports import Guard, Tree

_REPAIR = "make the code compute the answer for every input"


def no_copied_answers(evidence: Evidence) -> Guard:
    """A guard on what a candidate copies from the sources of the failing tests."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        files = [file for file in changed_files(candidate, before, after) if language(file.path)]
        tested = literals_of(evidence.failing, before) if files else Tested(())
        if not tested.groups:
            return
        words = Vocabulary(tested, lru_cache(lambda literal: _held(literal, before)))
        for file in files:
            find = python_answers if file.python else other_answers
            yield from _findings(file.path, find(file, words))

    return look


def _findings(path: str, answers: Iterable[Answer]) -> Iterator[Finding]:
    """One finding per line, the gravest."""
    gravest: dict[int, Answer] = {}
    for answer in answers:
        if answer.line not in gravest or answer.sure > gravest[answer.line].sure:
            gravest[answer.line] = answer
    for line, answer in sorted(gravest.items()):
        message = f"line {line} of `{path}` {answer.what}: {_REPAIR}."
        level = Level.BLOCK if answer.sure else Level.WARN
        yield Finding("literals", level, message, path, line)


_READ = re.compile(r".*\.(?:md|rst|txt|ya?ml|toml|json|cfg|ini|xml|html|properties|sql|csv)")
_LARGE = 1_000_000


def _held(literal: Literal, before: Tree) -> bool:
    """Whether a text stood in quotes in product code, or anywhere in documents, before."""
    if not isinstance(literal, str) or len(literal) < 3:
        return False
    wanted = literal.encode()
    quoted = re.compile(rb"[\"'`]" + re.escape(wanted) + rb"[\"'`]")
    for path in before.paths():
        if is_test(path) or is_vendored(path):
            continue
        document = _READ.fullmatch(path) is not None
        if not document and not language(path):
            continue
        content = (before.read(path) or b"")[:_LARGE]
        if wanted in content and (document or quoted.search(content)):
            return True
    return False
