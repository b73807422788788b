"""What swallows errors in languages that we do not parse, by patterns over plain code."""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from gatekeeper.guards.novelty import Sight, body, line_of
from gatekeeper.guards.plain_code import blanked, uncommented


def seen_in_text(text: str, name: str) -> Iterator[Sight]:
    """Everything in a source of this language (as `plain_code` calls it) that swallows errors."""
    code = blanked(text, name)
    for look in _LOOKS.get(name, ()):
        for what, start, end in look(code):
            shown = " ".join(uncommented(text, name)[start:end].split())
            yield _sight(code, what, start, end, shown)
    for what, pattern in _LINES.get(name, ()):
        shown = uncommented(text, name)
        for found in pattern.finditer(shown):
            if code[found.start()].strip():  # it begins in code, not in a string
                yield _sight(code, what, found.start(), found.end(), found[0])


def _sight(code: str, what: str, start: int, end: int, shown: str) -> Sight:
    shown = " ".join(shown.split())
    first = shown.partition("{")[0].strip()
    sentence = f"{what} (`{first[:50].replace('`', '')}`)"
    return Sight(sentence, line_of(code, start), line_of(code, end), (what, shown), (what, first))


_Look = Callable[[str], Iterator[tuple[str, int, int]]]
_GOES_ON = "catches every error and goes on"
_NARROW = "?catches every error of one call and goes on"

_LOGGING = re.compile(
    r"\b(?:console|_?log(?:ger)?|Log(?:ger)?|LOG(?:GER)?|System\.(?:out|err)|Debug|Trace|Console|winston|pino|Rails\.logger)"
    r"(?:\s*\??\.\s*\w+)*!?\s*\([^;\n]*|\b\w+\.printStackTrace\s*\([^;\n]*|\b(?:print|println|puts|p|warn|error_log|echo|fmt\.Print\w*|eprintln!)\b[ (][^;\n]*"
    r"|\bvoid\s+\w+|\b\w+\s+instanceof\b|\b_\w*\s*=[^=;\n]*"
)
_THROWS = re.compile(
    r"\b(?:throw|raise|reject|panic|abort|fail|retry|Fatal\w*|die|exit|next|done|callback|cb|set(?:Exception|Error)|completeExceptionally|onError|handleError|emit)\b",
    re.ASCII,
)


def _silent(inner: str, error: str) -> bool:
    """Whether a handler's body neither throws nor does anything with the error but log it."""
    left = _LOGGING.sub(" ", inner)
    return not _THROWS.search(left) and not (
        error and re.search(rf"(?<![\w.]){re.escape(error)}\b", left)
    )


_BROAD = r"(?:\\|java\.lang\.|kotlin\.|System\.)?(?:Exception|Throwable|RuntimeException|Error|AssertionError|AssertionFailedError|SystemException)"
_HEADERS = {
    "script": r"\bcatch\s*(?:\(\s*(?P<error>[\w$]+)(?:\s*:\s*\w+)?\s*\)\s*|\([^)]*\)\s*)?(?=\{)",
    "java": rf"\bcatch\s*\(\s*(?:final\s+)?(?:[\w.\\]+\s*\|\s*)*{_BROAD}(?:\s*\|\s*[\w.\\]+)*\s+(?P<error>\w+)\s*\)\s*(?=\{{)",
    "kotlin": rf"\bcatch\s*\(\s*(?P<error>\w+)\s*:\s*{_BROAD}\s*\)\s*(?=\{{)|\bcatch\s*\(\s*{_BROAD}\s+(?P<old>\w+)\s*\)\s*(?=\{{)",
    "csharp": rf"\bcatch\s*(?:\(\s*{_BROAD}(?:\s+(?P<error>\w+))?\s*\)\s*)?(?=\{{)",
    "php": rf"\bcatch\s*\(\s*(?:[\w\\]+\s*\|\s*)*{_BROAD}(?:\s*\|\s*[\w\\]+)*(?:\s+(?P<error>\$\w+))?\s*\)\s*(?=\{{)",
    "c": r"\bcatch\s*\(\s*(?:\.\.\.|(?:const\s+)?std::exception\s*(?:const\s*)?&?\s*(?P<error>\w+)?)\s*\)\s*(?=\{)",
}  # fmt: skip
_MAY_THROW = re.compile(
    r"\b(?:JSON\.parse|JSON\.stringify|new\s+(?:URL|RegExp|Intl\.\w+)|decodeURI(?:Component)?|require(?:\.resolve)?|import|BigInt"
    r"|fs\.\w+|\w+Sync|structuredClone|(?:local|session)Storage|atob|getComputedStyle|Object\.defineProperty|new\s+Function)\b"
)


