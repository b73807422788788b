"""A fresh home for one run of the CLI: its configuration, an empty folder, and nothing else.

The keys are those that codex-cli 0.169.0 knows (`--strict-config` refuses others). They switch off
what is not wanted here: its shell and other tools, sub-agents, plugins, instructions of a project,
its own retries, and every connection but the one to the model.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROVIDER = "gatekeeper"

_OFF: Mapping[str, Mapping[str, Any]] = {
    "analytics": {"enabled": False},
    "agents": {"enabled": False},
    "features": {
        "goals": False,
        "plugins": False,
        "shell_snapshot": False,
        "shell_tool": False,
        "unbounded_connection_retries": False,
        "view_image": False,
    },
    "skills": {"include_instructions": False},
    "shell_environment_policy": {"inherit": "none"},
}


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one run."""

    root: Path

    @property
    def work(self) -> Path:
        """The empty folder that the CLI works in."""
        return self.root / "work"

    @property
    def schema(self) -> Path:
        """The schema of the answer."""
        return self.root / "schema.json"

    @property
    def said(self) -> Path:
        """Where the CLI leaves its final message."""
        return self.root / "said.txt"

    def environment(self, search_path: str) -> dict[str, str]:
        """All that the CLI gets: no key, no token, nothing of the job's but where programs are."""
        home = os.fspath(self.root / "home")
        return {
            "CODEX_HOME": home,
            "HOME": home,
            "LANG": "C.UTF-8",
            "PATH": search_path,
            "TMPDIR": os.fspath(self.work),
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def arguments(self, schema: bool) -> list[str]:
        """What `codex` is told; its prompt comes on standard input."""
        form = ["--output-schema", os.fspath(self.schema)] if schema else []
        return [
            "exec", "--json", "--ephemeral", "--strict-config", "--skip-git-repo-check",
            "--sandbox", "read-only", "--cd", os.fspath(self.work), *form,
            "--output-last-message", os.fspath(self.said), "-",
        ]  # fmt: skip


@contextmanager
def fresh_home(
    model: str, address: str, schema: Mapping[str, Any] | None, idle: float
) -> Iterator[Home]:
    """A home whose only provider is at `address`; it is gone afterwards. `idle` is in seconds."""
    with tempfile.TemporaryDirectory(prefix="gatekeeper-codex-") as folder:
        home = Home(Path(folder))
        for path in (home.work, home.root / "home"):
            path.mkdir()
        text = configuration(model, address, idle)
        (home.root / "home" / "config.toml").write_text(text, "utf-8", "replace")
        if schema is not None:
            home.schema.write_text(json.dumps(schema))
        yield home


def configuration(model: str, address: str, idle: float) -> str:
    """The text of config.toml."""
    top = {
        "model": model,
        "model_provider": PROVIDER,
        "approval_policy": "never",
        "web_search": "disabled",
        "project_doc_max_bytes": 0,
    }
    provider = {
        "name": PROVIDER,
        "base_url": address,
        "wire_api": "responses",
        "request_max_retries": 0,
        "stream_max_retries": 0,
        "stream_idle_timeout_ms": max(1, int(idle * 1000)),
    }
    tables = {**_OFF, f"model_providers.{PROVIDER}": provider}
    parts = [_lines(top), *(f"[{name}]\n{_lines(keys)}" for name, keys in tables.items())]
    return "\n".join(parts)


def _lines(keys: Mapping[str, Any]) -> str:
    # Of these values JSON is TOML too, but for pairs of surrogates and DEL.
    text = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in keys.items()
    )
    return text.replace("\x7f", "\\u007f")
