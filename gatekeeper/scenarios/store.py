"""The scenarios of a project: read from file contents, and written as a file that people review."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from gatekeeper.domain import Scenario
from gatekeeper.errors import UsageError
from gatekeeper.scenarios.schema import parse

DEMO_FOLDER = "test_scenarios"
"""Where the public demo keeps its JSON files."""

MOST_FILES = 1000
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known. `problems` are sentences about files that could not be read as scenarios."""

    scenarios: tuple[Scenario, ...] = ()
    problems: tuple[str, ...] = ()
    source: str = ""  # where the files were read from, for a person

    def get(self, id_: str) -> Scenario | None:
        """The scenario with this id."""
        return next((one for one in self.scenarios if one.id == id_), None)


def is_scenario_file(path: str, folder: str) -> bool:
    """Whether a path is that of a scenario: directly in the folder, or the demo's."""
    parent, _, name = path.rpartition("/")
    ours = parent == folder and name.endswith((".yml", ".yaml"))
    return (ours or (parent == DEMO_FOLDER and name.endswith(".json"))) and name[0] != "."


def load(files: Mapping[str, bytes], source: str = "") -> Memory:
    """Every scenario among these files, by id; a file that is none becomes a problem.

    One broken file must not take the memory away, let alone the gate.
    """
    found: dict[str, Scenario] = {}
    problems: list[str] = []
    for path in sorted(files)[:MOST_FILES]:
        try:
            one = parse(path, files[path])
        except UsageError as error:
            problems.append(f"{error.message}. {error.hint}".strip())
            continue
        if one.id in found:
            problems.append(
                f"{path}: the id `{one.id}` is that of {found[one.id].path} already. Rename one."
            )
            continue
        found[one.id] = one
    if len(files) > MOST_FILES:
        problems.append(
            f"{len(files) - MOST_FILES} scenario files beyond {MOST_FILES} were left out."
        )
    return Memory(tuple(found[id_] for id_ in sorted(found)), tuple(problems), source)


def dump(scenario: Scenario) -> bytes:
    """A scenario as YAML: keys in their fixed order, one item a line, texts of lines as blocks."""
    plain = dataclasses.asdict(scenario)
    del plain["path"]
    values = {
        key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()
    }
    text = yaml.dump(
        values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH,
        default_flow_style=False,
    )  # fmt: skip
    return str(text).encode()


class _Dumper(yaml.SafeDumper):
    """Indents lists, and writes texts of several lines as they are read."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
