# Builds with BuildKit and with the legacy builder alike.
# BASE_IMAGE needs Python 3.11 or later with venv and pip, and apt-get where it has no git.
ARG BASE_IMAGE=python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv /opt/gatekeeper
COPY requirements.lock requirements-dev.lock ./
RUN /opt/gatekeeper/bin/pip install --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gatekeeper ./gatekeeper
# The extra is pytest, which `gatekeeper demo` takes along into its sandbox.
RUN /opt/gatekeeper/bin/pip install --only-binary pytest -c requirements-dev.lock '.[demo]' \
 && /opt/gatekeeper/bin/pip check \
 && /opt/gatekeeper/bin/pip uninstall --yes --quiet pip setuptools
COPY entrypoint.py /opt/gatekeeper/entrypoint.py
# Any user must be able to read it, whatever the umask of the checkout was.
RUN chmod -R a+rX /opt/gatekeeper

FROM ${BASE_IMAGE}
RUN command -v git >/dev/null || { \
      apt-get update && apt-get install --yes --no-install-recommends git \
      && rm -rf /var/lib/apt/lists/*; }
COPY --from=build /opt/gatekeeper /opt/gatekeeper
RUN ln -s /opt/gatekeeper/bin/gatekeeper /usr/local/bin/gatekeeper
LABEL org.opencontainers.image.title="gatekeeper" \
      org.opencontainers.image.description="Decides whether a generated fix for a failing test may be trusted." \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /workspace
# -I: nothing of the workspace or the job's environment may change what Python loads.
ENTRYPOINT ["/opt/gatekeeper/bin/python", "-I", "/opt/gatekeeper/entrypoint.py"]
CMD []
