"""Secrets out of every text that leaves the process: context, artifacts, terminal, notes.

Two sources: the values of environment variables whose names say that they are secret, and
shapes that give a credential away wherever it came from. Known values are found in other
spellings too (JSON, percent and base64 encoded) and when a line break was put inside them.
Whatever is removed keeps its line breaks, so line numbers stay right.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
import re
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gatekeeper.domain import Redaction

_MIN_LENGTH = 6
_MIN_WRAPPED = 12  # shorter values would match by chance once line breaks are ignored

_SECRET_WORDS = frozenset({
    "KEY", "KEYS", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD",
    "CREDENTIAL", "CREDENTIALS", "AUTH", "PRIVATE", "APIKEY", "PAT", "JWT", "COOKIE", "SIGNATURE",
})  # fmt: skip
_SECRET_PARTS = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|APIKEY|PRIVATE")
_HARMLESS_NAMES = frozenset({"PWD", "OLDPWD", "INIT_CWD"})
_HARMLESS_ENDS = (
    "_ALGORITHM", "_BACKEND", "_ENABLED", "_EXPIRES", "_HEADER", "_LIMIT", "_METHOD", "_MODE",
    "_NAME", "_SOCK", "_TTL", "_TYPE",
)  # fmt: skip
_COMMON_VALUES = frozenset({
    "admin", "changeme", "default", "development", "disabled", "enabled", "example", "github",
    "gitlab", "guest", "localhost", "master", "mysql", "oauth2", "password", "passwd",
    "postgres", "postgresql", "private", "production", "public", "redis", "required", "secret",
    "secrets", "staging", "strict", "string", "test-token", "testing", "tester", "token",
    "unknown", "username", "version",
})  # fmt: skip
_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[\w.@+-]{1,64})+/?")
_PLAIN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s@?]*")


def looks_random(text: str) -> bool:
    """Whether some run of letters and digits looks generated rather than written."""
    return any(
        re.search(r"\d", run) and re.search(r"[a-z]", run) and re.search(r"[A-Z]", run)
        for run in re.findall(r"[A-Za-z0-9]{16,}", text)
    )


def says_secret(name: str) -> bool:
    """Whether the name of a variable says that its value is a secret."""
    name = name.upper()
    if name in _HARMLESS_NAMES or name.endswith(_HARMLESS_ENDS):
        return False
    words = set(re.split(r"[^A-Z0-9]+", name))
    return bool(words & _SECRET_WORDS) or _SECRET_PARTS.search(name) is not None


def is_secret_value(value: str) -> bool:
    """False for values that tell nobody anything, and would wreck the text if removed."""
    if len(value) < _MIN_LENGTH or value.lower() in _COMMON_VALUES:
        return False
    if value.isdigit() and len(value) < 8:  # MAX_TOKENS=100000
        return False
    if _PATH.fullmatch(value) or _PLAIN_URL.fullmatch(value):
        return looks_random(value)
    return not any(value in f"[redacted:{kind}]" for kind in _KINDS)


def _spellings(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield urllib.parse.quote(value, safe="")
    yield urllib.parse.quote(value)
    yield repr(value)[1:-1]
    encoded = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode("ascii")
    yield encoded.rstrip("=")
    for line in value.splitlines():  # a key file printed line by line
        if len(line.strip()) >= 16 and not line.startswith("-----"):
            yield line.strip()


# --- shapes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    """Found by cheap `str.find` of a needle, then confirmed by the pattern from there.

    Group `secret` is what is removed, or the whole match where there is no such group.
    """

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    alone: bool = True  # no letter or digit may stand before the needle


_VALUE = r"[A-Za-z0-9._~+/=-]"
_HEADER = re.compile(
    rf"[A-Za-z-]+[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?"
    rf"(?:(?:bearer|basic|token|digest)\s{{1,4}})?(?P<secret>{_VALUE}{{8,}})",
    re.IGNORECASE,
)
_GITLAB = ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
           "gloas-", "glsoat-", "glffct-")  # fmt: skip
_SHAPES = (
    _Shape(
        "pem",
        ("-----BEGIN ",),
        re.compile(
            r"-----BEGIN [^-\n]{0,40}PRIVATE KEY[^-\n]{0,20}-----"
            r"(?:(?:[^-]|-(?!----)){0,20000}-----END[^-\n]{0,60}-----|[A-Za-z0-9+/=\s\\]*)"
        ),
    ),
    _Shape(
        "openai", ("sk-",), re.compile(r"sk-(?=[A-Za-z0-9_-]{0,40}[0-9])[A-Za-z0-9_-]{20,}")
    ),
    _Shape("gitlab", _GITLAB, re.compile(r"gl[a-z]{2,5}-[A-Za-z0-9_.-]{10,}")),
    _Shape(
        "github",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(r"(?:gh[a-z]|github_pat)_[A-Za-z0-9_]{16,}"),
    ),
    _Shape("aws", ("AKIA", "ASIA"), re.compile(r"A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])")),
    _Shape(
        "slack",
        ("xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"),
        re.compile(r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    ),
    _Shape("stripe", ("sk_live_", "rk_live_"), re.compile(r"[rs]k_live_[A-Za-z0-9]{16,}")),
    _Shape("google", ("AIza",), re.compile(r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    _Shape("npm", ("npm_",), re.compile(r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])")),
    _Shape("pypi", ("pypi-AgE",), re.compile(r"pypi-AgE[A-Za-z0-9_-]{40,}")),
    _Shape(
        "jwt",
        ("eyJ",),
        re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ),
    _Shape(
        "url",
        ("://",),
        re.compile(
            r"://[^\s/@:\[\"'<>`]{0,100}:"
            r"(?!\[redacted:|\$\{\w+\}@|\$[A-Z_]+@|\{\w*\}@|%s@|\*+@)(?P<secret>[^\s/\"'<>`]{1,200})@"
        ),
        alone=False,
    ),
    _Shape(
        "url",
        ("://",),
        re.compile(r"://(?P<secret>(?=[^\s/@:]{0,100}[0-9])[A-Za-z0-9_.~-]{20,200})@"),
        alone=False,
    ),
    _Shape(
        "header",
        ("Authorization", "authorization", "AUTHORIZATION", "PRIVATE-TOKEN", "Private-Token",
         "private-token", "JOB-TOKEN", "Job-Token", "job-token", "X-Api-Key", "X-API-Key",
         "x-api-key", "api-key", "Api-Key"),
        _HEADER,
    ),
    _Shape(
        "header",
        ("Bearer ", "bearer "),
        re.compile(rf"[Bb]earer\s{{1,4}}(?P<secret>{_VALUE}{{16,}})"),
    ),
)  # fmt: skip
_ENV_DUMP = re.compile(
    r"^(?:export |\+ )?[A-Z][A-Z0-9_]{0,60}=[\"']?(?P<secret>[A-Za-z0-9+/=_.~-]{8,})[\"']?$",
    re.MULTILINE,
)
_KINDS = ("env", *sorted({shape.kind for shape in _SHAPES}))


def is_written(value: str) -> bool:
    """Whether this is a word of prose or code, which headers and dumps are followed by too."""
    return (
        len(value) < 24
        and not re.search(r"\d", value)
        and (value.islower() or value.isupper() or value.istitle())
    )


_Span = tuple[int, int, str]


def shape_spans(text: str) -> Iterator[_Span]:
    """(start, end, kind) of whatever has the shape of a credential; spans may overlap."""
    for shape in _SHAPES:
        for needle in shape.needles:
            at = text.find(needle)
            while at >= 0:
                end = at + len(needle)
                if not (shape.alone and at and (text[at - 1].isalnum() or text[at - 1] == "_")):
                    found = shape.pattern.match(text, at)
                    if found and not (shape.kind == "header" and is_written(found["secret"])):
                        group = "secret" if "secret" in shape.pattern.groupindex else 0
                        yield (*found.span(group), shape.kind)
                        end = max(end, found.end(group))
                at = text.find(needle, end)
    for dumped in _ENV_DUMP.finditer(text):
        name = dumped[0].partition("=")[0].split()[-1]
        value = dumped["secret"]
        if says_secret(name) and is_secret_value(value) and not is_written(value):
            yield (*dumped.span("secret"), "env")


def _value_spans(text: str, values: Iterable[str]) -> Iterator[_Span]:
    for value in values:
        at = text.find(value)
        while at >= 0:
            yield at, at + len(value), "env"
            at = text.find(value, at + 1)


_BREAK = re.compile(r"[ \t]*\r?\n[ \t]*")


def _wrapped_spans(text: str, values: Iterable[str]) -> Iterator[_Span]:
    """Values that were folded over lines: looked for in the text without its line breaks."""
    values = [value for value in values if len(value) >= _MIN_WRAPPED]
    if not values or "\n" not in text:
        return
    flat = _BREAK.sub("", text)
    found = list(_value_spans(flat, values))
    if not found:
        return
    starts, shifts, removed = [0], [0], 0  # offset in `flat` from which the shift holds
    for gap in _BREAK.finditer(text):
        starts.append(gap.start() - removed)
        removed += gap.end() - gap.start()
        shifts.append(removed)
    for start, end, kind in found:
        first = shifts[bisect.bisect_right(starts, start) - 1]
        last = shifts[bisect.bisect_right(starts, end - 1) - 1]
        yield start + first, end + last, kind


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for start, end, kind in sorted(spans):
        if merged and start < merged[-1][1]:
            before = merged[-1]
            merged[-1] = (before[0], max(before[1], end), before[2])
        else:
            merged.append((start, end, kind))
    return merged


class Redactor:
    """Removes secrets, and counts by kind what it removed. The values are never kept in text.

    `env` is the environment whose secret-named values are known. Removing twice changes
    nothing more. Values shorter than six characters, common words, plain paths and plain
    URLs are left alone, whatever their variable is called.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        found: set[str] = set()
        folded: set[str] = set()
        for name, padded in env.items():
            value = padded.strip()
            if says_secret(name) and is_secret_value(value):
                found.update(s for s in _spellings(value) if len(s) >= _MIN_LENGTH)
                folded.update(_BREAK.sub("", s) for s in _spellings(value))
        self._values = tuple(sorted(found))
        self._folded = tuple(sorted(folded))
        self._counts: Counter[str] = Counter()
        self._found: set[tuple[str, bytes]] = set()

    def text(self, text: str) -> str:
        """`text` with every secret replaced by `[redacted:KIND]`; line breaks are kept."""
        spans = [
            *_value_spans(text, self._values),
            *_wrapped_spans(text, self._folded),
            *shape_spans(text),
        ]
        if not spans:
            return text
        parts: list[str] = []
        at = 0
        for start, end, kind in _merged(spans):
            self._counts[kind] += 1
            digest = hashlib.sha256(text[start:end].encode("utf-8", "surrogatepass")).digest()
            self._found.add((kind, digest))
            breaks = "".join(re.findall(r"\r?\n", text[start:end]))
            parts += [text[at:start], f"[redacted:{kind}]", breaks]
            at = end
        parts.append(text[at:])
        return "".join(parts)

    def bytes(self, data: bytes) -> bytes:
        """The same for bytes in UTF-8; what is not UTF-8 comes through unchanged."""
        text = data.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    @property
    def removed(self) -> tuple[Redaction, ...]:
        """What was removed so far, by kind."""
        return tuple(Redaction(kind, count) for kind, count in sorted(self._counts.items()))

    @property
    def found(self) -> tuple[Redaction, ...]:
        """How many different secrets of each kind were met so far, however often."""
        kinds = Counter(kind for kind, _ in self._found)
        return tuple(Redaction(kind, count) for kind, count in sorted(kinds.items()))
