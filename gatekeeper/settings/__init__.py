"""The settings of one invocation: every key, its layers, and where each value came from."""

from gatekeeper.settings.layers import COMMAND_LINE, load
from gatekeeper.settings.schema import SCHEMA, Settings, markdown
from gatekeeper.settings.sections import (
    DEFAULT_MODEL,
    RUNNERS,
    BackendSection,
    BudgetSection,
    ContextSection,
    DeltaSection,
    GateSection,
    GuardsSection,
    SandboxSection,
    SuiteSection,
)
from gatekeeper.settings.yamlfile import plain_entries

__all__ = [
    "COMMAND_LINE",
    "DEFAULT_MODEL",
    "RUNNERS",
    "SCHEMA",
    "BackendSection",
    "BudgetSection",
    "ContextSection",
    "DeltaSection",
    "GateSection",
    "GuardsSection",
    "SandboxSection",
    "Settings",
    "SuiteSection",
    "load",
    "markdown",
    "plain_entries",
]
