"""`gatekeeper apply [PATCH]`."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import click

from gatekeeper.cli.options import general
from gatekeeper.cli.session import simple
from gatekeeper.errors import UsageError
from gatekeeper.git import apply_to_worktree
from gatekeeper.trust import read_optional


@click.command("apply")
@click.argument("patch", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Apply PATCH, named, though it was not accepted.")
@general
def command(patch: Path | None, force: bool, **values: Any) -> int:
    """Apply the accepted patch of the report in --out (or PATCH) to the working tree.

    All of it or nothing. Refuses a patch that was not accepted, and files that have changed
    since; with --force and the name of the patch, only what git cannot apply.
    """

    def job() -> str:
        if force and patch is None:
            raise UsageError(
                "--force needs the name of the patch", hint="Name it: apply --force PATCH"
            )
        out = values["out"] or values["workspace"] / "gatekeeper-report"
        path = patch or out / "patch.diff"
        diff = read_optional(path)
        if diff is None:
            raise UsageError(f"there is no patch {path}", hint="Run `gatekeeper run` first.")
        if not force:
            _expect_accepted(path, diff, out)
        with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
            workspace = values["workspace"].resolve()
            changes = apply_to_worktree(workspace, diff, Path(scratch), force=force)
        return f"applied: {', '.join(change.path for change in changes)}"

    return simple(values, job)


def _expect_accepted(path: Path, diff: bytes, out: Path) -> None:
    """The diff must be, byte for byte, one that the report in `out` accepted."""
    verdict = read_optional(out / "verdict.json")
    if verdict is None:
        raise UsageError(f"there is no report in {out}", hint="Run `gatekeeper run` first.")
    try:
        attempts = json.loads(verdict)["attempts"]
        accepted = {a["diff_sha256"] for a in attempts if a["verdict"] == "accepted"}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{out / 'verdict.json'} cannot be read: {error!r}") from error
    if hashlib.sha256(diff).hexdigest() not in accepted:
        raise UsageError(
            f"{path} was not accepted by the report in {out}",
            hint="Judge it with `gatekeeper validate`, or apply it by name with --force.",
        )
