# docker build -t graft .                            CPU
# docker build -t graft --build-arg DEVICE=cuda .    NVIDIA GPU (run with --gpus all)
# docker run --rm -v graft-store:/graft/.graft graft run -c configs/quickstart.yaml
# docker run --rm -v graft-store:/graft/.graft -v "$PWD/documents:/graft/documents:ro" -e OPENAI_API_KEY graft run -c configs/qwen-lora.yaml

FROM python:3.11-slim-bookworm AS build
ARG DEVICE=cpu
RUN apt-get update \
 && apt-get install -y --no-install-recommends make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /graft
# The packages change seldom and the code often: two layers.
COPY Makefile requirements.lock ./
RUN make dependencies DEVICE=${DEVICE} VENV=/opt/venv
COPY . .
RUN make install DEVICE=${DEVICE} VENV=/opt/venv

FROM python:3.11-slim-bookworm
# Programs that read scans and Office files from before 2007.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-chi-sim \
    libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 graft \
 && install -d -o graft -g graft /graft /graft/.graft
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=graft:graft /graft /graft
ENV PATH=/opt/venv/bin:$PATH \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1
USER graft
WORKDIR /graft
VOLUME /graft/.graft
ENTRYPOINT ["graft"]
CMD ["--help"]
