"""How this project's tests are run: configured values win, the rest is read off the tree."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gatekeeper.domain import CaseResult
from gatekeeper.errors import UsageError
from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, pytest, python_unittest
from gatekeeper.runners.model import JUNIT, Found, Reporting
from gatekeeper.runners.table import RUNNERS
from gatekeeper.settings import SandboxSection, SuiteSection

CUSTOM = "custom"
CASES = "{cases}"
NO_REPORT = (
    "Put {junit} where the command takes the report's path, or set tests.junit to its globs."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to run the tests in a sandbox.

    `reporting.command` and its globs may hold `{junit}`, which `suite` and `select` replace by
    a path that nobody could know before; `command` is the same without our reporters.
    `template` is the configured `tests.select`. `missing` says what the project lacks for a
    report. `env` is for the whole sandbox.
    """

    runner: str
    command: str
    reporting: Reporting
    image: str | None = None
    setup: tuple[str, ...] = ()
    setup_network: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    template: str | None = None
    missing: str = ""


def candidates(tree: Tree) -> tuple[tuple[str, Found], ...]:
    """Every framework recognised in the tree, the likeliest first."""
    found = ((name, runner.find(tree)) for name, runner in RUNNERS.items())
    return tuple((name, each) for name, each in found if each)


def detect(tree: Tree) -> Plan | None:
    """The plan for a project without any configuration, None where nothing is recognised."""
    found = candidates(tree)
    return _detected(*found[0], SuiteSection(), SandboxSection()) if found else None


def plan_for(tests: SuiteSection, sandbox: SandboxSection, tree: Tree) -> Plan:
    """The plan for this project. Raises UsageError where none can be made."""
    if tests.command:
        return _configured(tests.command, tests, sandbox, tree)
    found = [each for each in candidates(tree) if tests.runner in ("auto", each[0])]
    if not found:
        sign = "a test framework that gatekeeper knows" if tests.runner == "auto" else tests.runner
        raise UsageError(
            f"no sign of {sign} in this project",
            hint="Set tests.command (--test-command) to what runs the tests.",
        )
    return _detected(*found[0], tests, sandbox)


def _detected(name: str, found: Found, tests: SuiteSection, sandbox: SandboxSection) -> Plan:
    reporting = RUNNERS[name].report(found.command)
    if reporting is None and tests.junit:
        reporting = Reporting(found.command, tests.junit)
    if reporting is None:
        raise UsageError(f"`{found.command}` cannot be told where to write JUnit", hint=NO_REPORT)
    network = sandbox.network == "setup"
    return Plan(
        runner=name,
        command=found.command,
        reporting=reporting,
        image=sandbox.image or found.image,
        # Without a network the image must hold the dependencies: installing would only fail.
        setup=sandbox.setup or (found.setup if network else ()),
        setup_network=network,
        env=sandbox.env,
        why=found.why,
        template=tests.select,
        missing=found.missing,
    )


def _configured(command: str, tests: SuiteSection, sandbox: SandboxSection, tree: Tree) -> Plan:
    spelt_out = javascript.resolve(command, tree)
    name, reporting = _reporting(spelt_out, tests, tree)
    found = RUNNERS[name].find(tree) if name in RUNNERS else None
    return Plan(
        runner=name,
        command=spelt_out,
        reporting=reporting,
        image=sandbox.image or (found.image if found else None),
        setup=sandbox.setup,
        setup_network=sandbox.network == "setup",
        env=sandbox.env,
        why="configured by tests.command",
        template=tests.select,
        missing=found.missing if found else "",
    )


def _reporting(command: str, tests: SuiteSection, tree: Tree) -> tuple[str, Reporting]:
    """Which framework a configured command runs, and how it comes to a report."""
    if JUNIT in command:
        return CUSTOM, Reporting(command)
    for name, runner in RUNNERS.items():
        if tests.runner in ("auto", name) and (reporting := runner.report(command)):
            return name, reporting
    if tests.junit:
        return CUSTOM, Reporting(command, tests.junit)
    if python_unittest.runs_plain(command):
        raise UsageError(
            f"`{command}` writes no JUnit",
            hint="Use `python3 -m pytest` as tests.command: it runs such tests as they are.",
        )
    if tests.runner == "pytest" or (tests.runner == "auto" and pytest.find(tree)):
        return CUSTOM, pytest.report_through(command)
    raise UsageError(f"no JUnit report is known for `{command}`", hint=NO_REPORT)


# --- commands for one run ---------------------------------------------------------------


def suite(plan: Plan, token: str) -> tuple[str, tuple[str, ...]]:
    """The shell command for the whole suite and the globs of its reports.

    `token` is the unpredictable part of the report's path, which lies in the workspace.
    """
    return _placed(plan.reporting, token)


def select(
    plan: Plan, cases: Sequence[CaseResult], tree: Tree, token: str
) -> tuple[str, tuple[str, ...]] | None:
    """The same for these cases, or a few more; None where only the whole suite can be run."""
    runner = RUNNERS.get(plan.runner)
    if plan.template and cases:
        command: str | None = _filled(plan.template, plan, cases, tree)
    else:
        command = runner.narrow(plan.command, cases, tree) if runner else None
    if command is None:
        return None
    reporting = runner.report(command) if runner and JUNIT not in command else None
    return _placed(reporting or replace(plan.reporting, command=command), token)


def nothing_ran(plan: Plan, exit_code: int) -> str:
    """What this exit code says where it means that no test was run, else nothing."""
    runner = RUNNERS.get(plan.runner)
    return runner.nothing_ran.get(exit_code, "") if runner else ""


def _filled(template: str, plan: Plan, cases: Sequence[CaseResult], tree: Tree) -> str:
    """The configured template, with node ids for pytest and `class::name` for others."""
    is_pytest = plan.runner in ("pytest", "unittest") or pytest.report(template) is not None
    ids = pytest.node_ids(cases, tree) if is_pytest else None
    names = ids or tuple(dict.fromkeys(str(case.id) for case in cases))
    return template.replace(CASES, " ".join(map(shlex.quote, names)))


def _placed(reporting: Reporting, token: str) -> tuple[str, tuple[str, ...]]:
    """The command with the report's path in it, in a folder made for it first.

    A shell variable holds the whole path, for commands that change into another folder;
    inside somebody's single quotes only the relative path would do, so that is what a
    `{junit}` there becomes.
    """
    folder = f".gatekeeper-{token}"
    path = f"{folder}/junit.xml"
    lines = [f"mkdir -p {folder}", f'junit="$PWD/{path}"']
    lines += [
        f'export {name}="{value.replace(JUNIT, "$junit")}"' for name, value in reporting.env.items()
    ]
    lines.append(_in_quotes(reporting.command, path).replace(JUNIT, '"$junit"'))
    return "; ".join(lines), tuple(glob.replace(JUNIT, path) for glob in reporting.reports)


def _in_quotes(command: str, path: str) -> str:
    return re.sub(r"""'[^']*'|"[^"]*\"""", lambda quoted: quoted[0].replace(JUNIT, path), command)
