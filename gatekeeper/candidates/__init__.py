"""Drafts made real: mended where they are honest, applied by git, or refused with reasons."""

from gatekeeper.candidates.mend import Mended, mend
from gatekeeper.candidates.paths import path_problem
from gatekeeper.candidates.realise import realise
from gatekeeper.candidates.refusal import Refusal
from gatekeeper.candidates.takeback import takes_back

__all__ = ["Mended", "Refusal", "mend", "path_problem", "realise", "takes_back"]
