# The base is pinned by digest; tests that cannot reach a registry name another one.
ARG BASE_IMAGE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS build
# git compares the texts; its version is the base image's distribution's, which the digest does not fix.
# hadolint ignore=DL3008
RUN if ! command -v git || ! command -v strip; then \
      apt-get update \
   && apt-get install --yes --no-install-recommends binutils git; \
    fi
COPY . /src
# Everything is pinned by hash, the build backend too: a plain `pip install .` would fetch one unpinned.
RUN python3 -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r /src/requirements-build.txt \
 && /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation -w /opt/dist /src \
 && python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r /src/requirements.txt \
 && /opt/venv/bin/pip install --no-cache-dir --no-compile --no-index --no-deps /opt/dist/*.whl \
 && /opt/venv/bin/pip uninstall --yes pip \
 && python3 /src/scripts/slim.py /opt/venv /opt/root

# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="predict-edit" \
      org.opencontainers.image.description="Edits pull requests by instruction, as review suggestions" \
      org.opencontainers.image.licenses="MIT"
# The program alone: Debian's package adds Perl, curl and 20 MB of commands that are never run. The libraries
# that it needs, PCRE and zlib, are in every base of Debian, and certificates in every image of Python.
COPY --from=build /usr/bin/git /usr/bin/git
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/root /
# Threads that each keep memory of their own, as glibc has it, would take a sixth more of it.
ENV MALLOC_ARENA_MAX=1
# Tells the process that it may give up root: only here is that what the user expects.
ENV PREDICT_EDIT_IN_CONTAINER=1
# Exec form, as /bin/sh drops variables with hyphens in their names, which is what inputs have.
# -I keeps the workspace off the module path, and makes Python ignore PYTHON* variables: hence -u and -B.
ENTRYPOINT ["/opt/venv/bin/python3", "-I", "-u", "-B", "-m", "predict_edit"]
