# The image of all three processes. BASE: any image with Python 3.11 or newer, venv and pip.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /build
COPY requirements/run.txt requirements/run.txt
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.txt
COPY requirements/service.txt requirements/service.txt
RUN python3 -m venv /opt/adstelle \
    && /opt/adstelle/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements/service.txt
COPY . .
RUN /opt/build/bin/python styles/build.py --require-kern \
    && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/adstelle/bin/pip install --no-cache-dir --no-deps /wheel/*.whl

FROM ${BASE}
COPY --from=build /opt/adstelle /opt/adstelle
ENV PATH=/opt/adstelle/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /
USER 10001:10001
ENTRYPOINT ["adstelle"]
