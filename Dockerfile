# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/nanobanana
COPY requirements requirements
RUN /opt/nanobanana/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/run.txt \
    && pip install --no-cache-dir --require-hashes --no-deps -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY cache cache
COPY generators generators
COPY monitoring monitoring
COPY service service
RUN python -m hatchling build -t wheel \
    && /opt/nanobanana/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/nanobanana nanobanana
COPY --from=build /opt/nanobanana /opt/nanobanana
USER nanobanana
WORKDIR /var/lib/nanobanana
ENV PATH=/opt/nanobanana/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    LOG_FORMAT=json
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8001') + '/health', timeout=2)"]
CMD ["nanobanana", "serve"]