def _catches(name: str) -> _Look:
    header = re.compile(_HEADERS[name])

    def look(code: str) -> Iterator[tuple[str, int, int]]:
        for found in header.finditer(code):
            groups = found.groupdict()
            start, end = body(code, found.end())
            if _silent(code[start + 1 : end - 1], groups.get("error") or groups.get("old") or ""):
                narrow = name == "script" and _one_call(
                    code[max(0, found.start() - 2_000) : found.start()]
                )
                yield _NARROW if narrow else _GOES_ON, found.start(), end

    return look


def _one_call(before: str) -> bool:
    """Whether the block before a `catch` is one statement around a call that is known to throw."""
    inner = before[before.rfind("try") + 3 :].strip().removeprefix("{").removesuffix("}").strip()
    return len(re.findall(r";|\n", inner.rstrip(";"))) == 0 and bool(_MAY_THROW.search(inner))


_THEN = re.compile(
    r"\.catch\s*\(\s*(?:async\s+)?(?:function\s*\w*\s*)?(?:\(\s*(?P<error>[\w$]*)[^()]*\)|(?P<bare>[\w$]+)(?=\s*=>))\s*(?:=>)?\s*"
)
_GIVEN = re.compile(r"\.catch\s*\(\s*(?:console\.\w+|\w*\.?noop|undefined|null|Boolean)?\s*\)")


def _promises(code: str) -> Iterator[tuple[str, int, int]]:
    for found in _THEN.finditer(code):
        opening = code.index("(", found.start())
        end = body(code, opening)[1]
        error = found["error"] or found["bare"] or ""
        if _silent(code[found.end() : end - 1], error):
            yield _GOES_ON, found.start(), end
    for found in _GIVEN.finditer(code):
        yield _GOES_ON, found.start(), found.end()


_RESCUE = re.compile(
    r"^(?P<indent>[ \t]*)rescue\b(?P<types>[^\n=;]*)(?:=>\s*(?P<error>\w+))?(?P<rest>[^\n]*)\n(?P<body>(?:(?!(?P=indent)(?:rescue|else|ensure|end)\b)[^\n]*\n)*)",
    re.MULTILINE,
)
_MODIFIER = re.compile(
    r"^[ \t]*(?!rescue\b|#)\S[^\n]{0,400}?[ \t]rescue[ \t]+(?!raise|fail|abort)[^\n]*", re.MULTILINE
)
_RUBY_BROAD = re.compile(
    r"(?:\A\s*(?:then.*)?\Z)|\b(?:Exception|StandardError|RuntimeError|ScriptError)\b(?!::)"
)


def _rescues(code: str) -> Iterator[tuple[str, int, int]]:
    for found in _RESCUE.finditer(code):
        inner = f"{found['rest']}\n{found['body']}"
        if _RUBY_BROAD.search(found["types"]) and _silent(inner, found["error"] or "$!"):
            yield _GOES_ON, found.start("types") - 6, found.end()
    for found in _MODIFIER.finditer(code):
        yield _GOES_ON, found.start(), found.end()


_CHECK = re.compile(r"\bif\s+(?:[^{}\n]*;\s*)?(?P<error>err\w*|\w*Err)\s*!=\s*nil\s*(?=\{)")
_RECOVER = re.compile(r"\brecover\(\)")
_FUNCTION = re.compile(r"^func\b[^\n]*|\bfunc\s*\([^\n]*\{", re.MULTILINE)


