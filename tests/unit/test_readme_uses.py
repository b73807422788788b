"""What the README tells people to copy is understood: calls, options, targets, pipelines."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from gatekeeper.cli.main import COMMANDS, gatekeeper
from gatekeeper.settings import load
from tests.support.readme import README, ROOT, blocks, section

# --- commands ---------------------------------------------------------------------------


def invocations() -> list[list[str]]:
    """Every call of gatekeeper in a block for a shell, as words; also those inside the image."""
    found = []
    for block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r" \| ", line):
                words = shlex.split(part, comments=True)
                if words[:1] == ["gatekeeper"]:
                    found.append(words[1:])
                images = [n for n, word in enumerate(words) if "/gatekeeper:" in word]
                found.extend(words[n + 1 :] for n in images)
    return found


def test_there_are_calls_to_check() -> None:
    """The blocks are found, the one of `docker run` too."""
    assert len(invocations()) >= 8
    assert ["run", "--image", "python:3.12", "--junit", "junit.xml"] in invocations()


def _parse(words: list[str]) -> None:
    context = click.Context(gatekeeper, info_name="gatekeeper")
    command = gatekeeper.get_command(context, words[0])
    assert command is not None, f"no command {words[0]}"
    command.make_context(words[0], words[1:], parent=context)


@pytest.mark.parametrize("call", sorted({shlex.join(words) for words in invocations()}))
def test_every_call_is_understood(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known command, known options, and values that they take."""
    (tmp_path / "gatekeeper-report").mkdir()
    monkeypatch.chdir(tmp_path)
    _parse(shlex.split(call))


def test_an_unknown_option_would_be_noticed() -> None:
    """The check itself can fail."""
    with pytest.raises(click.NoSuchOption):
        _parse(["run", "--imagination", "x"])


def _inline() -> list[str]:
    prose = re.sub(r"(?ms)^```.*?^```$", "", README)
    return re.findall(r"(?s)`([^`]+)`", prose)


def test_every_option_in_the_text_exists() -> None:
    """What stands in backticks and begins like an option is one of some command."""
    context = click.Context(gatekeeper)
    options = {"--help"}
    for name in COMMANDS:
        command = gatekeeper.get_command(context, name)
        assert command is not None
        options |= {text for param in command.params for text in param.opts}
    calls = [text for text in _inline() if text.startswith(("--", "gatekeeper "))]
    told = {word for text in calls for word in re.findall(r"(?<!\S)--[a-z-]+", text)}
    assert "--set" in told
    assert told <= options


