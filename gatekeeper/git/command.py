"""How git is started: nothing of the caller's or the workspace's set-up can make it run code."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatekeeper.process import Finished, run

Settings = Sequence[tuple[str, str]]

# Given on the command's own level, so that no configuration file can override them.
_LOCKED: Settings = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("checkout.workers", "0"),
    ("advice.addEmbeddedRepo", "false"),
)
_NO_TRANSPORT: Settings = (("protocol.allow", "never"),)

# What git and its transports need of the caller; keys of models and tokens of jobs stay out.
_KEPT = ("PATH", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")
_KEPT_LOWER = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@dataclass(frozen=True, slots=True)
class Git:
    """Git with a fixed environment, folder and repository."""

    git_dir: Path
    cwd: Path
    env: Mapping[str, str] = field(repr=False)

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        index: Path | None = None,
        check: bool = True,
        timeout: float | None = None,
    ) -> Finished:
        """Run `git ARGS`; with `check`, ProgramFailed where it ends with another code than 0."""
        env = dict(self.env)
        if index is not None:
            env["GIT_INDEX_FILE"] = str(index)
        return run(("git", *args), cwd=self.cwd, env=env, stdin=stdin, check=check, timeout=timeout)

    def out(self, *args: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
        """Standard output of a command that must succeed."""
        return self.run(*args, stdin=stdin, index=index).stdout

    def word(self, *args: str, stdin: bytes = b"", index: Path | None = None) -> str:
        """Standard output of a command that must succeed, without the line end."""
        return decode(self.out(*args, stdin=stdin, index=index)).rstrip("\n")

    def ask(self, *args: str) -> str | None:
        """Standard output without the line end, or None where git says no."""
        done = self.run(*args, check=False)
        return decode(done.stdout).rstrip("\n") if done.exit_code == 0 else None

    def on(self, work_tree: Path) -> Git:
        """The same repository, working on the files of another folder."""
        return replace(
            self, cwd=work_tree, env={**self.env, "GIT_WORK_TREE": str(work_tree.absolute())}
        )

    def having(self, settings: Settings, **env: str) -> Git:
        """The same with more settings (they win over the earlier ones) and variables."""
        start = int(self.env["GIT_CONFIG_COUNT"])
        return replace(self, env={**self.env, **_as_env(settings, start), **env})


def git_for(git_dir: Path, home: Path, caller: Mapping[str, str]) -> Git:
    """Git on `git_dir`; `home` holds its own global configuration, `caller` is the environment."""
    config = home / "gitconfig"
    if not config.exists():
        # In a file, not on the command's level: a child git (upload-pack) must see it too.
        config.write_text("[safe]\n\tdirectory = *\n", "utf-8")
    env = {k: v for k, v in caller.items() if k in _KEPT or k.lower() in _KEPT_LOWER}
    env |= {
        "LC_ALL": "C",
        "HOME": str(home),
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
    }
    return Git(git_dir, home, {**env, **_as_env((*_LOCKED, *_NO_TRANSPORT), 0)})


def _as_env(settings: Settings, start: int) -> dict[str, str]:
    env = {"GIT_CONFIG_COUNT": str(start + len(settings))}
    for number, (key, value) in enumerate(settings, start):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


@contextlib.contextmanager
def temporary_index(scratch: Path) -> Iterator[Path]:
    """A path for an index of one's own, gone afterwards; the file does not exist yet."""
    with tempfile.TemporaryDirectory(prefix="index-", dir=scratch) as folder:
        yield Path(folder) / "index"


def decode(name: bytes) -> str:
    """Bytes from git as text; what is not UTF-8 survives the way back."""
    return name.decode("utf-8", "surrogateescape")


def encode(name: str) -> bytes:
    """The bytes that `decode` was given."""
    return name.encode("utf-8", "surrogateescape")
