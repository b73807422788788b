"""The hooks that pytest calls. They hold no secret: all that they know is whom to tell.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import operator
import os
import sys
from typing import Any, Dict, FrozenSet, List, Tuple

import pytest

from .orders import WATCH, Order

_WATCHED = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_runtest_logreport",
    "pytest_pyfunc_call",
    "pytest_report_teststatus",
    "pytest_exception_interact",
    "pytest_collectreport",
    "pytest_sessionfinish",
    "pytest_runtestloop",
)


class Hooks:
    """Registered in place of the module that pytest loaded."""

    def __init__(self, order: Order, event: str, name: str, manager: Any) -> None:
        from _pytest import junitxml, runner  # noqa: PLC0415 - only there where pytest is

        self._audit, self._event = sys.audit, event
        self._mangled, self._escaped = junitxml.mangle_test_address, junitxml.bin_xml_escape
        self._name, self._manager = name, manager
        self._env = order.env
        self._order = order._replace(key=b"", env={})
        self._prefix: List[str] = []
        self._suite = "pytest"
        self._module = ""  # of the test that runs
        self._session: Any = None
        self._raised: Dict[str, bool] = {}
        self._plugins: Tuple[Any, ...] = ()
        if order.hide:
            runner._update_current_test_var = _quiet
            os.environ.pop("PYTEST_VERSION", None)

    def _tell(self, command: str, *values: Any) -> None:
        self._audit(self._event, command, *values)

    # --- beginning ------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> None:
        """The module that pytest loaded is forgotten before anything of the tree is loaded."""
        module = self._manager.get_plugin(self._name)
        if module is not None:
            self._manager.unregister(module)
        asked = getattr(early_config.option, "plugins", None) or []
        if self._name in asked:
            asked.remove(self._name)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        """Learn how the JUnit report names things."""
        prefix = getattr(config.option, "junitprefix", None)
        self._prefix = [prefix] if prefix else []
        self._suite = config.getini("junit_suite_name") or "pytest"
        self._plugins = self._implementations()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: Any) -> None:
        """Plugins and the first conftest files are loaded, nothing is collected."""
        self._session = session  # for its exit status
        self._tell("loaded")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: List[Any]) -> None:
        """Another order, where one is asked for."""
        if self._order.reverse:
            items.reverse()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        """Everything is loaded and nothing has run: from here on nothing should change."""
        modules = {id(m): m for m in (getattr(i, "module", None) for i in session.items) if m}
        self._tell("collected", tuple(modules.values()))
        self._look_at_plugins()
        if self._order.hide:
            sys.argv[:] = ["main"]

    # --- each case ------------------------------------------------------------------------

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        """See with our own eyes whether the test raised, before anybody makes a report of it."""
        outcome = yield
        self._module = getattr(getattr(item, "module", None), "__name__", "")
        self._tell("check", False, self._module)
        self._look_at_plugins()
        raised = outcome.excinfo is not None or bool(getattr(item, "_excinfo", None))
        if raised or self._raised.get(item.nodeid):
            self._raised[item.nodeid] = raised
            self._tell("raised", *self._names(item.nodeid), "yes" if raised else "no")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """What the report says, folded as the JUnit report folds it."""
        if report.when == "teardown":
            self._tell("check", True, self._module)
        state = _state(report)
        if state:
            self._tell("case", *self._names(report.nodeid), state)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: Any) -> None:
        """A module that cannot be collected is a case of its own in the JUnit report."""
        self._tell("check", True)
        if not report.passed:
            state = "error" if report.failed else "skipped"
            self._tell("case", *self._names(report.nodeid), state)

    def _names(self, nodeid: str) -> Tuple[str, str]:
        """(classname, name) as the report's older family has them."""
        names = [*self._prefix, *self._mangled(nodeid)]
        return ".".join(names[:-1]) or self._suite, self._escaped(names[-1])

    # --- plugins --------------------------------------------------------------------------

    def _implementations(self) -> Tuple[Any, ...]:
        hooks = vars(self._manager.hook)
        found: List[Any] = []
        for name in _WATCHED:
            caller = hooks.get(name)
            found.append(caller)
            if caller is not None:
                found += caller.get_hookimpls()
        return tuple(found)

    def _look_at_plugins(self) -> None:
        """Tell of hooks that were put in beside those that were there."""
        now = self._implementations()
        if len(now) == len(self._plugins) and all(map(operator.is_, now, self._plugins)):
            return
        known = set(map(id, self._plugins))
        for each in now:
            if id(each) not in known:
                function = getattr(each, "function", each)
                name = getattr(function, "__name__", "hook")
                self._tell("replaced", f"put in the hook `{name}`", function)
        here = set(map(id, now))
        for each in self._plugins:
            if id(each) not in here and each is not None:
                function = getattr(each, "function", each)
                name = getattr(function, "__name__", "hook")
                self._tell("replaced", f"took out the hook `{name}`", function)
        self._plugins = now

    # --- workers of xdist -----------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_setupnodes(self, config: Any, specs: List[Any]) -> None:
        """Workers are watched themselves: they find what this process found."""
        self._tell("workers", len(specs) + 4)
        os.environ.update(self._env)
        # What these workers take for their `sys.path`.
        sys.modules["xdist.plugin"]._sys_path.append(self._order.tools)
        os.environ[WATCH] = f"{self._order.path}-{self._order.tag}"

    # --- end ------------------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: Any) -> None:
        """The last word."""
        status = getattr(self._session, "exitstatus", "")
        self._tell("end", str(int(status)) if status != "" else "")


def _quiet(item: Any, when: Any) -> None:
    """In place of what sets PYTEST_CURRENT_TEST."""


def _state(report: Any) -> str:
    if report.passed:
        return "passed" if report.when == "call" else ""
    if report.failed:
        if report.when != "call":
            return "error"
        return "skipped" if hasattr(report, "wasxfail") else "failure"
    return "skipped" if report.skipped else "again"


def codes() -> FrozenSet[Any]:
    """The code that may speak for the watch."""
    return frozenset([Hooks._tell.__code__])
