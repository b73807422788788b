"""Finds a program inside a shell command, so that options can be put right behind it.

Not a shell: enough of its words, quotes and operators to tell `pip install pytest && pytest -q`
apart. What it does not understand it does not touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_WORD = r"""(?:\\[^\n]|'[^']*'|"(?:[^"\\]|\\.)*"|[^\s;&|()<>'"\\])+"""
_TOKEN = re.compile(
    rf"""(?P<continued>\\\n)
      | (?P<redirect>\d*[<>]+&?[ ]*(?:{_WORD})?)
      | (?P<operator>&&|\|\||[;&|()\n])
      | (?P<word>{_WORD})""",
    re.VERBOSE | re.DOTALL,
)

# Programs that run the rest of their words, and words that may stand between.
_WRAPPER = re.compile(
    r"npx|pnpx|bunx|npm|pnpm|yarn|bun|exec|run|bundle|poetry|uv|pdm|hatch|pipenv|rye|coverage|c8|nyc"
    r"|python(3(\.\d+)?)?|env|time|timeout|nice|cross-env|xvfb-run|command|sh|-.*|\d+[smh]?"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command, and where it stands."""

    text: str
    start: int
    end: int


def simple_commands(command: str) -> Iterator[list[Word]]:
    """The words of each simple command, without operators and redirections."""
    words: list[Word] = []
    for token in _TOKEN.finditer(command):
        if token["operator"]:
            yield words
            words = []
        elif token["word"]:
            words.append(Word(token[0], token.start(), token.end()))
    yield words


def calls(command: str, is_program: Callable[[str], bool]) -> list[list[Word]]:
    """The words from the program on, for each simple command that runs it."""
    found = []
    for words in simple_commands(command):
        for at, word in enumerate(words):
            if is_program(word.text):
                found.append(words[at:])
            if is_program(word.text) or not _may_precede(word.text):
                break
    return found


def called(name: str) -> Callable[[str], bool]:
    """Whether a word runs the program `name`, with or without a folder before it."""
    return lambda word: word.rpartition("/")[2] == name


def insert(command: str, after: Word, text: str) -> str:
    """The command with `text` as further words behind `after`."""
    return f"{command[: after.end]} {text}{command[after.end :]}"


def without(command: str, words: list[Word]) -> str:
    """The command without these words."""
    for word in sorted(words, key=lambda each: -each.start):
        command = command[: word.start].rstrip(" ") + command[word.end :]
    return command


def options(words: list[Word], *names: str) -> list[Word]:
    """The words that give the options `names`: `--name=value`, or `--name` and its value."""
    found: list[Word] = []
    for at, word in enumerate(words):
        name, equals, _ = word.text.partition("=")
        if name in names:
            found += words[at : at + (1 if equals else 2)]
    return found


def changes_folder(command: str) -> bool:
    """Whether some part of it runs `cd`: then paths do not mean what they say."""
    return any(words and words[0].text in ("cd", "pushd") for words in simple_commands(command))


def _may_precede(word: str) -> bool:
    """An assignment, an option, a number, or a program that runs the rest of its words."""
    return bool(_ASSIGNMENT.match(word) or _WRAPPER.fullmatch(word.rpartition("/")[2]))
