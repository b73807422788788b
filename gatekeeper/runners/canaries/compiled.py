"""JUnit (by Maven or Gradle), Go and Rust: a file that is compiled with the other tests."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gatekeeper.domain import CaseId, CaseResult, CaseState, Overlay
from gatekeeper.ports import Tree
from gatekeeper.runners.gatemade import Canary, Names, text_of
from gatekeeper.runners.places import go_files, java_files

_JUNIT = {
    "org.junit.jupiter.api.": "org.junit.jupiter.api.Test",
    "org.junit.": "org.junit.Test",
    "org.testng.": "org.testng.annotations.Test",
}


def junit(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """A class in the package of a failing one, for the JUnit that it imports."""
    places = [path for case in failing for path in java_files(case, tree)]
    path = next((each for each in places if _test_of(text_of(tree, each))), None)
    if path is None:
        return "no class of a failing test imports a JUnit that the gate knows"
    text = text_of(tree, path)
    stem, _, ending = path.rpartition("/")[2].rpartition(".")
    owner = _alike(stem, names.letters("class").title())
    red, control = (f"keeps{names.letters(which).title()}" for which in ("red", "control"))
    package = re.search(r"(?m)^\s*package\s+([\w.]+)", text)
    within = f"{package[1]}." if package else ""
    given = names.number("a") % 1000
    bodies = {control: f"{given} + 1 != {given + 1}", red: f"{given} + 1 != {given + 2}"}
    write = _kotlin if ending == "kt" else _java
    source = write(within.rstrip("."), _test_of(text), owner, bodies)
    beside = f"{path.rpartition('/')[0]}/{owner}.{ending}"
    cases = tuple(
        CaseResult(CaseId(f"{within}{owner}", each), CaseState.FAILURE) for each in (red, control)
    )
    return Canary(Overlay(beside, source.encode()), red, control, cases)


def _test_of(text: str) -> str:
    """The annotation that the file imports, "" where none is known."""
    found = re.findall(r"(?m)^\s*import\s+(?:static\s+)?(org\.(?:junit|testng)\.[\w.*]+)", text)
    for start, name in _JUNIT.items():
        if any(each.startswith(start) for each in found):
            return name
    return ""


def _alike(stem: str, letters: str) -> str:
    """A class name that ends, or begins, as the other: `CartTest`, `CartLETTERSTest`."""
    built = re.fullmatch(r"(.+?)(Tests?|TestCase|IT|Spec)", stem)
    return f"{built[1]}{letters}{built[2]}" if built else f"{stem}{letters}"


def _java(package: str, test: str, owner: str, bodies: dict[str, str]) -> str:
    methods = "\n".join(
        f"    @Test\n    public void {name}() {{\n        int given = 1;\n"
        f'        if (given > 0 && {wrong}) throw new AssertionError("no sum");\n    }}\n'
        for name, wrong in bodies.items()
    )
    head = f"package {package};\n\n" if package else ""
    return f"{head}import {test};\n\npublic class {owner} {{\n{methods}}}\n"


def _kotlin(package: str, test: str, owner: str, bodies: dict[str, str]) -> str:
    methods = "\n".join(
        f"    @Test\n    fun {name}() {{\n"
        f'        if ({wrong}) throw AssertionError("no sum")\n    }}\n'
        for name, wrong in bodies.items()
    )
    head = f"package {package}\n\n" if package else ""
    return f"{head}import {test}\n\nclass {owner} {{\n{methods}}}\n"


def go(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """A file of the failing test's package."""
    for case in failing:
        name = case.id.name.partition("/")[0]
        for path in go_files(case, tree):
            text = text_of(tree, path)
            package = re.search(r"(?m)^package\s+(\w+)", text)
            if package and re.search(rf"(?m)^func\s+{re.escape(name)}\s*\(", text):
                return _go(path, package[1], case.id.classname, names)
    return "no file of a failing test is known, whose package a test could join"


def _go(path: str, package: str, classname: str, names: Names) -> Canary:
    red, control = (f"TestKeeps{names.letters(which).title()}" for which in ("red", "control"))
    given = names.number("a") % 1000
    bodies = {control: given + 1, red: given + 2}
    tests = "".join(
        f"\nfunc {name}(t *testing.T) {{\n\tif {given}+1 != {wanted} {{\n"
        '\t\tt.Fatal("no sum")\n\t}\n}\n'
        for name, wanted in bodies.items()
    )
    folder, slash, _ = path.rpartition("/")
    beside = f"{folder}{slash}{names.letters('file')}_test.go"
    source = f'package {package}\n\nimport "testing"\n{tests}'
    cases = tuple(CaseResult(CaseId(classname, each), CaseState.FAILURE) for each in (red, control))
    return Canary(Overlay(beside, source.encode()), red, control, cases)


def cargo(_: Sequence[CaseResult], tree: Tree, names: Names) -> Canary | str:
    """An integration test of the package at the root."""
    manifest = text_of(tree, "Cargo.toml")
    if not re.search(r"(?m)^\[package\]", manifest) or re.search(r"(?m)^autotests", manifest):
        return "the root of the workspace is no package that collects tests by itself"
    red, control = (f"keeps_{names.letters(which)}" for which in ("red", "control"))
    given = names.number("a") % 1000
    tests = "\n".join(
        f"#[test]\nfn {name}() {{\n    assert_eq!({given} + 1, {wanted});\n}}\n"
        for name, wanted in {control: given + 1, red: given + 2}.items()
    )
    cases = tuple(CaseResult(CaseId("", each), CaseState.FAILURE) for each in (red, control))
    overlay = Overlay(f"tests/{names.letters('file')}.rs", tests.encode())
    return Canary(overlay, red, control, cases)
