"""Guard `surroundings`: code that newly decides by where and when it runs.

A fix of what a function computes needs no look at the terminal, the clock, the host, the modules
that are loaded, the files around it or other programs. Where the file was about such things
before, asking again is its business; what it never asked before is how a patch tells a test from
use (K14), fetches the answer from somewhere (K15, K20) or leaves something behind (K21).
"""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.plain_code import language, uncommented
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.ports import Guard, Tree


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of surroundings: what asks for it, and what shows that a file is about it.

    `asks` maps a language to a pattern over lines without comments; `about` is searched in the
    whole file as it was, and in its path.
    """

    what: str
    asks: dict[str, str]
    about: str
    anywhere: bool = False  # whether any other file that is about it will do as well


_KINDS = (
    _Kind(
        "asks whether a person watches (a terminal)",
        {
            "python": r"\bisatty\b|\bget_terminal_size\b|\bsys\.__?std(?:in|out|err)__\b|type\(\s*sys\.std(?:in|out|err)\s*\)",
            "script": r"\bisTTY\b",
        },
        r"isatty|isTTY|std(?:out|err|in)\b|\btty\b|termin|colou?r|ansi|consol|curses|cli\b|progress|pager",
    ),
    _Kind(
        "decides by the time, or by how long the process has run",
        {
            "python": r"(?:\b(?:if|while|elif)\b|[<>]).*\b(?:time\.(?:time|monotonic|perf_counter|process_time)(?:_ns)?|(?:monotonic|perf_counter|process_time))\s*\(|\btime\.(?:time|monotonic|perf_counter|process_time)(?:_ns)?\s*\(\).*[<>]|/proc/uptime",
            "script": r"(?:\b(?:if|while)\b|[<>?&|]).*\b(?:process\.(?:uptime|hrtime)|performance\.now|Date\.now)\s*\(|\b(?:process\.uptime|performance\.now|Date\.now)\s*\(\).*[<>]",
        },
        r"perf_counter|monotonic|\btime\.time|clock|deadline|timeout|expir|elapsed|\bttl\b|performance\.now|Date\.now|new Date|datetime|hrtime|stopwatch|schedul",
    ),
    _Kind(
        "asks which machine or user it runs on",
        {
            "python": r"\bgethostname\b|\bgetfqdn\b|\bos\.uname\b|\bplatform\.(?:node|uname)\b|\bgetuser\b|\bgetlogin\b|\bos\.getppid\b|\bos\.getpgrp\b|\bos\.getpgid\b|\.dockerenv|/run/\.containerenv|/etc/hostname",
            "script": r"\bos\.(?:hostname|userInfo|uptime)\b|\bprocess\.(?:ppid|title)\b|\.dockerenv",
        },
        r"hostname|getfqdn|uname|getuser|getlogin|getppid|userInfo|\bppid\b|container|docker",
    ),
    _Kind(
        "looks at the modules that are loaded, or at which one was started",
        {
            "python": r"\bsys\.modules\b(?!\s*\[\s*__name__)|\bsys\.(?:orig_argv|flags|warnoptions|_git)\b|\b__main__\b(?!['\"])|\bimportlib\.util\.find_spec\b",
            "script": r"\brequire\.main\b|\bmodule\.(?:parent|children|paths)\b|\bmodule\s*\?\.\s*parent\b|\bprocess\.(?:mainModule|argv0|execPath)\b|\bimport\.meta\.(?:main|filename|dirname)\b",
        },
        r"sys\.modules|orig_argv|sys\.flags|__main__|find_spec|require\.main|module\.parent|mainModule|importlib|import\.meta",
    ),
    _Kind(
        "asks who listens to the log",
        {"python": r"\bhasHandlers\s*\(|\.handlers\b|\blogging\.(?:root|lastResort|_handlers|Logger\.manager)\b|\.root\.handlers"},
        r"addHandler|\.handlers\b|hasHandlers|logging\.config|dictConfig",
    ),
    _Kind(
        "looks at files around it",
        {
            "python": r"(?<![\w.])open\s*\(|\.(?:exists|is_file|is_dir|isfile|isdir|read_text|read_bytes|write_text|write_bytes|listdir|scandir|iterdir|glob|rglob|iglob|walk)\s*\(\s*(?!self\b)|\bos\.(?:stat|access|getcwd|listdir|scandir|walk|chdir|readlink)\b|\bPath\.cwd\b|\bPath\(\s*__file__|\bgetsource(?:lines|file)?\b|\blinecache\b",
            "script": r"\b(?:existsSync|readFileSync|readdirSync|statSync|accessSync|writeFileSync|readFile|readdir|createReadStream|opendirSync)\s*\(|\bprocess\.cwd\s*\(|\b(?:require\s*\(|from)\s*['\"](?:node:)?fs(?:/promises)?['\"]",
        },
        r"(?<![\w.])open\(|pathlib|os\.path|\bPath\(|shutil|tempfile|\bfile(?:name|path|s)?\b|director|folder|\bfs\b|readFile|dirname|walk\(|ast\.walk|\.glob\(|walk",
    ),
    _Kind(
        "starts other programs",
        {
            "python": r"\bsubprocess\b|\bos\.(?:system|popen|spawn\w*|exec\w*|posix_spawn\w*|fork)\b|\bpty\.spawn\b|\bmultiprocessing\b|\bcreate_subprocess_\w+",
            "script": r"\bchild_process\b|\bworker_threads\b|\bexecSync\s*\(|\bspawnSync\s*\(",
        },
        r"subprocess|os\.system|popen|child_process|spawn|multiprocess|worker|\bfork\b|\bexec",
    ),
    _Kind(
        "looks for a variable of the environment by a part of its name",
        {
            "python": r"\b(?:in|sorted\(|list\(|str\(|dict\(|set\(|any\(|len\()\s*\(?\s*(?:os\.)?environ\b(?!\s*[\[.]\s*(?:get\b|['\"]))|\benviron\.(?:items|keys|values|copy)\s*\(",
            "script": r"\bObject\.(?:keys|entries|values|getOwnPropertyNames)\s*\(\s*process\.env\b|\bin\s+process\.env\s*\)|JSON\.stringify\s*\(\s*process\.env",
        },
        r"environ\.(?:items|keys|values|copy)|dict\(\s*os\.environ|Object\.(?:keys|entries)\(process\.env|\*\*os\.environ|\.\.\.process\.env",
    ),
    _Kind(
        "reads the environment",
        {
            "python": r"\bos\.environ\b|\bgetenv\b|\bfrom os import\b.*\benviron",
            "script": r"\bprocess\.env\b|\bimport\.meta\.env\b|\bDeno\.env\b",
        },
        r"environ\b|getenv|process\.env|import\.meta\.env|Deno\.env",
        anywhere=True,
    ),
)  # fmt: skip

_REPAIR = "a fix must not depend on where or when it runs, so compute the result from the input"


def no_new_surroundings() -> Guard:
    """A guard on product code that asks for surroundings that its file never asked for."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            if file.before and not _is_program(file.path):
                yield from _look(file, before)

    return look


