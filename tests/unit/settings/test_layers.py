"""Four layers, the source of each value, and errors that name the place and the nearest key."""

from __future__ import annotations

import pytest

from gatekeeper.errors import UsageError
from gatekeeper.settings import SCHEMA, load

FILE = ".gatekeeper.yml"


def _file(text: str) -> tuple[str, bytes]:
    return FILE, text.encode()


def test_each_layer_wins_over_the_one_before() -> None:
    """Default < file < .env < environment < command line, and the source is kept."""
    file = _file(
        "tests:\n  reruns: 3\n  timeout: 5m\nbackend:\n  model: from-file\n  attempts: 7\n"
    )
    settings = load(
        file=file,
        env={"GATEKEEPER_BACKEND_MODEL": "from-env", "GATEKEEPER_BACKEND_ATTEMPTS": "8"},
        dotenv=b"GATEKEEPER_BACKEND_MODEL=from-dotenv\nGATEKEEPER_TESTS_TIMEOUT=90s\n",
        flags={"backend.attempts": "9"},
    )
    assert (settings.tests.reruns, settings.sources["tests.reruns"]) == (3, f"{FILE}:2")
    assert (settings.tests.timeout, settings.sources["tests.timeout"]) == (
        90.0,
        ".env: GATEKEEPER_TESTS_TIMEOUT",
    )
    assert (settings.backend.model, settings.sources["backend.model"]) == (
        "from-env",
        "GATEKEEPER_BACKEND_MODEL",
    )
    assert (settings.backend.attempts, settings.sources["backend.attempts"]) == (9, "command line")
    assert settings.sources["delta.base"] == "default"


def test_the_usual_names_count_and_ours_win_over_them() -> None:
    """OPENAI_* set the backend; GATEKEEPER_BACKEND_MODEL is the more specific name."""
    env = {
        "OPENAI_API_KEY": "sk-x",
        "OPENAI_BASE_URL": "http://localhost:1",
        "OPENAI_MODEL": "usual",
        "GATEKEEPER_BACKEND_MODEL": "ours",
    }
    backend = load(env=env, flags={}).backend
    assert (backend.api_key, backend.base_url, backend.model) == (
        "sk-x",
        "http://localhost:1",
        "ours",
    )


@pytest.mark.parametrize("specific", ["OPENAI_MODEL", "GATEKEEPER_BACKEND_MODEL"])
def test_dotenv_never_wins_over_a_set_variable(specific: str) -> None:
    """A variable of the environment stays, whichever of its two names each side uses."""
    settings = load(
        env={"OPENAI_MODEL": "from-env"}, flags={}, dotenv=f"{specific}=from-dotenv".encode()
    )
    assert settings.backend.model == "from-env"


def test_an_empty_variable_is_not_set() -> None:
    """CI templates export empty variables for inputs that nobody gave."""
    env = {"GATEKEEPER_TESTS_TIMEOUT": "", "OPENAI_API_KEY": ""}
    settings = load(env=env, flags={}, dotenv=b"OPENAI_API_KEY=sk-local")
    assert settings.sources["tests.timeout"] == "default"
    assert settings.backend.api_key == "sk-local"


def test_a_secret_is_never_shown() -> None:
    """Neither the table nor the repr of the settings holds the key's value."""
    settings = load(env={"OPENAI_API_KEY": "sk-very-secret"}, flags={})
    assert "sk-very-secret" not in repr(settings) + repr(settings.table())
    assert ("backend.api_key", "(set, hidden)", "OPENAI_API_KEY") in settings.table()


def test_the_table_has_every_key_once() -> None:
    """`table` covers the schema in its order, with a source for each key."""
    table = load(env={}, flags={}).table()
    assert [key for key, _, _ in table] == list(SCHEMA)
    assert {source for _, _, source in table} == {"default"}


