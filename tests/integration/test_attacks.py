"""The sandbox under attack: each attack ends within its limit and changes nothing outside it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from gatekeeper.domain import Ending, Limits, Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.ports import Snapshot
from gatekeeper.settings.sections import GuardsSection
from tests.support import images
from tests.support.projects import BUG, Ended, gatekeeper, shop

pytestmark = pytest.mark.docker

MIB = 1024 * 1024
TIMEOUT = 20.0
REPORTS = ("reports/*.xml", "r.xml")


@pytest.fixture(scope="module")
def image() -> str:
    return images.ensure(images.PYTHON)


@pytest.fixture(scope="module")
def snapshot(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    folder = tmp_path_factory.mktemp("tree")
    for path in ("tests/test_a.py", "product.py"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("original\n")
    spec = SnapshotSpec(
        os.fspath(folder),
        image,
        protected=("tests/test_a.py",),
        tools=(Overlay("watch.py", b"original\n"),),
        limits=Limits(memory=256 * MIB, pids=64, disk=100 * MIB, report=MIB, timeout=TIMEOUT),
    )
    with DockerEngine().prepare(spec) as prepared:
        yield prepared


def python(code: str) -> RunSpec:
    return RunSpec("python3 attack.py", (Overlay("attack.py", code.encode()),), reports=REPORTS)


LOOK_INSIDE_PID_1 = """
import ctypes, os
for pid in (1, os.getppid()):
    for name in ("environ", "mem", "maps", "auxv", "stack", "syscall", "fd/0", "fd/2", "fd/3"):
        for flags in (os.O_RDONLY, os.O_WRONLY):
            try:
                os.open(f"/proc/{pid}/{name}", flags | os.O_NONBLOCK)
            except OSError:
                continue
            if pid == 1:
                print("opened", pid, name, flags)
libc = ctypes.CDLL(None, use_errno=True)
print("attached", libc.ptrace(16, 1, 0, 0))
libc.process_vm_readv.restype = ctypes.c_ssize_t
print("read", libc.process_vm_readv(1, None, 0, None, 0, 0), ctypes.get_errno() == 1)
"""

TAKE_BACK = """
import os
os.write(9, b"true\\n")
for path in ("/proc/self/fd/9", "/gatekeeper/record", f"/proc/{os.getppid()}/fd/9"):
    for flags in (os.O_RDONLY, os.O_RDWR):
        try:
            os.open(path, flags | os.O_NONBLOCK)
            print("opened", path, flags)
        except OSError:
            pass
try:
    os.read(9, 100)
    print("read")
except OSError:
    pass
for process in filter(str.isdigit, os.listdir("/proc")):
    if open(f"/proc/{process}/cmdline", "rb").read() == b"cat\\0/gatekeeper/record\\0":
        try:
            os.kill(int(process), 9)
            print("killed", process)
        except PermissionError:
            print("found")
os.write(9, b"to the end\\n")
"""


def test_nobody_looks_inside_pid_1(snapshot: Snapshot) -> None:
    """Its memory holds the word that marks its answer: neither that nor its streams are open."""
    assert snapshot.run(python(LOOK_INSIDE_PID_1)).output == b"attached -1\nread -1 True\n"


def test_nothing_recorded_can_be_taken_back(snapshot: Snapshot) -> None:
    """The record can be written and not read, and its reader cannot be ended, from inside."""
    completed = snapshot.run(python(TAKE_BACK))
    assert completed.output == b"found\n"
    assert completed.record == b"true\nto the end\n"


def test_the_reader_has_no_rights(snapshot: Snapshot) -> None:
    """The process of root that reads the record has no capability and can gain none."""
    code = """
import os
for pid in os.listdir("/proc"):
    if pid.isdigit():
        lines = open(f"/proc/{pid}/status").read().splitlines()
        facts = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
        if facts["Uid"].startswith("0"):
            print(facts["Name"], facts["CapEff"], facts["CapBnd"], facts["NoNewPrivs"])
