"""What product code has no business to do while its tests run, told by Python's audit events.

Each reaction maps the arguments of an event to what was done, "" for nothing remarkable. They
are called often, so they ask the cheapest question first.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import re
from typing import Any, Callable, Dict, Iterable, Iterator, Tuple

Reaction = Callable[[Tuple[Any, ...]], str]
Through = Callable[[str, Any], bool]
"""Whether to look behind a frame of this module for who asked for it."""

STACK = "looks at the call stack"
MEMORY = "searches the interpreter's memory for objects of others"
TRACE = "traces the running program"
CODE = "makes or changes code objects"
NATIVE = "reaches past Python with ctypes"
REPORT = "touches gatekeeper's own files or the report"
SOURCES = "reads or changes the tests' own files"
PROC = "looks at the processes of the test run in /proc"
ENDS = "ends or replaces the process of the tests"
RUNNER = "imports the test runner or the tests"
FORGES = "speaks in the name of gatekeeper's watch"
HOOK = "installs an audit hook"

_FRAMES = frozenset(["tb_frame", "gi_frame", "cr_frame", "ag_frame"])
_PARTS = frozenset(["__code__", "__defaults__", "__kwdefaults__"])
_RUNNERS = frozenset(["pytest", "_pytest", "pluggy", "unittest", "xdist", "conftest"])
_PROCESS = re.compile(
    r"/proc/(?:self|thread-self|\d+)/.*(?:environ|fd|mem|maps|cmdline|root|cwd|auxv|syscall)(?:/|$)"
)
_TESTS = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_tests?|conftest)\.py")
# Modules that open a file, or hand out a frame, because somebody else asks them to.
OPENING = frozenset(
    {
        "_io",
        "io",
        "_pyio",
        "os",
        "posixpath",
        "codecs",
        "pathlib",
        "pathlib._local",
        "pathlib._abc",
        "shutil",
        "tokenize",
        "linecache",
        "inspect",
        "runpy",
        "ast",
        "fileinput",
        "glob",
        "fnmatch",
        "importlib._bootstrap_external",
        "zipfile",
        "tempfile",
        "subprocess",
        "_posixsubprocess",
        "ctypes",
        "importlib",
        "importlib.util",
    }
)
FRAMING = frozenset(["inspect", "traceback", "threading", "asyncio.base_tasks", "ctypes"])


def opens(module: str, frame: Any) -> bool:  # noqa: ARG001
    """Whether a module opens files on behalf of its caller."""
    return module in OPENING


def hands_out(module: str, frame: Any) -> bool:
    """Whether a module hands frames to its caller; logging looks for its own."""
    if module == "logging":
        return frame.f_code.co_name in ("currentframe", "<lambda>")
    return module in FRAMING


def alone(module: str, frame: Any) -> bool:  # noqa: ARG001
    """Only what is done directly counts."""
    return False


def table(root: str, tools: str) -> Dict[str, Tuple[Reaction, Through]]:
    """Event to its reaction, and through whose frames to look for who is behind it."""
    path = _about_paths(root, tools)
    always: Dict[str, str] = {
        "sys._getframe": STACK,
        "sys._current_frames": STACK,
        "sys._current_exceptions": STACK,
        "gc.get_objects": MEMORY,
        "gc.get_referrers": MEMORY,
        "gc.get_referents": MEMORY,
        "sys.settrace": TRACE,
        "sys.setprofile": TRACE,
        "sys.monitoring.register_callback": TRACE,
        "sys.addaudithook": HOOK,
        "os.exec": ENDS,
        "code.__new__": CODE,
        "function.__new__": CODE,
        "ctypes.dlopen": NATIVE,
        "ctypes.dlsym": NATIVE,
        "ctypes.cdata": NATIVE,
        "ctypes.addressof": NATIVE,
        "ctypes.string_at": NATIVE,
    }
    found: Dict[str, Any] = {event: (saying(what), hands_out) for event, what in always.items()}
    found.update(dict.fromkeys(_PATH_EVENTS, (path, opens)))
    found["object.__getattr__"] = (_frame_read, alone)
    found["object.__setattr__"] = (_code_set, alone)
    found["import"] = (_imports, alone)
    found["os.kill"] = found["os.killpg"] = (_kills, alone)
    return found


_PATH_EVENTS = (
    "open",
    "os.listdir",
    "os.scandir",
    "os.remove",
    "os.rename",
    "os.truncate",
    "os.chmod",
    "os.link",
    "os.symlink",
    "os.utime",
    "os.posix_spawn",
    "subprocess.Popen",
    "shutil.copyfile",
    "shutil.move",
    "shutil.rmtree",
)


def saying(what: str) -> Reaction:
    """A reaction that is the same whatever the arguments are."""
    return lambda _: what


def _frame_read(args: Tuple[Any, ...]) -> str:
    return STACK if args[1] in _FRAMES else ""


def _code_set(args: Tuple[Any, ...]) -> str:
    return CODE if args[1] in _PARTS else ""


def _imports(args: Tuple[Any, ...]) -> str:
    name = args[0]
    if type(name) is not str:
        return ""
    first = name.partition(".")[0]
    return RUNNER if first in _RUNNERS or first.startswith("test_") else ""


def _kills(args: Tuple[Any, ...]) -> str:
    own = (0, -1, os.getpid(), os.getppid(), os.getpgrp())
    return ENDS if args[0] in own and args[1] != 0 else ""


def _about_paths(root: str, tools: str) -> Reaction:
    """A reaction to events whose arguments may name files of others."""
    ours = (".gatekeeper-", tools or ".gatekeeper-")

    def said(text: str) -> str:
        if ours[0] in text or ours[1] in text:
            return REPORT
        if text.startswith("/proc/") and _PROCESS.match(text):
            return PROC
        if text.endswith(".py") and _TESTS.fullmatch(text):
            return SOURCES if text.startswith(root) or not text.startswith("/") else ""
        return ""

    def look(args: Tuple[Any, ...]) -> str:
        for text in _texts(args):
            found = said(text)
            if found:
                return found
        return ""

    return look


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """Strings among values, one level of lists included; subclasses may run code of others."""
    for value in values:
        if type(value) is str:
            yield value
        elif type(value) is bytes:
            yield value.decode("utf-8", "replace")
        elif type(value) in (list, tuple):
            yield from (each for each in value if type(each) is str)
