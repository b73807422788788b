"""The bytes between the gate and PID 1."""

from __future__ import annotations

import io
import struct
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.domain import Overlay, RunSpec
from gatekeeper.engines.docker.frames import BLOCK, Demultiplexer, payload, read_answer

TOKEN = "t0ken"


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">B3xI", stream, len(data)) + data


def archive(**members: bytes | tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"./{name}.xml")
            if isinstance(content, bytes):
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
            else:
                entry.type, entry.linkname = content.type, content.linkname
                tar.addfile(entry)
    return buffer.getvalue()


def link(kind: bytes, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo("x")
    entry.type, entry.linkname = kind, target
    return entry


def answer(reports: bytes, *, code: int = 0, end: bytes = b"t0ken end\n") -> bytes:
    return b"t0ken exit %d 0\nt0ken reports\n" % code + reports + end


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(min_size=1, max_size=50))),
    st.lists(st.integers(1, 20)),
)
def test_demultiplexer(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """However the stream is cut on its way, each side gets its own bytes in order."""
    stream = b"".join(frame(*item) for item in frames)
    demultiplexer, seen = Demultiplexer(), {1: b"", 2: b""}
    for size in [*cuts, len(stream) + 1]:
        for number, data in demultiplexer.feed(stream[:size]):
            seen[number] += data
        stream = stream[size:]
    for number in (1, 2):
        assert seen[number] == b"".join(data for which, data in frames if which == number)


def test_payload_is_in_whole_blocks() -> None:
    """The first line says how many blocks follow, so that `dd` reads neither less nor more."""
    overlays = (Overlay("a", b"x" * 20000), Overlay("b", None))
    sent = payload(RunSpec("true", overlays), TOKEN, {"A": "b"}, 1000, 1)
    first, _, rest = sent.partition(b"\n")
    word, script, tree = first.split()
    assert word == TOKEN.encode()
    assert len(rest) == (int(script) + int(tree)) * BLOCK
    with tarfile.open(fileobj=io.BytesIO(rest[int(script) * BLOCK :])) as tar:
        assert tar.getnames() == ["a"]


def test_answer() -> None:
    """Code and reports; what no glob asked for stays out; a second name of one file comes too."""
    reports = archive(a=b"one", b=link(tarfile.LNKTYPE, "./a.xml")) + archive(c=b"two")
    found = read_answer(answer(reports, code=3), TOKEN, ["a.xml", "b.xml"], 100)
    assert found.exit_code == 3
    assert found.reports == (("a.xml", b"one"), ("b.xml", b"one"))
    assert found.notes == ()


def test_links_in_an_archive_are_not_followed() -> None:
    """Whatever a link in the archive points to, nothing of it is read."""
    reports = archive(a=link(tarfile.SYMTYPE, "/etc/passwd"), b=link(tarfile.LNKTYPE, "/etc/hosts"))
    assert read_answer(answer(reports), TOKEN, ["*.xml"], 100).reports == ()


@pytest.mark.parametrize(
    "control",
    [
        b"",
        b"noise",
        b"other exit 0 0\nother reports\nother end\n",
        b"t0ken exit x 0\nt0ken reports\n",
        b" t0ken exit 0 0\n t0ken reports\n",
    ],
)
def test_no_answer(control: bytes) -> None:
    """Without the word that only the gate knows there is no exit code, and a note says so."""
    found = read_answer(control, TOKEN, ["*.xml"], 100)
    assert found.exit_code is None
    assert found.notes


def test_cut_answer() -> None:
    """What was whole is kept, and the cut is said."""
    control = answer(archive(a=b"one", b=b"x" * 5000)[:2500], end=b"")
    found = read_answer(control, TOKEN, ["*.xml"], 10000)
    assert found.exit_code == 0
    assert found.reports[:1] == (("a.xml", b"one"),)
    assert any("cut off" in note for note in found.notes)


def test_reports_over_the_limit() -> None:
    """All reports together stay below the limit; what was left out is said."""
    found = read_answer(answer(archive(a=b"x" * 60, b=b"y" * 60)), TOKEN, ["*.xml"], 100)
    assert [path for path, _ in found.reports] == ["a.xml"]
    assert "100 bytes" in found.notes[0]


@given(st.binary(max_size=3000))
def test_junk_is_no_exception(junk: bytes) -> None:
    """Whatever stands where an archive should be is a value, and no exit code without our word."""
    framed = read_answer(answer(junk), TOKEN, ["**"], 1000)
    assert sum(len(content) for _, content in framed.reports) <= 1000
    if TOKEN.encode() not in junk:
        bare = read_answer(junk, TOKEN, ["**"], 1000)
        assert (bare.exit_code, bare.reports, bare.refused) == (None, (), "")


def test_refusal() -> None:
    """PID 1 says why it could not begin."""
    assert read_answer(b"t0ken refused no room\n", TOKEN, [], 1).refused == "no room"
