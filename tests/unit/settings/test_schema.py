"""Values of every shape, the limits, and the table for people."""

from __future__ import annotations

from typing import Any

import pytest

from gatekeeper.domain import Limits
from gatekeeper.settings import SCHEMA, load, markdown


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("tests.timeout", "90", 90.0),
        ("tests.timeout", "90s", 90.0),
        ("tests.timeout", "1.5m", 90.0),
        ("tests.timeout", "2 h", 7200.0),
        ("sandbox.memory", "512m", 512 * 1024**2),
        ("sandbox.memory", "2G", 2 * 1024**3),
        ("sandbox.disk", "1000", 1000),
        ("sandbox.cpus", "1.5", 1.5),
        ("sandbox.cpus", ".5", 0.5),
        ("tests.junit", "a.xml\nb/**/*.xml\n", ("a.xml", "b/**/*.xml")),
        ("tests.junit", "[a.xml, 'b c.xml']", ("a.xml", "b c.xml")),
        ("tests.junit", "{a,b}.xml", ("{a,b}.xml",)),
        ("sandbox.setup", "pip install -e '.[a,b]'", ("pip install -e '.[a,b]'",)),
        ("sandbox.env", "A=1\nB=x=y", {"A": "1", "B": "x=y"}),
        ("sandbox.env", "{A: yes, B: 'x: y'}", {"A": "yes", "B": "x: y"}),
        ("delta.fetch", "OFF", False),
        ("guards.modes", "off", "off"),
        ("trial.circumstances", "[seed, environment, seed]", ("environment", "seed")),
        ("trial.circumstances", "order", ("order",)),
        ("trial.circumstances", "[]", ()),
    ],
)
def test_values_are_read(key: str, text: str, value: Any) -> None:
    """One text has one meaning, on the command line as in the environment."""
    setting = SCHEMA[key]
    for settings in (
        load(env={}, flags={key: text}),
        load(env={setting.variables[0]: text}, flags={}),
    ):
        assert settings.value(key) == value
        assert setting.kind.read(setting.show(value)) == value


@pytest.mark.parametrize("setting", SCHEMA.values(), ids=SCHEMA)
def test_every_default_is_a_value_that_one_can_write(setting: Any) -> None:
    """What the table shows as default is accepted and gives the default; the meaning is there."""
    settings = load(env={}, flags={})
    assert settings.value(setting.key) == setting.default
    if setting.show(setting.default):
        assert setting.kind.read(setting.show(setting.default)) == setting.default
    assert setting.meaning[0].isupper()
    assert not setting.meaning.endswith(".")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("tests.junit", "[a, b"),
        ("tests.junit", "[]]"),
        ("sandbox.env", "A"),
        ("sandbox.env", "=1"),
        ("sandbox.env", "{A: [1]}"),
        ("sandbox.cpus", "inf"),
        ("sandbox.cpus", "nan"),
        ("tests.timeout", "-5s"),
        ("tests.timeout", "5 days"),
        ("sandbox.memory", "9" * 40),
        ("tests.reruns", "\u0663\u0663x"),
        ("trial.circumstances", "[order, weather]"),
    ],
)
def test_values_that_are_none_raise_value_error(key: str, text: str) -> None:
    """Bad text never gets through and never raises anything but ValueError."""
    with pytest.raises(ValueError, match="`"):
        SCHEMA[key].kind.read(text)


def test_the_limits_of_a_sandbox_come_from_the_settings() -> None:
    """With no settings they are the domain's; each setting reaches its limit."""
    assert load(env={}, flags={}).limits == Limits()
    flags = {
        "sandbox.memory": "1g",
        "sandbox.cpus": "2",
        "sandbox.pids": "64",
        "sandbox.disk": "1m",
        "sandbox.output": "2m",
        "tests.timeout": "5s",
    }
    assert load(env={}, flags=flags).limits == Limits(
        memory=1024**3, cpus=2, pids=64, disk=1024**2, output=2 * 1024**2, timeout=5
    )


def test_the_markdown_table_has_one_row_for_each_key() -> None:
    """Every key is documented, and no cell breaks the table."""
    lines = markdown().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(SCHEMA)
    assert {line.count("|") for line in lines} == {4}