def _look(file: ChangedFile, before: Tree) -> Iterator[Finding]:
    name = language(file.path)
    code = uncommented(file.after, name).splitlines() if name else []
    added = [number for number, _ in file.added_lines if number <= len(code)]
    for kind in _KINDS:
        asks = kind.asks.get(name)
        if not asks or re.search(kind.about, f"{file.path}\n{file.before}", re.IGNORECASE):
            continue
        pattern = re.compile(asks)
        line = next((number for number in added if pattern.search(code[number - 1])), None)
        if line is None or (kind.anywhere and _somewhere(kind, before)):
            continue
        never = "nothing in this project ever did" if kind.anywhere else "this file never did"
        message = f"line {line} of `{file.path}` {kind.what}, which {never}: {_REPAIR}."
        yield Finding("surroundings", Level.BLOCK, message, file.path, line)


def _somewhere(kind: _Kind, before: Tree) -> bool:
    """Whether any product code was about it."""
    about = re.compile(kind.about, re.IGNORECASE)
    return any(
        about.search((before.read(path) or b"").decode("utf-8", "replace"))
        for path in sorted(before.paths())
        if language(path) and not is_test(path) and not is_vendored(path)
    )


def _is_program(path: str) -> bool:
    """Whether a file is a command, whose business its surroundings are."""
    return re.search(r"(?:^|[/_])(?:__main__|main|cli|manage|setup)\.\w+$|(?:^|/)(?:bin|scripts?|tools?)/", path) is not None  # fmt: skip
