"""What the four JavaScript runners share: package.json, its scripts, patterns of names."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gatekeeper.domain import SUITE_LEVEL, CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import MOST_SELECTED

IMAGE = "node:22"
_RUN = re.compile(
    r"""(?:(?<=^)|(?<=[;&|(]))(?P<space>\s*)
        (?:npm|pnpm|yarn)\ +run\ +(?:(?:-s|--silent)\ +)?(?P<name>[\w:.-]+)(?=\s*(?:$|[;&|)]))""",
    re.VERBOSE,
)
"""One script that runs another and says no more than its name."""


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of package.json that matter here."""

    scripts: dict[str, str] = field(default_factory=dict)
    dependencies: frozenset[str] = frozenset()


def package(tree: Tree) -> Package:
    """The package.json at the root; an unreadable one counts as empty."""
    try:
        content = json.loads(tree.read("package.json") or b"{}")
    except (ValueError, RecursionError):
        content = {}
    if not isinstance(content, dict):
        return Package()
    names: set[str] = set()
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        names.update(_mapping(content.get(key)))
    scripts = _mapping(content.get("scripts"))
    return Package({name: str(text) for name, text in scripts.items()}, frozenset(names))


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def test_script(tree: Tree) -> str:
    """What `npm test` runs, as one command that needs no npm; "" where there is none."""
    scripts = package(tree).scripts
    if not scripts.get("test"):
        return ""
    path = 'export PATH="$PWD/node_modules/.bin:$PATH"'
    return f"{path}; {_spelt(scripts, 'test', ())}"


def _spelt(scripts: dict[str, str], name: str, around: tuple[str, ...]) -> str:
    """A script with those before and after it, and with the scripts that it runs, spelt out.

    A call stays as it is where it has further words, and where it would run in a circle.
    """

    def called(match: re.Match[str]) -> str:
        inner = match["name"]
        if inner not in scripts or inner in (name, *around):
            return match[0]
        text = _spelt(scripts, inner, (*around, name))
        others = re.search(r"[;|&]", text.replace("&&", ""))
        return match["space"] + (f"{{ {text}; }}" if others else text)

    parts = [scripts.get(part) for part in (f"pre{name}", name, f"post{name}")]
    return " && ".join(_RUN.sub(called, part) for part in parts if part)


def resolve(command: str, tree: Tree) -> str:
    """`npm test` and its like spelt out; any other command as it is."""
    plain = re.fullmatch(r"\s*(npm|yarn|pnpm)( run)? (t|test)\s*", command)
    return (test_script(tree) if plain else "") or command


def install(tree: Tree) -> tuple[str, ...]:
    """Commands that install what package.json asks for."""
    paths = tree.paths()
    if not package(tree).dependencies:
        return ()
    if "pnpm-lock.yaml" in paths:
        return ("corepack pnpm install --frozen-lockfile",)
    if "yarn.lock" in paths:
        return ("corepack yarn install",)
    return ("npm ci",) if "package-lock.json" in paths else ("npm install",)


def names_pattern(cases: Sequence[CaseResult], full_name: Iterable[str]) -> str | None:
    """A quoted regular expression for the ends of these names, None where there are too many."""
    names = sorted({re.sub(r"\s+", " ", name).strip() for name in full_name})
    if not names or len(cases) > MOST_SELECTED or "" in names:
        return None
    if any(case.id.name == SUITE_LEVEL for case in cases):
        return None
    return shlex.quote(f"(^| )({'|'.join(map(_escaped, names))})$")


def _escaped(name: str) -> str:
    # Escaped for JavaScript; white space in a name may be any white space in the source, and
    # what another run would write otherwise is masked in an id.
    text = re.sub(r"[.*+?^${}()|[\]\\/]", r"\\\g<0>", name).replace(" ", r"\s+")
    return re.sub(r"<(time|address|uuid|tmp|pid)>", ".*", text)


def only_call(command: str, name: str) -> list[shell.Word] | None:
    """The words from the program on, None unless it is called exactly once."""
    found = shell.calls(command, shell.called(name))
    return found[0] if len(found) == 1 else None
