"""The reviewed memory of known failures: `scenarios/*.yml`, how one is found, how one is drafted.

A scenario is read from where it may be trusted (`trust.py`), says something about a failure
only with its arithmetic, and is stored by a person alone (`gatekeeper scenarios approve`).
"""

from gatekeeper.scenarios.matching import Bands, best_match
from gatekeeper.scenarios.proposal import draft, redacted
from gatekeeper.scenarios.schema import parse
from gatekeeper.scenarios.store import DEMO_FOLDER, Memory, dump, is_scenario_file, load

__all__ = [
    "DEMO_FOLDER",
    "Bands",
    "Memory",
    "best_match",
    "draft",
    "dump",
    "is_scenario_file",
    "load",
    "parse",
    "redacted",
]
