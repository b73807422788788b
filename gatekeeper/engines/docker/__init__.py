"""The Docker engine; the only importer of the docker SDK."""

from gatekeeper.engines.docker.engine import DockerEngine

__all__ = ["DockerEngine"]
