"""Loaded into pytest with -p: writes how each test ended, and which functions it called.

OUTCOMES names the file: a line for each phase of a test that says something. REACHED, where it is
set, names another one: a line for each test with the places (file, first line) of what it called.
"""

import json
import os
import sys

import pytest


def pytest_runtest_logreport(report):
    """The call, and a set-up or tear-down that is not fine."""
    if report.when == "call" or report.outcome != "passed":
        _tell("OUTCOMES", [report.nodeid, report.outcome])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Watch calls only, which costs little."""
    called = set()
    if os.environ.get("REACHED"):
        sys.settrace(
            lambda frame, *_: called.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))
        )
    yield
    if os.environ.get("REACHED"):
        sys.settrace(None)
        here = os.getcwd() + os.sep  # noqa: PTH109
        ours = [[name[len(here) :], line] for name, line in called if name.startswith(here)]
        _tell("REACHED", [item.nodeid, sorted(ours)])


def _tell(variable, row):
    with open(os.environ[variable], "a") as told:  # noqa: PTH123
        told.write(json.dumps(row) + "\n")
