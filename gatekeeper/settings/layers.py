"""Four layers, the later wins: default < file < environment < command line."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dotenv import dotenv_values

from gatekeeper.errors import UsageError
from gatekeeper.settings.kinds import Raw
from gatekeeper.settings.schema import SCHEMA, SECTIONS, Setting, Settings
from gatekeeper.settings.yamlfile import entries

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class _Given:
    setting: Setting
    value: Raw
    source: str


def load(
    *,
    file: tuple[str, bytes] | None = None,
    env: Mapping[str, str],
    flags: Mapping[str, str],
    dotenv: bytes | None = None,
) -> Settings:
    """The settings of one invocation.

    `file` is the name to show and the content of `.gatekeeper.yml`; `env` the environment;
    `flags` maps `section.key` to what the command line says; `dotenv` the content of the
    workspace's `.env`, which fills in only what `env` does not set. An empty variable counts
    as not set. Raises UsageError with file and line (or variable, or flag) and the nearest
    right key.
    """
    given = [
        *(_from_file(*file) if file else ()),
        *_from_env(env, dotenv),
        *_from_flags(flags),
    ]
    values: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    sources = dict.fromkeys(SCHEMA, "default")
    for item in given:
        values[item.setting.section][item.setting.name] = _read(item)
        sources[item.setting.key] = item.source
    sections = {name: shape(**values[name]) for name, shape in SECTIONS.items()}
    return Settings(**sections, sources=sources)


def _read(given: _Given) -> Any:
    try:
        return given.setting.kind.read(given.value)
    except ValueError as error:
        raise UsageError(
            f"{given.source}: {given.setting.key}: {error}",
            hint=f"Expected {given.setting.kind.expects}.",
        ) from None


# --- file -------------------------------------------------------------------------------


def _from_file(name: str, content: bytes) -> Iterator[_Given]:
    for entry in entries(name, content):
        if not entry.section and entry.name in SECTIONS:
            raise UsageError(
                f"{entry.where}: section `{entry.name}` has a value of its own",
                hint=f"Write `key: value` lines below `{entry.name}:`, indented.",
            )
        key = f"{entry.section}.{entry.name}" if entry.section else entry.name
        setting = SCHEMA.get(key)
        if setting is None:
            raise UsageError(f"{entry.where}: unknown key `{key}`", hint=_nearest(key))
        if setting.secret:
            raise UsageError(
                f"{entry.where}: {key} is a secret, and this file is under version control",
                hint=f"Set the environment variable {setting.variables[-1]} instead.",
            )
        yield _Given(setting, entry.value, entry.where)


# --- environment ------------------------------------------------------------------------


def _from_env(env: Mapping[str, str], dotenv: bytes | None) -> Iterator[_Given]:
    local = _dotenv(dotenv) if dotenv else {}
    _refuse_unknown(env, "")
    _refuse_unknown(local, ".env: ")
    for setting in SCHEMA.values():
        for found, prefix in ((local, ".env: "), (env, "")):
            # The variable that wins comes last, as the layers do.
            for name in reversed(setting.variables):
                if found.get(name):
                    yield _Given(setting, found[name], f"{prefix}{name}")


def _dotenv(content: bytes) -> dict[str, str]:
    text = content.decode("utf-8", "replace")
    found = dotenv_values(stream=io.StringIO(text), interpolate=False)
    return {name: value for name, value in found.items() if value}


def _refuse_unknown(env: Iterable[str], prefix: str) -> None:
    """Names below a section of ours must exist; other GATEKEEPER_ names are not settings."""
    known = {setting.variables[0] for setting in SCHEMA.values()}
    for section in SECTIONS:
        start = f"GATEKEEPER_{section.upper()}_"
        names = {name.removeprefix(start): name for name in known if name.startswith(start)}
        for name in sorted(env):
            if name.startswith(start) and name not in known:
                near = difflib.get_close_matches(name.removeprefix(start), names, 1, 0.6)
                listed = "`gatekeeper doctor` lists them all."
                raise UsageError(
                    f"{prefix}{name} is not a setting",
                    hint=f"Did you mean {names[near[0]]}?" if near else listed,
                )


# --- command line -----------------------------------------------------------------------


def _from_flags(flags: Mapping[str, str]) -> Iterator[_Given]:
    for key, value in flags.items():
        setting = SCHEMA.get(key)
        if setting is None:
            raise UsageError(f"{COMMAND_LINE}: unknown key `{key}`", hint=_nearest(key))
        if setting.secret:
            raise UsageError(
                f"{COMMAND_LINE}: {key} is a secret, and everybody on this machine can read flags",
                hint=f"Set the environment variable {setting.variables[-1]} instead.",
            )
        yield _Given(setting, value, COMMAND_LINE)


def _nearest(key: str) -> str:
    """A sentence that names the key which was meant, if one is near."""
    section, _, name = key.rpartition(".")
    if not section and (near := difflib.get_close_matches(name, SECTIONS, 1, 0.6)):
        return f"Did you mean the section `{near[0]}`?"
    elsewhere = [known for known in SCHEMA if known.partition(".")[2] == name]
    near = elsewhere if len(elsewhere) == 1 else difflib.get_close_matches(key, SCHEMA, 1, 0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if section in SECTIONS:
        names = ", ".join(item.name for item in SCHEMA.values() if item.section == section)
        return f"`{section}` has: {names}."
    return f"The sections are: {', '.join(SECTIONS)}."
