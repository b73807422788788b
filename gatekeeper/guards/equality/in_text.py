"""Comparisons that do not compare, in languages that we do not parse, by patterns."""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gatekeeper.guards.novelty import Sight, body, line_of
from gatekeeper.guards.plain_code import blanked, uncommented

MAYBE = "?"
"""Begins the sights that only warn: honest as often as not."""

_HEADERS = {
    "java": r"\b(?:boolean\s+equals|int\s+compareTo|int\s+compare|boolean\s+contains)\s*\(\s*(?:final\s+)?(?:@\w+\s+)*[\w.<>?, \[\]]+?\s+(?P<one>\w+)(?:\s*,\s*[\w.<>]+\s+(?P<two>\w+))?\s*\)\s*",
    "kotlin": r"\bfun\s+(?:equals|compareTo|contains)\s*\(\s*(?P<one>\w+)\s*:[^)]*\)\s*(?::\s*\w+\s*)?|\bdef\s+(?:equals|canEqual|compare|\$eq\$eq|==)\s*\(\s*(?P<two>\w+)\s*:[^)]*\)\s*(?::\s*\w+\s*)?",
    "csharp": r"\bbool\s+Equals\s*\(\s*[\w.<>?]+\s+(?P<one>\w+)(?:\s*,\s*[\w.<>?]+\s+(?P<two>\w+))?\s*\)\s*|\bint\s+Compare(?:To)?\s*\(\s*[\w.<>?]+\s+(?P<three>\w+)(?:\s*,\s*[\w.<>?]+\s+(?P<four>\w+))?\s*\)\s*|\bbool\s+operator\s*(?:==|!=|<=?|>=?)\s*\(\s*[\w.<>?]+\s+(?P<five>\w+)\s*,\s*[\w.<>?]+\s+(?P<six>\w+)\s*\)\s*",
    "rust": r"\bfn\s+(?:eq|ne|cmp|partial_cmp|lt|le|gt|ge)\s*\(\s*&self\s*,\s*(?P<one>\w+)\s*:\s*[^)]*\)\s*->\s*[\w:<>]+\s*",
    "go": r"\bfunc\s*\([^)]*\)\s*(?:Equals?|Cmp|Compare|Less|Matches|Is)\s*\(\s*(?P<one>\w+)\s+[^)]*\)\s*(?:bool|int)\s*",
    "c": r"\boperator\s*(?:==|!=|<=?|>=?)\s*\(\s*(?:const\s+)?[\w:<>]+\s*&?\s*(?P<one>\w+)(?:\s*,\s*(?:const\s+)?[\w:<>]+\s*&?\s*(?P<two>\w+))?\s*\)\s*(?:const\s*)?(?:noexcept\s*)?",
    "script": r"(?<![\w.$])(?:equals|isEqual|isEqualTo|eq|compareTo|asymmetricMatch)\s*(?:[:=]\s*(?:function\s*\w*\s*)?)?\(\s*(?P<one>[\w$]+)?\s*(?::[^)]*)?\)\s*(?::\s*\w+\s*)?(?:=>)?\s*(?=\{)",
    "php": r"\bfunction\s+(?:equals|isEqualTo|compareTo)\s*\(\s*(?:[\w\\?]+\s+)?(?P<one>\$\w+)\s*\)\s*(?::\s*\w+\s*)?",
}  # fmt: skip
_EXPRESSION = re.compile(r"=>\s*(?P<arrow>[^;]*)|=\s*(?P<is>[^\n]*)")
_STOPS = re.compile(
    r"\b(?:throw|raise|panic|unimplemented|todo|NotImplemented\w*|UnsupportedOperation\w*)\b"
)


def seen_in_text(text: str, name: str) -> Iterator[Sight]:
    """Every comparison in a source of this language that does not compare."""
    code, shown = blanked(text, name), uncommented(text, name)
    found = [*_comparisons(code, name), *_signs(code, shown, name)]
    if name == "ruby":
        found.extend(_ruby(code))
    for what, start, end in found:
        line = " ".join(shown[start:end].split())
        sentence = f"{what} (`{line[:50].partition('{')[0].strip()}`)"
        yield Sight(sentence, line_of(text, start), line_of(text, end), line, sentence)


def _comparisons(code: str, name: str) -> Iterator[tuple[str, int, int]]:
    if name not in _HEADERS:
        return
    for found in re.finditer(_HEADERS[name], code):
        names = [one for one in found.groups() if one]
        end, inner = _implementation(code, found.end())
        if not inner.strip() or _STOPS.search(inner):
            continue
        if not all(re.search(rf"(?<![\w$]){re.escape(one)}(?!\w)", inner) for one in names):
            yield "never looks at what it is compared with", found.start(), end
        elif _always(inner):
            yield "gives always the same answer", found.start(), end


