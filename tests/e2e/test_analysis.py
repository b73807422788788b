"""`analyze` as a person or a pipeline calls it: by rules, and in a model's words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.git_repo import Workspace
from tests.support.llm_server import LlmServer, junk, llm_server, outage, reply

TOKEN = "glpat-Zx81kQ0s7Yb2mN4vT6"
MONEY = "def add(xs):\n    return sum(xs) + 1\n"
REPORT = f"""<testsuite tests="4">
<testcase classname="tests.test_money" name="test_add"><failure message="assert 4 == 3">
tests/test_money.py:4: AssertionError</failure></testcase>
<testcase classname="tests.test_money" name="test_a"><error
 message="ModuleNotFoundError: No module named 'lxml' (asked with {TOKEN})"/></testcase>
<testcase classname="tests.test_money" name="test_b"><error
 message="ModuleNotFoundError: No module named 'lxml'"/></testcase>
<testcase classname="tests.test_money" name="test_c"/></testsuite>"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    with llm_server(tmp_path_factory.mktemp("llm") / "log") as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    test = "from shop.money import add\n\ndef test_add():\n    assert add([1, 2]) == 3\n"
    repo = Workspace.create(
        tmp_path / "shop", {"shop/money.py": MONEY, "tests/test_money.py": test}
    )
    (repo.path / "junit.xml").write_text(REPORT)
    return repo.path


def analyze(project: Path, *arguments: str, **env: str) -> tuple[int, dict[str, Any], Path]:
    """Exit code, analysis.json, and the folder of the report."""
    hidden = ("CI", "GITLAB", "JENKINS", "OPENAI", "GATEKEEPER")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    done = subprocess.run(
        [sys.executable, "-m", "gatekeeper", "analyze", "--junit", "junit.xml", *arguments],
        cwd=project,
        capture_output=True,
        env={**clean, "PYTHONPATH": str(Path.cwd()), **env},
        check=False,
    )
    out = project / "gatekeeper-report"
    path = out / "analysis.json"
    return done.returncode, json.loads(path.read_bytes()) if path.exists() else {}, out


def test_by_rules_nothing_is_asked(project: Path, model: LlmServer) -> None:
    """Causes, category and confidence come without a model, though a key is there."""
    model.script(reply("{}", times=None))
    code, found, out = analyze(project, **model.env())
    assert (code, found["category"], found["prose"]) == (0, "dependency", "rules")
    assert [(c["category"], c["count"]) for c in found["causes"]] == [
        ("dependency", 2),
        ("product-bug", 1),
    ]
    assert model.requests() == []
    env = (out / "gatekeeper.env").read_text()
    assert "GATEKEEPER_CATEGORY=dependency" in env
    verdict = json.loads((out / "verdict.json").read_bytes())
    assert verdict["redactions"] == found["redactions"] != []
    assert sum(each["count"] for each in verdict["redactions"]) == 1
    assert "2 test(s)" in (out / "report.md").read_text()
    assert not any(TOKEN in f.read_text("utf-8", "replace") for f in out.rglob("*") if f.is_file())


def test_a_model_words_the_facts_and_changes_none(project: Path, model: LlmServer) -> None:
    """Its sentences stand where their names exist; what it invents is dropped, counted and told."""
    rules = analyze(project)[1]
    words = {
        "summary": "`lxml` is missing in two tests. The loader in shop/tax.py is wrong. "
        "`add` in shop/money.py:2 adds one too much.",
        "suggested_fix": "Declare `lxml`, and take the one out of `add`.",
    }
    model.script(reply(json.dumps(words), times=None))
    code, found, out = analyze(project, "--backend", "responses", "--model", "m-9", **model.env())
    assert code == 0
    assert found["summary"] == (
        "`lxml` is missing in two tests. `add` in shop/money.py:2 adds one too much."
    )
    assert found["suggested_fix"] == words["suggested_fix"]
    assert (found["prose"], found["dropped"]) == ("m-9", ["shop/tax.py"])
    same = ("category", "confidence", "suspects", "causes", "failed_tests")
    assert {key: found[key] for key in same} == {key: rules[key] for key in same}
    (asked,) = model.requests()
    assert TOKEN not in json.dumps(asked)
    sent = (out / "attempts" / "01" / "feedback.txt").read_text()
    assert "category: dependency" in sent
    assert json.loads((out / "verdict.json").read_bytes())["usage"]["requests"] == 1
    assert model.verdict()["passed"]


@pytest.mark.parametrize("behaviour", [junk(), outage(400)])
def test_without_a_usable_answer_the_rules_speak(
    project: Path, model: LlmServer, behaviour: dict[str, Any]
) -> None:
    """A model that fails takes nothing away: the same analysis, a warning, and exit code 0."""
    rules = analyze(project)[1]
    model.script(behaviour)
    code, found, _ = analyze(project, "--backend", "responses", **model.env())
    assert (code, found["prose"]) == (0, "rules")
    assert {k: v for k, v in found.items() if k not in ("notes", "redactions")} == {
        k: v for k, v in rules.items() if k not in ("notes", "redactions")
    }
    assert any("The analysis is that of the rules" in note for note in found["notes"])


def test_only_a_model_can_write(project: Path) -> None:
    """Asking the search for words is a mistake in the command line."""
    assert analyze(project, "--backend", "search")[0] == 2
