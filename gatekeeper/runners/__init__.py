"""Test frameworks: which one a project uses, and the commands for its suite and for some cases."""

from gatekeeper.runners.extras import left_behind, take_along
from gatekeeper.runners.gatemade import Probe
from gatekeeper.runners.matching import match
from gatekeeper.runners.model import Found, Reporting, Runner
from gatekeeper.runners.named import named_files
from gatekeeper.runners.plan import (
    Plan,
    candidates,
    detect,
    nothing_ran,
    plan_for,
    select,
    suite,
)
from gatekeeper.runners.probing import probe
from gatekeeper.runners.table import RUNNERS

__all__ = [
    "RUNNERS",
    "Found",
    "Plan",
    "Probe",
    "Reporting",
    "Runner",
    "candidates",
    "detect",
    "left_behind",
    "match",
    "named_files",
    "nothing_ran",
    "plan_for",
    "probe",
    "select",
    "suite",
    "take_along",
]