"""
    nothing = "0" * 16
    assert snapshot.run(python(code)).output.decode() == f"cat {nothing} {nothing} 1\n"


@pytest.mark.parametrize(
    "change",
    [
        "echo x > $GATEKEEPER_TOOLS/watch.py",
        "rm -f $GATEKEEPER_TOOLS/watch.py",
        "mv $GATEKEEPER_TOOLS /tmp/x",
        "mkdir $GATEKEEPER_TOOLS/__pycache__",
        "ln -s /tmp /gatekeeper/x",
        "rm -f /gatekeeper/record",
        "echo x > tests/test_gate.py",
        "rm -f tests/test_gate.py",
        "mv tests/test_gate.py x",
        "mv tests x",
        "touch tests/__pycache__/test_a.cpython-311.pyc",
        "rmdir tests/__pycache__",
        "mv tests/__pycache__ x",
    ],
)
def test_what_is_the_gates_stays_as_it_is(snapshot: Snapshot, change: str) -> None:
    """Tools, tests made for the run, and what Python would read in the place of a test."""
    trusted = (Overlay("tests/test_gate.py", b"original\n"),)
    look = 'cat "$GATEKEEPER_TOOLS/watch.py" tests/test_gate.py tests/test_a.py'
    done = snapshot.run(RunSpec(f"({change}) 2>/dev/null && echo DONE; {look}", trusted=trusted))
    assert done.output == b"original\n" * 3


def test_a_candidate_that_cannot_be_laid_over(snapshot: Snapshot) -> None:
    """A file in the place of a folder of tests ends this run, not the gate."""
    done = snapshot.run(RunSpec("true", (Overlay("tests", b"a file"),)))
    assert done.exit_code == 125
    assert "cannot be laid over" in done.note


@dataclass(frozen=True)
class Attack:
    """What is run, how it must end, and within how many seconds."""

    name: str
    command: str
    ending: Ending = Ending.EXITED
    within: float = 10.0
    timeout: float = TIMEOUT
    exit_code: int | None = None  # None: any but 0, or any where a limit ended it


FILES = "import itertools\nfor n in itertools.count():\n  open('{place}/f%d' % n, 'w').write('x')"
FORK_AWAY = (
    "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n"
    "    os.closerange(0, 20)\n    time.sleep(60)\n  os._exit(0)\n"
)
ATTACKS = (
    Attack("kills all it may", "kill -9 -1; sleep 60", exit_code=137),
    Attack("kills its parents", "kill -9 $PPID; kill -9 1; sleep 60", exit_code=137),
    Attack("stops all it may", "kill -STOP -1; sleep 60", Ending.TIMEOUT, timeout=3),
    Attack("eats the line of PID 1", "cat /proc/1/fd/0; exit 3", exit_code=3),
    Attack("many small files", f'python3 -c "{FILES.format(place=".")}"', Ending.DISK, 60, 60),
    Attack(
        "many files in memory", f'python3 -c "{FILES.format(place="/tmp")}"', Ending.MEMORY, 60, 60
    ),
    Attack("fills /tmp", "head -c 99M /dev/zero >/tmp/a; cp /tmp/a /tmp/b; exit 4", exit_code=4),
    Attack("prints for ever", "yes", Ending.OUTPUT, 15),
    Attack("records for ever", "yes >&9", Ending.OUTPUT, 15),
    Attack("forks away", f"python3 -c '{FORK_AWAY}'; exit 5", exit_code=5),
)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_ends(snapshot: Snapshot, attack: Attack) -> None:
    """In time, as what it is, with no exit status of 0 and no report; the next run is unharmed."""
    begun = time.monotonic()
    done = snapshot.run(RunSpec(attack.command, reports=REPORTS, timeout=attack.timeout))
    assert time.monotonic() - begun < attack.within
    assert done.ending is attack.ending, (done.exit_code, done.output[-500:])
    assert attack.exit_code in (None, done.exit_code)
    assert done.exit_code != 0
    assert done.reports == ()
    assert snapshot.run(RunSpec("cat product.py")).output == b"original\n"


HOSTILE = {
    "link": ("ln -s /etc/passwd r.xml", {}),
    "hard link": ("ln /gatekeeper/epoch r.xml", {}),
    "pipe": ("mkfifo r.xml", {}),
    "folder": ("mkdir r.xml", {}),
    "socket": ("python3 -c \"import socket; socket.socket(1).bind('r.xml')\"", {}),
    "folder is a link": ("ln -s /etc reports; cp /etc/passwd r.xml; rm r.xml", {}),
    "loop": ("ln -s . reports; ln -s r.xml r.xml", {}),
    "sparse": ("truncate -s 90M r.xml", {}),
    "from the future": ("echo '<a/>' > r.xml; touch -d 2099-01-01 r.xml", {"r.xml": b"<a/>\n"}),
    "from the past": ("echo '<a/>' > r.xml; touch -d 1999-01-01 r.xml", {}),
    "unreadable": ("echo '<a/>' > r.xml; chmod 0 r.xml", {}),
    "option as a name": (
        "mkdir reports; cd reports; touch -- '--checkpoint-action=exec=sh x.xml' '-C.xml'; "
        "echo '<a/>' > ok.xml",
        {"ok.xml": b"<a/>\n"},
    ),
    "odd names": (
        "mkdir reports; cd reports; echo '<a/>' > \"$(printf 'a\\nb\\033[2J\\377.xml')\"",
        {"a\nb\x1b[2J\udcff.xml": b"<a/>\n"},
    ),
    "programs of its own": (
        "mkdir -p $HOME/.local/bin; for p in tar find dd cat; do printf '#!/bin/sh\\necho forged'"
        " > $HOME/.local/bin/$p; chmod +x $HOME/.local/bin/$p; done; echo '<a/>' > r.xml",
        {"r.xml": b"<a/>\n"},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_read_back(snapshot: Snapshot, name: str) -> None:
    """A report path that is no plain file of this run is no report; odd names come as they are."""
    command, expected = HOSTILE[name]
    done = snapshot.run(RunSpec(command, reports=REPORTS))
    found = {path.removeprefix("reports/"): content for path, content in done.reports}
    assert {path: content for path, content in found.items() if content} == expected
    assert done.ending is Ending.EXITED


def test_a_million_bytes_in_small_reports(snapshot: Snapshot) -> None:
    """Thousands of reports beyond the limit are cut with a note, quickly."""
    code = (
        "import os; os.mkdir('reports'); "
        "[open(f'reports/{n}.xml', 'w').write('x' * 100) for n in range(12000)]"
    )
    done = snapshot.run(RunSpec(f'python3 -c "{code}"', reports=REPORTS))
    assert sum(len(content) for _, content in done.reports) <= MIB
    assert done.note
    assert done.seconds < 15


def test_no_way_out(snapshot: Snapshot) -> None:
    """No name is resolved, no address answers: neither the net's, nor a cloud's, nor the host's."""
    code = """
import glob, os, socket
for host in ("169.254.169.254", "fd00:ec2::254", "172.17.0.1", "10.0.0.1", "example.org",
             "host.docker.internal", "gateway.docker.internal"):
    for port in (80, 2375, 53):
        try:
            socket.create_connection((host, port), 1)
            print("connected", host, port)
        except OSError:
            pass
print([path for path in glob.glob("/run/**", recursive=True) if "sock" in path])
"""
    said = snapshot.run(python(code)).output.decode()
    assert "connected" not in said
    assert said.endswith("[]\n")


