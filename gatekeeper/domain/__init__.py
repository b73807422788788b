"""The frozen data that passes from step to step. Imports nothing of ours.

The words are those of DESIGN section 5; there are no synonyms for them in the code.
Every path is relative to the workspace, with `/`, decoded by surrogateescape where a
name is not UTF-8. Every time is in seconds, every size in bytes unless it says tokens.
"""

from gatekeeper.domain.candidates import Candidate, Draft, Edit, Finding, Level, Proposal, Usage
from gatekeeper.domain.cases import (
    SUITE_LEVEL,
    CaseId,
    CaseResult,
    CaseState,
    Counts,
    RunReport,
    Source,
    SourceState,
    worst,
)
from gatekeeper.domain.change import Delta, FileChange
from gatekeeper.domain.diagnosis import (
    Category,
    Context,
    Diagnosis,
    Frame,
    Question,
    Redaction,
    Section,
    Suspect,
)
from gatekeeper.domain.judgement import (
    Attempt,
    Baseline,
    CaseChange,
    Decision,
    Reproduction,
    Request,
    Run,
    Trial,
    Verdict,
)
from gatekeeper.domain.report import Conclusion, Guess, Outcome, Report, Step
from gatekeeper.domain.sandbox import (
    Completed,
    Ending,
    EngineInfo,
    Limits,
    Overlay,
    RunSpec,
    SnapshotSpec,
)

__all__ = [
    "SUITE_LEVEL",
    "Attempt",
    "Baseline",
    "Candidate",
    "CaseChange",
    "CaseId",
    "CaseResult",
    "CaseState",
    "Category",
    "Completed",
    "Conclusion",
    "Context",
    "Counts",
    "Decision",
    "Delta",
    "Diagnosis",
    "Draft",
    "Edit",
    "Ending",
    "EngineInfo",
    "FileChange",
    "Finding",
    "Frame",
    "Guess",
    "Level",
    "Limits",
    "Outcome",
    "Overlay",
    "Proposal",
    "Question",
    "Redaction",
    "Report",
    "Reproduction",
    "Request",
    "Run",
    "RunReport",
    "RunSpec",
    "Section",
    "SnapshotSpec",
    "Source",
    "SourceState",
    "Step",
    "Suspect",
    "Trial",
    "Usage",
    "Verdict",
    "worst",
]
