"""Python code that hides what it copied: as numbers, encoded, or behind a checksum."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from gatekeeper.guards.changed import ChangedFile
from gatekeeper.guards.literals.by_heart import Answer, Vocabulary
from gatekeeper.guards.literals.telling import telling
from gatekeeper.guards.literals.tested import Literal, constant


def bare_numbers(line: int, test: ast.expr, there: set[Literal]) -> Iterator[Answer]:
    """A decision by a list of numbers that mean nothing to a reader."""
    for node in ast.walk(test):
        side = node.comparators[0] if isinstance(node, ast.Compare) else None
        if isinstance(side, ast.Tuple | ast.List | ast.Set):
            numbers = [constant(one) for one in side.elts]
            bare = [
                one for one in numbers
                if isinstance(one, int | float) and telling(one) and one not in there
            ]  # fmt: skip
            if len(bare) > 1 and len(bare) >= len(numbers) - 1:
                shown = ", ".join(f"{one:g}" for one in bare[:3])
                yield Answer(line, f"decides by the bare numbers {shown}", sure=False)


def hashed_table(file: ChangedFile) -> Iterator[Answer]:
    """A new table of fingerprints beside a new call that makes one."""
    calls = [ast.unparse(call.func) for call in file.new_nodes(ast.Call)]
    if not any(_CHECKSUMS.fullmatch(name) for name in calls):
        return
    for table in file.new_nodes(ast.Dict, ast.Set):
        keys = table.keys if isinstance(table, ast.Dict) else getattr(table, "elts", [])
        found = [constant(key) for key in keys if key is not None]
        marks = [one for one in found if _fingerprint_like(one)]
        if len(marks) > 1 and len(marks) == len(found):
            yield Answer(table.lineno, "looks up answers by checksums of the input")


_CHECKSUMS = re.compile(r"(?:\w+\.)*(?:md5|sha\d+|blake2\w|crc32|adler32|hash)")


def _fingerprint_like(literal: Literal | None) -> bool:
    if isinstance(literal, str):
        return re.fullmatch(r"[0-9a-fA-F]{8,}", literal) is not None
    return literal is not None and abs(literal) > 1000


def disguised(file: ChangedFile, words: Vocabulary) -> Iterator[Answer]:
    """Literals of the tests that are encoded, turned round, hashed or spelled in numbers."""
    for node in file.new_nodes(ast.Constant, ast.List, ast.Tuple, ast.BinOp):
        value = constant(node)
        if isinstance(node, ast.List | ast.Tuple):
            codes = [constant(one) for one in node.elts]
            letters = [chr(int(c)) for c in codes if isinstance(c, int) and 0 < c < 0x110000]
            value = "".join(letters)
            if len(letters) < 4 or len(letters) != len(codes) or not words.tested.says(value):
                continue
            yield Answer(node.lineno, f"spells {value!r} of a failing test in numbers")
        elif isinstance(value, str) and value in words.disguised:
            yield Answer(node.lineno, f"hides {words.disguised[value]!r} of a failing test")
