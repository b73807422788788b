"""How a container is created: every option that closes it, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gatekeeper.domain import Limits
from gatekeeper.engines.docker.archive import HOME, SHELL, USER
from gatekeeper.engines.docker.frames import WORKSPACE
from gatekeeper.engines.docker.probe import PIDS_SLACK

if TYPE_CHECKING:
    from docker import APIClient

SHM = 64 * 1024 * 1024
OPEN_FILES = 4096


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What the command sees beside the image's own variables: an allow-list, nothing of ours."""
    return {"HOME": HOME, "USER": "gatekeeper", "LOGNAME": "gatekeeper", "LANG": "C.UTF-8", **extra}


def create_arguments(
    api: APIClient,
    image: str,
    pid1: str,
    limits: Limits,
    labels: Mapping[str, str],
    *,
    network: bool,
    cores: int,
) -> dict[str, Any]:
    """Arguments of `create_container` for one closed sandbox."""
    return {
        "image": image,
        "entrypoint": [SHELL, "-c", pid1, "gatekeeper"],
        "command": [],
        "user": f"{USER}:{USER}",
        "working_dir": WORKSPACE,
        "hostname": "sandbox",
        "environment": {"HOME": HOME},
        "labels": dict(labels),
        "stdin_open": True,
        "healthcheck": {"test": ["NONE"]},
        # Proxies of this machine's ~/.docker/config.json may hold credentials.
        "use_config_proxy": False,
        "host_config": _host_config(api, limits, network=network, cores=cores),
    }


def _host_config(api: APIClient, limits: Limits, *, network: bool, cores: int) -> Any:
    from docker.types import LogConfig, Ulimit

    return api.create_host_config(
        network_mode="bridge" if network else "none",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        pids_limit=limits.pids + PIDS_SLACK,
        mem_limit=limits.memory,
        memswap_limit=limits.memory,
        nano_cpus=int(min(limits.cpus, cores) * 1e9),
        ulimits=[
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="fsize", soft=limits.disk, hard=limits.disk),
        ],
        ipc_mode="private",
        shm_size=SHM,
        # Docker's default for a tmpfs is noexec; test tools build and run programs there.
        tmpfs={"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={limits.memory // 2}"},  # noqa: S108
        log_config=LogConfig(type="none"),
        oom_score_adj=1000,
        init=False,
    )
