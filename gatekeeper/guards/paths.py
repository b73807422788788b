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
from gatekeeper.intake.places import configures_linter, is_test
from gatekeeper.ports import Guard, Tree


@dataclass(frozen=True, slots=True)
class _Rule:
    """Lower-case names and folders; `at_root` restricts the folders to the workspace's root."""

    what: str
    names: tuple[str, ...] = ()  # regular expressions, matched on the whole file name
    folders: tuple[str, ...] = ()
    at_root: bool = False
    level: Level = Level.BLOCK


_RULES = (
    _Rule(
        "configures the test runner",
        names=(
            r"\.?pytest\.ini", r"\.?pytest\.toml", r"tox(?:-[\w-]+)?\.(?:ini|toml)",
            r"noxfile\.py", r"\.?nose(?:rc|\.cfg)", r"unittest\.cfg", r"\.coveragerc",
            r"hatch\.toml",
            r"behave\.ini", r"\.behaverc", r"\.(?:stestr|testr)\.conf", r"\.proverc",
            r"(?:jest|vitest|karma|playwright|cypress|ava|wdio|web-test-runner|nyc|protractor"
            r"|stryker|jasmine|node)\.conf(?:ig)?(?:\.[a-z0-9_-]+)*\.(?:[cm]?[jt]s|json)",
            r"cypress\.json", r"jasmine\.json", r"vitest\.workspace\.[a-z]+",
            r"\.mocharc(?:\.[a-z]+)?", r"mocha\.opts", r"\.nycrc.*", r"\.c8rc.*", r"\.taprc",
            r"(?:jest|vitest|mocha|karma)[.-][\w.-]+\.(?:[cm]?[jt]sx?|json)", r"wallaby\.[cm]?js",
            r"set-?up-?(?:tests?|jest|vitest|mocha|after-?env)\.[cm]?[jt]sx?",
            r"global-?(?:set-?up|teardown)\.[cm]?[jt]s", r"bunfig\.toml",
            r"phpunit(?:\.[a-z]+)*\.xml(?:\.dist)?", r"pest\.php", r"codeception\.ya?ml",
            r"\.rspec(?:-local)?", r"\.simplecov", r"guardfile", r"cucumber\.(?:ya?ml|[cm]?js)",
            r"nextest\.toml", r"junit-platform\.properties", r"testng.*\.xml",
            r"org\.(?:junit|testng|spockframework)\..*", r"(?:.+)?\.runsettings",
            r"xunit\.runner\.json", r"ctest\w*\.cmake", r"cmake(?:user)?presets\.json",
            r"\.bazelrc", r"magefile\.go",
            r"run[-_]?tests?(?:\.(?:sh|py|[cm]?[jt]s|rb|php|ps1|bat))?",
            r"\.phpunit\.result\.cache", r"\.testmondata",
        ),
        folders=(".cargo", ".config/nextest", ".mvn", ".pytest_cache", ".phpunit.cache",
                 "features/steps", "step_definitions", "mockito-extensions"),
    ),
    _Rule(
        "decides how code and tests are compiled or loaded",
        names=(r"\.babelrc.*", r"babel\.config\..+", r"\.swcrc", r"php\.ini", r"\.user\.ini",
               r"\.noderc", r"pyvenv\.cfg"),
    ),
    _Rule(
        "starts or is the build that runs the tests",
        names=(r"mvnw(?:\.cmd)?", r"gradlew(?:\.bat)?", r"init\.gradle(?:\.kts)?"),
        folders=("buildsrc", "build-logic", "gradle/init.d"),
    ),
    _Rule(
        "configures the pipeline",
        names=(
            r".*\.gitlab-ci\.ya?ml", r"jenkinsfile(?:[._-].*)?", r".*\.jenkinsfile",
            r"\.travis\.ya?ml", r"azure-pipelines.*\.ya?ml", r"bitbucket-pipelines\.ya?ml",
            r"\.drone\.(?:ya?ml|star|jsonnet)", r"\.woodpecker\.ya?ml", r"\.?appveyor\.ya?ml",
            r"\.cirrus\.(?:ya?ml|star)", r"cloudbuild\.ya?ml", r"buildspec.*\.ya?ml",
            r"\.?codecov\.ya?ml", r"\.build\.ya?ml", r"wercker\.ya?ml", r"bitrise\.ya?ml",
            r"codemagic\.ya?ml", r"earthfile", r"dagger\.json", r"codeowners",
            r"(?:\.?renovate(?:rc)?|dependabot)(?:\.json5?|\.ya?ml)?",
            r"sonar-project\.properties", r"\.gitleaks\.toml", r"\.gitleaksignore",
        ),
        folders=(
            ".github", ".gitlab", ".gitlab-ci", ".circleci", ".buildkite", ".woodpecker", ".ci",
            ".drone", ".semaphore", ".teamcity", ".azure-pipelines", ".gitea", ".forgejo",
            ".builds", ".tekton", ".concourse", ".jenkins",
        ),
    ),
    _Rule(
        "configures gatekeeper, or is read by it",
        names=(r"\.gatekeeper(?:\..*)?\.ya?ml", r"\.env(?:\.(?:tests?|testing|ci|local))?",
               r"\.envrc"),
        folders=(".gatekeeper", "gatekeeper-report"),
    ),
    _Rule("holds gatekeeper's approved scenarios", folders=("scenarios",), at_root=True),
    _Rule(
        "is a hook, or is run by git, an editor or a shell when it opens the folder",
        names=(
            r"\.pre-commit-(?:config|hooks)\.ya?ml", r"\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)",
            r"\.overcommit\.yml", r"\.gitattributes", r"\.gitmodules", r"\.gitconfig",
            r"\.?simple-git-hooks\.(?:[cm]?js|json)", r"\.huskyrc.*", r"\.?lint-?staged.*",
            r"\.bash(?:rc|_profile|_login)", r"\.profile", r"\.zshenv", r"\.exrc", r"\.nvimrc",
        ),
        folders=(".githooks", ".git-hooks", ".husky", ".git", ".vscode", ".idea", ".devcontainer",
                 ".direnv"),
    ),
    _Rule(
        "instructs coding agents",
        names=(r"agents(?:\.override)?\.md", r"claude(?:\.local)?\.md", r"(?:gemini|qwen)\.md",
               r"\.cursorrules", r"\.windsurfrules", r"\.clinerules", r"\.mcp\.json",
               r"\.aider.*", r"copilot-instructions\.md"),
        folders=(".cursor", ".claude", ".codex", ".gemini", ".windsurf", ".clinerules", ".roo",
                 ".continue", ".agents"),
    ),
    _Rule(
        "holds installed programs, the test runner among them, or says where they come from",
        names=(r"\.npmrc", r"\.yarnrc(?:\.ya?ml)?", r"\.pnp\..*", r"\.pnpmfile\.c?js",
               r"pip\.(?:conf|ini)",
               r"\.bundle", r"\.pypirc", r"\.condarc", r"\.gemrc", r"uv\.toml", r"poetry\.toml",
               r"\.netrc"),
        folders=("node_modules", ".venv", "venv", "site-packages", "dist-packages", "vendor/bin",
                 "vendor/phpunit", "vendor/composer", ".bundle", ".yarn", ".tox", ".nox",
                 "vendor/github.com/stretchr", "vendor/github.com/onsi", "vendor/gotest.tools",
                 "vendor/github.com/google/go-cmp", "vendor/bundle"),
    ),
    _Rule("is run by Cargo before the tests", names=(r"build\.rs",), level=Level.WARN),
)  # fmt: skip


