# The hub as one image; what it does is told to it: hub run --only intake, hub migrate, ...
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /app
COPY requirements.lock ./
# Every package is checked against the hash that the lock holds, and nothing else is fetched.
RUN /app/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml ./
# With the style of the screens in it where `make assets` ran before.
COPY hub hub
COPY message_templates message_templates
COPY policy policy
COPY examples examples
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /app/bin/pip uninstall --yes editables hatchling pathspec pluggy trove-classifiers pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --create-home --home-dir /var/lib/hub hub
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HUB_DATA_DIR=/var/lib/hub \
    HUB_WEB_HOST=0.0.0.0 \
    HUB_WEB_PORT=8080 \
    HUB_LOG_FORM=json
WORKDIR /var/lib/hub
USER 10001:10001
VOLUME /var/lib/hub
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['HUB_WEB_PORT'] + '/healthz', timeout=4).close()"]
ENTRYPOINT ["hub"]
CMD ["run"]
