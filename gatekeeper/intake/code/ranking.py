"""Which definitions a failure is about: what its tests lead to, and what speaks of the same.

Measures without a model. `closeness`: how few steps lead from the failing tests and the frames
to a definition along the names that are used. `likeness`: how much of the words of the tests
and their messages a definition has, rare words first (BM25). `named_alike`: whether file and
test are named after the same thing.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.intake.code.outline import Definition

_STEM = 6  # letters
_STEP = 0.8  # so near is what a definition uses
_NEARLY_NOTHING = 0.05
_SAME_FILE = 3.0  # a name means rather what the same file defines
_SAME_CLASS = 3.0
_METHOD = 0.8  # so near is any method to its class
_SATURATION, _BY_LENGTH = 1.2, 0.4  # BM25's k1 and b
ALIKE_FROM = 4
"""Letters at least that the names of a test and of what it tests begin with alike."""
_NAME_COUNTS = 4  # times: a word in the name of a definition or its file


@dataclass(frozen=True, slots=True)
class Node:
    """A definition in its file."""

    path: str
    definition: Definition
    words: Mapping[str, int]
    test: bool = False


def words(text: str) -> Counter[str]:
    """Words of code or prose in lower case: whole names, and the parts of compound ones.

    Of a plain word only the beginning counts, so that `render`, `renders` and `rendering` are
    one.
    """
    found: Counter[str] = Counter()
    for name in re.findall(r"[A-Za-z_$][\w$]*|\d{2,}", text):
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)
        lowered = name.lower().strip("_$")
        if len(lowered) > 1:
            found[lowered if len(parts) > 1 else lowered[:_STEM]] += 1
        if len(parts) > 1:
            found.update(part.lower()[:_STEM] for part in parts if len(part) > 1)
    return found


def closeness(nodes: Sequence[Node], seeds: Mapping[int, float]) -> list[float]:
    """How near each node is to the seeds by the names used: 1 for a seed, less each step.

    A name that may mean many definitions, or that many use, is a longer step.
    """
    edges = _Edges(nodes)
    best = [0.0] * len(nodes)
    heap = [(-weight, index) for index, weight in seeds.items()]
    heapq.heapify(heap)
    while heap:
        near, index = heapq.heappop(heap)
        if -near <= best[index]:
            continue
        best[index] = -near
        for target, factor in edges.steps(index):
            further = -near * factor
            if further > best[target] and further > _NEARLY_NOTHING:
                heapq.heappush(heap, (-further, target))
    return best


class _Edges:
    """From a definition to those that its names may mean."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._binding: dict[str, list[int]] = {}
        self._methods: dict[tuple[str, str], list[int]] = {}
        for index, node in enumerate(nodes):
            for name in node.definition.binds:
                self._binding.setdefault(name, []).append(index)
            owner = node.definition.owner
            if owner and not node.definition.header:
                self._methods.setdefault((node.path, owner), []).append(index)

    def steps(self, index: int) -> list[tuple[int, float]]:
        """(target, factor) of each definition that this one may use."""
        node = self._nodes[index]
        found: dict[int, float] = {}
        for name in node.definition.uses:
            targets = self._targets(name, index)
            top = max((near for _, near in targets), default=1.0)
            many = sum(near for _, near in targets) / top if targets else 1.0
            for target, near in targets:
                factor = _STEP * (near / top) ** 0.5 / (1 + 0.15 * math.log(many))
                found[target] = max(found.get(target, 0.0), factor)
        if node.definition.header:
            for method in self._methods.get((node.path, node.definition.name), []):
                found[method] = max(found.get(method, 0.0), _STEP * _METHOD)
        return sorted(found.items())

    def _targets(self, name: str, user: int) -> list[tuple[int, float]]:
        node = self._nodes[user]
        if name.endswith("*"):
            begun = [n for n in self._binding if n.startswith(name[:-1])]
            found = [index for one in begun for index in self._binding[one]]
        else:
            found = self._binding.get(name, [])
        near = []
        for index in found:
            other = self._nodes[index]
            if index == user or (other.test and not node.test):
                continue
            weight = 1.0
            if other.path == node.path:
                weight *= _SAME_FILE
                if other.definition.owner == node.definition.owner:
                    weight *= _SAME_CLASS
            near.append((index, weight))
        return near


def likeness(nodes: Sequence[Node], query: Mapping[str, float]) -> list[float]:
    """BM25 of each node for the words of `query` with their weights; 1 is the best of them."""
    counts = [_counted(node) for node in nodes]
    frequency: Counter[str] = Counter()
    for count in counts:
        frequency.update(count.keys())
    lengths = [sum(count.values()) for count in counts]
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    scores = []
    for count, length in zip(counts, lengths, strict=True):
        room = _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * length / mean)
        score = 0.0
        for word, weight in query.items():
            if times := count.get(word):
                rare = math.log(1 + (len(nodes) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                score += weight * rare * times * (_SATURATION + 1) / (times + room)
        scores.append(score)
    best = max(scores, default=0.0) or 1.0
    return [score / best for score in scores]


def _counted(node: Node) -> Counter[str]:
    count = Counter(node.words)
    stem = node.path.rpartition("/")[2].partition(".")[0]
    for word in words(f"{node.definition.name.replace('.', ' ')} {stem}"):
        count[word] += _NAME_COUNTS
    return count


def gathered(texts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """A query of several texts with their weights; a word that is repeated counts a bit more."""
    query: dict[str, float] = {}
    for text, weight in texts:
        for word, times in words(text).items():
            query[word] = query.get(word, 0.0) + weight * (1 + math.log(times))
    return query


def named_alike(one: str, other: str) -> float:
    """The share of the words in the name of the file `other` that the name of `one` has too."""
    mine, theirs = stem_words(one), stem_words(other)
    return sum(any(_alike(a, b) for a in mine) for b in theirs) / max(1, len(theirs))


def stem_words(path: str) -> frozenset[str]:
    """The words of a file's name in lower case (a package's and an index's: of its folder)."""
    *folders, name = path.split("/")
    stem = name.partition(".")[0]
    if stem in ("__init__", "index", "mod", "main") and folders:
        stem = folders[-1]
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", stem).lower()
    return frozenset(re.findall(r"[a-z]{3,}", spaced)) - {"test", "tests", "spec", "init"}


def _alike(one: str, other: str) -> bool:
    """`cell` and `cells`, `templates` and `templating`: most of the shorter one is in common."""
    common = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        common += 1
    return one == other or common >= max(ALIKE_FROM, 0.7 * min(len(one), len(other)))