def _says(rule: _Rule, lowered: str) -> bool:
    folder, _, name = lowered.rpartition("/")
    if any(re.fullmatch(pattern, name) for pattern in rule.names):
        return True
    if rule.at_root:
        return f"{folder}/".startswith(tuple(f"{one}/" for one in rule.folders))
    return any(f"/{one}/" in f"/{folder}/" for one in rule.folders)


_Patterns = Sequence[tuple[str, re.Pattern[str]]]


def _reason(path: str, extra: _Patterns) -> tuple[str, Level] | None:
    """Why a file decides whether a patch passes, and how much it weighs."""
    if is_test(path):
        return "belongs to the tests", Level.BLOCK
    lowered = path.lower()
    for rule in _RULES:
        if _says(rule, lowered):
            return rule.what, rule.level
    for written, pattern in extra:
        if pattern.fullmatch(path):
            return written, Level.BLOCK
    if configures_linter(path):
        return "configures a linter, so look whether it hides what the change does", Level.WARN
    return None


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
        if reason is not None:
            what, level = reason
            verb = {"A": "adds", "D": "deletes"}.get(change.status, "changes")
            message = (
                f"{verb} `{change.path}`, which {what}: make the fix in product code, "
                f"or let a person change this file."
            )
            yield Finding("paths", level, message, change.path)