def test_other_gatekeeper_variables_are_not_settings() -> None:
    """The kill switch and the variables of gatekeeper.env are left alone."""
    others = {"GATEKEEPER_DISABLED": "1", "GATEKEEPER_OUTCOME": "accepted"}
    assert load(env=others, flags={}).table() == load(env={}, flags={}).table()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("tests:\n  comand: x\n", f"{FILE}:2: unknown key `tests.comand`", "`tests.command`"),
        ("test:\n  command: x\n", f"{FILE}:2: unknown key `test.command`", "`tests.command`"),
        ("\nimage: x\n", f"{FILE}:2: unknown key `image`", "`sandbox.image`"),
        ("tests:\n  image: x\n", f"{FILE}:2: unknown key `tests.image`", "`sandbox.image`"),
        ("sandbx: 1\n", f"{FILE}:1: unknown key `sandbx`", "section `sandbox`"),
        ("zzz:\n  q: 1\n", f"{FILE}:2: unknown key `zzz.q`", "The sections are: tests,"),
        ("gate:\n  zzzzzz: 1\n", f"{FILE}:2: unknown key `gate.zzzzzz`", "has: accepted, revert"),
        ("tests: pytest\n", f"{FILE}:1: section `tests` has a value", "below `tests:`"),
        ("tests:\n- a\n", f"{FILE}:2: section `tests` has a value", "below `tests:`"),
        ("- a\n", f"{FILE}:1: the file is not a mapping", "sections at the top"),
        ("gate:\n  revert: no\n", f"{FILE}:2: gate.revert: `no` is not", "one of accept, refuse"),
        ("tests:\n  timeout: ten\n", f"{FILE}:2: tests.timeout: `ten`", "90s, 10m"),
        ("tests:\n  timeout: 0\n", f"{FILE}:2: tests.timeout: 0 is below", "above zero"),
        ("tests:\n  timeout:\n    - 1\n", f"{FILE}:3: tests.timeout: is a list", "a duration"),
        ("tests:\n  reruns: 2.5\n", f"{FILE}:2: tests.reruns: `2.5`", "from 1 to 20"),
        ("tests:\n  reruns: 21\n", f"{FILE}:2: tests.reruns: 21 is above 20", "from 1 to 20"),
        ("tests:\n  reruns:\n", f"{FILE}:2: tests.reruns: is empty", "whole number"),
        ("tests:\n  junit: {a: b}\n", f"{FILE}:2: tests.junit: is a mapping", "a list"),
        ("tests:\n  junit:\n    - [a]\n", f"{FILE}:3: tests.junit: an item is", "quotes"),
        ("sandbox:\n  memory: 2x\n", f"{FILE}:2: sandbox.memory: `2x`", "2g"),
        ("sandbox:\n  env: [a]\n", f"{FILE}:2: sandbox.env: is a list", "a mapping"),
        ("sandbox:\n  env: {A: b, A: c}\n", f"{FILE}:2: `A` is there already", "Remove one"),
        ("gate:\n  revert: accept\ngate: {}\n", f"{FILE}:3: `gate` is there already", "Remove"),
        ("delta:\n  fetch: maybe\n", f"{FILE}:2: delta.fetch: `maybe`", "true or false"),
        ("delta: [\n", f"{FILE}:2: not valid YAML", "indentation"),
        ("a: 1\n---\nb: 2\n", f"{FILE}:2: not valid YAML", "indentation"),
        ("a: \x01\n", f"{FILE}: not valid YAML", "right file"),
        ("backend:\n  api_key: sk-1\n", f"{FILE}:2: backend.api_key is a secret", "OPENAI_API_KEY"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str, hint: str) -> None:
    """Each mistake names its line and what to write instead."""
    with pytest.raises(UsageError) as caught:
        load(file=_file(text), env={}, flags={})
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint


def test_a_file_that_is_not_text_is_refused() -> None:
    """Bytes that are not UTF-8 and absurd sizes are usage errors, not crashes."""
    with pytest.raises(UsageError, match="not UTF-8 at byte 7"):
        load(file=(FILE, b"tests: \xff"), env={}, flags={})
    with pytest.raises(UsageError, match="larger than"):
        load(file=(FILE, b"#" * 300_000), env={}, flags={})


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "tests:\n", "---\n", "\ufefftests: {}\n"]
)
def test_a_file_without_values_changes_nothing(text: str) -> None:
    """Empty files, and sections with everything commented out, are fine."""
    assert load(file=_file(text), env={}, flags={}) == load(env={}, flags={})


def test_yaml_does_not_guess_types() -> None:
    """`off` is a level and not a truth value; 1:30 and 010 are no numbers in disguise."""
    text = 'guards:\n  size: off\n  paths: warn\nsandbox:\n  image: 1:30\n  env: {N: 010, E: ""}\n'
    settings = load(file=_file(text), env={}, flags={})
    assert (settings.guards.size, settings.guards.paths) == ("off", "warn")
    assert settings.sandbox.image == "1:30"
    assert settings.sandbox.env == {"N": "010", "E": ""}


@pytest.mark.parametrize(
    ("env", "message", "hint"),
    [
        ({"GATEKEEPER_TESTS_COMAND": "x"}, "GATEKEEPER_TESTS_COMAND", "GATEKEEPER_TESTS_COMMAND"),
        ({"GATEKEEPER_GATE_QQQQQQQQQQ": "x"}, "GATEKEEPER_GATE_QQQQQQQQQQ is not", "doctor"),
        ({"GATEKEEPER_SANDBOX_CPUS": "0"}, "GATEKEEPER_SANDBOX_CPUS: sandbox.cpus: 0", "0.1"),
        ({"OPENAI_BASE_URL": "u", "GATEKEEPER_DELTA_FETCH": "2"}, "GATEKEEPER_DELTA_FETCH", "true"),
    ],
)
def test_a_wrong_variable_is_refused(env: dict[str, str], message: str, hint: str) -> None:
    """Names below one of our sections must exist; values are read like those of the file."""
    with pytest.raises(UsageError) as caught:
        load(env=env, flags={})
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("flags", "message", "hint"),
    [
        ({"tests.comand": "x"}, "command line: unknown key `tests.comand`", "`tests.command`"),
        ({"reruns": "1"}, "command line: unknown key `reruns`", "`tests.reruns`"),
        ({"tests.reruns": "x"}, "command line: tests.reruns: `x`", "whole number"),
        (
            {"backend.api_key": "sk-1"},
            "command line: backend.api_key is a secret",
            "OPENAI_API_KEY",
        ),
    ],
)
def test_a_wrong_flag_is_refused(flags: dict[str, str], message: str, hint: str) -> None:
    """The command line is as strict as the file."""
    with pytest.raises(UsageError) as caught:
        load(env={}, flags=flags)
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint
    assert "sk-1" not in str(caught.value)


def test_an_empty_flag_clears_a_value() -> None:
    """`--set tests.command=` takes back what the file says."""
    file = _file("tests:\n  command: make test\n  junit: a.xml\n")
    settings = load(file=file, env={}, flags={"tests.command": "", "tests.junit": ""})
    assert (settings.tests.command, settings.tests.junit) == (None, ())
