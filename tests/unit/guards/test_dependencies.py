"""Manifests, locks and images: the parts that say what is installed are locked, the rest is free."""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

import pytest

from gatekeeper.domain import Finding, Level
from gatekeeper.guards.dependencies import no_new_dependencies
from tests.support.trees import candidate, tree

SETUP = "from setuptools import setup\nNEEDS = ['a']\nsetup(name='x', version='1', install_requires=NEEDS)\n"
POM = "<project><version>1</version><dependencies><dependency><version>1</version></dependency></dependencies></project>"
GRADLE = "version = '1'\n\ndependencies {\n    implementation 'a:b:1'\n}\n\njar {\n    baseName = 'x'\n}\n"
LOCK = '{"name": "x", "version": "1", "packages": {"": {"version": "1"}, "node_modules/a": {"version": "1"}}}'
UV = "version = 1\n[[package]]\nname='x'\nversion='1'\nsource={editable='.'}\n[[package]]\nname='a'\nversion='1'\nsource={registry='r'}\n"

CHANGES = [
    ("requirements.txt", "a==1\n", "a==2\n"),
    ("requirements-dev.txt", "a==1\n", ""),
    ("requirements/base.in", "", "a\n"),
    ("dev-requirements.txt", "", "a\n"),
    ("constraints.txt", "a<2\n", "a<3\n"),
    ("Pipfile", "[packages]\na='*'\n", "[packages]\na='1'\n"),
    ("Pipfile.lock", "{}", '{"a": 1}'),
    ("poetry.lock", "a\n", "b\n"),
    ("pdm.lock", "a\n", "b\n"),
    ("pylock.toml", "a\n", "b\n"),
    ("uv.lock", UV, UV.replace("version='1'\nsource={r", "version='2'\nsource={r")),
    ("environment.yml", "dependencies:\n- a\n", "dependencies:\n- b\n"),
    ("pyproject.toml", "[project]\ndependencies=['a']\n", "[project]\ndependencies=['a<2']\n"),
    ("pyproject.toml", "", "[project.optional-dependencies]\ntest=['a']\n"),
    ("pyproject.toml", "[build-system]\nrequires=['a']\n", "[build-system]\nrequires=['b']\n"),
    ("pyproject.toml", "", "[tool.poetry.dependencies]\na='1'\n"),
    ("pyproject.toml", "", "[tool.poetry.group.dev.dependencies]\na='1'\n"),
    ("pyproject.toml", "", "[dependency-groups]\ndev=['a']\n"),
    ("pyproject.toml", "", "[tool.uv]\nindex-url='x'\n"),
    ("lib/pyproject.toml", "[project]\nrequires-python='>=3.9'\n", "[project]\nrequires-python='>=3.12'\n"),
    ("pyproject.toml", "[a]\n", "[a\n"),
    ("setup.cfg", "[options]\ninstall_requires=a\n", "[options]\ninstall_requires=b\n"),
    ("setup.cfg", "", "[options.extras_require]\ndev=a\n"),
    ("setup.py", SETUP, SETUP.replace("['a']", "['b']")),
    ("setup.py", SETUP, SETUP.replace("=NEEDS)", "=['a'])")),
    ("setup.py", SETUP, SETUP + "x = (\n"),
    ("package.json", '{"dependencies":{"a":"1"}}', '{"dependencies":{"a":"2"}}'),
    ("package.json", "{}", '{"devDependencies":{"a":"2"}}'),
    ("web/package.json", "{}", '{"overrides":{"a":"2"}}'),
    ("package.json", "{}", '{"resolutions":{"a":"2"}}'),
    ("package.json", '{"engines":{"node":"18"}}', '{"engines":{"node":"22"}}'),
    ("package.json", "{}", '{"packageManager":"pnpm@9"}'),
    ("package-lock.json", LOCK, LOCK.replace('a": {"version": "1"', 'a": {"version": "2"')),
    ("yarn.lock", "a\n", "b\n"),
    ("pnpm-lock.yaml", "a\n", "b\n"),
    ("bun.lock", "a\n", "b\n"),
    ("go.mod", "module x\nrequire a v1\n", "module x\nrequire a v2\n"),
    ("go.mod", "module x\n", "module x\nreplace a => ./evil\n"),
    ("go.sum", "a\n", ""),
    ("Cargo.toml", "[dependencies]\na='1'\n", "[dependencies]\na='2'\n"),
    ("Cargo.toml", "", "[patch.crates-io]\na={path='evil'}\n"),
    ("Cargo.toml", "", "[target.'cfg(unix)'.dependencies]\na='1'\n"),
    ("Cargo.lock", "[[package]]\nname='a'\nversion='1'\nsource='r'\n", "[[package]]\nname='a'\nversion='2'\nsource='r'\n"),
    ("pom.xml", POM, POM.replace("<dependency><version>1", "<dependency><version>2")),
    ("pom.xml", "<project/>", "<project><properties><a.version>2</a.version></properties></project>"),
    ("pom.xml", "<project/>", "<project><build><extensions><extension/></extensions></build></project>"),
    ("build.gradle", GRADLE, GRADLE.replace("a:b:1", "a:b:2")),
    ("app/build.gradle.kts", "", 'repositories {\n    maven("x")\n}\n'),
    ("gradle/libs.versions.toml", "a\n", "b\n"),
    ("gradle/wrapper/gradle-wrapper.properties", "a\n", "b\n"),
    ("gradle.properties", "kotlinVersion=1\n", "kotlinVersion=2\n"),
    ("composer.json", '{"require":{"a":"1"}}', '{"require":{"a":"2"}}'),
    ("composer.lock", "{}", '{"a":1}'),
    ("Gemfile", "gem 'a'\n", "gem 'a', '2'\n"),
    ("Gemfile.lock", "a\n", "b\n"),
    ("x.gemspec", "s.version = 1\n", "s.version = 1\ns.add_dependency 'a'\n"),
    ("Shop.csproj", "<Project/>", '<Project><ItemGroup><PackageReference Include="a"/></ItemGroup></Project>'),
    ("Dockerfile", "FROM a:1\n", "FROM a:2\n"),
    ("docker/app.Dockerfile", "FROM a\n", "FROM a\nRUN x\n"),
    ("Dockerfile.ci", "FROM a\n", "FROM b\n"),
    ("compose.yaml", "a: 1\n", "a: 2\n"),
    ("docker-compose.prod.yml", "a: 1\n", "a: 2\n"),
    (".devcontainer/devcontainer.json", "{}", '{"image":"x"}'),
    (".python-version", "3.11\n", "3.12\n"),
    (".nvmrc", "18\n", "20\n"),
    (".tool-versions", "node 18\n", "node 20\n"),
    ("rust-toolchain.toml", "a\n", "b\n"),
    ("mix.exs", "  defp deps do\n    [{:a, 1}]\n  end\n", "  defp deps do\n    [{:a, 2}]\n  end\n"),
    ("pubspec.yaml", "dependencies:\n  a: 1\n", "dependencies:\n  a: 2\n"),
]  # fmt: skip

