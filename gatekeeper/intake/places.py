"""What a path says about its file: a test, vendored, product code. Nothing is read.

The path guard protects exactly what `is_test` names, so that what counts as a test is
decided once.
"""

from __future__ import annotations

import re

_TEST_FOLDERS = frozenset({
    "test", "tests", "_test", "_tests", "__tests__", "spec", "specs", "__specs__",
    "unittest", "unittests", "unit_tests", "unit-tests", "integration_tests",
    "integration-tests", "integrationtest", "functionaltest", "functional_tests",
    "androidtest", "testfixtures", "test_fixtures", "test-fixtures", "testdata", "test_data",
    "test-data", "e2e", "cypress", "__snapshots__", "__mocks__", "__fixtures__",
})  # fmt: skip
_TEST_FOLDER_ENDS = (".tests", ".test", ".unittests", ".integrationtests")  # .NET projects

_TEST_NAMES = re.compile(
    r"""
      test_[^/]*\.py | [^/]*_tests?\.py | tests?\.py | conftest\.py
    | [^/]*_test\.(?:go|rs|rb|exs|dart|c|cc|cpp|cxx|py|[cm]?[jt]sx?)
    | test_[^/]*\.(?:rb|c|cc|cpp|cxx)
    | [^/]*_spec\.(?:rb|lua|cr)
    | [^/]*[.-](?:test|spec)\.[cm]?[jt]sx? | (?:test|test-[^/]*)\.[cm]?[jt]sx?
    | [^/]*\.cy\.[jt]sx?
    | (?:[^/]*[a-z0-9_])?(?:Test|Tests|TestCase|IT|Spec)\.(?:java|kt|groovy|scala|cs|php|swift)
    | Test[A-Z0-9_][^/]*\.(?:java|kt|groovy|scala|cs)
    | [^/]*\.snap | [^/]*\.feature
    """,
    re.VERBOSE,
)

_VENDORED_FOLDERS = frozenset({
    "node_modules", "bower_components", "vendor", "third_party", "site-packages",
    "dist-packages", ".venv", "venv", ".tox", ".nox", ".eggs", "__pycache__", ".git",
})  # fmt: skip


def is_test(path: str) -> bool:
    """Whether a workspace path belongs to the tests: code, data, snapshots, conftest."""
    *folders, name = path.split("/")
    for folder in folders:
        lowered = folder.lower()
        if lowered in _TEST_FOLDERS or lowered.endswith(_TEST_FOLDER_ENDS):
            return True
    return _TEST_NAMES.fullmatch(name) is not None


def is_vendored(path: str) -> bool:
    """Whether a workspace path holds code that somebody else maintains."""
    return not _VENDORED_FOLDERS.isdisjoint(path.split("/"))


_CODE = re.compile(
    r".+\.(?:py|[cm]?[jt]sx?|java|kt|groovy|scala|go|rs|rb|php|cs|swift|c|cc|cpp|cxx|h|sh|exs?|dart)"
)


def is_test_code(path: str) -> bool:
    """Whether it is a test's source: tests write snapshots and data, hardly ever their own code."""
    return is_test(path) and not is_vendored(path) and _CODE.fullmatch(path) is not None


_CHECK_NAMES = re.compile(
    r"""
      \.?ruff\.toml | \.flake8 | \.?mypy\.ini | \.?pylintrc(?:\.toml)? | pyrightconfig\.json
    | \.bandit | \.eslint(?:rc.*|ignore) | eslint\.config\..+ | biome\.jsonc? | \.golangci\..+
    | \.?clippy\.toml | \.rubocop.*\.yml | phpstan.*\.neon(?:\.dist)? | psalm\.xml
    | checkstyle.*\.xml | \.semgrepignore | \.trivyignore | spotbugs.*\.xml
    """,
    re.VERBOSE,
)
_MIXED_NAMES = frozenset(
    {"pyproject.toml", "setup.cfg", "tox.ini", "package.json", "tsconfig.json"}
)


def configures_linter(path: str) -> bool:
    """Whether the file does nothing but configure a linter, type checker or security scanner."""
    return _CHECK_NAMES.fullmatch(path.rpartition("/")[2].lower()) is not None


def configures_checks(path: str) -> bool:
    """Whether the file may say, among other things, what the project's checks look at."""
    return configures_linter(path) or path.rpartition("/")[2] in _MIXED_NAMES
