"""The image as GitLab's runner, Jenkins and people start it. Built with the legacy builder."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import images

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def image() -> str:
    return images.build_gatekeeper()


def docker(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *argv], input=stdin, capture_output=True, text=True, check=False, timeout=120
    )


def test_version(image: str) -> None:
    """The image runs gatekeeper's own flags, with and without the program's name."""
    for words in (["--version"], ["gatekeeper", "--version"]):
        done = docker("run", "--rm", image, *words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("gatekeeper")


def test_every_command_is_known(image: str) -> None:
    """A command's name reaches the command line and is not looked for on the PATH."""
    listed = docker("run", "--rm", image, "--help").stdout
    commands = [
        line.split()[0]
        for line in listed.partition("Commands:")[2].splitlines()
        if line[2:3].isalpha()
    ][:3]
    assert "run" in commands
    for command in commands:
        done = docker("run", "--rm", image, command, "--help")
        assert done.returncode == 0
        assert f"gatekeeper {command}" in done.stdout


def test_without_arguments_it_runs_the_loop(image: str) -> None:
    """No words mean `gatekeeper run`; in an empty folder that is an error of use, said plainly."""
    done = docker("run", "--rm", image)
    assert done.returncode in (2, 4, 6)
    assert "Traceback" not in done.stderr + done.stdout


def test_shell_on_standard_input(image: str) -> None:
    """GitLab's runner starts a shell and feeds it the job."""
    script = "set -e\ngatekeeper --version\ngit --version\ncommand -v grep\n"
    for shell in ("sh", "bash"):
        done = docker("run", "--rm", "-i", image, shell, stdin=script)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("gatekeeper")


def test_shell_as_gitlab_starts_it(image: str) -> None:
    """The runner looks for a shell by `sh -c` with a script of its own."""
    done = docker("run", "--rm", image, "sh", "-c", 'echo "$0" here; exit 3')
    assert (done.returncode, done.stdout) == (3, "sh here\n")


def test_unknown_user_gets_a_home(image: str) -> None:
    """A uid without a name, with HOME=/, can run gatekeeper and git and has a place to write."""
    script = 'touch "$HOME/x" && git config --global a.b c && gatekeeper --version && id -u'
    for options in (["-u", "12345"], ["-u", "12345:12345", "-e", "HOME=/"], ["-e", "HOME=/none"]):
        done = docker("run", "--rm", *options, image, "sh", "-c", script)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("gatekeeper")


def test_read_only_root(image: str) -> None:
    """Only a temporary folder is written to."""
    options = ["--read-only", "--tmpfs", "/tmp", "-u", "12345", "--cap-drop", "ALL"]
    done = docker("run", "--rm", *options, image, "--version")
    assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def inside(image: str, workspace: Path) -> Iterator[str]:
    """What Jenkins' `inside` does: a container that idles in `cat`, entered by exec."""
    bind = f"{workspace}:{workspace}:rw,z"
    started = docker(
        "run", "-d", "-t", "-u", "1234:1234", "-w", str(workspace), "-v", bind, image, "cat"
    )
    assert started.returncode == 0, started.stderr
    identity = started.stdout.strip()
    try:
        yield identity
    finally:
        docker("rm", "-f", identity)


def top_of(identity: str) -> list[str]:
    listed = docker("top", identity, "-eo", "pid,comm").stdout
    return [line.split()[-1] for line in listed.splitlines()[1:]]


def test_jenkins_inside(image: str, tmp_path: Path) -> None:
    """The container's top process is Jenkins' own `cat`, and steps run beside it."""
    with inside(image, tmp_path) as identity:
        deadline = time.monotonic() + 2  # the entry needs some 20 ms; a busy machine more
        while top_of(identity) != ["cat"]:
            assert time.monotonic() < deadline, top_of(identity)
        done = docker("exec", identity, "sh", "-c", "gatekeeper --version; pwd")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == str(tmp_path)


def test_unknown_program(image: str) -> None:
    """Neither a command nor a program: one sentence, and the shell's exit code for that."""
    done = docker("run", "--rm", image, "analyse")
    assert done.returncode == 127
    assert "gatekeeper --help" in done.stderr
    assert "Traceback" not in done.stderr


def test_workspace_cannot_change_what_is_loaded(image: str) -> None:
    """Modules in the working folder or on PYTHONPATH do not shadow ours."""
    script = (
        "mkdir /tmp/w && cd /tmp/w && echo 'raise SystemExit(66)' > click.py && "
        "PYTHONPATH=/tmp/w /opt/gatekeeper/bin/python -I /opt/gatekeeper/entrypoint.py --version"
    )
    done = docker("run", "--rm", image, "sh", "-c", script)
    assert done.returncode == 0, done.stderr


def test_lean(image: str) -> None:
    """No lxml, no pip of ours, no GitLab client yet; what is ours is bounded in size."""
    code = (
        "import importlib.util as u, sys;"
        "print([n for n in ('lxml', 'pip', 'gitlab', 'mypy') if u.find_spec(n)])"
    )
    done = docker("run", "--rm", image, "/opt/gatekeeper/bin/python", "-I", "-c", code)
    assert done.stdout.strip() == "[]", done.stderr
    sizes = [
        int(docker("image", "inspect", "--format", "{{.Size}}", name).stdout)
        for name in (image, images.BASE)
    ]
    print(f"image {sizes[0] / 1e6:.0f} MB, of that {(sizes[0] - sizes[1]) / 1e6:.0f} MB ours")
    assert sizes[0] - sizes[1] < 80e6