def _implementation(code: str, at: int) -> tuple[int, str]:
    """Where a function ends, and what it does: a block, or an expression after an arrow."""
    if code[at : at + 1] == "{":
        start, end = body(code, at)
        return end, code[start + 1 : end - 1]
    found = _EXPRESSION.match(code, at)
    return (found.end(), found["arrow"] or found["is"] or "") if found else (at, "")


def _always(inner: str) -> bool:
    return re.fullmatch(r"\s*(?:return\s+)?(?:true|false|0|1)\s*;?\s*", inner) is not None


_RUBY = re.compile(
    r"^(?P<indent>[ \t]*)def\s+(?:self\.)?(?P<name>==|===|eql\?|equal\?|<=>|=~|!=|include\?|is_a\?|kind_of\?)\s*\(?\s*(?P<one>\w+)\s*\)?(?P<body>[ \t]*=[^\n]*|[^\n]*\n(?:(?!(?P=indent)end\b)[^\n]*\n)*)",
    re.MULTILINE,
)


def _ruby(code: str) -> Iterator[tuple[str, int, int]]:
    for found in _RUBY.finditer(code):
        used = re.search(rf"\b{found['one']}\b", found["body"])
        honest = _STOPS.search(found["body"]) or found["body"].split() == ["false"]
        if not used and not honest:
            yield "never looks at what it is compared with", found.start("name") - 4, found.end()


_LITERAL = r"(?:['\"][^'\"\n]*['\"]|`[^`$\n]*`|\d+|true|false|null)"
_BODY = rf"\s*\([^)]*\)\s*(?:\{{\s*return\s+{_LITERAL}\s*;?\s*\}}|=>\s*{_LITERAL})|\s*[:=]\s*(?:function\s*)?\([^)]*\)\s*(?:=>\s*)?(?:\{{\s*return\s+{_LITERAL}\s*;?\s*\}}|{_LITERAL})"
_GAMES = "answers whoever compares or converts it with what they want to hear"
_SIGNS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "script": (
        (_GAMES, rf"\[\s*Symbol\.(?:hasInstance|toPrimitive)\s*\](?:{_BODY})"),
        (f"{MAYBE}{_GAMES}", rf"\[\s*Symbol\.(?:hasInstance|toPrimitive)\s*\](?!{_BODY})\s*(?:\(|[:=])"),
        (_GAMES, rf"(?<![\w.$])valueOf(?:{_BODY})"),
        (_GAMES, r"(?<![\w.$])(?:valueOf|toString|toJSON)\s*(?:[:=]\s*(?:function\s*)?)?\([^)]*\)\s*(?:=>\s*)?\{[^{}]*(?:\+\+|\+=|--)[^{}]*\}"),
        (f"{MAYBE}{_GAMES}", rf"(?<![\w.$])toString(?:{_BODY})"),
        (f"{MAYBE}{_GAMES}", r"\[\s*(?:util\.)?inspect\.custom\s*\]|nodejs\.util\.inspect\.custom"),
        ("passes itself off as a matcher of the test runner", r"\basymmetricMatch\b|jest\.asymmetricMatcher|\bexpect\s*\.\s*any(?:thing)?\s*\("),
        (f"{MAYBE}puts a proxy in place of an object", r"\bnew\s+Proxy\s*\((?![^;]{0,300}\b(?:get|getPrototypeOf|ownKeys)\s*(?:\([^)]*\)\s*\{\s*return\s+(?:true|['\"\d])|:\s*\([^)]*\)\s*=>))"),
        ("puts a proxy in place of an object", r"\bnew\s+Proxy\s*\((?=[^;]{0,300}\b(?:get|getPrototypeOf|ownKeys)\s*(?:\([^)]*\)\s*\{\s*return\s+(?:true|['\"\d])|:\s*\([^)]*\)\s*=>))"),
    ),
    "java": ((f"{MAYBE}gives always the same answer", r"\bint\s+hashCode\s*\(\s*\)\s*\{\s*return\s+-?\d+\s*;\s*\}"),),
}  # fmt: skip


def _signs(code: str, shown: str, name: str) -> Iterator[tuple[str, int, int]]:
    for what, pattern in _SIGNS.get(name, ()):
        for found in re.finditer(pattern, shown):
            if code[found.start()].strip() or "nodejs" in found[0]:
                yield what, found.start(), found.end()
