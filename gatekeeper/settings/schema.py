"""Every setting as one table, made of the sections; the README's table is made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatekeeper.domain import Limits
from gatekeeper.settings.kinds import Kind
from gatekeeper.settings.sections import (
    BackendSection,
    BudgetSection,
    ChecksSection,
    ClarificationSection,
    ContextSection,
    DeltaSection,
    EditsSection,
    GateSection,
    GuardsSection,
    JudgeSection,
    SandboxSection,
    ScenariosSection,
    SuiteSection,
    TrialSection,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One key as the schema describes it."""

    section: str
    name: str
    kind: Kind
    default: Any
    meaning: str
    secret: bool

    @property
    def key(self) -> str:
        """`section.name`, as in `--set`."""
        return f"{self.section}.{self.name}"

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that set it, the one that wins first."""
        usual = USUAL_NAMES.get(self.key)
        own = f"GATEKEEPER_{self.section}_{self.name}".upper()
        return (own, usual) if usual else (own,)

    def show(self, value: Any) -> str:
        """The value as a person would write it; a secret is never shown."""
        if self.secret:
            return "(set, hidden)" if value else ""
        return self.kind.show(value)


USUAL_NAMES = {
    "backend.api_key": "OPENAI_API_KEY",
    "backend.base_url": "OPENAI_BASE_URL",
    "backend.model": "OPENAI_MODEL",
}

SECTIONS: dict[str, type[Any]] = {
    "tests": SuiteSection,
    "delta": DeltaSection,
    "sandbox": SandboxSection,
    "backend": BackendSection,
    "edits": EditsSection,
    "context": ContextSection,
    "budget": BudgetSection,
    "guards": GuardsSection,
    "gate": GateSection,
    "trial": TrialSection,
    "checks": ChecksSection,
    "judge": JudgeSection,
    "clarification": ClarificationSection,
    "scenarios": ScenariosSection,
}


def _schema() -> Iterator[Setting]:
    for section, shape in SECTIONS.items():
        defaults = shape()
        for field in dataclasses.fields(shape):
            yield Setting(
                section, field.name, default=getattr(defaults, field.name), **field.metadata
            )


SCHEMA: dict[str, Setting] = {setting.key: setting for setting in _schema()}
"""Every setting by its key, in the order of the README."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All values of one invocation, and where each came from.

    `sources` maps every key to "default", "FILE:LINE", the name of a variable, ".env: NAME"
    or "command line".
    """

    tests: SuiteSection = dataclasses.field(default_factory=SuiteSection)
    delta: DeltaSection = dataclasses.field(default_factory=DeltaSection)
    sandbox: SandboxSection = dataclasses.field(default_factory=SandboxSection)
    backend: BackendSection = dataclasses.field(default_factory=BackendSection)
    edits: EditsSection = dataclasses.field(default_factory=EditsSection)
    context: ContextSection = dataclasses.field(default_factory=ContextSection)
    budget: BudgetSection = dataclasses.field(default_factory=BudgetSection)
    guards: GuardsSection = dataclasses.field(default_factory=GuardsSection)
    gate: GateSection = dataclasses.field(default_factory=GateSection)
    trial: TrialSection = dataclasses.field(default_factory=TrialSection)
    checks: ChecksSection = dataclasses.field(default_factory=ChecksSection)
    judge: JudgeSection = dataclasses.field(default_factory=JudgeSection)
    clarification: ClarificationSection = dataclasses.field(default_factory=ClarificationSection)
    scenarios: ScenariosSection = dataclasses.field(default_factory=ScenariosSection)
    sources: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(SCHEMA, "default")
    )

    @property
    def limits(self) -> Limits:
        """The limits of one sandbox."""
        box = self.sandbox
        return Limits(
            memory=box.memory,
            cpus=box.cpus,
            pids=box.pids,
            disk=box.disk,
            output=box.output,
            timeout=self.tests.timeout,
        )

    def value(self, key: str) -> Any:
        """The value of `section.name`."""
        setting = SCHEMA[key]
        return getattr(getattr(self, setting.section), setting.name)

    def table(self) -> tuple[tuple[str, str, str], ...]:
        """Every key with its value, as a person would write it, and its source."""
        return tuple(
            (key, setting.show(self.value(key)), self.sources[key])
            for key, setting in SCHEMA.items()
        )


def markdown() -> str:
    """The README's table of settings: key, default, meaning."""
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for key, setting in SCHEMA.items():
        default = setting.show(setting.default)
        choices = f" ({', '.join(setting.kind.choices)})" if setting.kind.choices else ""
        rows.append(
            f"| `{key}` | {f'`{default}`' if default else 'none'} | {setting.meaning}{choices} |"
        )
    return "\n".join(rows) + "\n"
