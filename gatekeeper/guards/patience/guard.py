"""Guard `patience`: waiting longer or trying again makes a red test green by luck.

New sleeps, retries and raised limits hide a fault that is still there. Where the file waited or
retried before, one more may belong to it: that only warns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.patience.limits import raised_limits
from gatekeeper.guards.plain_code import blanked, language
from gatekeeper.ports import Guard, Tree

_REPAIR = "find out why it is not ready, or let a person decide that waiting is right"


def no_waiting() -> Guard:
    """A guard on sleeps, retries and longer limits in the code that a candidate adds."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            if language(file.path):
                yield from _once(_python(file) if file.python else _other(file))

    return look


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding per line: a retry that sleeps is said once."""
    seen: set[int | None] = set()
    for finding in findings:
        if finding.line not in seen:
            seen.add(finding.line)
            yield finding


def _finding(file: ChangedFile, line: int, what: str, usual: re.Pattern[str]) -> Finding:
    """It blocks, unless the file knew the like before."""
    known = usual.search(blanked(file.before, language(file.path))) or (
        usual is _RETRIES and file.python_before and any(_loops(file.python_before.tree))
    )
    also = ", as this file did before" if known else ""
    message = f"line {line} of `{file.path}` {what}{also}: {_REPAIR}."
    return Finding("patience", Level.WARN if known else Level.BLOCK, message, file.path, line)


_SLEEPS = re.compile(r"\bsleep\b|wait_for_timeout|setTimeout|\bdelay\s*\(|Task\.Delay", re.I)
_RETRIES = re.compile(r"retr(?:y|ies|ying)|attempts?\b|backoff|\btries\b", re.I)
_NEVER = re.compile(r"(?!)")  # a limit that is raised was there before, by its nature


# --- Python ------------------------------------------------------------------------------


def _python(file: ChangedFile) -> Iterator[Finding]:
    for call in file.new_nodes(ast.Call):
        name = _dotted(call.func)
        if (_is_sleep(file, name) and not _yields(call)) or _waits_for_nobody(call):
            yield _finding(file, call.lineno, f"waits a while (`{name}`)", _SLEEPS)
        elif _RETRY_CALL.fullmatch(name):
            yield _finding(file, call.lineno, f"tries again (`{name}`)", _RETRIES)
    for line, name in _retry_decorators(file):
        yield _finding(file, line, f"tries again (`@{name}`)", _RETRIES)
    new = {loop.lineno for loop in file.new_nodes(ast.For, ast.AsyncFor, ast.While)}
    for line in _loops(file.python.tree if file.python else None):
        if line in new:
            yield _finding(file, line, "tries again after an error", _RETRIES)
    for line, what in raised_limits(file):
        yield _finding(file, line, what, _NEVER)


def _retry_decorators(file: ChangedFile) -> Iterator[tuple[int, str]]:
    for node in ast.walk(file.python.tree) if file.python else ():
        for decorator in getattr(node, "decorator_list", ()):
            name = _dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if _RETRY_DECORATOR.search(name) and decorator.lineno in file.added:
                yield decorator.lineno, name


def _loops(tree: ast.Module | None) -> Iterator[int]:
    """The lines of loops that do the same again after an error."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, _Loop) and _tries_again(node):
            yield node.lineno


_Loop = ast.For | ast.AsyncFor | ast.While
_SLEEP = re.compile(
    r"(?:time|asyncio|anyio|trio|gevent|eventlet|curio)\.sleep|.+\.wait_for_timeout"
)
_RETRY_CALL = re.compile(
    r"(?:\w+\.)*(?:AsyncRetrying|Retrying|retry_call|RetryingCaller|retry_if_exception\w*)"
)
_RETRY_DECORATOR = re.compile(
    r"(?:^|[._])(?:retry\w*|retries|retrying|on_exception|on_predicate|flaky|rerun\w*)$", re.I
)


def _dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value) or '()'}.{node.attr}"
    return ""


def _is_sleep(file: ChangedFile, name: str) -> bool:
    """Whether a call waits, under whatever name the file imported it."""
    first, _, rest = name.partition(".")
    bound = file.python.imports.get(first) if file.python else None
    if bound is None:
        return _SLEEP.fullmatch(name) is not None
    real = ".".join(part for part in (bound.module, bound.name, rest) if part)
    return bound.level == 0 and _SLEEP.fullmatch(real) is not None


