"""What every engine promises, run on each of them for real."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gatekeeper.domain import RECORD, Ending, Limits, Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.border import RECORD_LIMIT
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.process import ProcessEngine
from gatekeeper.errors import SandboxError
from gatekeeper.ports import Engine, Snapshot
from tests.support import images

ENGINES = [pytest.param(DockerEngine, marks=pytest.mark.docker, id="docker"), ProcessEngine]
MIB = 1024 * 1024
Make = Callable[..., Engine]


@pytest.fixture(scope="module", params=ENGINES)
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


@pytest.fixture(scope="module")
def image(make: Make) -> str:
    return images.ensure(images.PYTHON) if make is DockerEngine else "not used"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "kept.txt").write_text("kept")
    (folder / "sub").mkdir()
    (folder / "sub/old.txt").write_text("old")
    (folder / "sub/stale.xml").write_text("<stale/>")
    (folder / "gone").mkdir()
    (folder / "gone/only.txt").write_text("going")
    (folder / "script.sh").write_text("echo ran\n")
    (folder / "script.sh").chmod(0o755)
    (folder / "link").symlink_to("kept.txt")
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("latin")
    (folder / "module.py").write_text("value = 1\n")
    return folder


@pytest.fixture(scope="module")
def snapshot(make: Make, image: str, tree: Path) -> Iterator[Snapshot]:
    setup = (
        "echo one >> set-up.txt",
        "python3 -m compileall -q module.py",
        'mkdir -p "$HOME/.local/bin" && printf "#!/bin/sh\\necho tool" > "$HOME/.local/bin/tool"',
        'chmod +x "$HOME/.local/bin/tool"',
    )
    limits = Limits(memory=512 * MIB, output=2 * MIB, report=MIB, timeout=60)
    spec = SnapshotSpec(str(tree), image, setup, env={"FROM_SPEC": "yes"}, limits=limits)
    with make().prepare(spec) as prepared:
        yield prepared


def output_of(snapshot: Snapshot, command: str, *overlays: Overlay) -> str:
    return snapshot.run(RunSpec(command, overlays)).output.decode("utf-8", "replace").strip()


def test_describes_itself(make: Make) -> None:
    """An engine that answers says so, and only the process engine admits to no isolation."""
    info = make().describe()
    assert info.available
    assert info.detail
    assert info.isolated == (make is DockerEngine)


def test_tree_arrives_whole(snapshot: Snapshot) -> None:
    """Files, executable bits, links and names that are not UTF-8 are those of the tree."""
    said = snapshot.run(RunSpec("cat kept.txt link; ./script.sh; ls")).output
    assert said.startswith(b"keptkeptran\n")
    assert b"caf\xe9.txt" in said


def test_overlay_adds_changes_and_removes(snapshot: Snapshot) -> None:
    """Overlays win over the tree; a folder that a removal leaves empty goes, as in git."""
    overlays = (
        Overlay("kept.txt", b"changed"),
        Overlay("new/deep/file.sh", b"echo deep", executable=True),
        Overlay("gone/only.txt", None),
        Overlay(os.fsdecode(b"caf\xe9.txt"), b"new latin"),
        Overlay('it\'s a "name" $(x)\n.txt', b"odd"),
    )
    command = "cat kept.txt; ./new/deep/file.sh; ls -d gone 2>&1; cat caf*; cat it*"
    said = output_of(snapshot, command, *overlays)
    assert said.startswith("changeddeep")
    assert "No such file" in said
    assert said.endswith("new latinodd")


def test_overlay_replaces_a_link_or_a_folder(snapshot: Snapshot) -> None:
    """What stands in the place of a new file is replaced, and a link is not written through."""
    overlays = (Overlay("link", b"file now"), Overlay("sub", b"was a folder"))
    said = output_of(snapshot, "cat link sub kept.txt; test -L link || echo plain", *overlays)
    assert said == "file nowwas a folderkeptplain"


def test_executable_bit_comes_from_the_overlay(snapshot: Snapshot) -> None:
    """A candidate's mode counts in both directions."""
    overlays = (Overlay("script.sh", b"echo x"), Overlay("kept.txt", b"#!/bin/sh\n", True))
    said = output_of(
        snapshot, "test -x script.sh || echo off; test -x kept.txt && echo on", *overlays
    )
    assert said == "off\non"


