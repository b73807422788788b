"""The one bounded fetch that a shallow clone gets; what it brings lands in the scratch only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatekeeper.git.command import Git, Settings

Config = Sequence[tuple[str, str]]

_SAFE_HTTP = re.compile(
    r"http\.(.*\.)?(extraheader|proxy|sslverify|sslcainfo|sslcapath|sslcert|sslkey)"
)
_REWRITE = re.compile(r"url\..*\.insteadof", re.DOTALL)
_PROTOCOLS = ("https", "http", "ssh", "git", "file")
_USER_INFO = re.compile(r"(?<=://)[^@/\s]+@")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Whether the fetch brought everything that was asked for, and if not, why."""

    ok: bool
    why: str = ""


def remote_settings(config: Config, remote: str) -> Settings | None:
    """What is needed to talk to `remote`, taken from a workspace's configuration.

    Only addresses and header data are taken. Whatever names a program (credential helpers,
    sshCommand, uploadpack, proxies of the git protocol) stays behind: tests that ran in the
    workspace may have written it. None where there is no such remote.
    """
    url = dict(config).get(f"remote.{remote}.url")
    if url is None:
        return None
    taken = [(k, v) for k, v in config if _SAFE_HTTP.fullmatch(k) or _REWRITE.fullmatch(k)]
    return [("remote.gatekeeper.url", url), *taken]


def fetch(
    git: Git,
    settings: Settings,
    wants: Sequence[str],
    *,
    depth: int | None,
    timeout: float,
    env: Mapping[str, str],
) -> Fetched:
    """Fetch `wants` (full ids or refspecs) in at most `timeout` seconds; never asks anybody."""
    allowed = [(f"protocol.{name}.allow", "always") for name in _PROTOCOLS]
    fetching = git.having(
        # An empty value on the command line's level would keep http.extraHeader; so does this.
        [*allowed, *settings],
        **env,
        GIT_SSH_COMMAND="ssh -oBatchMode=yes",
    )
    done = fetching.run(
        "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
        "--no-recurse-submodules", "--update-shallow",
        *([f"--depth={depth}"] if depth else []),
        "gatekeeper", *wants,
        check=False,
        timeout=timeout,
    )  # fmt: skip
    if done.timed_out:
        return Fetched(False, f"no answer within {timeout:g} s")
    if done.exit_code == 0:
        return Fetched(True)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    return Fetched(False, _USER_INFO.sub("", said[-1].removeprefix("fatal: ")))
