"""The probe run: tests that the gate made for it, of which it knows how each must end."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners.altered import alter
from gatekeeper.runners.canary import CANARIES
from gatekeeper.runners.gatemade import Names, Overlaid, Probe, Remembered
from gatekeeper.runners.plan import Plan, select, suite


def probe(plan: Plan, failing: Sequence[CaseResult], tree: Tree, token: str) -> Probe:
    """The probe for these failing cases of a tree; `token` makes its names unpredictable.

    It runs only what it needs where the runner can select that, else the whole suite.
    """
    names, tree = Names(token), Remembered(tree)
    canary = CANARIES[plan.runner](failing, tree, names)
    made = alter(plan.runner, failing, tree, names)
    there = None if isinstance(canary, str) else canary
    trusted = (*made.overlays, *((there.overlay,) if there else ()))
    # The failing cases as well: without them nothing of the candidate might be loaded.
    wanted = dict.fromkeys((*failing, *made.cases, *made.others, *(there.cases if there else ())))
    chosen = select(plan, tuple(wanted), Overlaid.by(tree, trusted), token)
    command, reports = chosen or suite(plan, token)
    return Probe(
        trusted=trusted,
        command=command,
        reports=reports,
        red=there.red if there else "",
        control=there.control if there else "",
        no_canary=canary if isinstance(canary, str) else "",
        altered=made.cases,
        others=made.others,
        not_altered=made.missing,
    )
