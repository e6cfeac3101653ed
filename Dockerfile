# syntax=docker/dockerfile:1

# The image contains the program, the C library and root certificates. It has no shell and doesn't run as root.
#
#   docker build -t recomamp .
#   docker run --rm -p 8080:8080 -v recomamp:/data recomamp
#
# `--build-arg PROFILE=release` builds faster, without link-time optimization.

FROM rust:1.95-slim-bookworm AS build
ARG PROFILE=dist
WORKDIR /src

# Dependencies first, with an empty program: this layer is rebuilt only when Cargo.lock changes.
# `rust-toolchain.toml` isn't copied, because this image already has that toolchain.
COPY Cargo.toml Cargo.lock ./
RUN mkdir -p src tests/it \
    && touch src/lib.rs tests/it/main.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --locked --profile "$PROFILE" --bin recomamp

COPY build.rs build.rs
COPY src src
COPY templates templates
COPY static static
COPY migrations migrations
COPY guides guides
# `touch` is needed because cargo compares dates, and the empty program is newer than the sources.
RUN touch src/lib.rs src/main.rs \
    && cargo build --locked --profile "$PROFILE" --bin recomamp \
    && cp "target/$PROFILE/recomamp" /recomamp \
    && mkdir -m 700 /empty

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="RecomAMP" \
    org.opencontainers.image.description="Write, run, watch and keep Amazon Marketing Cloud queries" \
    org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

COPY --from=build /recomamp /usr/local/bin/recomamp
# A new volume gets its owner from the folder in the image.
COPY --from=build --chown=65532:65532 /empty /data

# The address where browsers reach the container; change it if yours is different.
ENV RECOMAMP_LISTEN=0.0.0.0:8080 \
    RECOMAMP_PUBLIC_URL=http://localhost:8080 \
    RECOMAMP_DATA_DIR=/data \
    RECOMAMP_LOG_FORMAT=json

# All writes go to /data, including temporary files: the rest can be read-only.
ENV TMPDIR=/data
VOLUME /data
WORKDIR /data
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/recomamp", "health"]
ENTRYPOINT ["/usr/local/bin/recomamp"]
