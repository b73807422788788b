"""What tests, runners and CI are known by, and the names through which code reaches them."""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re

OBSCURE = "?"
"""Begins the contacts that only warn: honest as often as not."""

TEST_VARIABLE = re.compile(
    r"_?PYTEST\w*|TOX_\w+|NOX_\w+|JEST_\w+|VITEST\w*|MOCHA_\w+|GATEKEEPER\w*|NOSE_\w+|UNITTEST\w*|RUNNING_TESTS?|IN_TEST|IS_TEST(?:ING)?|UNDER_TEST|TEST_MODE"
    r"|HYPOTHESIS_\w+|GO_TEST\w*|RUST_TEST\w*|SUREFIRE\w*|PHPUNIT\w*|RSPEC\w*|NODE_TEST\w*|npm_(?:lifecycle|command|config|execpath)\w*|GITLAB_CI|GITHUB_ACTIONS|JENKINS_\w+|TRAVIS|CIRCLECI|BUILDKITE|TEAMCITY_VERSION|TF_BUILD|CI_(?:JOB|PIPELINE|PROJECT|SERVER)\w*"
)
CI_VARIABLES = frozenset({
    "CI", "BUILD_ID", "BUILD_NUMBER", "BUILD_TAG", "JOB_NAME", "TESTING", "TEST", "NODE_ENV",
    "CONTINUOUS_INTEGRATION", "COVERAGE_PROCESS_START", "COVERAGE_RUN", "PYTHONHASHSEED", "TEST_ENV",
})  # fmt: skip
RUNNER_WORD = re.compile(
    r"(?:[\w./-]*/)?_?(?:py\.?test|unittest|nose2?|xdist|jest|vitest|mocha|junit|phpunit|rspec|tox|nox|pluggy|conftest|doctest|hypothesis|minitest)(?:[/.]\w+|\.(?:exe|py|js))*"
    r"|(?:python3? -m )?(?:pytest|unittest)(?: .*)?|__?pytest\w*__?|test\.v|-test\."
)
RUNNER_MODULES = frozenset({
    "pytest", "_pytest", "unittest", "unittest2", "pluggy", "nose", "nose2", "xdist", "mock",
    "testtools", "hypothesis", "conftest", "pytest_cov", "pytest_mock", "pytest_asyncio",
})  # fmt: skip
TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__)/.|(?:^|/)test_\w+\.py|\w_test\.(?:py|go|rb)|\.(?:test|spec)\.[cm]?[jt]sx?$|\bconftest\.py|(?:junit|surefire|testsuite)[\w-]*\.xml|\bTEST-.*\.xml|\.gatekeeper\b|\.pytest_cache"
    r"|/proc/(?:self|1|\d+|thread-self)/(?:fd|mem|maps|cmdline|environ|exe|task|map_files)|/dev/fd/|^test_\*|/etc/ld\.so|sitecustomize"
)

_ENDS = "ends the process, and the test run with it"
_HOOKS = "hooks into the interpreter"
_STACK = "looks at who calls it"
HOT_NAMES = {
    **dict.fromkeys(("os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "sys.exit", "SystemExit",
                     "exit", "quit", "builtins.exit", "builtins.quit", "signal.pthread_kill", "os.execv", "os.execve", "os.execvp", "os.execl"), _ENDS),
    **dict.fromkeys(("atexit.register", "atexit.unregister", "atexit._run_exitfuncs", "signal.signal", "signal.setitimer", "signal.alarm", "sys.settrace",
                     "sys.setprofile", "threading.settrace", "threading.setprofile", "sys.addaudithook", "sys.meta_path",
                     "sys.path_hooks", "sys.path_importer_cache", "site.addsitedir", "sys.breakpointhook", "sys.displayhook", "sys.monitoring",
                     "ctypes.*", "ctypes.pythonapi", "_ctypes.*", "gc.freeze", "os.register_at_fork", "faulthandler.*"), _HOOKS),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers", "gc.get_referents", "gc.callbacks"), "searches the objects of the whole process"),
    **dict.fromkeys(("sys._getframe", "sys._current_frames", "sys._getframemodulename", "inspect.stack", "inspect.currentframe", "inspect.trace",
                     "inspect.getouterframes", "inspect.getinnerframes", "traceback.extract_stack",
                     "traceback.format_stack", "traceback.walk_stack", "traceback.print_stack"), _STACK),
    **dict.fromkeys(("types.CodeType", "marshal.loads", "marshal.load", "__builtins__", "code.InteractiveInterpreter", "code.interact"), "runs code that it makes from text"),
}  # fmt: skip
HOT_ATTRIBUTES = frozenset({
    "tb_frame", "f_back", "f_globals", "f_locals", "f_code", "f_builtins", "gi_frame", "cr_frame",
    "__code__", "__globals__", "__subclasses__", "__builtins__", "__closure__", "co_code",
    "_exit", "_getframe", "__defaults__", "__kwdefaults__", "settrace", "setprofile", "meta_path",
    "addaudithook", "path_hooks", "get_referrers", "get_objects", "currentframe", "extract_stack",
    "_current_frames", "walk_stack", "_getframemodulename",
})  # fmt: skip
