"""Secrets do not survive, whatever spelling they have; ordinary text does."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.domain import Redaction
from gatekeeper.redact import Redactor

SECRET = "Zx9+Qw/8rT&y:2kLm"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "CI_JOB_TOKEN", "db_password", "MYSECRETVALUE", "NPM_AUTH", "DEPLOY_PRIVATE",
     "GITLAB_PAT", "AWS_CREDENTIALS", "DB_PASS"],
)  # fmt: skip
def test_value_of_a_secret_named_variable_is_removed(name: str) -> None:
    """The name of a variable decides that its value is a secret."""
    shown = Redactor({name: SECRET}).text(f"before {SECRET} after")
    assert shown == "before [redacted:env] after"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "Zx9+Qw/8rT&y:2kLm"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-XyZ12345/agent.42"),
        ("KEY_FILE", "/builds/group/project.tmp/KEY"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("MAX_TOKENS", "100000"),
        ("AUTH_URL", "https://login.example.org/realms/main"),
        ("TOKEN", "abc"),
        ("KEY_ALGORITHM", "ed25519-sha512"),
    ],
)
def test_value_that_is_no_secret_is_kept(name: str, value: str) -> None:
    """Paths, plain URLs, common words, small numbers and short values are left alone."""
    text = f"a line with {value} in it"
    assert Redactor({name: value}).text(text) == text


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        repr(SECRET),
        SECRET[:5] + "\n" + SECRET[5:],
        SECRET[:5] + "  \r\n    " + SECRET[5:],
        "\n".join(SECRET),
    ],
)
def test_every_spelling_of_a_known_value_is_removed(spelled: str) -> None:
    """JSON, percent, base64, and folded over lines: the value is found in each."""
    shown = Redactor({"A_TOKEN": SECRET}).text(f"x {spelled} y")
    assert shown.replace("\r", "").replace("\n", "").strip("x y'\"") in (
        "[redacted:env]",
        "[redacted:env]=",
        "[redacted:env]==",
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key sk-abcdefghij0123456789ABCD end", "key [redacted:openai] end"),
        ("key sk-proj-abc_def-0123456789ABCDE end", "key [redacted:openai] end"),
        ("glpat-abcDEF0123456789xyz", "[redacted:gitlab]"),
        ("gldt-abcDEF0123456789xyz.", "[redacted:gitlab]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted:github]"),
        ("github_pat_11ABCDEFG0abcdefghij_klmnop", "[redacted:github]"),
        ("id=AKIAIOSFODNN7EXAMPLE;", "id=[redacted:aws];"),
        ("xoxb-123456789012-abcdefGHIJ", "[redacted:slack]"),
        (f"cookie {JWT};", "cookie [redacted:jwt];"),
        ("git clone https://bob:hunter2@git.example.org/x", "git clone https://bob:[redacted:url]@git.example.org/x"),
        ("https://oauth2abc0123456789xyz@git.example.org/x", "https://[redacted:url]@git.example.org/x"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer [redacted:header]"),
        ('"authorization": "Basic dXNlcjpwYXNz"', '"authorization": "Basic [redacted:header]"'),
        ("PRIVATE-TOKEN: abcdef123456", "PRIVATE-TOKEN: [redacted:header]"),
        ("DEPLOY_TOKEN=abc123def456", "DEPLOY_TOKEN=[redacted:env]"),
        ("export API_KEY='abc123def456'", "export API_KEY='[redacted:env]'"),
    ],
)  # fmt: skip
def test_shape_of_a_credential_gives_it_away(text: str, shown: str) -> None:
    """Well-known token shapes are removed without any knowledge of the environment."""
    assert Redactor({}).text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "task-force-with-20-members-and-more",
        "https://example.org:8080/path@v2",
        "git@git.example.org:group/project.git",
        "ssh://git@git.example.org/x",
        "https://user:${PASSWORD}@host/ and https://u:{token}@h/",
        'headers["Authorization"] = f"Bearer {token}"',
        "authorization: required",
        "Authorization: Bearer authentication",
        "def sk_learn(): return 'sk-learn'",
        "TOKEN_NAME=PersonalAccess",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ],
)
def test_ordinary_text_is_kept(text: str) -> None:
    """What only resembles a credential comes through byte for byte."""
    assert Redactor({}).text(text) == text


@pytest.mark.parametrize("end", ["-----END RSA PRIVATE KEY-----\n", ""])
def test_private_key_goes_and_line_numbers_stay(end: str) -> None:
    """A PEM key is removed whole, also where its end was cut off; the lines are still as many."""
    text = f"a\n-----BEGIN RSA PRIVATE KEY-----\nMIIEpQ\nIBAAK=\n{end}" + "." * (end != "")
    shown = Redactor({}).text(text)
    assert "MIIEpQ" not in shown
    assert "[redacted:pem]" in shown
    assert shown.count("\n") == text.count("\n")


def test_counts_say_what_was_removed_and_never_the_value() -> None:
    """`removed` is kind and count."""
    redactor = Redactor({"X_TOKEN": SECRET})
    redactor.text(f"{SECRET} {SECRET} glpat-abcDEF0123456789xyz")
    assert redactor.removed == (Redaction("env", 2), Redaction("gitlab", 1))


def test_bytes_that_are_not_utf8_come_through() -> None:
    """Only the secret changes in a binary text."""
    data = b"\xff\xfe " + SECRET.encode() + b" \x80"
    assert Redactor({"X_TOKEN": SECRET}).bytes(data) == b"\xff\xfe [redacted:env] \x80"


_ALPHABET = st.sampled_from("abcXYZ019-_=:/.@ \n\r\t[]{}'\"")
_VALUE = st.text(st.sampled_from("abcdefXYZ0189+/=_-"), min_size=8, max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    values=st.lists(_VALUE, min_size=1, max_size=4),
    glue=st.lists(st.text(_ALPHABET, max_size=12), min_size=5, max_size=9),
    cut=st.integers(0, 60),
)
def test_no_known_secret_survives(values: list[str], glue: list[str], cut: int) -> None:
    """Property: no value is left, whole or folded over lines; twice is the same as once."""
    redactor = Redactor({f"TOKEN_{i}": value for i, value in enumerate(values)})
    known = [value for value in values if not value.isdigit() and not value.startswith("/")]
    pieces = [glue[0]]
    for i, value in enumerate(values):
        folded = value[: cut % len(value)] + "\n" + value[cut % len(value) :]
        pieces += [value, glue[1 + i], folded if len(value) >= 12 else value, glue[-1]]
    once = redactor.text("".join(pieces))
    flat = once.replace("\r", "").replace("\n", "")
    for value in known:
        assert value not in once
        assert len(value) < 12 or value not in flat
    assert redactor.text(once) == once


def test_ten_megabytes_take_about_a_second() -> None:
    """The time is linear and small: 10 MB with 30 known values."""
    env = {f"TOKEN_{i}": f"{SECRET}{i}abcdef" for i in range(30)}
    text = ("2026-01-01 INFO some://line of log that says nothing special: ok=1\n" * 150_000)[
        : 10**7
    ]
    started = time.perf_counter()
    Redactor(env).text(text)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "hostile",
    ["-----BEGIN PRIVATE KEY-----", "://a:", "://" + "a" * 200, "Authorization: ", "sk-" + "a" * 60,
     "eyJ" + "a" * 50 + ".", "AUTH_TOKEN=" + "a" * 80 + " "],
)  # fmt: skip
def test_hostile_text_is_no_slower(hostile: str) -> None:
    """A text made of half credentials cannot stall the redactor."""
    text = hostile * (10**6 // len(hostile))
    started = time.perf_counter()
    Redactor({"A_TOKEN": SECRET}).text(text)
    assert time.perf_counter() - started < 5


def test_each_secret_is_counted_once_however_often_it_is_met() -> None:
    """What is reported is how many different secrets of a kind there were, and no value."""
    one, two = "glpat-Zx81kQ0s7Yb2mN4vT6", "glpat-Aa81kQ0s7Yb2mN4vT7"
    redactor = Redactor({})
    for text in (one, f"{one} {two}", redactor.text(one)):
        redactor.text(text)
    assert [each.count for each in redactor.found] == [2]
    assert one not in repr(redactor.found)
    assert sum(each.count for each in redactor.removed) == 4
