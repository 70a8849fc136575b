# Build: the dependencies at their pinned hashes, the wheel, and the knowledge base in its compiled form.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /src
RUN python -m venv --without-pip /app/venv

# Dependencies first: this layer is built anew only when the lock changes.
COPY requirements.lock ./
RUN pip --python /app/venv/bin/python install --require-hashes --only-binary=:all: --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY knowledge ./knowledge
COPY locales ./locales
RUN pip wheel --no-deps --wheel-dir /wheels . \
    && pip --python /app/venv/bin/python install --no-deps --no-index /wheels/*.whl \
    && pip --python /app/venv/bin/python check

# Compiling takes half a minute and three times the memory of everything after it. The first question does it, here and
# for good; cache files are private to their maker, so the bot is given the right to read them.
ENV REVOLUTION_BOT_CACHE=/app/cache
RUN /app/venv/bin/revolution-bot ask "who was lenin" \
    && test -s /app/cache/knowledge.cache \
    && test -s /app/cache/index.cache \
    && chmod -R a=rX /app/cache


FROM python:3.13-slim

LABEL org.opencontainers.image.title="revolution-bot" \
      org.opencontainers.image.description="A Telegram study companion for the history of the Russian Revolution of 1917" \
      org.opencontainers.image.licenses="MIT"

# The base image has no compiled modules and a read-only container cannot keep any, so that every start, each health
# probe too, would compile the standard library again. Nothing is installed from here on: pip goes.
RUN python -c "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('stdlib'), quiet=2)" \
    && pip uninstall --yes --quiet --root-user-action=ignore pip \
    && groupadd --gid 10001 bot \
    && useradd --uid 10001 --gid bot --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bot \
    && install --directory --owner=bot --group=bot --mode=0700 /data

COPY --from=build /app /app

# One thread for numpy: it would start one for each core of the host, and the work here is too small for that.
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1 \
    OPENBLAS_NUM_THREADS=1 \
    REVOLUTION_BOT_CACHE=/app/cache \
    DATABASE_URL=sqlite:////data/revolution-bot.db

WORKDIR /app
USER 10001:10001

# Used with `run --webhook` only.
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --start-interval=2s --retries=3 \
    CMD ["revolution-bot", "health"]

ENTRYPOINT ["revolution-bot"]
CMD ["run"]