FREE = [
    ("requirements.txt", "a==1\n", "# said\na==1\n\n"),
    ("pyproject.toml", "[project]\nversion='1'\n", "[project]\nversion='2'\n"),
    ("pyproject.toml", "", "[project.scripts]\nx='a:b'\n"),
    ("pyproject.toml", "[tool.ruff]\nx=1\n", "[tool.ruff]\nx=2\n"),
    ("pyproject.toml", "[project]\ndependencies=['a']\n", "[project]\n# said\ndependencies = [ 'a' ]\n"),
    ("pyproject.toml", "[tool.poetry]\nversion='1'\n", "[tool.poetry]\nversion='2'\n"),
    ("setup.cfg", "[metadata]\nversion=1\n[options]\ninstall_requires=a\n", "[metadata]\nversion=2\n[options]\ninstall_requires=a\n"),
    ("setup.py", SETUP, SETUP.replace("version='1'", "version='2'")),
    ("setup.py", SETUP, SETUP.replace("name='x',", "name='x', entry_points={'console_scripts': ['x=a:b']},")),
    ("package.json", '{"version":"1","dependencies":{"a":"1"}}', '{"version":"2","dependencies":{"a":"1"}}'),
    ("package.json", "{}", '{"bin":{"x":"a.js"},"description":"b"}'),
    ("package-lock.json", LOCK, LOCK.replace('"version": "1", "packages": {"": {"version": "1"}', '"version": "2", "packages": {"": {"version": "2"}')),
    ("uv.lock", UV, UV.replace("version='1'\nsource={e", "version='2'\nsource={e")),
    ("Cargo.toml", "[package]\nversion='1'\n[dependencies]\na='1'\n", "[package]\nversion='2'\n[dependencies]\na='1'\n"),
    ("Cargo.lock", "[[package]]\nname='x'\nversion='1'\n", "[[package]]\nname='x'\nversion='2'\n"),
    ("pom.xml", POM, POM.replace("<project><version>1", "<project><version>2")),
    ("pom.xml", POM, POM.replace("<dependency>", "\n  <dependency>\n")),
    ("build.gradle", GRADLE, GRADLE.replace("version = '1'", "version = '2'")),
    ("build.gradle", GRADLE, GRADLE.replace("baseName = 'x'", "baseName = 'y'")),
    ("gradle.properties", "version=1\n", "version=2\n"),
    ("composer.json", '{"description":"a"}', '{"description":"b"}'),
    ("go.mod", "module x\nrequire a v1\n", "module x\n\n// said\nrequire a v1\n"),
    ("x.gemspec", "s.version = 1\n", "s.version = 2\n"),
    ("Dockerfile", "FROM a\n", "# said\nFROM a\n"),
    ("config/environment.yml", "debug: 1\n", "debug: 2\n"),
    ("locales/global.json", '{"hello":"a"}', '{"hello":"b"}'),
    ("src/dockerfile.py", "a\n", "b\n"),
    ("src/dockerfile_parser.py", "a\n", "b\n"),
    ("src/compose.py", "a\n", "b\n"),
    ("src/requirements.py", "a\n", "b\n"),
    ("docs/requirements.md", "a\n", "b\n"),
    ("src/lock.py", "a\n", "b\n"),
    ("data/versions.toml", "a=1\n", "a=2\n"),
    ("docs/package.md", "a\n", "b\n"),
    ("src/pom.py", "a\n", "b\n"),
]  # fmt: skip


