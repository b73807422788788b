"""The failing tests themselves, in their own files under their own names, altered to be red."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from gatekeeper.domain import CaseId, CaseResult, Overlay
from gatekeeper.ports import Tree
from gatekeeper.runners import altered_braces, altered_python, altered_script, pytest
from gatekeeper.runners.gatemade import Altered, Names, text_of
from gatekeeper.runners.places import go_files, java_files, php_files, said_file, script_files

_END = "whose end the gate can tell"
NAMED = 3
"""So many tests are named in one sentence."""

_Alter = Callable[[Sequence[CaseResult], Tree, Names], Altered]


def alter(runner: str, failing: Sequence[CaseResult], tree: Tree, names: Names) -> Altered:
    """The altered tests of a project that `runner` runs; for "custom", what its files tell."""
    if runner == "custom":
        found = _python(failing, tree, names)
        return found if found.overlays else Altered(missing=(_UNKNOWN,))
    by_hand = _ALTER.get(runner)
    return by_hand(failing, tree, names) if by_hand else Altered(missing=(_NO_WAY,))


_UNKNOWN = "The test files of the failing cases are not known to belong to a framework."
_NO_WAY = "The gate cannot alter tests of this language."


# --- Python -------------------------------------------------------------------------------


def _python(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Altered:
    places = {case: _node(case, tree) for case in failing}
    files: dict[str, set[tuple[str, ...]]] = {}
    for path, owners, _ in filter(None, places.values()):
        files.setdefault(path, set()).add(owners)
    overlays, done = [], {}
    for path, wanted in files.items():
        text, found = altered_python.alter(text_of(tree, path), wanted, names)
        done[path] = found
        if found:
            overlays.append(_overlay(path, text))
    must, may, lost = [], [], []
    for case, place in places.items():
        if place is None or not (found := done[place[0]]):
            lost.append(case)
        elif place[1] == ():
            may += _inside(case, found)
        elif "::".join(place[1]) in found:
            must.append(case)
        else:
            lost.append(case)
    return Altered(tuple(overlays), tuple(must), _said(lost, "function"), tuple(may))


def _node(case: CaseResult, tree: Tree) -> tuple[str, tuple[str, ...], str] | None:
    """File, classes and function (none for a whole module), and the parameters."""
    ids = pytest.node_ids((case,), tree)
    if not ids:
        return None
    node, _, parameters = ids[0].partition("[")
    path, *inside = node.split("::")
    return (path, tuple(inside), parameters) if path.endswith(".py") else None


def _inside(module: CaseResult, found: Iterable[str]) -> list[CaseResult]:
    """The tests of a module that could not be imported, as a report names them once it can."""
    cases = []
    for dotted in sorted(found):
        *classes, name = dotted.split("::")
        owner = ".".join((module.id.name, *classes))
        cases.append(replace(module, id=CaseId(owner, name)))
    return cases


# --- the others ---------------------------------------------------------------------------


def _script(failing: Sequence[CaseResult], tree: Tree, names: Names) -> Altered:
    overlays: list[Overlay] = []
    owned: dict[CaseResult, str] = {}
    for path in script_files(failing, tree):
        text = text_of(tree, path)
        ends = _titles(failing, altered_script.titles(text))
        changed, found = altered_script.alter(text, ends.values(), path, names)
        if found:
            overlays.append(_overlay(path, changed))
            owned |= {case: title for case, title in ends.items() if title in found}
    lost = [case for case in failing if case not in owned]
    return Altered(tuple(overlays), tuple(owned), _said(lost, "test with a written title"))


def _titles(failing: Sequence[CaseResult], titles: Iterable[str]) -> Mapping[CaseResult, str]:
    """For each case the longest title that its name is or ends in."""
    found = {}
    spelt = {_plain(title): title for title in titles}
    for case in failing:
        name = _plain(case.id.name)
        ends = [t for t in spelt if name == t or name.endswith((f" {t}", f"> {t}"))]
        if ends:
            found[case] = spelt[max(ends, key=len)]
    return found


def _plain(name: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"&quot;|&apos;|&#39;", '"', name).replace("'", '"')).strip()


def _braces(
    language: str,
    files: Callable[[CaseResult, Tree], Sequence[str]],
    function: Callable[[CaseResult], CaseResult],
) -> _Alter:
    """By the functions of a language with braces; `function` is the case that fails as a whole."""

    def alter_(failing: Sequence[CaseResult], tree: Tree, _: Names) -> Altered:
        wholes = {case: function(case) for case in failing}
        wanted: dict[str, set[str]] = {}
        for whole in wholes.values():
            for path in files(whole, tree):
                wanted.setdefault(path, set()).add(_function_name(whole))
        overlays, done = [], set()
        for path, names in wanted.items():
            text, found = altered_braces.alter(text_of(tree, path), names, language)
            done |= {(path, name) for name in found}
            overlays += [_overlay(path, text)] if found else []
        must, lost = {}, []
        for case, whole in wholes.items():
            if any((path, _function_name(whole)) in done for path in files(whole, tree)):
                must[whole.id] = whole
            else:
                lost.append(case)
        return Altered(tuple(overlays), tuple(must.values()), _said(lost, "function"))

    return alter_


def _function_name(case: CaseResult) -> str:
    """What stands before parameters and data sets: `adds(int)[1]`, `testAdds with data set #1`."""
    return re.split(r"[({\[ ]", case.id.name)[0]


def _go_function(case: CaseResult) -> CaseResult:
    """A subtest fails with its function."""
    return replace(case, id=CaseId(case.id.classname, case.id.name.partition("/")[0]))


def _overlay(path: str, text: str) -> Overlay:
    return Overlay(path, text.encode("utf-8", "surrogateescape"))


def _said(lost: Sequence[CaseResult], what: str) -> tuple[str, ...]:
    if not lost:
        return ()
    named = ", ".join(str(case.id) for case in lost[:NAMED])
    more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
    return (f"{named}{more} could not be altered: no {what} of that name was found {_END}.",)


def _rspec(failing: Sequence[CaseResult], tree: Tree, _: Names) -> Altered:
    """Every example of the files fails in a hook behind it."""
    files = {case: said_file(case, tree.paths()) for case in failing}
    overlays = []
    for path in sorted({path for path in files.values() if path}):
        text = text_of(tree, path)
        head = re.match(r"(?:#[^\n]*\n)*", text)  # magic comments stay in front
        at = head.end() if head else 0
        overlays.append(_overlay(path, text[:at] + _HOOK.format(path=path) + text[at:]))
    must = tuple(case for case, path in files.items() if path)
    return Altered(tuple(overlays), must, _said([c for c in failing if c not in must], "example"))


_HOOK = (
    "RSpec.configure do |config|\n  config.append_after(:each) do |example|\n"
    "    raise 'altered by the gate' if example.metadata[:file_path].end_with?('{path}')\n"
    "  end\nend\n"
)

_java = _braces("java", java_files, lambda case: case)

_ALTER: dict[str, _Alter] = {
    "pytest": _python,
    "unittest": _python,
    "node": _script,
    "jest": _script,
    "vitest": _script,
    "mocha": _script,
    "maven": _java,
    "gradle": _java,
    "go": _braces("go", go_files, _go_function),
    "phpunit": _braces("php", php_files, lambda case: case),
    "rspec": _rspec,
}
