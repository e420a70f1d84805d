# The final image holds Python, the locked dependencies and the project; what built them stays behind.
FROM python:3.13-slim AS build
ENV UV_NO_CACHE=1
WORKDIR /source
COPY requirements-uv.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.lock && uv venv /opt/bitacora
COPY requirements.lock ./
RUN uv pip install --python /opt/bitacora/bin/python --compile-bytecode --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY certification certification
COPY compliance compliance
COPY labels labels
COPY exchange exchange
COPY web web
COPY api api
COPY cli cli
RUN uv pip install --python /opt/bitacora/bin/python --compile-bytecode --no-deps .

FROM python:3.13-slim
RUN pip uninstall --yes pip && useradd --system --uid 10001 --create-home --home-dir /var/lib/bitacora bitacora
COPY --from=build /opt/bitacora /opt/bitacora
USER 10001
WORKDIR /var/lib/bitacora
# Database and home lie in the one volume, until another database is named.
ENV BITACORA_DATABASE_URL=sqlite:////var/lib/bitacora/ledger.sqlite \
    BITACORA_HOME=/var/lib/bitacora/home \
    BITACORA_HOST=0.0.0.0
VOLUME /var/lib/bitacora
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD ["/opt/bitacora/bin/python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=5)"]
ENTRYPOINT ["/opt/bitacora/bin/bitacora"]
CMD ["serve"]
