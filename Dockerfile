# Two stages: the wheel with its web libraries is built in the first, only the installed product is in the second.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/build && python -m venv /opt/riskmap
WORKDIR /source
# requirements-cluster.txt adds Dask: docker build --build-arg REQUIREMENTS=requirements-cluster.txt
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt requirements-cluster.txt requirements-build.txt requirements-node.txt ./
RUN /opt/riskmap/bin/pip install --require-hashes --requirement $REQUIREMENTS
RUN /opt/build/bin/pip install --require-hashes --requirement requirements-build.txt --requirement requirements-node.txt
COPY . .
RUN PYTHONPATH=/source /opt/build/bin/python -m web.assets \
    && /opt/build/bin/hatchling build --target wheel \
    && /opt/riskmap/bin/pip install --no-deps dist/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/riskmap --create-home riskmap
COPY --from=build /opt/riskmap /opt/riskmap
# The SQLite file and job files go into the data folder: mount a volume there.
ENV PATH=/opt/riskmap/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_DATA_HOME=/var/lib/riskmap \
    RISKMAP_PORT=8000
USER riskmap
WORKDIR /var/lib/riskmap
VOLUME /var/lib/riskmap
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['RISKMAP_PORT'] + '/healthz', timeout=4)"]
# Listening beyond loopback needs RISKMAP_ACCESS_KEYS: without it the server refuses to start.
CMD ["sh", "-c", "riskmap init && exec riskmap serve --host 0.0.0.0"]