def test_compiled_python_does_not_hide_an_overlay(snapshot: Snapshot) -> None:
    """A changed module of the same size is not shadowed by what the set-up compiled."""
    overlay = Overlay("module.py", b"value = 2\n")
    assert output_of(snapshot, "python3 -c 'import module; print(module.value)'", overlay) == "2"


@pytest.mark.parametrize("code", [0, 1, 5, 125, 127, 137])
def test_exit_code_comes_through(snapshot: Snapshot, code: int) -> None:
    """Whatever the command ends with is what is reported."""
    completed = snapshot.run(RunSpec(f"exit {code}"))
    assert (completed.exit_code, completed.ending) == (code, Ending.EXITED)


def test_command_ended_by_a_signal(snapshot: Snapshot) -> None:
    """A signal is 128 plus its number, and is not mistaken for one of our endings."""
    completed = snapshot.run(RunSpec("sh -c 'kill -SEGV $$'; exit $?"))
    assert (completed.exit_code, completed.ending) == (139, Ending.EXITED)


def test_command_that_signals_its_own_group(snapshot: Snapshot) -> None:
    """A test that kills its whole process group ends itself and not the sandbox around it."""
    completed = snapshot.run(RunSpec("kill -9 0", timeout=20))
    assert (completed.exit_code, completed.ending) == (137, Ending.EXITED)
    assert completed.seconds < 10


def test_reports_by_glob(snapshot: Snapshot) -> None:
    """`*` stays in one folder, `**` crosses any number, a plain path is found; the rest is not."""
    command = (
        "mkdir -p a/b out; for f in r.xml a/r.xml a/b/r.xml a/b/s.txt out/one.xml "
        'out/odd[1].xml; do echo "$f" > "$f"; done'
    )

    def found(*globs: str) -> list[str]:
        return sorted(p for p, _ in snapshot.run(RunSpec(command, reports=globs)).reports)

    everything = ["a/b/r.xml", "a/r.xml", "out/odd[1].xml", "out/one.xml", "r.xml"]
    assert found("**/*.xml", "r.xml") == everything
    assert found("*.xml") == ["r.xml"]
    assert found("./a/*.xml") == ["a/r.xml"]
    assert found("a/**") == ["a/b/r.xml", "a/b/s.txt", "a/r.xml"]
    assert found("out/o?e.xml", "missing.xml") == ["out/one.xml"]
    assert found("out/[!x]*.xml") == ["out/odd[1].xml", "out/one.xml"]
    assert found() == []


def test_report_content_and_name_are_bytes(snapshot: Snapshot) -> None:
    """Content comes back byte for byte, under a name as git decodes it."""
    command = "printf '\\000\\377<x/>' > \"$(printf 'r\\351.xml')\""
    completed = snapshot.run(RunSpec(command, reports=("*.xml",)))
    assert completed.reports == ((os.fsdecode(b"r\xe9.xml"), b"\0\xff<x/>"),)


def test_stale_report_is_not_returned(snapshot: Snapshot) -> None:
    """A report that was in the tree, or came with the candidate, was not written by the run."""
    spec = RunSpec("true", (Overlay("mine.xml", b"<forged/>"),), reports=("**/*.xml",))
    assert snapshot.run(spec).reports == ()


def test_rewritten_report_is_returned(snapshot: Snapshot) -> None:
    """The same path counts as soon as the run writes it."""
    spec = RunSpec("echo new > sub/stale.xml", reports=("**/*.xml",))
    assert snapshot.run(spec).reports == (("sub/stale.xml", b"new\n"),)


def test_links_and_pipes_are_no_reports(snapshot: Snapshot) -> None:
    """Only regular files come back; nothing is followed, nothing blocks."""
    command = "ln -s /etc/passwd a.xml; ln -s kept.txt b.xml; mkfifo c.xml; mkdir d.xml"
    assert snapshot.run(RunSpec(command, reports=("*.xml",))).reports == ()


