"""What names and literals of a Python file stand for, however they are written."""

from __future__ import annotations

import ast
import re

from gatekeeper.guards.novelty import written
from gatekeeper.intake.python_code import Import, PythonCode


def stands_for(root: str, found: Import) -> str:
    """The full dotted name of what an import binds to `root`."""
    if found.name:
        return f"{found.module}.{found.name}"
    return root if found.module.startswith(f"{root}.") else found.module  # `import os.path`


def own_names(tree: ast.Module) -> frozenset[str]:
    """Names that the file binds itself, anywhere: they are not the built-in ones."""
    methods = {
        one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.body
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in methods:
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return frozenset(names)


def renamed(code: PythonCode) -> dict[str, Import]:
    """Other names that the file gives to what it imports: `s = sys`."""
    return {
        target.id: code.imports[node.value.id]
        for node in ast.walk(code.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Name)
        and node.value.id in code.imports
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def folded(node: ast.expr) -> str | None:
    """The text that an expression of literals gives, or None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = folded(node.left), folded(node.right)
        return left + right if left is not None and right is not None else None
    if isinstance(node, ast.JoinedStr):
        parts = [
            folded(one.value if isinstance(one, ast.FormattedValue) else one) for one in node.values
        ]
        return "".join(one for one in parts if one is not None) if None not in parts else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        inner = folded(node.value)
        return inner[::-1] if inner and written(node.slice) == "::-1" else None
    return None


def built(node: ast.expr) -> bool:
    """Whether an expression hides a name that could have been written down."""
    if isinstance(node, ast.Constant | ast.Name | ast.Attribute):
        return False
    if folded(node) is not None:
        return True
    shown = written(node)
    return (
        re.search(
            r"\bchr\(|\.decode\(|::-1|\bbytes\(|b64|fromhex|\.join\(\s*[\[(\"']|\.translate\(|rot",
            shown,
        )
        is not None
    )


def number(node: ast.expr) -> int:
    """A literal whole number, -1 for anything else."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
