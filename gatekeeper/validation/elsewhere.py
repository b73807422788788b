"""How a command is run under other circumstances: the shell around it, and nothing else changed.

Everything is in the text of the command, so the report shows it and a person can repeat it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatekeeper.domain import Completed, RunSpec
from gatekeeper.ports import Snapshot

VARIABLES = {
    "CI": "true",
    "GITLAB_CI": "true",
    "GITHUB_ACTIONS": "true",
    "JENKINS_URL": "http://localhost:8080/",
    "BUILD_NUMBER": "7",
    "USER": "",
    "LOGNAME": "",
}
"""Variables that name CI or this sandbox: one that is set is taken away, one that is not is set,
but for those without a value here. Honest code hardly depends on them."""

TOOLS = "GATEKEEPER_TOOLS"
HIDDEN = "PYTEST_CURRENT_TEST"
"""Stands for all that says that pytest runs: hidden by the watch, where there is one."""

COPIED_KB = 64 * 1024
"""A workspace larger than this, with what the set-up made in it, is not copied for a run."""


@dataclass(frozen=True)
class Change:
    """What is otherwise in one run. `names` are of `settings.sections.CIRCUMSTANCES`."""

    names: frozenset[str]
    seed: int = 0  # at most 2**31 - 1
    folder: str = ""  # name of the copy, below the home of the sandbox's user
    spared: frozenset[str] = frozenset()  # of VARIABLES, TOOLS and HIDDEN: left as they are


class Elsewhere:
    """A snapshot whose runs happen under other circumstances; `commands` are those that ran."""

    def __init__(self, snapshot: Snapshot, change: Change) -> None:
        self.digest = snapshot.digest
        self.commands: list[str] = []
        self._snapshot = snapshot
        self._change = change

    def run(self, spec: RunSpec) -> Completed:
        """See `ports.Snapshot.run`."""
        command = around(spec.command, spec.reports, self._change)
        self.commands.append(command)
        return self._snapshot.run(replace(spec, command=command))

    def warm(self) -> None:
        """See `ports.Snapshot.warm`."""
        self._snapshot.warm()


def around(command: str, reports: Sequence[str], change: Change) -> str:
    """The command with the circumstances set up before it, and its reports brought home after."""
    lines = []
    if "environment" in change.names:
        lines += _turned(change.spared)
    if "seed" in change.names:
        lines.append(f"export PYTHONHASHSEED={change.seed}")
    if "folder" not in change.names:
        return "\n".join([*lines, command])
    return "\n".join([*lines, *_moved(command, reports, change.folder)])


def _turned(spared: frozenset[str]) -> list[str]:
    """Lines that turn every variable round; that of the gate stays, but goes no further."""
    lines = []
    for name, value in VARIABLES.items():
        set_it = f"export {name}={shlex.quote(value)}" if value else ":"
        if name not in spared:
            lines.append(f'if [ -n "${{{name}+x}}" ]; then unset {name}; else {set_it}; fi')
    if TOOLS not in spared:
        lines.append(f'kept_tools="${{{TOOLS}-}}"; unset {TOOLS}; {TOOLS}="$kept_tools"')
    return lines


KEPT_FOLDER = "gatekeeper: the workspace is too large to be copied for this run"
"""First line of the output where the folder could not be changed; nothing else has run then."""


def _moved(command: str, reports: Sequence[str], folder: str) -> list[str]:
    """Lines that run the command in a copy of the workspace, and copy new reports back."""
    names = " -o ".join(f"-path {shlex.quote('./' + superset(glob))}" for glob in reports)
    here = 'cd "$usual" && '
    find = f'find . -type f -newer "$moved.start" \\( {names or "-false"} \\)'
    return [
        f'usual="$PWD"; moved="$HOME/{folder}"; moved_kb="$(du -sk . | cut -f1)"',
        f'if [ "${{moved_kb:-999999999}}" -le {COPIED_KB} ] && mkdir "$moved" &&',
        '  cp -a . "$moved/" && touch -t 200101010000 "$moved.start" && cd "$moved"',
        f"then :; else {here}moved=; echo {shlex.quote(KEPT_FOLDER)}; fi",
        "(",
        command,
        ")",
        "moved_code=$?",
        f'if [ -n "$moved" ] && cd "$moved"; then {find} | while IFS= read -r moved_file; do',
        '  mkdir -p "$usual/${moved_file%/*}" && cp "$moved_file" "$usual/$moved_file"',
        "done; fi",
        'exit "$moved_code"',
    ]


def superset(glob: str) -> str:
    """A pattern of `find -path`, whose `*` matches slashes, for at least what the glob means."""
    plain = "/".join(part for part in glob.split("/") if part not in ("", "."))
    found = re.search(r"[*?\[{]", plain)
    if not found:
        return plain.replace("\\", "\\\\")
    ending = re.search(r"[\w./-]*\Z", plain)
    tail = ending[0].rpartition("/")[2] if ending else ""
    return plain[: found.start()].replace("\\", "\\\\") + "*" + tail
