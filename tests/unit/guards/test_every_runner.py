"""For every runner: the files that decide, start or replace it are caught, product files are not.

The files here are told by their path; of shared ones `test_runner_config.py` and
`test_dependencies.py` look at the parts.
"""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import pytest

from gatekeeper.domain import Level
from gatekeeper.guards.dependencies import no_new_dependencies
from gatekeeper.guards.modes import plain_files
from gatekeeper.guards.paths import protected_paths
from gatekeeper.guards.shadows import no_shadowing
from tests.support.trees import candidate, tree

BASE = {
    "pyproject.toml": "", "src/shop/__init__.py": "", "src/shop/core.py": "", "package.json": "{}",
    "requirements-dev.txt": "pytest\nmoto==4\ntime-machine\n", "lib/shop.rb": "", "go.mod": "",
}  # fmt: skip

CAUGHT = {
    "paths": [
        # pytest, unittest, tox, nox
        "pytest.ini", ".pytest.ini", "pytest.toml", "conftest.py", "src/shop/conftest.py", "tox.ini",
        "tox-ci.ini", "tox.toml", "noxfile.py", ".coveragerc", "unittest.cfg", "nose.cfg", ".noserc",
        "hatch.toml", ".pytest_cache/v/cache/lastfailed", "run_tests.py", "runtests.py", ".stestr.conf",
        "features/steps/pay.py", "behave.ini", ".testmondata", "shop/tests.py", "test_shop.py",
        # Maven, Gradle
        ".mvn/extensions.xml", ".mvn/maven.config", ".mvn/jvm.config", "mvnw", "gradlew",
        "gradlew.bat", "init.gradle", "gradle/init.d/a.gradle", "buildSrc/build.gradle.kts",
        "buildSrc/src/main/groovy/a.groovy", "src/main/resources/junit-platform.properties",
        "src/main/resources/META-INF/services/org.junit.platform.launcher.TestExecutionListener",
        "src/main/resources/mockito-extensions/org.mockito.plugins.MockMaker", "testng.xml",
        "testng-smoke.xml", "src/test/resources/a.json", "src/testFixtures/java/A.java",
        # Jest, Vitest, Mocha, node
        "jest.config.ts", "jest.config.json", "web/jest.setup.js", "jest-environment-shop.js",
        "jest-resolver.cjs", "src/setupTests.ts", "globalSetup.ts", "global-teardown.js",
        "vitest.config.ts", "vitest.workspace.json", "vitest.setup.ts", "setup-vitest.ts",
        "mocha.opts", ".mocharc.cjs", ".mocharc.json", "mocha-setup.js", ".taprc", ".nycrc.json",
        "node.config.json", "bunfig.toml", ".swcrc", ".babelrc", "babel.config.cjs", ".c8rc.json",
        "ava.config.mjs", "cypress.config.ts", "playwright.config.ts", "karma.conf.js", "wallaby.js",
        "src/__mocks__/fs.js", "node_modules/jest/index.js", "web/node_modules/.bin/vitest",
        ".npmrc", ".yarnrc.yml", ".yarn/releases/yarn.cjs", ".pnp.cjs", ".pnpmfile.cjs",
        # Go, Cargo
        "shop_test.go", "magefile.go", "testdata/a.json", ".cargo/config.toml", ".config/nextest.toml",
        "nextest.toml", "tests/it.rs", "vendor/github.com/stretchr/testify/assert/assertions.go",
        "vendor/gotest.tools/v3/assert/assert.go",
        # PHPUnit, RSpec
        "phpunit.xml", "phpunit.xml.dist", "phpunit.ci.xml", "vendor/phpunit/phpunit/src/A.php",
        "vendor/composer/autoload_real.php", "vendor/bin/phpunit", ".phpunit.result.cache", "php.ini",
        "pest.php", "codeception.yml", ".rspec", ".rspec-local", "spec/spec_helper.rb", ".simplecov",
        "cucumber.yml", "features/step_definitions/a.rb", ".bundle/config", "Guardfile",
        # others
        "CTestConfig.cmake", "CMakePresets.json", ".bazelrc", "a.runsettings", "xunit.runner.json",
        # CI, hooks, gatekeeper, agents, start-up of shells and editors
        ".gitlab-ci.yml", "ci/unit.gitlab-ci.yml", ".github/workflows/a.yml", "Jenkinsfile",
        ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".circleci/config.yml",
        ".drone.star", ".cirrus.star", ".builds/a.yml", ".tekton/a.yml", "buildspec-ci.yml", "Earthfile",
        "CODEOWNERS", "docs/CODEOWNERS", "renovate.json", ".renovaterc", "sonar-project.properties",
        ".gitleaks.toml", ".husky/pre-commit", ".githooks/post-checkout", ".pre-commit-config.yaml",
        "lefthook.yml", ".simple-git-hooks.json", ".lintstagedrc", ".gitattributes", ".gitmodules",
        ".gatekeeper.yml", ".gatekeeper/scenario.yml", "gatekeeper-report/verdict.json",
        "scenarios/pay.yml", ".env", ".env.test", ".env.ci", ".envrc", ".direnv/a", ".bashrc",
        ".profile", ".vscode/tasks.json", ".idea/runConfigurations/a.xml",
        ".devcontainer/post-create.sh", "AGENTS.md", "CLAUDE.md", ".cursor/rules/a.mdc",
        ".clinerules", ".aider.conf.yml", ".mcp.json",
    ],
    "shadows": [
        "sitecustomize.py", "src/usercustomize.py", "sitecustomize/__init__.py", "x.pth",
        "python311._pth", "pytest.py", "src/pytest/__init__.py", "_pytest/assertion/rewrite.py",
        "pytest/plugins.py", "unittest/case.py", "src/unittest/mock.py", "pluggy.py", "src/json.py",
        "random/__init__.py", "coverage.py", "hypothesis/__init__.py", "requests/__init__.py",
        "moto/__init__.py", "src/time_machine.py", "src/freezegun/__init__.py", "numpy.py",
        "evil.dist-info/entry_points.txt", "src/shop.egg-info/entry_points.txt",
        "src/shop/__pycache__/core.cpython-311.pyc", "bin/python3", "scripts/node", "npx", "pytest",
        "tools/bash", "bin/go", "bin/cargo", "bin/mvn", "gradle.bat", "bin/rspec", "bin/phpunit",
        "jest.js", "mocha.cjs", "vitest.mjs", "build.rs", "crates/a/build.rs",
        "src/main/java/org/junit/jupiter/api/Assertions.java", "src/main/java/java/util/List.java",
        "src/main/java/org/assertj/core/api/Assertions.java", "src/junit/framework/Assert.java",
        "src/main/kotlin/kotlin/test/Assertions.kt", "src/PHPUnit/Framework/Assert.php",
        "lib/rspec.rb", "lib/rspec/core.rb", "lib/minitest/evil_plugin.rb",
    ],
    "dependencies": [
        "requirements.txt", "poetry.lock", "uv.lock", "Pipfile", "package-lock.json", "yarn.lock",
        "pnpm-lock.yaml", "go.sum", "go.work", "gradle/libs.versions.toml", "gradle.lockfile",
        "composer.lock", "Gemfile", "Gemfile.lock", "Dockerfile", "compose.yml", ".python-version",
        ".nvmrc", ".tool-versions", "mise.toml", "rust-toolchain", "gradle/verification-metadata.xml",
    ],
}  # fmt: skip

