"""Guard `secrets`: added lines that hold a credential, which no fix needs and history keeps.

What a credential looks like is known to `redact`. Beside those shapes, a literal counts that is
given to a secret's name and looks generated; placeholders, labels and look-ups do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile
from gatekeeper.intake.places import is_test
from gatekeeper.ports import Guard, Tree
from gatekeeper.redact import is_secret_value, is_written, says_secret, shape_spans

_PLACEHOLDER = re.compile(
    r"example|dummy|fake|sample|placeholder|change.?me|your|insert|redacted|replace|invalid|mock"
    r"|test|todo|not.?a|x{4}|12345678|abcdef|[<>{}$%*]|\.\.\.|(.)\1{5}",
    re.IGNORECASE,
)
_NAMED = r"(?<!\w)(?P<name>[A-Za-z_][\w.-]{1,80})"
_QUOTED = r"[rbuf]{0,2}(?P<quote>[\"'`])(?P<value>[^\"'`\s]{8,400})(?P=quote)"
_ASSIGNED = (
    re.compile(
        rf"{_NAMED}[\"'\]]{{0,2}}(?:\s*:\s*[&\w\[\]<>. |]{{1,40}}?)?"
        rf"\s*(?::=|=>|=(?!=)|:)\s*{_QUOTED}"
    ),
    re.compile(rf"[\"']{_NAMED}[\"']\s*,\s*{_QUOTED}"),
    re.compile(rf"<{_NAMED}>\s*(?P<value>[^<>\s]{{8,400}})\s*</"),
)
_BARE = re.compile(
    rf"\s*(?:export |ENV |ARG |- )?{_NAMED}\s*[:=]\s*(?P<value>[A-Za-z0-9+/=_.~!@^&#-]{{8,400}})\s*"
)
_BARE_FILES = re.compile(
    r".*\.(?:env|properties|ini|cfg|conf|ya?ml|sh)|\.env.*|.*dockerfile.*|\.netrc|\.npmrc|\.pypirc",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"public|hash|digest|checksum|fingerprint|sha\d|md5|integrity|etag|salt_len"
)
_PASSWORD = re.compile(r"(?:.*_)?(?:password|passwd|pwd|passphrase|pass|secret)")
_TOKEN = re.compile(
    r"(?:.*_)?(?:token|(?:api|access|secret|private|auth|encryption|signing)_?key|credentials?)"
)
_PEM_BODY = 40
"""Characters after the header from which on it is a key, and no program that looks for one."""
_OPAQUE = 0.27
"""Changes between capital, small letter and digit per character, that into a word as in CamelCase
left out: names stay below, generated text (base 62: 0.44, hexadecimal: 0.47) lies above."""


def no_secrets() -> Guard:
    """A guard on credentials in the lines that a candidate adds. No finding shows the value."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            content = after.read(change.path)
            if change.binary or content is None or is_test(change.path):
                continue
            old, new = (before.read(change.path) or b"", content)
            yield from _findings(ChangedFile(change.path, _text(old), _text(new)))

    return look


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _findings(file: ChangedFile) -> Iterator[Finding]:
    found = dict(_named(file))
    found.update(_shaped(file))
    for line, what in sorted(found.items()):
        message = (
            f"line {line} of `{file.path}` adds {what}: take it out and read it at run time "
            f"from where secrets are kept; if it is real, revoke it."
        )
        yield Finding("secrets", Level.BLOCK, message, file.path, line)


def _shaped(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """(line, what) of texts that have the shape of a credential."""
    for start, end, kind in shape_spans(file.after):
        value = file.after[start:end]
        if kind == "env" or value in file.before or not _credible(kind, value):
            continue
        first, last = (len(f"{file.after[:at]}x".splitlines()) for at in (start, end - 1))
        touched = file.added.intersection(range(first, last + 1))
        if touched:
            yield min(touched), f"what looks like a {_KINDS.get(kind, f'token ({kind})')}"


_KINDS = {"pem": "private key", "url": "password in a URL", "header": "token in a header"}


def _credible(kind: str, value: str) -> bool:
    if kind == "pem":
        body = re.sub(r"-----[^-]+-----|\\n|\s", "", value)
        return len(re.findall(r"[A-Za-z0-9+/=]", body)) >= _PEM_BODY
    if _PLACEHOLDER.search(value):
        return False
    if kind == "url":
        return is_secret_value(value) and not is_written(value)
    return kind != "header" or _opaque(value, 16)


def _named(file: ChangedFile) -> Iterator[tuple[int, str]]:
    """(line, what) of literals that are given to the name of a secret."""
    bare = _BARE_FILES.fullmatch(file.path.rpartition("/")[2])
    for number, line in file.added_lines:
        matches = [found for pattern in _ASSIGNED for found in pattern.finditer(line)]
        whole = _BARE.fullmatch(line) if bare else None
        for found in (*matches, *((whole,) if whole else ())):
            if found["value"] not in file.before and _is_secret(found["name"], found["value"]):
                yield number, f"what looks like a secret for `{found['name']}`"


def _is_secret(name: str, value: str) -> bool:
    """Whether a literal under this name gives something away."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2]).replace("-", "_")
    words = snake.lower()
    if not says_secret(snake) or _NO_SECRET.search(words):
        return False
    if not is_secret_value(value) or _PLACEHOLDER.search(value) or is_written(value):
        return False
    label = words.rpartition("_")[2]
    if _PASSWORD.fullmatch(words):
        return _opaque(value, 12) or (label not in value.lower() and _odd(value))
    if _TOKEN.fullmatch(words):
        return _opaque(value, 16)
    return _opaque(value, 20)


def _odd(value: str) -> bool:
    """Whether it reads like a password: letters and digits, and not words with a number behind."""
    pieces = re.findall(r"[A-Za-z0-9]+", value)
    return any(re.search(r"[A-Za-z]\d+[A-Za-z]", piece) for piece in pieces) or (
        len(pieces) == 1 and re.search(r"[A-Za-z]\d", value) is not None
    )


def _opaque(value: str, least: int) -> bool:
    """Whether it looks generated rather than written, with so many letters and digits at least."""
    pieces = re.findall(r"[A-Za-z0-9]+", value)
    length = sum(map(len, pieces))
    changes = sum(
        _kind(a) != _kind(b) and not (a.isupper() and b.islower())
        for piece in pieces
        for a, b in pairwise(piece)
    )
    return length >= least and any(map(str.isdigit, value)) and changes >= _OPAQUE * length


def _kind(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.isupper() else 2
