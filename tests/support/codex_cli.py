"""The real Codex CLI behind `gatekeeper run`: how it is started, and what answers it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from tests.support.git_repo import Workspace
from tests.support.llm_server import Raw, RawServer, response_body
from tests.support.model_runs import KEY, ended
from tests.support.projects import Ended, gatekeeper

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".cache" / "npm-tools" / "node_modules" / "@openai"
TOKEN = "glcbt-64_forbidden-token-9d2e"


def cli() -> str:
    """The folder of the CLI's own binary: what it needs of Node is only to be found."""
    (binary,) = MODULES.glob("codex-linux-*/vendor/*/bin/codex")
    return os.fspath(binary.parent)


def variables(address: str, path: str | None = None) -> dict[str, str]:
    """The CLI on the PATH, a key, and a token of the job's."""
    return {
        "OPENAI_BASE_URL": address,
        "OPENAI_API_KEY": KEY,
        "CI_JOB_TOKEN": TOKEN,
        "PATH": f"{cli()}:{os.environ['PATH']}" if path is None else path,
    }


def ask(address: str, repo: Workspace, *more: str, path: str | None = None) -> Ended:
    """A run with all of that in its environment."""
    env = variables(address, path)
    return gatekeeper("run", repo.path, "--backend", "codex", *more, env=env, timeout=280)


def left_over() -> list[str]:
    """Command lines of CLIs that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == os.fsencode(f"{cli()}/codex"):
            found.append(b" ".join(words).decode())
    return found


def event(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def stream(*events: bytes) -> Raw:
    headers = {"x-request-id": "req_codex"}
    return Raw(b"".join(events), content_type="text/event-stream", headers=headers)


def item(body: dict[str, Any]) -> bytes:
    return event("response.output_item.done", output_index=0, item=body["output"][0])


def answered(text: str, **changes: Any) -> Raw:
    """A stream that ends as it should."""
    body = response_body(text, **changes)
    return stream(item(body), event("response.completed", response=body))


def failing(raw: RawServer, project: Workspace, *more: str, seconds: float = 60) -> str:
    """One line of a run that ended with 5 in time, with nothing left behind."""
    began = time.monotonic()
    done = ask(raw.base_url, project, *more)
    assert time.monotonic() - began < seconds
    verdict = ended(done, 5, "backend")
    assert not left_over()
    return str(verdict["reason"]) + " " + done.stderr


def error(status: int, code: str = "", **headers: str) -> Raw:
    body = json.dumps({"error": {"type": code, "code": code, "message": f"said {code}"}}).encode()
    return Raw(body, status, headers)