FREE = [
    "src/shop/pricing.py", "src/shop/json.py", "src/shop/pytest_like.py", "src/shop/random_walk.py",
    "src/shop/numpy/__init__.py", "src/shop/requests/__init__.py", "src/shop/setup_env.py",
    "src/shop/testing_tools.py", "src/shop/conftest_reader.py", "src/shop/envrc.py",
    "src/shop/requirements.py", "src/shop/lockfile.py", "src/shop/dockerfile.py", "src/basket.py",
    "src/shop/data/environment.csv", "docs/pytest.md", "docs/jest.md", "docs/conf.py",
    "docs/tox.rst", "docs/maven.md", "json/data.txt", "src/jest_like.ts", "src/jester.ts",
    "src/mochaccino.ts", "src/vitesse.ts", "src/node.ts", "src/bash.ts", "src/python.ts",
    "src/components/Makeup.tsx", "src/features/pay.tsx", "src/features/steps.ts", "src/auth.json",
    "locales/en/auth.json", "src/global.ts", "src/setup.ts", "src/hooks/useCart.ts",
    "src/environment.ts", "web/src/json.js", "web/src/assert.js", "web/src/util.js",
    "bin/shop", "scripts/release.sh", "tools/convert.py", "completions/bash", "config/env",
    "cmd/shop/main.go", "internal/testify.go", "internal/contest.go", "pkg/go/a.go",
    "src/main/java/com/acme/Attest.java", "src/main/java/com/acme/junit/Reporter.java",
    "src/main/java/com/acme/Protester.java", "src/java/com/acme/A.java", "src/lib.rs", "src/build.rs.md",
    "src/builder.rs", "src/Service/PhpUnitFinder.php", "src/Unit/Price.php", "lib/shop/rspec.rb",
    "lib/shop.rb", "lib/shop/minitest.rb", "app/models/spec_sheet.rb", "data/prices.toml",
    "data/pom.csv", "src/gradle.py", "src/maven.py", "hooks/useCart.ts", "docs/agent.md",
    "src/shop/site.html", "assets/env.json", "README.md", "CHANGELOG.md", "docs/hooks.md",
    "src/runner.py", "src/run_testimonials.py", "src/pathology.py", "src/shop/profile.py",
]  # fmt: skip


