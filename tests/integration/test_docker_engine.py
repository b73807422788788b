"""What a hostile candidate or a dying gate can do to the Docker engine: nothing that lasts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.domain import Ending, Limits, Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.errors import SandboxError
from gatekeeper.ports import Snapshot
from tests.support import images

pytestmark = pytest.mark.docker

MIB = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
GATE = """
import signal, sys, time
from gatekeeper.domain import RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine

def stop(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
tree, image = sys.argv[1:]
with DockerEngine().prepare(SnapshotSpec(tree, image)) as snapshot:
    snapshot.warm()
    print("ready", flush=True)
    snapshot.run(RunSpec("sleep 300"))
"""
"""A gate in a process of its own, in the middle of a run."""


@pytest.fixture(scope="module")
def image() -> str:
    return images.ensure(images.PYTHON)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "file").write_text("x")
    return folder


@pytest.fixture(scope="module")
def snapshot(image: str, tree: Path) -> Iterator[Snapshot]:
    limits = Limits(memory=256 * MIB, pids=64, disk=200 * MIB, report=MIB, timeout=40)
    with DockerEngine().prepare(SnapshotSpec(str(tree), image, limits=limits)) as prepared:
        yield prepared


def python(code: str) -> RunSpec:
    return RunSpec("python3 attack.py", (Overlay("attack.py", code.encode()),))


def docker(*argv: str) -> str:
    done = subprocess.run(["docker", *argv], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def left_of(owner: int) -> list[str]:
    """Containers and images whose label says that process `owner` made them."""
    found = []
    for listing, inspect in ((("ps", "-aq"), "inspect"), (("images", "-q"), "image inspect")):
        ids = docker(*listing, "--filter", "label=gatekeeper.tool=gatekeeper").split()
        for identity in ids:
            done = subprocess.run(
                ["docker", *inspect.split(), identity], capture_output=True, text=True, check=False
            )
            for item in json.loads(done.stdout or "[]"):
                label = item["Config"]["Labels"].get("gatekeeper.owner", "")
                running = item.get("State", {}).get("Running", "image")
                if f" {owner} " in label:
                    found.append(f"{listing[0]} {identity} running={running}")
    return found


def test_nothing_can_be_gained_inside(snapshot: Snapshot) -> None:
    """No network, no capability, no root, no socket, no writable kernel file, no core dump."""
    code = """
import ctypes, os, socket
facts = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(os.getuid(), os.getgid(), facts["CapBnd"].strip(), facts["NoNewPrivs"].strip())
for name, attempt in {
    "connect": lambda: socket.create_connection(("192.0.2.1", 80), 3),
    "resolve": lambda: socket.getaddrinfo("example.org", 80),
    "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "root": lambda: os.setuid(0),
    "write": lambda: open("/usr/bin/x", "w"),
    "epoch": lambda: os.utime("/gatekeeper/epoch"),
    "sysctl": lambda: open("/proc/sys/kernel/hostname", "w"),
    "chroot": lambda: os.chroot("/tmp"),
}.items():
    try:
        attempt()
        print(name, "WORKED")
    except OSError:
        pass
libc = ctypes.CDLL(None, use_errno=True)
print("mount", libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
print("unshare", libc.unshare(0x10000000))
print("devices", [d for d in os.listdir("/dev") if d.startswith(("sd", "vd", "nvme"))])
print("sockets", [p for p in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(p)])
"""
    said = snapshot.run(python(code)).output.decode().splitlines()
    assert said == [
        "1000 1000 0000000000000000 1",
        "mount -1",
        "unshare -1",
        "devices []",
        "sockets []",
    ]


def test_fork_bomb(snapshot: Snapshot) -> None:
    """A fork bomb meets the limit on processes, and the engine still answers."""
    code = """
import os, time
children = 0
try:
    while children < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError:
    print("stopped at", children, flush=True)
"""
    completed = snapshot.run(python(code))
    assert completed.ending is Ending.EXITED
    assert int(completed.output.split()[-1]) < 140
    assert snapshot.run(RunSpec("echo next")).output == b"next\n"


@pytest.mark.parametrize(
    "command",
    [
        "python3 -c \"x = 'x' * (1 << 30)\"",
        "python3 -c \"x = 'x' * (1 << 30)\"; exit 0",
        "dd if=/dev/zero of=/tmp/big bs=1M count=400; dd if=/dev/zero of=/dev/shm/big bs=1M",
        "head -c 1000000000 /dev/zero | tail > /dev/null",
    ],
)
def test_memory_hog(snapshot: Snapshot, command: str) -> None:
    """Memory over the limit is seen however the command ends; what stays below it is not."""
    completed = snapshot.run(RunSpec(command))
    expected = Ending.EXITED if "shm" in command else Ending.MEMORY
    assert completed.ending is expected, completed


def test_disk_filler(snapshot: Snapshot) -> None:
    """Many files over the limit end the run; one large file meets the limit on its size."""
    many = "i=0; while :; do i=$((i+1)); head -c 20000000 /dev/zero > f$i; done"
    completed = snapshot.run(RunSpec(many, timeout=30))
    assert completed.ending is Ending.DISK
    assert completed.seconds < 20
    single = snapshot.run(RunSpec("head -c 900000000 /dev/zero > big; stat -c %s big", timeout=30))
    assert int(single.output.split()[-1]) <= 200 * MIB


def test_signals_to_pid_1(snapshot: Snapshot) -> None:
    """A candidate cannot end, stop or trick PID 1; a false alarm only makes it wait."""
    command = "for s in KILL STOP TERM INT HUP; do kill -$s 1; done; kill -USR1 1; sleep 1; exit 7"
    completed = snapshot.run(RunSpec(command, timeout=20))
    assert (completed.exit_code, completed.ending) == (7, Ending.EXITED)


def test_forged_answers(snapshot: Snapshot) -> None:
    """What a candidate writes to PID 1's streams neither ends the run nor becomes a report."""
    command = (
        "echo 'x exit 0 0' > /proc/1/fd/2; printf '\\1\\0\\0\\0\\377\\377' > /proc/1/fd/2; "
        "echo 'reports' > /proc/1/fd/3; echo '<t/>' > r.xml; exit 4"
    )
    completed = snapshot.run(RunSpec(command, reports=("*.xml",)))
    assert completed.exit_code == 4
    assert dict(completed.reports) in ({}, {"r.xml": b"<t/>\n"})


def test_links_out_of_the_workspace(snapshot: Snapshot) -> None:
    """Report paths through links lead nowhere but into the sandbox itself."""
    command = "ln -s /etc out; ln -s / root; echo x > real.xml; ln real.xml hard.xml"
    completed = snapshot.run(RunSpec(command, reports=("out/*", "root/etc/passwd", "*.xml")))
    assert sorted(path for path, _ in completed.reports) == ["hard.xml", "real.xml"]


def test_missing_image(tree: Path) -> None:
    """An image that is nowhere is named, with the commands that bring it."""
    spec = SnapshotSpec(str(tree), "gatekeeper-test/no-such-image:1")
    with pytest.raises(SandboxError) as caught, DockerEngine().prepare(spec):
        pytest.fail("prepared without an image")
    assert "gatekeeper-test/no-such-image:1" in caught.value.message
    assert "docker pull gatekeeper-test/no-such-image:1" in caught.value.hint
    assert "docker load" in caught.value.hint


def test_image_without_tar(tree: Path, tmp_path: Path, image: str) -> None:
    """An image that lacks a program is refused before anything runs, and the program is named."""
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN rm -f /bin/tar /usr/bin/tar\n")
    docker("build", "-q", "-t", "gatekeeper-test/no-tar", str(tmp_path))
    spec = SnapshotSpec(str(tree), "gatekeeper-test/no-tar")
    try:
        with pytest.raises(SandboxError, match="`tar`"), DockerEngine().prepare(spec):
            pytest.fail("prepared without tar")
    finally:
        docker("rmi", "-f", "gatekeeper-test/no-tar")


SHELLS = {
    "bash": "FROM {image}\nRUN ln -sf bash /bin/sh\n",
    "busybox": """FROM {image} AS debian
FROM scratch
COPY --from=debian /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/bin
""",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_other_shells(shell: str, tree: Path, tmp_path: Path, image: str) -> None:
    """Images of other families (Alpine, Red Hat) work: overlay, report, record, exit code, end."""
    (tmp_path / "Dockerfile").write_text(SHELLS[shell].format(image=image))
    name = f"gatekeeper-test/{shell}"
    docker("build", "-q", "-t", name, str(tmp_path))
    overlays = (Overlay("a/b.txt", b"x" * 100_000), Overlay("file", None))
    command = "ls; cat a/b.txt | wc -c; mkdir r; echo '<t/>' > r/t.xml; echo seen >&9; exit 5"
    with DockerEngine().prepare(SnapshotSpec(str(tree), name, ("echo hi > made",))) as prepared:
        completed = prepared.run(RunSpec(command, overlays, reports=("**/*.xml",)))
        late = prepared.run(RunSpec("sleep 30", timeout=1))
        shot = prepared.run(RunSpec("kill -9 0; sleep 9", timeout=8))
        alone = prepared.run(RunSpec("kill -9 -1; sleep 60", timeout=50))
    assert completed.output.split() == [b"a", b"made", b"100000"]
    assert completed.exit_code == 5
    assert completed.reports == (("r/t.xml", b"<t/>\n"),)
    assert late.ending is Ending.TIMEOUT
    assert completed.record == b"seen\n"
    assert (shot.exit_code, shot.ending) == (137, Ending.EXITED)
    assert (alone.exit_code, alone.ending) == (137, Ending.EXITED)


def test_image_whose_volume_hides_the_workspace(tree: Path, tmp_path: Path, image: str) -> None:
    """A volume at the workspace would leave the snapshot empty, so the image is refused."""
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nVOLUME /workspace\n")
    docker("build", "-q", "-t", "gatekeeper-test/volume", str(tmp_path))
    spec = SnapshotSpec(str(tree), "gatekeeper-test/volume")
    try:
        with pytest.raises(SandboxError, match="declares a volume"), DockerEngine().prepare(spec):
            pytest.fail("prepared in spite of the volume")
    finally:
        docker("rmi", "-f", "gatekeeper-test/volume")


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:1", "unix:///no/such.sock", "ssh://nobody@127.0.0.1", "junk", "http://[x"],
)
def test_engine_that_does_not_answer(
    tree: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Nobody at the address: a description that says so, and an error with what to do."""
    monkeypatch.setenv("DOCKER_HOST", address)
    info = DockerEngine().describe()
    assert not info.available
    assert info.hint
    spec = SnapshotSpec(str(tree), "any")
    with pytest.raises(SandboxError), DockerEngine().prepare(spec):
        pytest.fail("prepared without an engine")


def test_everything_is_removed(image: str, tree: Path) -> None:
    """Container, image and volume go, also when the block ends by an exception."""
    before = left_of(os.getpid())
    spec = SnapshotSpec(str(tree), image, ("true",))

    def interrupted() -> None:
        with DockerEngine().prepare(spec) as prepared:
            prepared.warm()
            prepared.run(RunSpec("true"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert left_of(os.getpid()) == before


def start_gate(tree: Path, image: str) -> subprocess.Popen[str]:
    gate = subprocess.Popen(
        [sys.executable, "-c", GATE, str(tree), image],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert gate.stdout is not None
    assert gate.stdout.readline() == "ready\n"
    time.sleep(0.7)
    return gate


def test_sigterm_leaves_nothing(tree: Path, image: str) -> None:
    """A gate that is told to stop in the middle of a run removes everything."""
    with start_gate(tree, image) as gate:
        assert len([item for item in left_of(gate.pid) if "running=True" in item]) == 2
        gate.send_signal(signal.SIGTERM)
        gate.wait(20)
    assert left_of(gate.pid) == []


def test_sigkill_ends_the_sandboxes_and_the_next_start_sweeps(tree: Path, image: str) -> None:
    """The candidate ends with its gate; what is left of it goes when the next gate starts."""
    with start_gate(tree, image) as gate:
        assert len([item for item in left_of(gate.pid) if "running=True" in item]) == 2
        gate.kill()
        gate.wait(20)
    deadline = time.monotonic() + 5
    while any("running=True" in item for item in left_of(gate.pid)):
        assert time.monotonic() < deadline, "a sandbox outlived its gate"
        time.sleep(0.1)
    with DockerEngine().prepare(SnapshotSpec(str(tree), image)):
        assert left_of(gate.pid) == []


def test_sweep_spares_what_is_in_use(tree: Path, image: str, snapshot: Snapshot) -> None:
    """A second gate does not take away the first one's image or sandboxes."""
    snapshot.warm()
    with DockerEngine().prepare(SnapshotSpec(str(tree), image)):
        assert snapshot.run(RunSpec("cat file")).output == b"x"
    assert snapshot.run(RunSpec("cat file")).output == b"x"


def test_set_up_with_network(image: str, tree: Path) -> None:
    """The set-up has a network only where it was granted, and the runs never have one."""
    look = "cat /proc/net/dev | grep -c eth0 > interfaces || true"
    for granted, seen in ((True, b"1\n"), (False, b"0\n")):
        spec = SnapshotSpec(str(tree), image, (look,), setup_network=granted)
        with DockerEngine().prepare(spec) as prepared:
            assert prepared.run(RunSpec("cat interfaces")).output == seen
            assert prepared.run(RunSpec("grep -c eth0 /proc/net/dev")).output == b"0\n"
