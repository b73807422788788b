# gatekeeper with the Codex CLI, for `--backend codex`: a flavour of its own, 290 MB larger.
#   docker build -f codex.Dockerfile --build-arg GATEKEEPER=REGISTRY/gatekeeper:1.0.0 -t gatekeeper-codex .
ARG GATEKEEPER=gatekeeper:latest

FROM ${GATEKEEPER} AS cli
RUN command -v npm >/dev/null || { \
      apt-get update && apt-get install --yes --no-install-recommends npm \
      && rm -rf /var/lib/apt/lists/*; }
WORKDIR /cli
# Version and hashes are those of the lock file, which the tests use too. No install script runs.
COPY .ci/npm/package.json .ci/npm/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund \
 && install -D --mode=0755 node_modules/@openai/codex-linux-*/vendor/*/bin/codex /out/codex

FROM ${GATEKEEPER}
# The binary alone: it needs no Node, and without its other programs it has no way to run code.
COPY --from=cli /out/codex /usr/local/bin/codex
