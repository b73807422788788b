"""An engine that does not answer is described in words of the system, with its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.engines.docker.engine import DockerEngine


def test_an_engine_that_is_not_there_is_described_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused connection and a missing socket: what the system said, where, and what to do."""
    for address, said in (
        ("tcp://127.0.0.1:1", "Connection refused"),
        (f"unix://{tmp_path}/no.sock", "No such file or directory"),
    ):
        monkeypatch.setenv("DOCKER_HOST", address)
        monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
        info = DockerEngine().describe()
        assert not info.available
        assert info.detail.startswith(f"no Docker engine answers: {said} (")
        assert info.detail.endswith(address.partition("://")[2] + ")")
        assert "DOCKER_HOST" in info.hint