def test_every_make_target_exists() -> None:
    """`make X` in the README, in AGENTS.md and in the pipelines is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    told = set()
    for name in ("README.md", "AGENTS.md"):
        text = (ROOT / name).read_text().replace("sh 'make test'", "")
        told |= set(re.findall(r"(?m)(?:`|^)make ([a-z-]+)", text))
    for name in (".gitlab-ci.yml", "Jenkinsfile", ".ci/run"):
        text = (ROOT / name).read_text()
        told |= set(re.findall(r"(?m)^\s*(?:- |sh ')?make (?:--[a-z-]+ )*([a-z-]+)", text))
    assert {"demo", "test"} <= told
    assert told <= targets


def test_what_debian_needs_is_said() -> None:
    """The Python is the one of pyproject.toml, the packages are those that make asks for."""
    wanted = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert wanted
    assert f"Python {wanted[1]} or newer, git and make" in " ".join(section("Try it").split())
    packages = re.search(r"apt-get install ([a-z0-9 -]+)", section("Try it"))
    assert packages
    asked = re.findall(r"apt-get install ([a-z0-9 -]+)", (ROOT / "Makefile").read_text())
    needed = {package for line in asked for package in line.split()} - {"python3"}
    assert {*packages[1].split()} == needed | {"make"}


# --- pipelines --------------------------------------------------------------------------


def _template() -> tuple[dict[str, dict[str, object]], str]:
    text = (ROOT / "templates" / "analyze-failure.yml").read_text()
    head, _, body = text.partition("\n---\n")
    inputs: dict[str, dict[str, object]] = yaml.safe_load(head)["spec"]["inputs"]
    return inputs, body


def _includes() -> list[dict[str, object]]:
    documents = [yaml.safe_load(block) for block in blocks("yaml")]
    return [each for document in documents for each in document.get("include", [])]


@pytest.mark.parametrize("include", _includes(), ids=lambda each: next(iter(each)))
def test_gitlab_blocks_match_the_template(include: dict[str, object]) -> None:
    """The inputs are those of the template, and none that it demands is missing."""
    inputs, _ = _template()
    given = include["inputs"]
    assert isinstance(given, dict)
    assert set(given) <= set(inputs)
    assert {name for name, spec in inputs.items() if "default" not in spec} <= set(given)
    place = str(include.get("component") or include.get("local"))
    assert "analyze-failure" in place


def test_both_uses_in_gitlab_are_shown() -> None:
    """A component and a plain include."""
    assert {key for each in _includes() for key in each} == {"component", "local", "inputs"}


def test_the_watched_job_is_in_the_example() -> None:
    """`needs` names a job of the same block, which keeps the report that gatekeeper reads."""
    document = next(d for d in map(yaml.safe_load, blocks("yaml")) if "unit" in d)
    inputs = document["include"][0]["inputs"]
    assert inputs["needs"] == ["unit"]
    assert inputs["junit"] in document["unit"]["artifacts"]["paths"]
    assert document["unit"]["artifacts"]["when"] == "always"


def test_what_is_said_of_the_template_is_so() -> None:
    """Inputs in the text, their values, the job's name and the warnings of the exit codes."""
    inputs, body = _template()
    text = section("GitLab, as a component")
    for engine in re.findall(r"`engine: (\w+)`", text):
        assert engine in inputs["engine"]["options"]  # type: ignore[operator]
    assert inputs["engine"]["default"] == "socket"
    for name in ("allow-failure-exit-codes", "dind-image", "test-image"):
        assert f"`{name}`" in text
        assert name in inputs
    assert inputs["allow-failure-exit-codes"]["default"] == [1, 3, 8, 9, 10]
    assert "Exit codes 1, 3, 8, 9 and 10 show as a warning" in " ".join(text.split())
    assert "analyze_failure" in text
    assert "analyze_failure:" in body
    assert "GATEKEEPER_DISABLED" in body


def test_the_configuration_example_is_valid() -> None:
    """The block in section Configuration is read by the real loader."""
    block = re.search(r"(?ms)^```yaml\n(.*?)^```$", section("Configuration"))
    assert block
    settings = load(file=(".gatekeeper.yml", block[1].encode()), env={}, flags={})
    assert settings.gate.accepted == "fail"


def test_the_jenkins_block_matches_the_step() -> None:
    """Each option is one of the step and of its help; so are the ones that the text names."""
    step = (ROOT / "templates/jenkins/vars/gatekeeper.groovy").read_text()
    about = (ROOT / "templates/jenkins/vars/gatekeeper.txt").read_text()
    table = re.search(r"(?s)Map options = \[(.*?)\n    \]", step)
    assert table
    known = set(re.findall(r"(\w+): '", table[1]))
    (block,) = blocks("groovy")
    used = set(re.findall(r"(?m)^\s{16}(\w+): ", block))
    assert {"image", "junit"} <= used <= known
    for name in known:
        assert re.search(rf"(?m)^{name}\s", about), f"the step's help says nothing of {name}"
    verdicts = re.search(r"(?s)Map verdicts\(\) \{(.*?)\n\}", step)
    assert verdicts
    codes = ", ".join(re.findall(r"(?m)^\s+(\d+):", verdicts[1]))
    assert f"A verdict ({codes}) calls `unstable`" in " ".join(section("Jenkins").split())
