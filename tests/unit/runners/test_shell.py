"""A command is understood well enough to change it in one place and nowhere else."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.runners import pytest as pytest_runner
from gatekeeper.runners import shell


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("pytest -q", ["-q"]),
        ("A='x y' B=1 python3.12 -m pytest -q", ["-q"]),
        ("poetry run \\\n  pytest -q", ["-q"]),
        ("set -e\npytest -q", ["-q"]),
        ("true && (cd x; .venv/bin/pytest -q)", ["-q"]),
        ("pytest -k 'a && b' 2>&1", ["-k", "'a && b'"]),
        ("timeout 5m env X=1 pytest", []),
        ("pytest > 'my log' -q", ["-q"]),
        ("npm test", None),
        ("pip install pytest", None),
        ("pip install pytest-cov", None),
        ("echo 'run pytest -q'", None),
        ("cat pytest.ini", None),
        ("docker compose run web pytest", None),
        ("", None),
    ],
)
def test_a_program_is_found_where_it_is_run(command: str, found: list[str] | None) -> None:
    """By its place in a simple command, never inside quotes or as a word of another program."""
    calls = shell.calls(command, shell.called("pytest"))
    assert [[word.text for word in words[1:]] for words in calls] == (
        [found] if found is not None else []
    )


WORDS = st.sampled_from(
    ["pytest", "python3 -m pytest", "-q", "-x", "--junitxml=a.xml", "--junit-xml b.xml", "tests",
     "'a b; pytest'", '"x && y"', "make", "A=1", "2>&1", "> log",
     "> 'my log'", "a\\ b", "\\\n", "$(id)"]
)  # fmt: skip
OPERATORS = st.sampled_from([" ", " ", " ", "; ", " && ", " || ", " | ", "\n"])


SOME = st.lists(st.tuples(WORDS, OPERATORS).map("".join), max_size=4).map("".join)


@given(SOME, SOME)
@settings(max_examples=150, deadline=None)
def test_what_was_valid_shell_stays_so(before: str, after: str) -> None:
    """Any command, made to report, still parses, and no word is lost but options of reports."""
    command = f"{before}pytest {after}"
    reporting = pytest_runner.report(command)
    if reporting is None or not _valid(command):
        return
    assert _valid(reporting.command.replace("{junit}", "j.xml"))
    lost = set(_words(command)) - set(_words(reporting.command))
    assert lost <= {"-x", "--junitxml=a.xml", "--junit-xml", "b.xml"}


def _words(command: str) -> list[str]:
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.commenters = ""
    lexer.whitespace_split = True
    return list(lexer)


def _valid(command: str) -> bool:
    return subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0
