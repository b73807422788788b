"""Where Python code touches its tests, their runner or the interpreter, by its syntax tree."""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from gatekeeper.guards.harness.names import (
    CI_VARIABLES,
    HOT_ATTRIBUTES,
    HOT_NAMES,
    OBSCURE,
    RUNNER_MODULES,
    RUNNER_WORD,
    TEST_FILE,
    TEST_VARIABLE,
)
from gatekeeper.guards.harness.names_in_python import (
    built,
    folded,
    number,
    own_names,
    renamed,
    stands_for,
)
from gatekeeper.guards.novelty import Sight, dotted, functions, written
from gatekeeper.intake.python_code import PythonCode


def python_contacts(code: PythonCode, path: str) -> Iterator[Sight]:
    """Everything in a parsed file that touches tests, runner or interpreter."""
    reader = _Reader(code, path)
    for node in ast.walk(code.tree):
        for what, place in reader.seen(node):
            end = place.end_lineno or place.lineno
            yield Sight(what, place.lineno, end, (what, ast.dump(place)), what)


_Seen = Iterator[tuple[str, ast.stmt | ast.expr]]


class _Reader:
    """One file, with what its names stand for."""

    def __init__(self, code: PythonCode, path: str) -> None:
        self.imports = {**code.imports, **renamed(code)}
        self.around = functions(code.tree)
        self.nodes = code.nodes
        self.own = own_names(code.tree)
        self.parents = {
            child: node for node in ast.walk(code.tree) for child in ast.iter_child_nodes(node)
        }
        self.program = re.search(r"(?:^|[/_])(?:__main__|main|cli|manage|setup)\b|(?:^|/)(?:bin|scripts?|tools?|cli|commands?|examples?|docs)/", path) is not None  # fmt: skip

    def seen(self, node: ast.AST) -> _Seen:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from self._imports(node)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield from self._reference(node)
        elif isinstance(node, ast.Constant | ast.BinOp | ast.JoinedStr):
            text = folded(node)
            if text:
                yield from self._text(node, text)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
            yield from self._stores(node)

    def resolve(self, node: ast.AST) -> str:
        """The full dotted name of what a chain of names stands for; "" for anything of its own."""
        name = dotted(node)
        root, dot, rest = name.partition(".")
        found = self.imports.get(root)
        if found is None:
            return "" if root in self.own else name
        if found.level:
            return ""
        return f"{stands_for(root, found)}{dot}{rest}"

    def _imports(self, node: ast.Import | ast.ImportFrom) -> _Seen:
        names = [one.name for one in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [] if node.level else [f"{node.module}.{name}" for name in names]
        for name in names:
            top = name.partition(".")[0]
            what = HOT_NAMES.get(name) or HOT_NAMES.get(f"{top}.*", "")
            if top in RUNNER_MODULES:
                yield f"imports the test runner (`{top}`)", node
            elif what and name not in _EXITS:
                yield f"{what} (`{top if top in _WHOLE else name}`)", node

    def _reference(self, node: ast.Name | ast.Attribute) -> _Seen:
        name = self.resolve(node)
        top = name.partition(".")[0]
        what = HOT_NAMES.get(name, "") or HOT_NAMES.get(f"{top}.*", "")
        if what and top in _WHOLE:
            name = top
        if name in _EXITS:
            if not self._ends_own_program(name, node):
                yield f"{what} (`{name}`)", node
        elif what and not (isinstance(node, ast.Name) and node.id in self.imports):
            yield f"{what} (`{name}`)", node  # a name by itself was said where it was imported
        elif isinstance(node, ast.Attribute) and node.attr in HOT_ATTRIBUTES:
            yield f"reaches into the interpreter (`.{node.attr}`)", node
        elif name == "sys.path" and self._mutated(node):
            yield "changes from where modules are loaded (`sys.path`)", node
        elif name == "os.environ" and self._looked_through(node):
            yield f"{OBSCURE}looks through the whole environment (`os.environ`)", node

    def _ends_own_program(self, name: str, node: ast.AST) -> bool:
        """Whether it is a command's own way to end: in main(), or in the file of a command."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.ExceptHandler | ast.Tuple | ast.arg):
            return True
        called = isinstance(parent, ast.Call) and parent.func is node
        if name in ("exit", "quit") and not called:
            return True
        function = self.around[node].rpartition(".")[2]
        return self.program or _COMMAND.search(function) is not None or self._guarded(node)

    def _looked_through(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, ast.Attribute):
            return parent.attr in ("items", "keys", "values")
        if isinstance(parent, ast.Call):
            return dotted(parent.func) in ("str", "repr", "list", "sorted", "set", "any", "all")
        return isinstance(parent, ast.comprehension | ast.For)

    def _guarded(self, node: ast.AST) -> bool:
        """Whether it stands under `if __name__ == "__main__"`."""
        up: ast.AST | None = node
        while up is not None:
            if isinstance(up, ast.If) and "'__main__'" in ast.dump(up.test):
                return True
            up = self.parents.get(up)
        return False

    def _mutated(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, ast.Attribute):
            return parent.attr in ("insert", "append", "extend", "remove", "pop", "clear")
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        return stored or isinstance(getattr(parent, "ctx", None), ast.Store)

    def _text(self, node: ast.expr, text: str) -> _Seen:
        parent = self.parents.get(node)
        if isinstance(parent, ast.Expr):  # a docstring
            return
        if TEST_VARIABLE.fullmatch(text) or (text in CI_VARIABLES and self._in_environ(node)):
            yield f"reads what only a test run or CI sets (`{text}`)", node
        elif (RUNNER_WORD.fullmatch(text) and self._asked(node)) or self._told_apart(node, text):
            yield f"asks whether a test runner is there (`{text[:60]}`)", node
        elif TEST_FILE.search(text) and " " not in text and "\n" not in text:
            level = "" if self._opened(node) else OBSCURE
            yield f"{level}names a file of the tests or of their run (`{text[:60]}`)", node

    def _in_environ(self, node: ast.AST) -> bool:
        up: ast.AST | None = self.parents.get(node)
        for _ in range(3):
            if up is None or isinstance(up, ast.stmt):
                return False
            shown = written(up)
            if "environ" in shown or "getenv" in shown or "env" in shown.lower():
                return True
            up = self.parents.get(up)
        return False

    def _asked(self, node: ast.AST) -> bool:
        """Whether a name is compared, looked up, started or imported, not only shown."""
        parent = self.parents.get(node)
        if isinstance(parent, ast.Tuple | ast.List | ast.Set):
            parent = self.parents.get(parent)
        if isinstance(parent, ast.Compare):
            return True
        if isinstance(parent, ast.Call):
            called = dotted(parent.func).rpartition(".")[2] or getattr(parent.func, "attr", "")
            return called in _LOOKS_UP
        return isinstance(parent, ast.Subscript) and "modules" in written(parent.value)

    def _told_apart(self, node: ast.AST, text: str) -> bool:
        """Whether "test" is looked for in how the process was started."""
        if "test" not in text.lower():
            return False
        up = node
        while isinstance(self.parents.get(up), ast.expr | ast.comprehension):
            up = self.parents[up]
        asked = any(isinstance(one, ast.Compare) or _is_search(one) for one in ast.walk(up))
        return asked and _STARTED.search(written(up)) is not None

    def _opened(self, node: ast.AST) -> bool:
        parent = self.parents.get(node)
        if isinstance(parent, ast.Call):
            called = dotted(parent.func).rpartition(".")[2] or getattr(parent.func, "attr", "")
            return called in _OPENS
        return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Div)

    def _call(self, node: ast.Call) -> _Seen:
        name = self.resolve(node.func)
        short = name.rpartition(".")[2]
        if name in (
            "eval",
            "exec",
            "compile",
            "builtins.eval",
            "builtins.exec",
            "builtins.compile",
        ):
            yield f"runs code that it makes from text (`{short}`)", node
        elif name in ("__import__", "importlib.import_module") and node.args:
            obscure = "" if built(node.args[0]) else OBSCURE
            yield f"{obscure}loads a module by a name that it makes (`{name}`)", node
        elif short == "__setattr__" and any(map(self._foreign, self._holders(node))):
            yield f"changes what belongs to others (`{written(node)[:60]}`)", node
        elif name in ("getattr", "setattr", "hasattr", "delattr") and len(node.args) > 1:
            yield from self._attribute(node, name)
        elif name in _DESCRIPTORS and node.args and number(node.args[0]) > 2:
            yield f"uses a descriptor by its number (`{written(node)[:60]}`)", node
        elif short in _DECODERS and any(map(self._carried, node.args)):
            yield f"decodes what it carries as text (`{short}`)", node

    def _carried(self, node: ast.expr) -> bool:
        """Whether it is a text of the file itself, by way of a constant's name."""
        if isinstance(node, ast.Name):
            value = getattr(self.nodes.get(node.id), "value", None)
            return isinstance(value, ast.Constant) and isinstance(value.value, str | bytes)
        return isinstance(node, ast.Constant)

    def _holders(self, node: ast.Call) -> list[ast.expr]:
        before = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return [*before, *node.args[:1]]

    def _attribute(self, node: ast.Call, name: str) -> _Seen:
        if built(node.args[1]):
            yield f"builds a name at run time (`{written(node)[:60]}`)", node
        elif folded(node.args[1]) in HOT_ATTRIBUTES:
            yield f"reaches into the interpreter (`{folded(node.args[1])}`)", node
        elif f"{self.resolve(node.args[0])}.{folded(node.args[1])}" in HOT_NAMES:
            yield f"reaches into the interpreter (`{written(node)[:60]}`)", node
        elif name in ("setattr", "delattr") and self._foreign(node.args[0]):
            yield f"changes what belongs to others (`{written(node)[:60]}`)", node

    def _stores(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete) -> _Seen:
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else [node.target]
        for target in targets:
            shown = written(target)[:60]
            if isinstance(target, ast.Attribute):
                if self._foreign(target.value) or dotted(target.value) == "__builtins__":
                    yield f"changes what belongs to others (`{shown}`)", node
            elif isinstance(target, ast.Subscript) and self._table_of_others(target):
                yield f"changes what belongs to others (`{shown}`)", node

    def _table_of_others(self, target: ast.Subscript) -> bool:
        holder = target.value
        if isinstance(holder, ast.Attribute) and holder.attr == "__dict__":
            return self._foreign(holder.value)
        if isinstance(holder, ast.Call) and dotted(holder.func) == "vars":
            return self._foreign(holder)
        return self.resolve(holder) == "sys.modules" and dotted(target.slice) != "__name__"

    def _foreign(self, node: ast.expr) -> bool:
        """Whether it is a module, class or function of the standard library or the runner."""
        if isinstance(node, ast.Call) and dotted(node.func) in ("type", "vars"):
            return bool(node.args) and (
                isinstance(node.args[0], ast.Constant) or self._foreign(node.args[0])
            )
        root = dotted(node).partition(".")[0]
        top = self.resolve(node).partition(".")[0] if root in self.imports else ""
        return top in sys.stdlib_module_names or top in RUNNER_MODULES


def _is_search(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in _LOOKS_UP


_WHOLE = frozenset(name.removesuffix(".*") for name in HOT_NAMES if name.endswith(".*"))
_EXITS = frozenset({"sys.exit", "SystemExit", "exit", "quit"})
_COMMAND = re.compile(r"main|cli|command|usage", re.IGNORECASE)
_STARTED = re.compile(
    r"\bargv\b|\bsys\.modules\b|\benviron\b|__main__|\bexecutable\b|\bgetcwd\(|\bcwd\(|\bcmdline\b|\borig_argv\b"
)
_LOOKS_UP = frozenset({
    "get", "startswith", "endswith", "find_spec", "import_module", "__import__", "pop", "find",
    "run", "Popen", "call", "check_call", "check_output", "system", "popen", "search", "match",
    "issubset", "intersection", "isdisjoint", "count", "index", "any", "all", "which",
})  # fmt: skip
_OPENS = frozenset({
    "open", "Path", "PurePath", "join", "joinpath", "read_text", "read_bytes", "write_text", "glob",
    "rglob", "iglob", "listdir", "scandir", "walk", "exists", "isfile", "is_file", "stat", "parse",
    "load", "spec_from_file_location", "SourceFileLoader", "run_path", "remove", "unlink", "rename",
    "replace", "copy", "utime", "system", "fopen", "chmod", "symlink",
})  # fmt: skip
_DESCRIPTORS = frozenset({"os.write", "os.fdopen", "os.close", "os.dup", "os.dup2", "os.read", "open",
                          "os.closerange", "os.fstat", "os.ftruncate", "io.open", "io.FileIO"})  # fmt: skip
_DECODERS = frozenset({"b64decode", "b32decode", "b16decode", "b85decode", "a85decode", "unhexlify",
                       "fromhex", "urlsafe_b64decode"})  # fmt: skip
