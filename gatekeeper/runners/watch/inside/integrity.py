"""A fingerprint of the test runner, of the tests and of what they borrow from Python.

Everything is compared by identity, never by equality: an object that equals everything would
pass for anything. The originals are held, so that no identity is ever given to another object.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import builtins
import operator
import sys
import time
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

from .places import OTHER, PRODUCT, TEST, Places

RUNNERS = ("_pytest", "pytest", "pluggy", "unittest")
ON_THE_WAY = {
    "_pytest.runner": ("CallInfo", "SetupState"),
    "_pytest.reports": ("BaseReport", "TestReport", "CollectReport"),
    "_pytest.python": ("Function",),
    "_pytest.unittest": ("TestCaseFunction",),
    "_pytest.skipping": (),
    "_pytest.outcomes": (),
    "_pytest.junitxml": ("LogXML", "_NodeReporter"),
    "_pytest.assertion.rewrite": (),
    "_pytest._code.code": ("ExceptionInfo",),
    "unittest.case": ("TestCase", "_Outcome"),
}
"""Modules and classes through which each result goes: compared after every test, with pluggy's."""
SHARE = 20
"""A whole comparison waits until its own time is at most this part of the time that passed."""
_GROWS = frozenset(["__annotations__", "__annotations_cache__", "__doc__", "__annotate_func__"])
_MISSING = object()
_DATA = (int, str, float, bytes, tuple, frozenset, type(None))
_DESCRIPTORS = (staticmethod, classmethod, property, types.FunctionType)
Told = Callable[[str, str, str], None]
"""Hears (what was changed, file, function) of the one who is behind it."""


class Group:
    """Some names of one module or class, with what they must be bound to."""

    __slots__ = (
        "_expected",
        "_first",
        "_known",
        "_pick",
        "_seen",
        "_size",
        "_values",
        "borrowed",
        "label",
    )

    def __init__(self, label: str, seen: Any, names: Iterable[str], borrowed: bool) -> None:
        self.label, self.borrowed, self._seen = label, borrowed, seen
        self._expected = {name: seen[name] for name in names}
        self._first = dict(self._expected)
        self._known = set(seen)
        self._bind()

    def _bind(self) -> None:
        names = list(self._expected) or ["__name__"]
        values = [self._expected.get(name, self._seen.get(name)) for name in names]
        # One name twice: so that a getter of one gives a tuple too.
        self._pick = operator.itemgetter(*names, names[0])
        self._values = [*values, values[0]]
        self._size = len(self._seen)

    def intact(self) -> bool:
        """Quick: nothing was replaced, and nothing added."""
        try:
            same = all(map(operator.is_, self._pick(self._seen), self._values))
        except KeyError:
            return False
        return same and len(self._seen) == self._size

    def accept(self) -> None:
        """What is there now is what must be there."""
        self._expected = {n: self._seen[n] for n in self._expected if n in self._seen}
        self._first = dict(self._expected)
        self._known = set(self._seen)
        self._bind()

    def changes(self, counts: Callable[[Any], bool]) -> Iterator[Tuple[str, Any]]:
        """Name and new value of each change that counts; the others are looked at again."""
        for name, old in list(self._expected.items()):
            new = self._seen.get(name, _MISSING)
            if new is not old and counts(new):
                self._expected[name] = new
                if new is not self._first[name]:  # else it was put back
                    yield name, new
        for name in list(self._seen):
            if name not in self._known:
                self._known.add(name)
                value = self._seen[name]
                special = name.startswith("__") and name not in _GROWS
                acts = special or callable(value) or isinstance(value, _DESCRIPTORS)
                if acts and not self.borrowed and counts(value):
                    yield name, value
        self._expected = {k: v for k, v in self._expected.items() if v is not _MISSING}
        self._bind()


