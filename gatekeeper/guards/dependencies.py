"""Guard `dependencies`: what is installed is not for a patch to change.

A trial runs with what was installed before, so it proves nothing about another version; and who
chooses the versions chooses the code that runs. Of files that say other things as well only the
parts about dependencies count: a project's own version or a new script is no finding.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import tostring

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.parts import (
    Broken,
    Parts,
    Reader,
    differing,
    first_line,
    ini,
    lines_about,
    table,
    tag,
    xml,
)
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.intake.python_code import parse
from gatekeeper.ports import Guard, Tree

WHOLE = "it"
"""The name of the only part of a file that is about nothing else."""


def _whole(text: str) -> Parts:
    return {WHOLE: text}


def _said(text: str) -> Parts:
    """Everything but comments and blank lines."""
    lines = (re.sub(r"(?:^|\s)(?:#|//).*", "", line).strip() for line in text.splitlines())
    return {WHOLE: [line for line in lines if line]}


# --- Python -----------------------------------------------------------------------------


def _pyproject(text: str) -> Parts:
    data = tomllib.loads(text)
    project, tool = table(data, "project"), table(data, "tool")
    poetry = table(tool, "poetry")
    parts: dict[str, object] = {
        f"project.{key}": project.get(key)
        for key in ("dependencies", "optional-dependencies", "requires-python")
    }
    parts["build-system"] = data.get("build-system")
    parts["dependency-groups"] = data.get("dependency-groups")
    for key in ("dependencies", "dev-dependencies", "group", "extras", "source", "requires-poetry"):
        parts[f"tool.poetry.{key}"] = poetry.get(key)
    for key in ("uv", "pixi", "conda-lock", "pip", "rye"):
        parts[f"tool.{key}"] = tool.get(key)
    parts["tool.setuptools.dynamic"] = {
        key: value
        for key, value in table(tool, "setuptools", "dynamic").items()
        if "dependencies" in key
    }
    return parts


_REQUIRES = ("install_requires", "setup_requires", "tests_require", "extras_require",
             "python_requires", "dependency_links")  # fmt: skip


def _setup_cfg(text: str) -> Parts:
    parser = ini(text)
    parts: dict[str, object] = {
        f"[options] {key}": parser.get("options", key, fallback=None) for key in _REQUIRES
    }
    for section in ("options.extras_require", "easy_install"):
        parts[f"[{section}]"] = dict(parser.items(section)) if parser.has_section(section) else None
    return parts


def _setup_py(text: str) -> Parts:
    code = parse(text.encode("utf-8", "replace"))
    if code is None:
        return {"its requirements": text}
    values = [
        (word.arg, word.value)
        for node in ast.walk(code.tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in _REQUIRES
    ]
    used = {n.id for _, value in values for n in ast.walk(value) if isinstance(n, ast.Name)}
    said = [
        ast.dump(node)
        for node in ast.walk(code.tree)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.FunctionDef)
        and not used.isdisjoint(_bound(node))
    ]
    return {"its requirements": [*((name, ast.dump(value)) for name, value in values), *said]}


def _bound(node: ast.Assign | ast.AugAssign | ast.FunctionDef) -> frozenset[str]:
    if isinstance(node, ast.FunctionDef):
        return frozenset({node.name})
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))


def _conda(text: str) -> Parts:
    """Other programs have files of such names; that of conda says what depends on what."""
    about = re.search(r"^(?:dependencies|requirements|channels):", text, re.MULTILINE)
    return _said(text) if about else {}


# --- JavaScript, PHP, Rust, Java --------------------------------------------------------


def _keys(*names: str) -> Reader:
    """A reader of these keys of a JSON object."""

    def read(text: str) -> Parts:
        data = json.loads(text or "{}")
        return {name: data.get(name) for name in names}

    return read


_PACKAGE = _keys(
    "dependencies", "devDependencies", "peerDependencies", "peerDependenciesMeta",
    "optionalDependencies", "bundledDependencies", "bundleDependencies", "overrides",
    "resolutions", "engines", "packageManager", "devEngines", "pnpm", "workspaces", "volta",
)  # fmt: skip
_COMPOSER = _keys("require", "require-dev", "repositories", "replace", "provide", "conflict",
                  "minimum-stability", "config")  # fmt: skip


def _package_lock(text: str) -> Parts:
    """Without the name and version of the project itself, which a release changes."""
    data = json.loads(text or "{}")
    own = {"name", "version"}
    packages = {
        name: {key: value for key, value in one.items() if name or key not in own}
        for name, one in table(data, "packages").items()
    }
    rest = {k: v for k, v in data.items() if k not in own}
    return {WHOLE: {**rest, "packages": packages} if packages else rest}


def _toml_lock(text: str) -> Parts:
    """Without the versions of packages that are the project itself (no source, or its folder)."""
    data = tomllib.loads(text)
    return {WHOLE: {**data, "package": [_without_own(one) for one in data.get("package", [])]}}


def _without_own(package: Mapping[str, Any]) -> Mapping[str, Any]:
    source = package.get("source")
    own = source is None or (isinstance(source, dict) and {"editable", "virtual"} & set(source))
    return {key: value for key, value in package.items() if not own or key != "version"}


def _cargo(text: str) -> Parts:
    data = tomllib.loads(text)
    names = ("dependencies", "build-dependencies", "target", "patch", "replace")
    parts: dict[str, object] = {name: data.get(name) for name in names}
    parts["workspace.dependencies"] = table(data, "workspace").get("dependencies")
    for key in ("build", "links", "rust-version", "edition"):
        parts[f"package.{key}"] = table(data, "package").get(key)
    return parts


def _pom(text: str) -> Parts:
    parts: dict[str, list[object]] = {}
    for element in xml(text).iter() if text else ():
        name = tag(element)
        if name in _MAVEN:
            parts.setdefault(f"<{name}>", []).append(re.sub(rb"\s+", b"", tostring(element)))
        elif re.search(r"[.-]version$|^java\.version$", name) and len(element) == 0:
            parts.setdefault(f"<{name}>", []).append(element.text)
    return parts


_MAVEN = ("dependency", "parent", "repository", "pluginRepository", "extension",
          "PackageReference", "PackageVersion", "DotNetCliToolReference")  # fmt: skip

_GRADLE = lines_about(
    "dependencies",
    r"\b(?:dependencies|repositories|plugins|buildscript|pluginManagement|classpath|versionCatalogs"
    r"|dependencyResolutionManagement|configurations|toolchain|languageVersion|includeBuild)\b"
    r"|^\s*(?:\w*[iI]mplementation|\w*[cC]ompileOnly|\w*[rR]untimeOnly|api|apply\s+plugin)\b",
)

_READERS: tuple[tuple[str, Reader], ...] = (
    (r"pyproject\.toml", _pyproject),
    (r"setup\.cfg", _setup_cfg),
    (r"setup\.py", _setup_py),
    (r"(?:.*/)?(?:[^/]*requirements|constraints)[^/]*\.(?:txt|in)", _said),
    (r"(?:.*/)?requirements/[^/]+\.(?:txt|in)", _said),
    (r"pipfile|pixi\.toml", _said),
    (r"environment[^/]*\.ya?ml|conda[^/]*\.ya?ml|meta\.ya?ml", _conda),
    (r"global\.json", _keys("sdk", "msbuild-sdks")),
    (r"package\.json", _PACKAGE),
    (r"(?:package-lock|npm-shrinkwrap)\.json", _package_lock),
    (r"composer\.json", _COMPOSER),
    (r"deno\.jsonc?|import_map\.json", _keys("imports", "scopes", "importMap")),
    (r"(?:cargo|uv)\.lock", _toml_lock),
    (r"cargo\.toml", _cargo),
    (r"pom\.xml|.*\.(?:cs|fs|vb)proj|directory\.(?:packages|build)\.props", _pom),
    (r".*\.gradle(?:\.kts)?", _GRADLE),
    (r"gradle\.properties", lines_about("versions", r"^\s*[\w.]+version\s*[=:]")),
    (r"gemfile|gems\.rb|podfile|brewfile|aptfile|apt\.txt", _said),
    (r".*\.gemspec|.*\.podspec",
     lines_about("dependencies", r"add_\w*dependency|required_ruby_version|\.dependency\b")),
    (r"go\.(?:mod|work)", _said),
    (r".*\.sbt|project\.clj|deps\.edn", lines_about(
        "dependencies",
        r"librarydependencies|resolvers|addsbtplugin|scalaversion|:deps|:plugins|:mvn")),
    (r"mix\.exs", lines_about("dependencies", r"def\w*\s+deps\b|elixir:")),
    (r"package\.swift",
     lines_about("dependencies", r"dependencies|\.package\(|swift-tools-version")),
    (r"pubspec\.yaml",
     lines_about("dependencies", r"^(?:\w*dependencies|dependency_overrides|environment):")),
    (r"conanfile\.(?:txt|py)|vcpkg\.json|flake\.nix|shell\.nix|default\.nix", _said),
    (r"(?:.*[._-])?(?:docker|container)file(?:\.(?!(?:py|[cm]?[jt]sx?|go|rs|rb|java|kt|md)$)[\w.-]+)?"
     r"|(?:docker-)?compose(?:[._-].*)?\.ya?ml"
     r"|devcontainer\.json|vagrantfile|nixpacks\.toml", _said),
    (r"\.(?:python|node|ruby|java|go|php|terraform|swift|crystal)-version|\.nvmrc|\.tool-versions"
     r"|\.?mise\.toml|rust-toolchain(?:\.toml)?|\.sdkmanrc|runtime\.txt|\.jvmopts",
     _said),
    (r"(?:poetry|pdm|pixi|yarn|composer|gemfile|gems|flake|mix|podfile|pubspec|deno|conan)\.lock"
     r"|pipfile\.lock|pylock(?:\..*)?\.toml|conda-lock\.ya?ml|pnpm-(?:lock|workspace)\.ya?ml"
     r"|bun\.lockb?|go\.(?:work\.)?sum|gradle\.lockfile|libs\.versions\.toml|package\.resolved"
     r"|verification-metadata\.xml|gradle-wrapper\.(?:properties|jar)|packages\.(?:lock\.json|config)"
     r"|nuget\.config|paket\.(?:lock|dependencies)", _whole),
)  # fmt: skip


def no_new_dependencies() -> Guard:
    """A guard on manifests, lock files, images and the versions of tools."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            read = None if is_test(change.path) else _reader(change.path)
            if read is not None:
                yield from _findings(change.path, read, before, after)
            elif is_vendored(change.path):
                yield _vendored(change.path)

    return look


def _vendored(path: str) -> Finding:
    message = (
        f"changes `{path}`, which somebody else maintains and the next update overwrites: fix "
        f"product code, or let a person change the dependency."
    )
    return Finding("dependencies", Level.BLOCK, message, path)


def _reader(path: str) -> Reader | None:
    """The reader for a file by its name, or by its path where that says more."""
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    for pattern, read in _READERS:
        if re.fullmatch(pattern, name) or re.fullmatch(pattern, lowered):
            return read
    return None


def _findings(path: str, read: Reader, before: Tree, after: Tree) -> Iterator[Finding]:
    try:
        parts = list(differing(path, read, before, after))
    except Broken:
        parts = ["the syntax"]
    if parts:
        named = ", ".join(part for part in parts if part != WHOLE)
        what = f"{named} in `{path}`" if named else f"`{path}`"
        message = (
            f"changes {what}, which says what is installed: no trial can tell whether that is "
            f"good, as it runs with what was there before; fix product code, or let a person "
            f"change the dependencies."
        )
        line = first_line(path, before, after)
        yield Finding("dependencies", Level.BLOCK, message, path, line)
