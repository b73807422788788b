"""Source text without what only looks like code: strings and comments become spaces.

Length and line breaks stay, so a place found in the blanked text is the place in the file. The
code inside an interpolated string (`${...}`, `#{...}`) is code and stays. Languages are told by
the file's ending; where a parser is at hand (Python) it knows better.
"""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_ENDINGS = {
    "python": "py pyw pyx pyi",
    "script": "js mjs cjs jsx ts tsx mts cts vue svelte",
    "java": "java",
    "kotlin": "kt kts scala groovy gradle",
    "go": "go",
    "ruby": "rb rake gemspec",
    "php": "php phtml",
    "csharp": "cs",
    "rust": "rs",
    "c": "c h cc cpp cxx hpp hh m mm swift dart",
    "shell": "sh bash zsh ksh",
}
_LANGUAGES = {ending: name for name, endings in _ENDINGS.items() for ending in endings.split()}
_FILES = {
    "Rakefile": "ruby", "Gemfile": "ruby", "Makefile": "shell", "makefile": "shell",
    "GNUmakefile": "shell", "Dockerfile": "shell", "Jenkinsfile": "kotlin", "justfile": "shell",
}  # fmt: skip


def language(path: str) -> str:
    """Which of our languages a file is written in, "" for none of them."""
    name = path.rpartition("/")[2]
    return _FILES.get(name) or _LANGUAGES.get(name.rpartition(".")[2].lower(), "")


_SLASHES = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_HASH = r"(?<![\w$&{'\"\\])\#(?!\{)[^\n]*"
_DOUBLE = r'"(?:\\.|[^"\\\n])*"?'
_SINGLE = r"'(?:\\.|[^'\\\n])*'?"
_LONG_DOUBLE = r'"(?:\\.|[^"\\])*"?'
_LONG_SINGLE = r"'(?:\\.|[^'\\])*'?"
_CHARACTER = r"'(?:\\[^\n]{1,10}?|[^\\'\n])'"
_PATTERN = r"/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/"


@dataclass(frozen=True)
class _Lexis:
    """How a language writes what is not code. `opens`: quotes of strings that may hold code."""

    comment: str
    string: str
    opens: str = r"(?!)"
    inside: str = "${"  # what begins code inside such a string; its bracket ends it
    pattern: str = r"(?!)"  # a regular expression, where no value stands before it

    @property
    def tokens(self) -> re.Pattern[str]:
        """One pattern for whatever is not plain code, told apart by its groups."""
        return re.compile(
            rf"(?P<comment>{self.comment})|(?P<opens>{self.opens})|(?P<string>{self.string})"
            rf"|(?P<pattern>{self.pattern})|(?P<bracket>[{'()' if self.inside[-1] == '(' else '{}'}])",
            re.DOTALL | re.MULTILINE,
        )


_LEXES = {
    "python": _Lexis(
        r"\#[^\n]*", rf"'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|{_DOUBLE}|{_SINGLE}"
    ),
    "script": _Lexis(_SLASHES + r"|<!--.*?(?:-->|\Z)|\A\#![^\n]*", f"{_DOUBLE}|{_SINGLE}", "`", "${", _PATTERN),
    "java": _Lexis(_SLASHES, rf"\"\"\".*?(?:\"\"\"|\Z)|{_DOUBLE}|{_SINGLE}"),
    "kotlin": _Lexis(_SLASHES, _SINGLE, r'"""|"', "${"),
    "go": _Lexis(_SLASHES, rf"`[^`]*`?|{_DOUBLE}|{_CHARACTER}"),
    "ruby": _Lexis(
        r"^=begin\b.*?(?:^=end\b|\Z)|" + _HASH, rf"{_LONG_SINGLE}|\?['\"\#](?!\w)", r'"|`', "#{", _PATTERN
    ),
    "php": _Lexis(
        _SLASHES + r"|\#(?!\[)[^\n]*|\?>.*?(?:<\?(?:php|=)?|\Z)|\A(?!<\?)(?=.).*?(?:<\?(?:php|=)?|\Z)",
        f"{_LONG_DOUBLE}|{_LONG_SINGLE}",
    ),
    "csharp": _Lexis(
        _SLASHES + r"|^[ \t]*\#(?:region|endregion|pragma)[^\n]*", rf'\"\"\".*?(?:\"\"\"|\Z)|@"(?:""|[^"])*"?|{_DOUBLE}|{_CHARACTER}', r'\$@?"', "{"
    ),
    "rust": _Lexis(_SLASHES, rf'r(?P<hashes>\#*)".*?"(?P=hashes)|{_LONG_DOUBLE}|{_CHARACTER}'),
    "c": _Lexis(_SLASHES, rf"{_DOUBLE}|{_CHARACTER}"),
    "shell": _Lexis(r"(?<!\S)\#[^\n]*", _LONG_SINGLE, '"', "$("),
}  # fmt: skip


