"""How much speaks for each definition that a failure may be about."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from gatekeeper.domain import CaseResult, Delta, Frame
from gatekeeper.intake.code.imports import alike
from gatekeeper.intake.code.outline import LONGEST, Definition
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.code.ranking import (
    Node,
    closeness,
    gathered,
    likeness,
    named_alike,
    words,
)
from gatekeeper.intake.code.sources import Sources
from gatekeeper.intake.code.telling import Telling, focused
from gatekeeper.intake.code.touched import touched_lines
from gatekeeper.intake.coverage_data import Spectrum
from gatekeeper.intake.places import is_test, is_vendored

_MOST_RUN = 30  # files that coverage data adds
_FEW = 2  # product files; where imports lead to fewer, names of files are asked
_PIECE = 30  # lines of a long definition

# What speaks for a place, fitted on one half of the bugs of benchmarks/context_recall.py:
_CLOSE = 0.1  # the tests lead to it by names
_LIKE = 0.5  # its words are theirs
_NAMED = 0.6  # its name is made of their words
_FILE = 0.9  # the best of its file are so
_STEM = 0.9  # its file is named as the test's
_FRAME = 0.6  # it is in the stack trace
_RAISED = 0.6  # there the exception was raised, and no comparison is what failed
_CHANGED = 1.2  # the author changed it
_CHANGED_FILE = 0.1  # the author changed its file elsewhere
_BY_WORDS = _CLOSE + _LIKE + _NAMED + _FILE + _STEM
_MOST = _BY_WORDS + _FRAME + _RAISED
_RUN = 0.8  # the failing tests run it, and others do not (coverage data); an estimate, not fitted
_FRAME_STEP = 0.75  # each frame further out counts so much less
_FAR = 0.01  # less for each file that lies between
_BEST = 3  # definitions speak for their file
_FEW_TOUCHED = 4  # places; of a change to more of them, each says less
_WORTH = 0.5  # of the best score; of what has less, nothing is told
_NEAR, _SOME = 0.2, 0.05  # with less closeness and less likeness it is in the file by chance
_DIRECT = 0.5  # closeness of what a test or a frame uses itself
_CLEAR = 0.5  # from here on, likeness is said
_TEST = 0.5  # support of the tests is rather context than cause


class Ranking:
    """One failure."""

    def __init__(
        self,
        sources: Sources,
        cases: Sequence[CaseResult],
        tests: Sequence[Place],
        frames: Sequence[Frame],
        delta: Delta | None,
        run: Spectrum | None = None,
    ) -> None:
        self._run = run or {}
        self._touched = touched_lines(delta.diff) if delta else {}
        self._changed = {c.path for c in delta.files if c.status != "D"} if delta else set()
        self._sources, self._cases, self._tests = sources, cases, tests
        said = f"{cases[0].kind} {cases[0].message}" if cases else ""
        self._compared = re.search(r"(?i)assert|comparison|expect", said) is not None
        self._frames = [f for f in frames if f.ours and f.line and f.path in sources.known]
        self.depths = self._pool()
        self.nodes = [
            Node(path, one, words(self._lines(path, one.start, one.end)), is_test(path))
            for path in self.depths
            for one in sources.outline(path)
        ]

    def places(self) -> list[Place]:
        """Every definition of the pool with its score, best first; long ones in pieces."""
        near = closeness(self.nodes, self._seeds())
        pieces = [
            (index, piece) for index, node in enumerate(self.nodes) for piece in self._pieces(node)
        ]
        product = [(index, piece) for index, piece in pieces if not piece.test]
        support = [(index, piece) for index, piece in pieces if piece.test]
        focus = self._focus([piece for _, piece in pieces])
        found = []
        for some in (product, support):
            scored = self._scored([piece for _, piece in some])
            for (index, piece), (score, alike_) in zip(some, scored, strict=True):
                whole = score + _CLOSE * near[index]
                place = self._place(self.nodes[index], piece.definition, whole, alike_, focus)
                if (
                    near[index] >= _NEAR
                    or alike_ >= _SOME
                    or "stack" in place.why
                    or "run by" in place.why
                ):
                    found.append((near[index], place))
        return self._worthy(found)

    def _worthy(self, found: Sequence[tuple[float, Place]]) -> list[Place]:
        """The best first; what is far behind the best only where the tests use it directly."""
        best = max((place.score for _, place in found), default=0.0)
        least = _WORTH * min(best, _BY_WORDS / _MOST)
        kept = [place for near, place in found if place.score >= least or near >= _DIRECT]
        return sorted(kept, key=lambda p: (-p.score, p.path, p.start or 0))

    def _scored(self, pieces: Sequence[Node]) -> list[tuple[float, float]]:
        """(score by words, likeness) of each: its own, its name's, and its file's."""
        query = self._query()
        like = likeness(pieces, query)
        named = likeness([replace(p, words=words(_spaced(p))) for p in pieces], query)
        best: dict[str, list[float]] = {}
        for piece, score in zip(pieces, like, strict=True):
            best.setdefault(piece.path, []).append(score)
        file = {path: sum(sorted(all_)[-_BEST:]) / _BEST for path, all_ in best.items()}
        stem = {
            path: max((named_alike(test.path, path) for test in self._tests), default=0.0)
            for path in best
        }
        return [
            (_LIKE * one + _NAMED * name + _FILE * file[p.path] + _STEM * stem[p.path], one)
            for p, one, name in zip(pieces, like, named, strict=True)
        ]

    def _place(
        self, node: Node, piece: Definition, score: float, alike_: float, focus: float
    ) -> Place:
        depth = max(1, self.depths[node.path])
        framed, why = self._framed(node, piece)
        why = why or ("speaks of what the test does" if alike_ > _CLEAR else "the test leads there")
        suspicion = self._suspicion(node.path, piece)
        if suspicion:
            framed, why = framed + _RUN * suspicion, f"{why}, and run by it (coverage data)"
        if self._is_touched(node.path, piece):
            framed, why = framed + _CHANGED * focus, f"{why}, and changed by the author"
        elif node.path in self._changed:
            framed += _CHANGED_FILE * focus
            why = f"{why}, in a file that the author changed"
        score = (score + framed - _FAR * (depth - 1)) / _MOST
        if (piece.start, piece.end) != (node.definition.start, node.definition.end):
            why = f"{why}; part of {node.definition.name or 'the module'}"
        if node.test:
            score, why = score * _TEST, f"support of the test: {why}"
        score = round(max(0.0, min(1.0, score)), 4)
        whole = node.definition
        return Place(node.path, piece.start, piece.end, why, whole.name, depth, score, whole.start)

    def _suspicion(self, path: str, piece: Definition) -> float:
        run = self._run.get(path, {})
        return max((run.get(line, 0.0) for line in range(piece.start, piece.end + 1)), default=0.0)

    def _is_touched(self, path: str, piece: Definition) -> bool:
        lines = self._touched.get(path)
        return bool(lines) and any(piece.start <= line <= piece.end for line in lines or ())

    def _focus(self, pieces: Sequence[Node]) -> float:
        """How much a change says: one of few places much, one of everything nothing."""
        count = sum(not p.test and self._is_touched(p.path, p.definition) for p in pieces)
        return min(1.0, math.sqrt(_FEW_TOUCHED / max(1, count)))

    def _framed(self, node: Node, piece: Definition) -> tuple[float, str]:
        """What a stack trace says for a place: most where it broke."""
        product = [frame for frame in self._frames if not is_test(frame.path)]
        for position, frame in enumerate(product):
            if frame.path == node.path and frame.line:
                worth = _FRAME * math.pow(_FRAME_STEP, position)
                if piece.start <= frame.line <= piece.end:
                    raised = not position and frame == self._frames[0] and not self._compared
                    worth += _RAISED * raised
                    return worth, "in the stack trace"
                if node.definition.start <= frame.line <= node.definition.end:
                    return 0.5 * worth, "in the stack trace"
        return 0.0, ""

    # --- where it starts ------------------------------------------------------------------

    def _pool(self) -> dict[str, int]:
        starts = dict.fromkeys([p.path for p in self._tests])
        starts |= dict.fromkeys(self._sources.fixtures(starts))
        starts |= dict.fromkeys(frame.path for frame in self._frames[:20])
        depths = self._sources.reachable(starts)
        often = sorted(self._run, key=lambda path: (-max(self._run[path].values()), path))
        depths |= {path: 1 for path in often[:_MOST_RUN] if path not in depths}
        if sum(not is_test(path) for path in depths) < _FEW:
            for start in list(starts):
                near = alike(start, self._sources.known)
                depths |= {path: 1 for path in near if path not in depths}
        return {path: depth for path, depth in depths.items() if not is_vendored(path)}

    def _seeds(self) -> dict[int, float]:
        seeds: dict[int, float] = {}
        for index, node in enumerate(self.nodes):
            one = node.definition
            for test in self._tests:
                inside = test.start is None or (
                    one.start <= (test.end or 0) and test.start <= one.end
                )
                if node.path == test.path and inside:
                    seeds[index] = 1.0
            for position, frame in enumerate(self._frames):
                if node.path == frame.path and one.start <= (frame.line or 0) <= one.end:
                    seeds[index] = max(seeds.get(index, 0.0), _FRAME_STEP**position)
        return seeds

    def _query(self) -> dict[str, float]:
        texts: list[tuple[str, float]] = []
        for case in self._cases:
            name = re.sub(r"\[.*", "", case.id.name)
            texts += [(name, 1.5), (f"{case.message}\n{case.details[:3000]}", 0.7)]
        telling = Telling(self._cases, self._frames, self._sources)
        for test in self._tests:
            lines = telling.of(test)
            for part in focused(test, lines):
                if part.start:
                    texts.append((self._lines(part.path, part.start, part.end or part.start), 1.0))
        return gathered((text, weight / max(1, len(self._cases))) for text, weight in texts)

    def _lines(self, path: str, start: int, end: int) -> str:
        return "\n".join(self._sources.text(path).split("\n")[start - 1 : end])

    def _pieces(self, node: Node) -> list[Node]:
        """The definition, or where it is long its parts of some thirty lines."""
        one = node.definition
        if one.end - one.start < LONGEST:
            return [node]
        lines = self._sources.text(node.path).split("\n")
        pieces, start = [], one.start
        for line in range(one.start, one.end + 1):
            long_enough = line - start + 1 >= _PIECE
            blank = line < len(lines) and not lines[line].strip()
            if line == one.end or (long_enough and (blank or line - start >= 2 * _PIECE)):
                part = replace(one, start=start, end=line)
                said = words(self._lines(node.path, start, line))
                pieces.append(replace(node, definition=part, words=said))
                start = line + 1
        return pieces


def _spaced(node: Node) -> str:
    return node.definition.name.replace(".", " ")