def found(path: str, old: str, new: str) -> list[Finding]:
    before, after = tree({path: old}), tree({path: new})
    return list(no_new_dependencies()(candidate(before, after), before, after))


@pytest.mark.parametrize(("path", "old", "new"), CHANGES)
def test_a_change_of_what_is_installed_blocks(path: str, old: str, new: str) -> None:
    """One finding that names the file and says what to do."""
    (finding,) = found(path, old, new)
    assert (finding.guard, finding.level, finding.path) == ("dependencies", Level.BLOCK, path)
    assert path in finding.message
    assert "let a person" in finding.message


@pytest.mark.parametrize(("path", "old", "new"), FREE)
def test_what_says_nothing_of_it_is_free(path: str, old: str, new: str) -> None:
    """A project's own version, scripts, comments and files that only have such a name."""
    assert found(path, old, new) == []


def test_adding_and_deleting_a_manifest_blocks() -> None:
    """A new lock file decides as much as a changed one, and so does a missing one."""
    there, gone = tree({"poetry.lock": "a\n"}), tree({})
    guard = no_new_dependencies()
    for before, after in ((there, gone), (gone, there)):
        (finding,) = guard(candidate(before, after), before, after)
        assert finding.message.startswith("changes `poetry.lock`, which says what is installed")


def test_the_finding_names_the_parts_and_the_line() -> None:
    """The reader learns which part of a shared file, and where."""
    (finding,) = found(
        "package.json", '{\n "name": "a",\n "dependencies": {}\n}\n',
        '{\n "name": "a",\n "dependencies": {"b": "1"}\n}\n',
    )  # fmt: skip
    assert finding.line == 3
    assert finding.message.startswith("changes dependencies in `package.json`")


@pytest.mark.parametrize(
    ("path", "blocks"),
    [
        ("vendor/github.com/x/y.go", True),
        ("third_party/lib/a.py", True),
        ("vendor/modules.txt", True),
        ("src/vendors.py", False),
        ("src/vendoring/a.py", False),
        ("lib/third_party.rb", False),
    ],
)
def test_code_that_somebody_else_maintains_is_a_dependency(path: str, blocks: bool) -> None:
    """A patch in a vendored package is a change of what is installed."""
    findings = found(path, "a\n", "b\n")
    assert bool(findings) is blocks
    assert all("somebody else maintains" in f.message and f.path == path for f in findings)
