# The commands in a container: docs/scale.md says how to use it.
FROM denoland/deno:2.9.6

# pip downloads libtensorflow.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-pip \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /app /cache /work \
 && chown deno:deno /app /cache /work

ENV ATTENTION_TRANSFER_CACHE=/cache \
    DENO_NO_UPDATE_CHECK=1 \
    PIP_NO_CACHE_DIR=1

WORKDIR /app
COPY --chown=deno:deno . .
USER deno

# "cpu", or "gpu" for the build with CUDA, which is far larger.
ARG ENGINE=cpu
# Everything is downloaded now, so that containers start without a network. Other users, as in
# `docker run --user`, must be able to read it; npm's archives give some files to the owner alone.
RUN deno cache --quiet --frozen --config deno.nojsr.json tasks/*.ts tasks/launch/*.ts \
 && deno task --quiet setup "--$ENGINE" \
 && chmod -R a+rX /cache "$DENO_DIR"

# Relative paths are taken from here: mount a folder of your own.
WORKDIR /work
ENTRYPOINT ["deno", "task", "--quiet", "--config", "/app/deno.json"]
CMD ["doctor"]
