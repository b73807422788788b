"""Which report files belong to the failed job, and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from glob import glob
from pathlib import Path

from gatekeeper.domain import RunReport
from gatekeeper.errors import UnreadableReport
from gatekeeper.intake.junit import find_reports, read_files

USUAL = (
    "junit*.xml",
    "report*.xml",
    "**/junit*.xml",
    "**/TEST-*.xml",
    "**/*-junit.xml",
    "**/test-results/**/*.xml",
    "**/test-reports/**/*.xml",
)
"""Where runners and CI examples put their reports; used where nothing else is said."""


@dataclass(frozen=True)
class Reports:
    """`globs` are relative to the workspace or absolute; `named`: by this command line."""

    workspace: Path
    globs: tuple[str, ...]
    named: bool
    in_ci: bool

    def given(self) -> RunReport | None:
        """The report that the command line names; None: then the tests are run instead."""
        return self.found() if self.named else None

    def of_job(self) -> RunReport | None:
        """The failed job's report: as named, in CI as found; None on a laptop.

        On a laptop a report that lies around is of some earlier run, so the tests are run.
        """
        return self.found() if self.named or self.in_ci else None

    def there(self) -> bool:
        """Whether `of_job` has files to read."""
        return (self.named or self.in_ci) and bool(self._paths())

    def found(self) -> RunReport:
        """The report as named, as configured, or where runners put it.

        Raises UnreadableReport where there is no file.
        """
        paths = self._paths()
        if not paths:
            raise UnreadableReport(
                f"no JUnit report found: {', '.join(self.globs or USUAL)}",
                hint="Name it with --junit, and keep it as an artifact of the test job.",
            )
        return read_files(paths, self.workspace)

    def _paths(self) -> tuple[Path, ...]:
        inside = [each for each in self.globs if not self._elsewhere(each)]
        paths = find_reports(self.workspace, inside or ([] if self.globs else USUAL))
        if not self.named:
            paths = tuple(path for path in paths if not _ours(path, self.workspace))
        for pattern in filter(self._elsewhere, self.globs):
            found = glob(pattern, recursive=True)  # noqa: PTH207 - pathlib takes no absolute pattern
            paths += tuple(map(Path, sorted(found)))
        return tuple(path for path in paths if path.is_file())

    def _elsewhere(self, pattern: str) -> bool:
        """Whether this is outside of the workspace, which only a command line may name."""
        path = Path(pattern)
        outside = path.is_absolute() or ".." in path.parts
        return self.named and outside and not path.resolve().is_relative_to(self.workspace)


def _ours(path: Path, workspace: Path) -> bool:
    """Whether the file lies in a report of gatekeeper, whose runs are not the failed job's."""
    folders = (folder for folder in path.parents if folder.is_relative_to(workspace))
    return any(
        (folder / "verdict.json").is_file() and (folder / "gatekeeper.env").is_file()
        for folder in folders
    )
