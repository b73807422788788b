"""Guard `paths`: files that decide whether a patch passes are not for the patch to change.

Tests, the configuration of test runners, CI, hooks, instructions, gatekeeper's own files,
and what `tests.protected` adds. Files that hold such configuration beside other things
(`pyproject.toml`, `package.json`, ...) belong to the guard `runner_config`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.intake.places import is_test
from gatekeeper.ports import Guard, Tree


@dataclass(frozen=True, slots=True)
class _Rule:
    """Lower-case names and folders; `at_root` restricts the folders to the workspace's root."""

    what: str
    names: tuple[str, ...] = ()  # regular expressions, matched on the whole file name
    folders: tuple[str, ...] = ()
    at_root: bool = False


_RULES = (
    _Rule(
        "configures the test runner",
        names=(
            r"\.?pytest\.ini", r"pytest\.toml", r"\.pytest\.toml", r"tox\.(?:ini|toml)",
            r"noxfile\.py", r"\.?nose(?:rc|\.cfg)", r"unittest\.cfg", r"\.coveragerc",
            r"behave\.ini", r"\.behaverc",
            r"(?:jest|vitest|karma|playwright|cypress|ava|wdio|web-test-runner|nyc|protractor)"
            r"\.conf(?:ig)?(?:\.[a-z0-9_-]+)*\.(?:[cm]?[jt]s|json)", r"cypress\.json",
            r"vitest\.workspace\.[a-z]+", r"\.mocharc(?:\.[a-z]+)?", r"mocha\.opts", r"\.nycrc.*",
            r"\.c8rc.*", r"\.taprc", r"jest-preset\.js(?:on)?",
            r"(?:jest|vitest)[.-]?setup\.[cm]?[jt]sx?", r"setup-?tests?\.[cm]?[jt]sx?",
            r"phpunit(?:\.[a-z]+)*\.xml(?:\.dist)?",
            r"phpunit\.xml\.dist", r"pest\.php", r"codeception\.ya?ml", r"\.rspec(?:-local)?",
            r"\.simplecov", r"nextest\.toml", r"junit-platform\.properties", r"testng.*\.xml",
            r"\.runsettings", r".+\.runsettings", r"xunit\.runner\.json",
        ),
        folders=(".cargo", ".config/nextest", ".mvn"),
    ),
    _Rule(
        "configures the pipeline",
        names=(
            r".*\.gitlab-ci\.ya?ml", r"jenkinsfile(?:[._-].*)?", r".*\.jenkinsfile",
            r"\.travis\.ya?ml", r"azure-pipelines.*\.ya?ml", r"bitbucket-pipelines\.ya?ml",
            r"\.drone\.ya?ml", r"\.woodpecker\.ya?ml", r"\.?appveyor\.ya?ml", r"\.cirrus\.ya?ml",
            r"cloudbuild\.ya?ml", r"buildspec\.ya?ml", r"codecov\.ya?ml", r"\.codecov\.ya?ml",
        ),
        folders=(
            ".github", ".gitlab", ".gitlab-ci", ".circleci", ".buildkite", ".woodpecker", ".ci",
            ".drone", ".semaphore", ".teamcity", ".azure-pipelines", ".gitea", ".forgejo",
        ),
    ),
    _Rule(
        "configures gatekeeper, or is read by it",
        names=(r"\.gatekeeper(?:\..*)?\.ya?ml", r"\.env(?:\.tests?)?"),
        folders=(".gatekeeper", "gatekeeper-report"),
    ),
    _Rule("holds gatekeeper's approved scenarios", folders=("scenarios",), at_root=True),
    _Rule(
        "is a hook or configures git",
        names=(
            r"\.pre-commit-(?:config|hooks)\.ya?ml", r"\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)",
            r"\.overcommit\.yml", r"\.gitattributes", r"\.gitmodules", r"\.gitconfig",
        ),
        folders=(".githooks", ".git-hooks", ".husky", ".git"),
    ),
    _Rule(
        "instructs coding agents",
        names=(r"agents(?:\.override)?\.md", r"claude(?:\.local)?\.md", r"gemini\.md",
               r"\.cursorrules", r"\.windsurfrules", r"\.mcp\.json"),
        folders=(".cursor", ".claude", ".codex", ".gemini"),
    ),
    _Rule(
        "holds installed programs, the test runner among them",
        names=(r"\.npmrc", r"\.yarnrc(?:\.ya?ml)?", r"\.pnp\..*", r"\.bundle", r"pip\.conf"),
        folders=("node_modules", ".venv", "venv", "site-packages", "vendor/bin", "vendor/phpunit",
                 ".bundle", ".yarn"),
    ),
)  # fmt: skip


def _says(rule: _Rule, lowered: str) -> bool:
    folder, _, name = lowered.rpartition("/")
    if any(re.fullmatch(pattern, name) for pattern in rule.names):
        return True
    if rule.at_root:
        return f"{folder}/".startswith(tuple(f"{one}/" for one in rule.folders))
    return any(f"/{one}/" in f"/{folder}/" for one in rule.folders)


_Patterns = Sequence[tuple[str, re.Pattern[str]]]


def _reason(path: str, extra: _Patterns) -> str:
    if is_test(path):
        return "belongs to the tests"
    lowered = path.lower()
    for rule in _RULES:
        if _says(rule, lowered):
            return rule.what
    for written, pattern in extra:
        if pattern.fullmatch(path):
            return written
    return ""


def _as_regex(pattern: str) -> re.Pattern[str]:
    """A glob as .gitignore has it: `**` crosses folders, `*` and `?` do not, `x/` is a folder."""
    anchored = "/" in pattern.rstrip("/")
    pieces = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern.strip("/"))
    body = "".join(_GLOB.get(piece) or re.escape(piece) for piece in pieces)
    return re.compile(("" if anchored else "(?:.*/)?") + body + "(?:/.*)?", re.DOTALL)


_GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def protected_paths(protected: Sequence[str] = (), run: Sequence[str] = ()) -> Guard:
    """A guard that blocks every change of a protected file; `protected` are further globs.

    `run` are paths and globs from the workspace's root that the test command itself names.
    """
    extra = [
        (f"is protected by `tests.protected: {pattern}`", _as_regex(pattern))
        for pattern in protected
    ]
    extra += [("is run by the test command", _as_regex(f"/{pattern}")) for pattern in run]

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        del before, after
        return _findings(candidate, extra)

    return look


def _findings(candidate: Candidate, extra: _Patterns) -> Iterator[Finding]:
    for change in candidate.changes:
        reason = _reason(change.path, extra)
        if reason:
            verb = {"A": "adds", "D": "deletes"}.get(change.status, "changes")
            message = (
                f"{verb} `{change.path}`, which {reason}: make the fix in product code, "
                f"or let a person change this file."
            )
            yield Finding("paths", Level.BLOCK, message, change.path)