def _unchecked(code: str) -> Iterator[tuple[str, int, int]]:
    for found in _CHECK.finditer(code):
        start, end = body(code, found.end())
        inner = code[start + 1 : end - 1]
        drops = re.search(
            r"\breturn\b[^\n]*\bnil\s*\Z|\bcontinue\s*\Z|\A\s*\Z|\breturn\s*\Z", inner.rstrip()
        )
        if drops and _silent(inner, found["error"]) and _gives_error(code[: found.start()]):
            yield "drops the error that it was given", found.start(), end
    for found in _RECOVER.finditer(code):
        around = code[max(0, found.start() - 60) : found.start() + 400]
        error = re.search(r"(\w+)\s*:?=\s*recover\(\)", around)
        rest = around.partition("recover()")[2].partition("\n}")[0]
        rest = re.sub(rf"\b{error[1]}\s*!=\s*nil" if error else r"(?!)", "", rest)
        if _silent(rest, error[1] if error else ""):
            yield "ends a panic and goes on", found.start(), found.end()
    for found in re.finditer(r"^[ \t]*_\s*=\s*err\w*\s*$", code, re.MULTILINE):
        yield "drops the error that it was given", found.start(), found.end()


def _gives_error(before: str) -> bool:
    """Whether the function around a place returns an error."""
    heads = _FUNCTION.findall(before[-5_000:])
    return bool(heads) and re.search(r"\berror\b\s*\)?\s*\{", heads[-1]) is not None


_PYTHON = re.compile(
    r"^(?P<indent>[ \t]*)except\b(?:[^\n:]*\b(?:Base)?Exception\b[^\n:]*|\s*):(?P<body>[^\n]*\n(?:(?:(?P=indent)[ \t]+[^\n]*|[ \t]*)\n)*)",
    re.MULTILINE,
)


def _excepts(code: str) -> Iterator[tuple[str, int, int]]:
    for found in _PYTHON.finditer(f"{code}\n"):
        error = re.search(r"\bas\s+(\w+)", found[0].partition(":")[0])
        if _silent(found["body"], error[1] if error else ""):
            yield _GOES_ON, found.start(), found.end("body") - 1


_LOOKS: Mapping[str, tuple[_Look, ...]] = {
    "script": (_catches("script"), _promises),
    "java": (_catches("java"),),
    "kotlin": (_catches("kotlin"),),
    "csharp": (_catches("csharp"),),
    "php": (_catches("php"),),
    "c": (_catches("c"),),
    "ruby": (_rescues,),
    "go": (_unchecked,),
    "python": (_excepts,),
}

_LAST = "takes over what happens to errors that nobody catches"
_LINES: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "script": (
        (
            _LAST,
            re.compile(
                r"\bprocess\s*\.\s*(?:on|once|addListener|prependListener)\s*\(\s*['\"`](?:uncaughtException|unhandledRejection)\w*|\bwindow\s*\.\s*onerror\s*=(?!=)"
            ),
        ),
    ),
    "java": ((_LAST, re.compile(r"\bset(?:Default)?UncaughtExceptionHandler\s*\(")),),
    "kotlin": (
        (_LAST, re.compile(r"\bset(?:Default)?UncaughtExceptionHandler\s*\(")),
        (
            _GOES_ON,
            re.compile(r"\brunCatching\b(?=[^;]{0,400}\.(?:getOrNull|getOrDefault|getOrElse)\b)"),
        ),
    ),
    "php": (
        (_LAST, re.compile(r"\bset_(?:error|exception)_handler\s*\(")),
        (
            "silences errors",
            re.compile(r"\berror_reporting\s*\(\s*0\s*\)|\bini_set\s*\(\s*['\"]display_errors"),
        ),
        ("?silences errors", re.compile(r"(?<=[=(\s!])@\w+\s*\(")),
    ),
    "csharp": ((_LAST, re.compile(r"\.(?:UnhandledException|UnobservedTaskException)\s*\+=")),),
    "ruby": ((_LAST, re.compile(r"\breport_on_exception\s*=\s*false")),),
    "rust": (
        ("ends a panic and goes on", re.compile(r"\bcatch_unwind\s*\(")),
        (
            "?drops a result",
            re.compile(
                r"\blet\s+_\s*=(?!\s*(?:std::)?write(?:ln)?!)[^;=]{0,200}\(|\bif\s+let\s+Err\(_\w*\)"
            ),
        ),
    ),
    "shell": (
        (
            "lets a command fail without a sign",
            re.compile(r"\|\|\s*(?:true|:|exit\s+0|return\s+0)(?!\S)|\bset\s+\+e\b"),
        ),
        ("?hides what a command complains of", re.compile(r"2>\s*/dev/null")),
    ),
}
