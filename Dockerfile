# Two stages: what builds stays behind. The base is a tag; add the digest that your registry shows.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
# The build backend is in the development lock; what is shipped holds the runtime's alone.
RUN python -m venv /build \
  && /build/bin/pip install --no-cache-dir --require-hashes --requirement requirements-dev.lock \
  && python -m venv /venv \
  && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY probes probes
COPY storage storage
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
  && /venv/bin/pip install --no-index --no-deps /wheel/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin replcheck \
  && install --directory --owner replcheck /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER replcheck
WORKDIR /data
ENTRYPOINT ["replcheck"]
CMD ["--help"]
