"""RSpec, with the formatter of rspec_junit_formatter, which the project must have."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import JUNIT, MOST_SELECTED, Found, Reporting, Runner

IMAGE = "ruby:3"
FLAGS = f"--format progress --format RspecJunitFormatter --out {JUNIT}"


def find(tree: Tree) -> Found | None:
    """By .rspec, or by spec/spec_helper.rb."""
    there = [name for name in (".rspec", "spec/spec_helper.rb") if name in tree.paths()]
    if not there:
        return None
    bundled = "Gemfile" in tree.paths()
    gems = b"".join(tree.read(name) or b"" for name in ("Gemfile", "Gemfile.lock"))
    has = b"rspec_junit_formatter" in gems
    return Found(
        "bundle exec rspec" if bundled else "rspec",
        f"there is {there[0]}",
        IMAGE,
        setup=("bundle install",) if bundled else (),
        missing="" if has else "add the gem rspec_junit_formatter",
    )


def report(command: str) -> Reporting | None:
    """The progress on the terminal, and the report in a file."""
    found = shell.calls(command, shell.called("rspec"))
    return Reporting(shell.insert(command, found[0][0], FLAGS)) if len(found) == 1 else None


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:
    """By whole files: what the report calls a case is no place that RSpec could find."""
    found = shell.calls(command, shell.called("rspec"))
    files = sorted({case.file.removeprefix("./") for case in cases})
    there = all(file in tree.paths() for file in files)
    if len(found) != 1 or not files or not there or len(files) > MOST_SELECTED:
        return None
    if shell.changes_folder(command):
        return None
    return f"{command} {' '.join(map(shlex.quote, files))}"


RUNNER = Runner("rspec", find, report, narrow)
