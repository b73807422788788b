from __future__ import annotations

import pytest

from gatekeeper.runners import named_files


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("sh run/all.sh", ["run/all.sh"]),
        ("sh run/all src/app.py", ["run/all"]),
        ("./ci-tests && echo done", ["ci-tests"]),
        ("CI=1 bash -e 'run/all.sh' fast", ["run/all.sh"]),
        ("node --test checks/*.mjs other/a.js", ["checks/*.mjs", "other/a.js"]),
        ("npx mocha --recursive checks/a.js", ["checks/a.js"]),
        ("python3 -m pytest -q checks/check_cart.py", ["checks/check_cart.py"]),
        ("python3 -m pytest -q src", []),
        ("coverage run runtests.py --all src/app.py", ["runtests.py"]),
        ("python3 runtests.py src/app.py", ["runtests.py"]),
        ("pytest --doctest-modules cart.py", []),
        ("eslint src/*.js && make test", []),
        ("/usr/bin/python3 -m pytest", []),
        ("sh -c 'make test'", []),
        ("", []),
    ],
)
def test_what_a_command_runs_is_told_from_what_it_reads(command: str, files: list[str]) -> None:
    """Scripts and test files that the command names; not a linter's files, not doctests."""
    assert list(named_files(command)) == files
