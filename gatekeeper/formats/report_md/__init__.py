"""`report.md`: `whole` is its order, `trials` what was run and not checked, `parts` the lines."""

from gatekeeper.formats.report_md.whole import ReportMarkdown

__all__ = ["ReportMarkdown"]
