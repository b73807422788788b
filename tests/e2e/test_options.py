"""The options of questions in a model's words, through the public command."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.test_rounds import reported
from tests.support.llm_server import Raw, raw_server, response
from tests.support.projects import gatekeeper, shop

ASK = (
    "--set", "clarification.threshold=0.99", "--set", "clarification.options=backend",
)  # fmt: skip
KEY = "sk-test-0123456789abcdef"


def test_a_model_words_the_options_and_they_do_what_they_did(tmp_path: Path) -> None:
    """The first option of the model is chosen by `1`; its effect ends the run, and costs count."""
    said = {"options": [{"effect": "stop", "text": "Ask the shop team whether 10 is meant"}]}
    with raw_server(response(json.dumps(said))) as server:
        done = gatekeeper(
            "run", shop(tmp_path / "p").path, "--backend", "search", *ASK,
            "--junit", reported(tmp_path), "--set", "clarification.policy=interactive",
            env={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url}, stdin=b"1\ny\n",
        )  # fmt: skip
    assert done.code == 3, done.stderr
    assert "Ask the shop team" in done.verdict["reason"]
    dialog = json.loads((done.out / "clarification_dialog.json").read_bytes())
    assert dialog["questions"][0]["source"] == "backend"
    assert len(dialog["response_thread_ids"]) == 1
    assert done.verdict["usage"]["requests"] == 1
    assert KEY not in "".join(path.read_text() for path in done.out.rglob("*") if path.is_file())


def test_without_the_model_the_rules_offer_theirs(tmp_path: Path) -> None:
    """In CI nobody is there: exit 3, the options of the rules, and why they are not a model's."""
    with raw_server(Raw(status=401, body=b'{"error": {"message": "no"}}')) as server:
        done = gatekeeper(
            "run", shop(tmp_path / "p").path, "--backend", "search", *ASK,
            "--junit", reported(tmp_path),
            env={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url},
        )  # fmt: skip
    assert done.code == 3, done.stderr
    request = json.loads((done.out / "clarification_request.json").read_bytes())
    assert request["questions"][0]["recommended"].startswith("The tests are right")
    assert any("are those of the rules" in each for each in done.verdict["warnings"])