# What a patch's code does while the tests import it, beside the right fix; and what is said of it.
CODE = {
    "forks": (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
        "In the run of the whole suite, it",  # out of time or of memory, whatever comes first
    ),
    "remembers": ("x = [bytearray(1 << 26) for _ in range(99)]\n", "more memory than"),
    "fills": (
        "import itertools\nfor n in itertools.count():\n"
        "    open(f'/workspace/big{n}', 'wb').write(bytes(1 << 24))\n",
        "more to the disk than",
    ),
    "prints": (
        "import os, subprocess\nsubprocess.run('yes >/proc/$PPID/fd/1', shell=True)\n"
        "while True:\n    os.write(1, b'x' * 65536)\n",
        "In the run of the whole suite, it",  # pytest keeps it in memory
    ),
    "kills": ("import os\nos.kill(-1, 9)\n", "ended with 137"),
    "leaves": ("import os\nos._exit(0)\n", "no readable report; the command ended with 0"),
    "records": ("import os\nwhile True:\n    os.write(9, b'x' * 65536)\n", "more output than"),
    "stays": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(90)\n"
        "    os._exit(0)\nraise SystemExit(0)\n",
        "must pass and is missing",
    ),
}


def test_every_attack_is_refused_and_the_honest_fix_accepted(tmp_path: Path, image: str) -> None:
    """One call of the public command judges all of them, two at a time: only the fix gets in."""
    repo = shop(tmp_path / "p")
    path = repo.path / "shop/cart.py"
    before = path.read_text()
    fixed = before.replace(*reversed(BUG))
    for name, content in {
        "good": fixed,
        **{n: f"{fixed}\n\n{c}" for n, (c, _) in CODE.items()},
    }.items():
        path.write_text(content)
        (tmp_path / f"{name}.diff").write_text(repo.git("diff") + "\n")
        path.write_text(before)
    order = [*list(CODE)[:3], "good", *list(CODE)[3:]]
    done = judged(repo.path, image, [os.fspath(tmp_path / f"{name}.diff") for name in order])
    verdicts = {Path(c["patch"]).stem: c for c in done.shown["candidates"]}
    assert verdicts.pop("good")["verdict"] == "accepted"
    for name, (_, why) in CODE.items():
        assert verdicts[name]["verdict"] == "rejected", name
        assert why in " ".join(verdicts[name]["reasons"]), (name, verdicts[name]["reasons"])
    attempts = done.verdict["attempts"]
    assert [Path(attempt["name"]).stem for attempt in attempts] == order


def judged(workspace: Path, image: str, patches: Sequence[str]) -> Ended:
    limits = (
        "tests.timeout=30",
        "sandbox.memory=300m",
        "sandbox.disk=200m",
        "sandbox.output=4m",
    )
    chosen = [part for limit in limits for part in ("--set", limit)]
    guards = [field.name for field in fields(GuardsSection) if "size" not in field.name]
    off = [part for name in guards for part in ("--set", f"guards.{name}=off")]
    return gatekeeper(
        "validate", workspace, *patches, "--format", "json", *chosen, *off,
        engine=("--engine", "docker", "--image", image),
    )  # fmt: skip
