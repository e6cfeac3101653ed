# syntax=docker/dockerfile:1

# The image holds the program, the C library and the roots of trust; no shell, no root.
#
#   docker build -t recomamp .
#   docker run --rm -p 8080:8080 -v recomamp:/data recomamp
#
# `--build-arg PROFILE=release` builds sooner, without link-time optimisation.

FROM rust:1.95-slim-bookworm AS build
ARG PROFILE=dist
WORKDIR /src

# Dependencies first, behind an empty program: this layer is made again only when Cargo.lock changes.
# `rust-toolchain.toml` stays out, because this image's toolchain is the one that it names.
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
# `touch`, because cargo goes by dates, and the empty program is younger than the sources.
RUN touch src/lib.rs src/main.rs \
    && cargo build --locked --profile "$PROFILE" --bin recomamp \
    && cp "target/$PROFILE/recomamp" /recomamp \
    && mkdir -m 700 /empty

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="RecomAMP" \
    org.opencontainers.image.description="Write, run, watch and keep Amazon Marketing Cloud queries" \
    org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

COPY --from=build /recomamp /usr/local/bin/recomamp
# A new volume takes its owner from the image's folder.
COPY --from=build --chown=65532:65532 /empty /data

# The address by which a browser reaches the container: set it where that is not this.
ENV RECOMAMP_LISTEN=0.0.0.0:8080 \
    RECOMAMP_PUBLIC_URL=http://localhost:8080 \
    RECOMAMP_DATA_DIR=/data \
    RECOMAMP_LOG_FORMAT=json

# Everything that is written is below /data, temporary files too: the rest may be read-only.
ENV TMPDIR=/data
VOLUME /data
WORKDIR /data
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/recomamp", "health"]
ENTRYPOINT ["/usr/local/bin/recomamp"]
