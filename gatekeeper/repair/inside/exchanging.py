"""Gives the functions of a running process the code that an edited file has for them."""

import ast
import gc
import os
import types
import typing


def edited(path, start, end, text):
    """The content of a file with one span exchanged."""
    with open(path, "rb") as file:
        content = file.read()
    return content[:start] + text.encode("utf-8") + content[end:]


class Exchange:
    """Finds the functions of some files once, and exchanges their code for one edit each.

    Of a file only the statement at the top level in which the edit lies is compiled, with blank
    lines for the others: a file of thousands of lines would cost more than the tests.
    """

    def __init__(self, paths):
        self.functions: dict[tuple[str, str, int], list[types.FunctionType]] = {}
        self.pieces: dict[str, list[list[typing.Any]]] = {}
        full = {os.path.realpath(path): path for path in paths}
        named = {}
        for function in gc.get_objects():
            if type(function) is types.FunctionType:
                code = function.__code__
                name = code.co_filename
                if name not in named:
                    named[name] = full.get(os.path.realpath(name))
                path = named[name]
                if path:
                    key = (path, code.co_name, code.co_firstlineno)
                    self.functions.setdefault(key, []).append(function)

    def piece(self, path, start):
        """Where the piece around an offset starts and ends, what stands before it, and its code."""
        for found in self.pieces.get(path) or self._read(path):
            if found[0] <= start < found[1]:
                if found[3] is None:
                    text = found[2] + self._content(path)[found[0] : found[1]]
                    found[3] = compile(text, path, "exec", dont_inherit=True)
                return found
        return None

    def _content(self, path):
        with open(path, "rb") as file:
            return file.read()

    def _read(self, path):
        """[start, end, what stands before, None] for each statement at the top level."""
        content = self._content(path)
        lines = content.splitlines(keepends=True)
        offsets = [0]
        for line in lines:
            offsets.append(offsets[-1] + len(line))
        tree = ast.parse(content)
        future = b""
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                names = ",".join(alias.name for alias in node.names)
                future += f"from __future__ import {names};".encode()
        found = self.pieces[path] = []
        for node in tree.body:
            first = min([node.lineno, *[d.lineno for d in getattr(node, "decorator_list", ())]])
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If)):
                continue
            before = future + b"\n" * (first - 1)
            end = offsets[min(node.end_lineno or 0, len(lines))]
            if first > 1 or not future:
                found.append([offsets[first - 1], end, before, None])
        return found

    def apply(self, path, start, end, text):
        """Whether some function has got other code. Raises SyntaxError or ValueError."""
        piece = self.piece(path, start)
        if piece is None or end > piece[1]:
            return False
        content = edited(path, start, end, text)
        shorter = len(self._content(path)) - len(content)
        new = piece[2] + content[piece[0] : piece[1] - shorter]
        pairs: dict[tuple[str, int], types.CodeType] = {}
        _pair(piece[3], compile(new, path, "exec", dont_inherit=True), pairs)
        done = False
        for key, fresh in pairs.items():
            for function in self.functions.get((path, *key), ()):
                code = function.__code__
                if len(fresh.co_freevars) == len(code.co_freevars):
                    function.__code__ = fresh.replace(co_filename=code.co_filename)
                    done = True
        return done


def _pair(old, new, pairs):
    """Code objects that differ, by name and first line of the old one."""
    ours = [c for c in old.co_consts if isinstance(c, types.CodeType)]
    theirs = [c for c in new.co_consts if isinstance(c, types.CodeType)]
    for one in ours:
        alike = [c for c in theirs if c.co_name == one.co_name]
        rank = [c for c in ours if c.co_name == one.co_name].index(one)
        if rank < len(alike) and alike[rank] != one:
            pairs[(one.co_name, one.co_firstlineno)] = alike[rank]
            _pair(one, alike[rank], pairs)