@lru_cache(maxsize=64)
def blanked(text: str, name: str) -> str:
    """The text with strings (quotes stay) and comments blanked; other languages as they are."""
    return _without(text, name, strings=True)


@lru_cache(maxsize=64)
def uncommented(text: str, name: str) -> str:
    """The text with only its comments blanked."""
    return _without(text, name, strings=False)


_HEREDOC = re.compile(
    r"<<<?[~-]?[ ]?(['\"]?)(?P<word>[A-Z_]\w*)\1[^\n]*\n(?P<body>.*?)^[ \t]*(?P=word)\b",
    re.DOTALL | re.MULTILINE,
)


def _without(text: str, name: str, *, strings: bool) -> str:
    if name not in _LEXES:
        return text
    if strings and name in ("ruby", "php", "shell"):
        text = _HEREDOC.sub(_without_body, text)
    pieces: list[str] = []
    at = 0
    for start, end, what in _spans(text, _LEXES[name]):
        pieces.append(text[at:start])
        kept = what != "comment" and not strings
        pieces.append(text[start:end] if kept else _spaces(text[start:end], what))
        at = end
    return "".join([*pieces, text[at:]])


def _without_body(found: re.Match[str]) -> str:
    """A here-document without its text; the code in it stays, and the quotes around it do."""
    start, end = (at - found.start() for at in found.span("body"))
    body = re.sub(
        r"[#$][{(][^\n]*?[)}]|[^\n]", lambda one: one[0] if one[0][1:] else " ", found["body"]
    )
    return found[0][:start] + body + found[0][end:]


def _spaces(text: str, what: str) -> str:
    bare = re.sub(r"[^\n]", " ", text)
    whole = what == "string" and len(text) > 1 and text[0] in "\"'`/" and text[-1] == text[0]
    return f"{text[0]}{bare[1:-1]}{text[-1]}" if whole else bare


def _spans(text: str, lexis: _Lexis) -> Iterator[tuple[int, int, str]]:
    """(start, end, "string" or "comment") of everything that is no code, in order."""
    tokens = lexis.tokens
    open_: list[tuple[str, int]] = []  # quote and depth of braces of the strings around this code
    depth = at = 0
    while found := tokens.search(text, at):
        at = max(found.end(), found.start() + 1)
        if found["bracket"]:
            depth += 1 if found["bracket"] in "{(" else -1
            if not (open_ and depth < 0):
                continue
            quote, depth = open_.pop()
        elif found["opens"]:
            quote = found["opens"].lstrip("$@")
        elif found["pattern"] and _value_before(text, found.start()):
            at = found.start() + 1
            continue
        else:
            yield found.start(), found.end(), "comment" if found["comment"] else "string"
            continue
        end, more = _literal(text, at, quote, lexis.inside)
        yield at, end, "literal"
        at = end + (len(lexis.inside) if more else len(quote))
        if more:
            open_.append((quote, depth))
            depth = 0


def _literal(text: str, at: int, quote: str, inside: str) -> tuple[int, bool]:
    """Where the literal part of a string ends, and whether code follows it."""
    ends = re.compile(rf"\\.|{re.escape(quote)}|{re.escape(inside)}", re.DOTALL)
    for found in ends.finditer(text, at):
        if found[0] == quote:
            return found.start(), False
        if found[0] == inside:
            return found.start(), True
    return len(text), False


_VALUE = re.compile(r"[\w$)\]}\"'`]\s*\Z")
_WORD = re.compile(
    r"\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|when|and|or|not|if|unless|while|puts|yield|await)\s*\Z"
)


def _value_before(text: str, at: int) -> bool:
    """Whether a slash here divides: a value stands before it, not an operator or a keyword."""
    before = text[max(0, at - 40) : at]
    return _VALUE.search(before) is not None and _WORD.search(before) is None
