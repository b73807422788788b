"""`gatekeeper run` with a model behind an address: how it is started, and what it must leave."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gatekeeper import formats
from gatekeeper.backends.answer import SCHEMA, SCHEMA_NAME
from gatekeeper.backends.prompt import instructions
from gatekeeper.settings.sections import DEFAULT_MODEL
from tests.support.git_repo import Workspace
from tests.support.llm_server import LlmServer, answer
from tests.support.projects import Ended, gatekeeper, shop

EVERY = {"verdict.json", "analysis.json", "context.txt", "report.md", "gatekeeper.env"}
"""Artifacts of every run that came as far as asking a model."""

KEY = "correct-horse-battery-7f3a"
"""Looks like no key of anybody: only its variable says that it is one."""

ELSEWHERE = "UNRELATED-4b1d"
"""Stands in a file of the workspace that has nothing to do with the failure."""

WRONG = answer([("shop/cart.py", "discount / 10\n", "discount / 20\n")])
BREAKS = answer([("shop/cart.py", "def total(prices", "def total(costs")])
GOOD = answer([("shop/cart.py", "discount / 10\n", "discount / 100\n")])

SCHEMA_FILE = Path(formats.__file__).with_name("verdict.schema.json")
VALID = Draft202012Validator(json.loads(SCHEMA_FILE.read_text("utf-8")))


def planted(tmp_path: Path) -> Workspace:
    """The shop with its failing test, a file that nobody needs, and the key in an ignored file."""
    extra = {"docs/notes.py": f"# {ELSEWHERE}\n", ".gitignore": ".env\n"}
    repo = shop(tmp_path / "p", extra=extra)
    repo.write({".env": f"OPENAI_API_KEY={KEY}\n"})
    return repo


def ask(address: str, repo: Workspace, *more: str, **options: Any) -> Ended:
    """`gatekeeper run` with the model at `address`."""
    env = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": KEY, **options.pop("env", {})}
    return gatekeeper("run", repo.path, "--backend", "responses", *more, env=env, **options)


def ended(done: Ended, code: int, outcome: str) -> dict[str, Any]:
    """The verdict of a run that ended so, after what holds for each of them."""
    verdict = done.verdict
    assert (done.code, verdict["exit_code"], verdict["outcome"]) == (code, code, outcome), done
    assert not [error.message for error in VALID.iter_errors(verdict)]
    files = [path for path in done.out.rglob("*") if path.is_file()]
    assert {path.name for path in files if path.parent == done.out} >= EVERY
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert verdict["model"] or verdict["command"] == "replay"
    return verdict


def kept(done: Ended, number: int, name: str = "response.json") -> bytes:
    """A file of `attempts/NN`."""
    return (done.out / "attempts" / f"{number:02d}" / name).read_bytes()


def sent(bodies: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The texts of every request that arrived, after proof that each held nothing else."""
    form = {"type": "json_schema", "name": SCHEMA_NAME, "schema": SCHEMA, "strict": True}
    texts = []
    for body in bodies:
        messages = body["input"]
        assert all(set(message) == {"role", "content"} for message in messages)
        assert body == {
            "input": messages,
            "model": DEFAULT_MODEL,
            "instructions": instructions(),
            "prompt_cache_key": body["prompt_cache_key"],
            "store": False,
            "text": {"format": form},
        }
        assert re.fullmatch("gatekeeper-[0-9a-f]{32}", body["prompt_cache_key"])
        texts.append([message["content"] for message in messages])
    return texts


def bodies(server: LlmServer) -> list[dict[str, Any]]:
    """The bodies of every request that arrived."""
    return [request["body"] for request in server.requests()]