def test_report_over_the_limit_is_left_out(snapshot: Snapshot) -> None:
    """A report larger than the limit, sparse or not, is not brought back."""
    command = "truncate -s 1G big.xml; echo small > small.xml"
    completed = snapshot.run(RunSpec(command, reports=("*.xml",)))
    assert "big.xml" not in dict(completed.reports)


def test_timeout(snapshot: Snapshot) -> None:
    """A run past its time is ended, with what it had printed."""
    completed = snapshot.run(RunSpec("echo begun; sleep 60", timeout=1))
    assert completed.ending is Ending.TIMEOUT
    assert completed.output == b"begun\n"
    assert 0.9 < completed.seconds < 10
    assert "1 s" in completed.note


def test_output_flood(snapshot: Snapshot) -> None:
    """A flood is cut at the limit; head and tail are kept and the gap is announced."""
    completed = snapshot.run(RunSpec("echo first; yes", timeout=50))
    assert completed.ending is Ending.OUTPUT
    assert completed.output.startswith(b"first\n")
    assert b"bytes left out" in completed.output
    assert len(completed.output) < 1.1 * MIB


def test_environment_is_an_allow_list(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours gets in: no keys, no CI variables; what the specifications name does."""
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("CI_JOB_TOKEN", "secret")
    said = snapshot.run(RunSpec("env", env={"ODD": "a 'b' $c\n\"d\""})).output.decode()
    assert "secret" not in said
    assert "\nCI=" not in said
    assert "FROM_SPEC=yes" in said
    assert "ODD=a 'b' $c\n\"d\"" in said
    assert not [line for line in said.splitlines() if line.startswith("GATEKEEPER")]


def test_home_and_temporary_folder_are_writable(snapshot: Snapshot) -> None:
    """HOME exists, can be written, and programs in the temporary folder may be run."""
    command = (
        'touch "$HOME/x" && f=$(mktemp) && printf "#!/bin/sh\\necho ok" >$f && chmod +x $f && $f'
    )
    assert output_of(snapshot, command) == "ok"


def test_standard_input_is_empty(snapshot: Snapshot) -> None:
    """A command that reads its input gets an end of file and does not wait."""
    assert output_of(snapshot, "cat; echo end") == "end"


def test_runs_share_nothing(snapshot: Snapshot) -> None:
    """A file, a change in place and a file in HOME of one run are not seen by the next."""
    command = (
        'ls mark "$HOME/mark" 2>/dev/null; cat kept.txt; echo x | tee -a mark kept.txt "$HOME/mark"'
    )
    assert output_of(snapshot, command) == output_of(snapshot, command) == "keptx"


def test_leftovers_end_with_the_run(snapshot: Snapshot) -> None:
    """A daemon with a session of its own does not hold the run, nor outlive it."""
    mark = f"314.{os.getpid()}"
    begun = time.monotonic()
    completed = snapshot.run(RunSpec(f"(setsid sleep {mark} &); sleep {mark} & echo done"))
    assert completed.output == b"done\n"
    assert time.monotonic() - begun < 20
    assert not [p for p in Path("/proc").glob("[0-9]*") if mark.encode() in _arguments(p)]


def _arguments(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_several_runs_at_a_time(snapshot: Snapshot) -> None:
    """Runs from several threads get their own results."""
    results: dict[int, bytes] = {}

    def one(number: int) -> None:
        overlay = Overlay("number", str(number).encode())
        results[number] = snapshot.run(RunSpec("sleep 0.2; cat number", (overlay,))).output

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: str(number).encode() for number in range(4)}


def test_warmed_sandbox_is_used(snapshot: Snapshot) -> None:
    """A sandbox started ahead of time gives the same answer as any other."""
    snapshot.warm()
    assert output_of(snapshot, "cat kept.txt set-up.txt") == "keptone"


def test_set_up_runs_once(snapshot: Snapshot) -> None:
    """The set-up's traces are in every run, once."""
    assert output_of(snapshot, "cat set-up.txt") == "one"
    assert output_of(snapshot, "cat set-up.txt") == "one"


def test_program_of_the_set_up_is_found(snapshot: Snapshot) -> None:
    """What a set-up without rights installs in HOME is on the PATH of every run."""
    assert output_of(snapshot, "tool") == "tool"


def test_many_overlays(snapshot: Snapshot) -> None:
    """Thousands of files and megabytes go in as easily as one."""
    overlays = tuple(Overlay(f"many/{n:04}.txt", b"x" * 1000) for n in range(3000))
    big = Overlay("big.bin", os.urandom(4 * MIB))
    assert output_of(snapshot, "ls many | wc -l; wc -c < big.bin", *overlays, big).split() == [
        "3000",
        str(4 * MIB),
    ]


def test_set_up_failure(make: Make, image: str, tree: Path) -> None:
    """A set-up that fails stops everything, with its last words and what to do."""
    lines: list[str] = []
    spec = SnapshotSpec(str(tree), image, ("echo fetching", "echo 'no such thing' >&2; exit 3"))
    with pytest.raises(SandboxError) as caught, make(lines.append).prepare(spec):
        pytest.fail("prepared in spite of a failed set-up")
    assert "no such thing" in caught.value.message
    assert "exit code 3" in caught.value.message
    assert caught.value.hint
    assert "fetching" in lines


def test_set_up_stops_at_the_first_failure(make: Make, image: str, tree: Path) -> None:
    """A command after a failed one does not run."""
    spec = SnapshotSpec(str(tree), image, ("false", "echo went on"))
    with pytest.raises(SandboxError) as caught, make().prepare(spec):
        pytest.fail("prepared in spite of a failed set-up")
    assert "went on" not in caught.value.message


def test_set_up_timeout(make: Make, image: str, tree: Path) -> None:
    """A set-up that hangs ends at its own deadline."""
    spec = SnapshotSpec(str(tree), image, ("sleep 60",), setup_timeout=1)
    with pytest.raises(SandboxError, match="after 1 s"), make().prepare(spec):
        pytest.fail("prepared in spite of a hanging set-up")


def test_odd_environment_name_is_refused(snapshot: Snapshot) -> None:
    """A name that a shell would run is an error of the configuration, not a command."""
    with pytest.raises(SandboxError, match="environment variable"):
        snapshot.run(RunSpec("true", env={"A;echo x": "1"}))


def test_tree_itself_is_untouched(make: Make, image: str, tmp_path: Path) -> None:
    """Neither set-up nor runs write to the folder that was handed in."""
    (tmp_path / "file").write_text("mine")
    with make().prepare(SnapshotSpec(str(tmp_path), image, ("echo x >> file",))) as prepared:
        prepared.run(RunSpec("echo y >> file; touch other"))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "mine"


def test_closing_ends_what_runs_and_what_waits(make: Make, image: str, tree: Path) -> None:
    """When the snapshot is left, runs under way end at once and later ones never start."""
    limits = Limits(memory=512 * MIB, timeout=120)
    ended: list[BaseException | int] = []

    def run(snapshot: Snapshot) -> None:
        try:
            ended.append(snapshot.run(RunSpec("sleep 100")).exit_code)
        except SandboxError as error:
            ended.append(error)

    with make().prepare(SnapshotSpec(str(tree), image, limits=limits)) as snapshot:
        threads = [threading.Thread(target=run, args=(snapshot,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(1)
    begun = time.monotonic()
    for thread in threads:
        thread.join(30)
    assert time.monotonic() - begun < 30
    assert not any(thread.is_alive() for thread in threads)
    assert 0 not in ended


def test_record_is_not_the_output(snapshot: Snapshot) -> None:
    """What is written to descriptor RECORD comes out byte for byte, by a path of its own."""
    command = f"printf 'one\\n\\000\\377half a line' >&{RECORD}; echo shown; exit 4"
    completed = snapshot.run(RunSpec(command))
    assert completed.record == b"one\n\0\xffhalf a line"
    assert completed.output == b"shown\n"
    assert (completed.exit_code, completed.note) == (4, "")


def test_record_of_a_silent_command(snapshot: Snapshot) -> None:
    """A command that records nothing has an empty record, and no note says otherwise."""
    completed = snapshot.run(RunSpec("true"))
    assert (completed.record, completed.note) == (b"", "")


def test_large_record_is_whole(snapshot: Snapshot) -> None:
    """Megabytes written just before the end arrive to the last byte, in order."""
    code = "import os; [os.write(9, b'%09d\\n' % n) for n in range(300_000)]; os._exit(0)"
    completed = snapshot.run(RunSpec(f'python3 -c "{code}"'))
    assert completed.record == b"".join(b"%09d\n" % n for n in range(300_000))
    assert completed.ending is Ending.EXITED


def test_record_of_a_run_that_is_stopped(snapshot: Snapshot) -> None:
    """What was recorded before the deadline is there, though nothing ended as it should."""
    completed = snapshot.run(RunSpec(f"echo early >&{RECORD}; sleep 60", timeout=1))
    assert completed.ending is Ending.TIMEOUT
    assert completed.record == b"early\n"


def test_record_flood(snapshot: Snapshot) -> None:
    """A command that records without end is ended, and what is kept is bounded."""
    completed = snapshot.run(RunSpec(f"yes >&{RECORD}", timeout=50))
    assert completed.ending is Ending.OUTPUT
    assert len(completed.record) <= RECORD_LIMIT
    assert completed.exit_code != 0


def test_trusted_file_wins(snapshot: Snapshot) -> None:
    """A test of the gate's own is laid over the tree, and over what a candidate puts there."""
    overlays = (Overlay("sub/old.txt", b"forged"), Overlay("made/by_gate.py", b"forged"))
    trusted = (
        Overlay("sub/old.txt", b"trusted old"),
        Overlay("made/by_gate.py", b"trusted new"),
        Overlay("top.sh", b"echo top", executable=True),
    )
    spec = RunSpec("cat sub/old.txt made/by_gate.py; ./top.sh; ls made/*.py", overlays, trusted)
    assert snapshot.run(spec).output == b"trusted oldtrusted newtop\nmade/by_gate.py\n"


def test_trusted_file_is_not_hidden_by_compiled_python(snapshot: Snapshot) -> None:
    """A trusted module of the same size replaces one that the set-up compiled."""
    spec = RunSpec("python3 -c 'import module; print(module.value)'")
    trusted = replace(spec, trusted=(Overlay("module.py", b"value = 3\n"),))
    assert snapshot.run(trusted).output == b"3\n"
    assert snapshot.run(spec).output == b"1\n"


@pytest.mark.parametrize("path", ["../out.txt", "/etc/x", "a//b", "sub/../../x", "./x"])
def test_trusted_file_outside_the_workspace(snapshot: Snapshot, path: str) -> None:
    """A name that leads elsewhere is an error of the gate, and nothing is run."""
    with pytest.raises(SandboxError, match="cannot be laid over"):
        snapshot.run(RunSpec("true", trusted=(Overlay(path, b"x"),)))


def test_tools_are_beside_the_workspace(make: Make, image: str, tree: Path) -> None:
    """The gate's own files are found by a variable, in a folder that no set-up could know."""
    tools = (Overlay("watch.py", b"print('seen')"), Overlay("bin/go", b"#!/bin/sh\necho go", True))
    setup = ('test -z "$GATEKEEPER_TOOLS"',)
    found = set[str]()
    for _ in range(2):
        with make().prepare(SnapshotSpec(str(tree), image, setup, tools=tools)) as prepared:
            command = 'cd "$GATEKEEPER_TOOLS" && pwd && python3 watch.py && bin/go'
            place, *said = prepared.run(RunSpec(command)).output.decode().splitlines()
            assert said == ["seen", "go"]
            if make is DockerEngine:
                change = 'cd "$GATEKEEPER_TOOLS" && (chmod u+w . watch.py; rm watch.py; touch x)'
                assert prepared.run(RunSpec(change)).exit_code != 0
            assert prepared.run(RunSpec("ls")).output.find(b"watch") == -1
            found.add(place)
    assert len(found) == 2