def findings(path: str) -> dict[str, Level]:
    """Guard to level of what the guards say of a new file at this path, beside the mode's."""
    before, after = tree(BASE), tree({**BASE, path: "x\n"})
    change = candidate(before, after)
    guards = (protected_paths(), no_shadowing(), no_new_dependencies(), plain_files())
    return {f.guard: f.level for guard in guards for f in guard(change, before, after)}


@pytest.mark.parametrize(
    ("guard", "path"), [(guard, path) for guard, paths in CAUGHT.items() for path in paths]
)
def test_a_file_that_decides_is_blocked(guard: str, path: str) -> None:
    """The guard that knows why says so; another one may say so too."""
    assert findings(path).get(guard) is Level.BLOCK


@pytest.mark.parametrize("path", FREE)
def test_a_product_file_is_free(path: str) -> None:
    """Names that only sound like a runner, and product code in odd places."""
    assert findings(path) == {}


@pytest.mark.parametrize(
    "path",
    ["ruff.toml", ".flake8", "mypy.ini", ".eslintrc.json", "eslint.config.mjs", ".golangci.yml",
     ".rubocop.yml", "phpstan.neon", "clippy.toml"],
)  # fmt: skip
def test_the_configuration_of_a_linter_is_for_a_person_to_look_at(path: str) -> None:
    """It decides nothing about the tests, but may hide what a check would say."""
    assert findings(path) == {"paths": Level.WARN}


def test_the_tables_are_as_long_as_they_say() -> None:
    """About 150 files that decide, and at least 60 that do not."""
    assert sum(map(len, CAUGHT.values())) >= 150
    assert len(FREE) >= 60


def test_a_program_that_can_be_started_is_caught_anywhere() -> None:
    """With the executable bit the folder does not matter; a product's own program is free."""
    before = tree({})
    for path, caught in (("a/b/node", True), ("a/b/shop", False)):
        after = tree({path: "#!/bin/sh\n"})
        change = candidate(before, after, {path: ("000000", "100755")})
        assert bool(list(no_shadowing()(change, before, after))) is caught


def test_what_the_project_always_had_stays_its_own() -> None:
    """A new file in the runner's own project, or beside a module that was always there, is free."""
    files = {"pyproject.toml": "", "src/_pytest/__init__.py": "", "requests/__init__.py": ""}
    before = tree(files)
    for path in ("src/_pytest/more.py", "requests/more.py"):
        after = tree({**files, path: ""})
        assert list(no_shadowing()(candidate(before, after), before, after)) == []
