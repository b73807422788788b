"""The home of one run of the CLI."""

from __future__ import annotations

import os
import stat
import tomllib

import pytest

from gatekeeper.backends.codex.home import PROVIDER, configuration, fresh_home


@pytest.mark.parametrize("model", ["gpt-6.1-sol", 'a"]\nwire_api = "x', "ä\\u0000", "\U0001f600"])
def test_the_configuration_is_toml_whatever_the_model_is_called(model: str) -> None:
    """A name cannot end its string; the provider is ours, asks for no key and never retries."""
    read = tomllib.loads(configuration(model, "http://127.0.0.1:1/w/v1", 12.5))
    assert read["model"] == model
    assert read["model_provider"] == PROVIDER
    provider = read["model_providers"][PROVIDER]
    assert "env_key" not in provider
    assert (provider["request_max_retries"], provider["stream_max_retries"]) == (0, 0)
    assert provider["stream_idle_timeout_ms"] == 12_500
    off = ("shell_tool", "plugins", "unbounded_connection_retries", "view_image")
    assert [read["features"][name] for name in off] == [False] * 4


def test_a_home_is_for_its_owner_and_gone_afterwards() -> None:
    """Nobody else may read the address of the loopback; the folder to work in is empty."""
    with fresh_home("m", "http://127.0.0.1:1/w/v1", {"type": "object"}, 1) as home:
        assert stat.S_IMODE(home.root.stat().st_mode) == 0o700
        assert list(home.work.iterdir()) == []
        assert home.schema.read_text() == '{"type": "object"}'
        assert "--output-schema" in home.arguments(True)
        assert "--output-schema" not in home.arguments(False)
        root = home.root
    assert not root.exists()


def test_the_environment_is_made_and_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of what the CLI gets: nothing that somebody sets for a job is in it."""
    for name in ("OPENAI_API_KEY", "CI_JOB_TOKEN", "CODEX_API_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "secret-value")
    with fresh_home("m", "http://127.0.0.1:1/w/v1", None, 1) as home:
        env = home.environment("/somewhere/bin")
        inside = {name for name, value in env.items() if value.startswith(os.fspath(home.root))}
    assert "secret-value" not in env.values()
    assert inside == {"CODEX_HOME", "HOME", "TMPDIR"}
    assert set(env) - inside == {"LANG", "PATH", "NO_PROXY", "no_proxy"}
