"""What the path guard protects, and what it must leave to an honest fix."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import pytest

from gatekeeper.domain import Finding, Level
from gatekeeper.guards.paths import protected_paths
from tests.support.trees import candidate, tree

EMPTY = tree({})

PROTECTED = [
    "tests/test_a.py", "test/a.js", "pkg/tests/data/x.json", "Tests/x.py", "spec/a_spec.rb",
    "src/__tests__/a.tsx", "test_a.py", "pkg/a_test.py", "app/tests.py", "conftest.py",
    "pkg/conftest.py", "sum_test.go", "testdata/golden.txt", "web/a.test.ts", "web/a.spec.mjs",
    "a-test.js", "test-a.cjs", "src/test/java/com/acme/Foo.java", "x/FooTest.java", "FooTests.cs",
    "FooIT.java", "TestFoo.java", "PriceTest.php", "price_spec.rb", "FooSpec.groovy",
    "a/__snapshots__/x.snap", "features/pay.feature", "Acme.Tests/Foo.cs", "lib_test.rs",
    "e2e/login.ts", "src/integrationTest/java/A.java", "pytest.ini", ".pytest.ini", "tox.ini",
    "noxfile.py", ".coveragerc", "jest.config.js", "web/jest.config.ts", "vitest.config.mts",
    "vitest.workspace.ts", ".mocharc.yml", "karma.conf.js", "playwright.config.ts", "phpunit.xml",
    "phpunit.xml.dist", ".rspec", ".cargo/config.toml", ".config/nextest.toml", "src/setupTests.js",
    ".gitlab-ci.yml", "ci/build.gitlab-ci.yml", "Jenkinsfile", "Jenkinsfile.nightly",
    ".github/workflows/ci.yml", ".circleci/config.yml", ".gitlab/ci/a.yml", ".ci/run",
    ".gatekeeper.yml", ".gatekeeper/x", "gatekeeper-report/a", ".env", "scenarios/1.yml", ".githooks/pre-commit",
    ".husky/pre-push", ".pre-commit-config.yaml", "lefthook.yml", ".gitattributes", ".gitmodules",
    "AGENTS.md", "pkg/AGENTS.md", "CLAUDE.md", ".cursor/rules/a.mdc", "node_modules/.bin/jest",
    "vendor/bin/phpunit", ".npmrc", ".venv/lib/x.py", "a/site-packages/pytest.py",
]  # fmt: skip

FREE = [
    "src/testing_tools.py", "contest.py", "latest/a.py", "src/attestation/x.py", "src/protest.js",
    "pkg/tester.py", "src/Contest.java", "src/Testimonial.java", "src/Testament.kt", "src/Attest.cs",
    "src/LatestNews.java", "lib/inspector.rb", "lib/aspect.rb", "src/specification.ts", "specimen.go",
    "src/fastest.go", "src/backtest.py", "src/testify.js", "cmd/main.go", "src/app.py", "README.md",
    "src/karma.js", "src/scenarios/a.py", "docs/agents.rst", "src/jest_like.ts", "src/environment.py",
    "src/ci/pipeline.py", "src/github.py", "src/huskies/a.py", "src/IT.java.txt", "src/Audit.java",
    "src/Unit.java", "vendor/github.com/x/y.go", "src/greatest/x.ts", "data/harvest.json",
    "src/conftests.py", "pytest_plugin/core.py", "src/gatekeeper/gate.py", "package.json",
]  # fmt: skip


def found(path: str, *protected: str, deleted: bool = False) -> list[Finding]:
    there = tree({path: "x\n"})
    before, after = (there, EMPTY) if deleted else (EMPTY, there)
    guard = protected_paths(protected)
    return list(guard(candidate(before, after), before, after))


@pytest.mark.parametrize("path", PROTECTED)
def test_protected_path_blocks(path: str) -> None:
    """Adding or deleting the file is blocked, and the finding names it and says what to do."""
    for deleted in (False, True):
        (finding,) = found(path, deleted=deleted)
        assert (finding.guard, finding.level, finding.path) == ("paths", Level.BLOCK, path)
        assert path in finding.message
        assert "product code" in finding.message


@pytest.mark.parametrize("path", FREE)
def test_product_path_is_free(path: str) -> None:
    """A product file whose name only resembles a protected one is no finding."""
    assert found(path) == []


@pytest.mark.parametrize(
    ("pattern", "path", "blocks"),
    [
        ("contracts/**", "contracts/v1/a.json", True),
        ("contracts/", "contracts/v1/a.json", True),
        ("contracts/", "src/contracts/a.json", True),
        ("/contracts/*.json", "contracts/v1/a.json", False),
        ("schema/*.sql", "schema/a.sql", True),
        ("schema/*.sql", "schema/deep/a.sql", False),
        ("**/golden.*", "a/b/golden.txt", True),
        ("**/golden.*", "golden.txt", True),
        ("*.proto", "api/x.proto", True),
        ("*.proto", "api/x.protocol", False),
        ("a?.txt", "ab.txt", True),
        ("a?.txt", "a/.txt", False),
    ],
)
def test_configured_globs_protect_more(pattern: str, path: str, blocks: bool) -> None:
    """`tests.protected` adds globs, read as .gitignore reads them, and the finding quotes it."""
    findings = found(path, pattern)
    assert bool(findings) == blocks
    assert all(pattern in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("run", "path", "blocked"),
    [
        ("run/all.sh", "run/all.sh", True),
        ("checks/*.mjs", "checks/a.mjs", True),
        ("checks/*.mjs", "checks/deep/a.mjs", False),
        ("all.sh", "other/all.sh", False),
        ("all.sh", "all.sh", True),
    ],
)
def test_what_the_test_command_names_is_protected(run: str, path: str, blocked: bool) -> None:
    """Scripts and globs of the command count from the workspace's root."""
    before, after = tree({path: "a\n"}), tree({path: "b\n"})
    findings = list(protected_paths((), [run])(candidate(before, after), before, after))
    assert bool(findings) is blocked
    assert all("is run by the test command" in finding.message for finding in findings)