class Fingerprint:
    """All groups; `check` tells what changed since it looked last."""

    def __init__(self, places: Places, tell: Told) -> None:
        self._places, self._tell = places, tell
        self._way: List[Group] = [_borrowed("builtins", vars(builtins))]
        self._seldom: List[Group] = []
        self._lent: Dict[str, List[Group]] = {}  # by test module
        self._lenders: Dict[str, Group] = {}
        self._held: List[Any] = []
        self._modules: Dict[str, Any] = {}
        self._codes: List[Tuple[Any, Any]] = []
        self._quiet_until = 0.0
        self._clock = time.perf_counter
        self.extend()

    def extend(self) -> None:
        """Add the runner's modules that were loaded since."""
        for name, module in list(sys.modules.items()):
            ours = name.partition(".")[0] in RUNNERS and name not in self._modules
            if ours and type(module) is types.ModuleType:
                self._modules[name] = module
                self._add(name, module)

    def _add(self, name: str, module: Any) -> None:
        space, own = vars(module), name.startswith("pluggy")
        names = [key for key, value in space.items() if callable(value)]
        groups = self._way if own or name in ON_THE_WAY else self._seldom
        if names:
            groups.append(Group(name, space, names, True))
        for key in names:
            if isinstance(space[key], type) and space[key].__module__ == name:
                often = own or key in ON_THE_WAY.get(name, ())
                groups = self._way if often else self._seldom
                groups.append(_whole(f"{name}.{key}", space[key]))

    def loaded(self) -> None:
        """Plugins are in place; what those of others changed is how it must stay."""
        for group in (*self._way, *self._seldom):
            if not group.intact():
                self._told(group, self._by_project)
                group.accept()
        self.extend()

    def lend(self, modules: Iterable[Any]) -> None:
        """Add test modules, their classes, and the modules of others that they use."""
        for module in modules:
            name = getattr(module, "__name__", "")
            if name in self._modules or type(module) is not types.ModuleType:
                continue
            self._modules[name] = module
            groups = self._lent[name] = [_test_module(module)]
            for value in list(vars(module).values()):
                if isinstance(value, type) and value.__module__ == name:
                    groups.append(_whole(f"{name}.{value.__name__}", value, True))
                elif type(value) is types.FunctionType:
                    self._codes.append((value, value.__code__))
                elif type(value) is types.ModuleType and value.__name__ not in self._modules:
                    groups += self._lender(value)

    def _lender(self, module: Any) -> List[Group]:
        name = module.__name__
        if self._places.kind(getattr(module, "__file__", "") or "") != OTHER:
            return []
        if name not in self._lenders:
            self._lenders[name] = _borrowed(name, vars(module))
            for key, value in list(vars(module).items()):
                if callable(value) and self._by_product(value):
                    self._tell(f"replaced `{name}.{key}`", *self.origin(value))
        return [self._lenders[name]]

    def check(self, settled: bool, test_module: str = "", everything: bool = False) -> None:
        """Tell what changed. `settled`: no test is under way that may have replaced something."""
        begun = self._clock()
        rest: List[Group] = []
        lent = self._lent.get(test_module, rest)
        if everything or (settled and begun > self._quiet_until):
            rest = self._seldom
            lent = [group for groups in self._lent.values() for group in groups]
        tests = self._not_by_tests if settled else self._by_product
        for groups, counts in ((self._way, self._any), (rest, self._any), (lent, tests)):
            for group in groups:
                if not group.intact():
                    own = group.label == "builtins"
                    self._told(group, tests if own else counts)
        if rest:
            self._check_modules()
            now = self._clock()
            self._quiet_until = now + SHARE * (now - begun)

    def _check_modules(self) -> None:
        for name, module in self._modules.items():
            now = sys.modules.get(name, _MISSING)
            if now is not module and name.partition(".")[0] in RUNNERS and now is not _MISSING:
                self._tell(f"replaced the module `{name}`", *self.origin(now))
                self._modules[name] = now
        for function, code in self._codes:
            if function.__code__ is not code:
                what = f"replaced the code of `{function.__qualname__}`"
                self._tell(what, *self._place(function.__code__))

    def _told(self, group: Group, counts: Callable[[Any], bool]) -> None:
        for name, new in group.changes(counts):
            self._held.append(new)
            what = "took away" if new is _MISSING else "replaced"
            self._tell(f"{what} `{group.label}.{name}`", *self.origin(new))

    def _any(self, new: Any) -> bool:
        return True

    def _by_project(self, new: Any) -> bool:
        code = _code(new)
        return code is not None and self._places.kind(code.co_filename) != OTHER

    def _by_product(self, new: Any) -> bool:
        code = _code(new)
        return code is not None and self._places.kind(code.co_filename) == PRODUCT

    def _not_by_tests(self, new: Any) -> bool:
        code = _code(new)
        if code is not None:
            return self._places.kind(code.co_filename) != TEST
        return not type(new).__module__.startswith("unittest.mock")

    def origin(self, value: Any) -> Tuple[str, str]:
        """(file, function) of the code behind a value, as far as it can be told."""
        code = _code(value)
        if code is not None:
            return self._place(code)
        kind = value if isinstance(value, type) else type(value)
        module = sys.modules.get(kind.__module__)
        return self._places.relative(getattr(module, "__file__", "") or ""), kind.__qualname__

    def _place(self, code: Any) -> Tuple[str, str]:
        return self._places.relative(code.co_filename), code.co_name


def _whole(label: str, owner: type, borrowed: bool = False) -> Group:
    """A class: all that is callable or a descriptor."""
    space = vars(owner)
    names = [
        name
        for name, value in space.items()
        if name not in _GROWS and (callable(value) or isinstance(value, _DESCRIPTORS))
    ]
    return Group(label, space, names, borrowed)


def _borrowed(label: str, space: Any) -> Group:
    return Group(label, space, [n for n, v in space.items() if callable(v) and n != "_"], True)


def _test_module(module: Any) -> Group:
    """What a test module's names are bound to, but those that its own functions set."""
    space = vars(module)
    own = {n for value in space.values() for n in _globals_set(_code(value))}
    names = [
        name
        for name, value in space.items()
        if name not in own
        and not name.startswith("@")
        and (
            callable(value)
            or type(value) is types.ModuleType
            or (type(value) in _DATA and not name.startswith("__"))
        )
    ]
    return Group(module.__name__, space, names, True)


def _globals_set(code: Any) -> Iterator[str]:
    """Names that a code object, or one inside it, declares `global` and sets."""
    if code is None:
        return
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    setting = _STORE in code.co_code[::2]
    if setting:
        yield from code.co_names
    for each in inner:
        yield from _globals_set(each)


def _opcode(name: str) -> int:
    import opcode  # noqa: PLC0415 - needed once

    return opcode.opmap[name]


_STORE = _opcode("STORE_GLOBAL")


def _code(value: Any) -> Any:
    """The code object behind a function, method, descriptor, partial or class, or None."""
    for _ in range(5):
        if isinstance(value, types.FunctionType):
            return value.__code__
        inner = _wrapped(value)
        if inner is None:
            return None
        value = inner
    return None


def _wrapped(value: Any) -> Any:
    if isinstance(value, (staticmethod, classmethod, types.MethodType)):
        return value.__func__
    if isinstance(value, property):
        return value.fget
    if isinstance(value, type):
        functions = (each for each in vars(value).values() if type(each) is types.FunctionType)
        return next(functions, None)
    return getattr(value, "func", None) if type(value).__module__ == "functools" else None
