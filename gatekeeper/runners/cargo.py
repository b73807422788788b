"""Rust, through cargo-nextest: `cargo test` itself writes no JUnit."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import JUNIT, MOST_SELECTED, Found, Reporting, Runner

IMAGE = "rust:1"
REPORTS = ("**/target/nextest/**/*.xml",)
# nextest takes the report's place from a configuration file only: one of ours, beside theirs.
_CONFIG = f"{JUNIT}.toml"
_WRITE = f"printf '[profile.default.junit]\\npath = \"junit.xml\"\\n' > {_CONFIG}; "


def find(tree: Tree) -> Found | None:
    """By Cargo.toml at the root."""
    if "Cargo.toml" not in tree.paths():
        return None
    return Found(
        "cargo nextest run --no-fail-fast --offline",
        "there is Cargo.toml",
        IMAGE,
        setup=("cargo fetch",),
        missing="cargo-nextest must be in the image (cargo install --locked cargo-nextest)",
    )


def _call(command: str) -> list[shell.Word] | None:
    found = [
        words
        for words in shell.calls(command, shell.called("cargo"))
        if [word.text for word in words[1:3]] == ["nextest", "run"]
    ]
    return found[0] if len(found) == 1 else None


def report(command: str) -> Reporting | None:
    """A report in nextest's own folder."""
    words = _call(command)
    if words is None:
        return None
    flag = f"--tool-config-file gatekeeper:{_CONFIG}"
    return Reporting(_WRITE + shell.insert(command, words[2], flag), REPORTS)


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By exact names of tests in nextest's filter language."""
    words = _call(command)
    names = sorted({case.id.name for case in cases})
    plain = all(re.fullmatch(r"[\w:]+", name) for name in names)
    if words is None or not names or not plain or len(names) > MOST_SELECTED:
        return None
    chosen = " | ".join(f"test(={name})" for name in names)
    return shell.insert(command, words[2], f"-E {shlex.quote(chosen)}")


RUNNER = Runner("cargo", find, report, narrow, {4: "nextest found no test"})
