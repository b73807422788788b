"""Code under test cannot rewrite the tests before the runner reads them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gatekeeper.domain import Limits, RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from tests.support import images
from tests.support.git_repo import Workspace
from tests.support.projects import BUG, gatekeeper, shop

pytestmark = pytest.mark.docker

FIRST = "import shop.cart\n\n\ndef test_first():\n    assert shop.cart\n"


@pytest.mark.parametrize(
    "attack",
    [
        "echo pass > tests/test_a.py",
        "rm -f tests/test_a.py",
        "mv tests/test_a.py tests/b.py",
        "mv tests gone && mkdir tests",
        "chmod u+w tests/test_a.py && echo pass > tests/test_a.py",
        "rm -rf tests/deep && mkdir tests/deep && touch tests/deep/test_b.py",
    ],
)
def test_no_run_can_change_a_protected_file(tmp_path: Path, attack: str) -> None:
    """Writing, removing, renaming and replacing its folder all leave the file as it was."""
    for path in ("tests/test_a.py", "tests/deep/test_b.py", "shop/cart.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("original\n")
    spec = SnapshotSpec(
        os.fspath(tmp_path),
        images.ensure(images.PYTHON),
        limits=Limits(memory=512 * 1024**2, timeout=60),
        protected=("tests/test_a.py", "tests/deep/test_b.py"),
    )
    script = f"({attack}); cat tests/test_a.py tests/deep/test_b.py"
    with DockerEngine().prepare(spec) as snapshot:
        done = snapshot.run(RunSpec(script))
        free = snapshot.run(
            RunSpec("touch tests/new.txt && echo y > shop/cart.py && mkdir tests/deep/x")
        )
    assert done.output.decode().endswith("original\noriginal\n"), done.output
    assert free.exit_code == 0, free.output


def test_a_candidate_that_rewrites_a_test_is_not_accepted(tmp_path: Path) -> None:
    """A patch whose code rewrites the failing test while an earlier one is imported is rejected."""
    repo: Workspace = shop(tmp_path / "p", extra={"tests/test_a_first.py": FIRST})
    path = repo.path / "shop/cart.py"
    before = path.read_text()
    tamper = (
        "\nimport contextlib\nimport pathlib\n\nwith contextlib.suppress(OSError):\n"
        "    test = pathlib.Path('/workspace/tests/test_cart.py')\n"
        "    test.write_text(test.read_text().replace('== 90', '== 0'))\n"
    )
    for name, content in (("tamper", before + tamper), ("good", before.replace(*reversed(BUG)))):
        path.write_text(content)
        (tmp_path / f"{name}.diff").write_text(repo.git("diff") + "\n")
        path.write_text(before)
    done = gatekeeper(
        "validate", repo.path, os.fspath(tmp_path / "tamper.diff"),
        os.fspath(tmp_path / "good.diff"), "--format", "json",
        engine=("--engine", "docker", "--image", images.ensure(images.PYTHON)),
    )  # fmt: skip
    verdicts = [candidate["verdict"] for candidate in done.shown["candidates"]]
    assert verdicts == ["rejected", "accepted"], done.shown


def test_compiled_code_does_not_take_the_place_of_a_test(tmp_path: Path) -> None:
    """Python reads compiled code first; product code cannot plant any, nor use the set-up's."""
    test = "from product import answer\n\n\ndef test_answer():\n    assert answer() == 42\n"
    plant = (
        "import importlib.util, marshal, os, pathlib\n"
        "source = pathlib.Path('/workspace/tests/test_b.py')\n"
        "facts = source.stat()\n"
        "code = compile('def test_answer(): pass', str(source), 'exec')\n"
        "head = importlib.util.MAGIC_NUMBER + bytes(4)\n"
        "for number in (int(facts.st_mtime), facts.st_size):\n"
        "    head += (number & 0xFFFFFFFF).to_bytes(4, 'little')\n"
        "folder = source.parent / '__pycache__'\n"
        "import _pytest.assertion.rewrite as rewrite\n"
        "for name in ('test_b' + rewrite.PYC_TAIL, 'test_b.cpython-311.pyc'):\n"
        "    try:\n"
        "        folder.mkdir(exist_ok=True)\n"
        "        (folder / name).write_bytes(head + marshal.dumps(code))\n"
        "        print('PLANTED', name)\n"
        "    except OSError as error:\n"
        "        print('REFUSED', error)\n"
        "def answer(): return 0\n"
    )
    files = {"tests/test_a.py": "import product\n", "tests/test_b.py": test, "product.py": plant}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    spec = SnapshotSpec(
        os.fspath(tmp_path),
        images.ensure(images.PYTHON),
        setup=("python3 -m compileall -q tests",),
        limits=Limits(memory=512 * 1024**2, timeout=60),
    )
    run = RunSpec("PYTHONPATH=. python3 -m pytest -s -q tests")
    with (
        DockerEngine().prepare(spec) as open_,
        DockerEngine().prepare(
            replace(spec, protected=("tests/test_a.py", "tests/test_b.py"))
        ) as locked,
    ):
        assert b"1 passed" in open_.run(run).output  # so the attack is a real one
        done = locked.run(run)
    assert b"PLANTED" not in done.output
    assert b"1 failed" in done.output