def _waits_for_nobody(call: ast.Call) -> bool:
    """`Event().wait(1)`: on an object that was just made nobody else can end the wait."""
    function = call.func
    made = function.value if isinstance(function, ast.Attribute) else None
    if not isinstance(made, ast.Call) or not isinstance(function, ast.Attribute):
        return False
    kind = _dotted(made.func).rpartition(".")[2]
    return function.attr in ("wait", "acquire", "get") and kind in ("Event", "Condition", "Queue")


def _yields(call: ast.Call) -> bool:
    """`sleep(0)` lets others run, and waits for nothing."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and not call.args[0].value


def _tries_again(loop: _Loop) -> bool:
    """Whether the loop does the same once more because it failed."""
    if not _counts(loop):
        return False
    return any(
        isinstance(one, ast.Try)
        and not _uses(one.body, _variables(loop))
        and any(_goes_on(handler) for handler in one.handlers)
        for one in loop.body
    )


def _counts(loop: _Loop) -> bool:
    """A loop over a mere number of times, or one that runs until its counter of tries ends."""
    if isinstance(loop, ast.While):
        words = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name)}
        words |= {node.attr for node in ast.walk(loop.test) if isinstance(node, ast.Attribute)}
        return any(_RETRIES.search(word) for word in words)
    call = loop.iter
    return isinstance(call, ast.Call) and _dotted(call.func) in (
        "range", "itertools.count", "count", "itertools.repeat", "repeat",
    )  # fmt: skip


def _variables(loop: _Loop) -> set[str]:
    if isinstance(loop, ast.While):
        return set()
    return {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}


def _uses(body: Iterable[ast.stmt], names: set[str]) -> bool:
    """Whether the attempt depends on the number: then it is no mere repetition."""
    return any(
        isinstance(node, ast.Name) and node.id in names for one in body for node in ast.walk(one)
    )


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether the loop may run again after the error."""
    return not isinstance(handler.body[-1], (ast.Raise, ast.Return, ast.Break))


# --- other languages ---------------------------------------------------------------------

_WAITS = re.compile(
    r"\bsetTimeout\s*\(\s*(?:resolve|res|r|done|ok|fulfill)\b|\bawait\s+(?:\w+\.)*(?:sleep|delay|wait)"
    r"\s*\(|(?<!clear)\bsetTimeout\s*\(\s*(?:\w+)?\s*\)?\s*=>\s*\{?\s*(?:resolve|done)\b"
    r"|\bThread\.sleep\s*\(|\bTimeUnit\.\w+\.sleep\s*\(|\btime\.Sleep\s*\(|\bthread::sleep\s*\("
    r"|\bThread\.Sleep\s*\(|\bTask\.Delay\s*\(|\bKernel\.sleep\b|\bu?sleep\s*\("
    r"|^\s*sleep[ \t]+[\d.\w]+|\bpromisify\s*\(\s*setTimeout|\bAtomics\.wait\s*\("
)
_TRIES = re.compile(
    r"\b(?:jest\.retryTimes|this\.retries|\w*\.flaky)\s*\(|@Retry(?:able|ingTest)?\b|@RepeatedIfExc\w*"
    r"|\b(?:p|async|promise)Retry\s*\(|\bbackOff\s*\(|\bRetry\.\w+\s*\(|^\s*retry\b(?!\s*[=:.(,])"
)
_LOOP = re.compile(
    r"\b(?:for|while)\b[^\n]*\b\w*(?:attempt|retr(?:y|ies)|tries)\w*\b|\b\d+\.times\b", re.I
)
_CATCH = re.compile(r"\bcatch\b|\brescue\b|\berr != nil\b|\bexcept\b")


def _other(file: ChangedFile) -> Iterator[Finding]:
    code = blanked(file.after, language(file.path)).split("\n")
    for number, _ in file.added_lines:
        line = code[number - 1] if number <= len(code) else ""
        if _WAITS.search(line) and not re.search(r"[Ss]leep\s*\(\s*0\s*\)", line):
            yield _finding(file, number, "waits a while", _SLEEPS)
        elif _TRIES.search(line):
            yield _finding(file, number, "tries again", _RETRIES)
        elif _LOOP.search(line) and _CATCH.search("\n".join(code[number - 1 : number + 14])):
            yield _finding(file, number, "tries again after an error", _RETRIES)
    for number, what in raised_limits(file):
        yield _finding(file, number, what, _NEVER)
