# One image for the web process, the workers and the migration; docker-compose.yml starts them all.
FROM python:3.12-slim-bookworm

# PyTorch without its GPU libraries is several GB smaller. `--build-arg PIP_FLAGS=` takes the usual build.
ARG PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

# A user without a password or a shell. A new named volume takes the owner of the folder it is mounted over.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin layerscope \
    && install --directory --owner=layerscope --group=layerscope --mode=750 /data

# Before the code, so that a change of the code does not install them again. All of them are wheels: no compiler.
WORKDIR /layerscope
COPY requirements.txt .
RUN pip install $PIP_FLAGS -r requirements.txt

# Compiled now, for who runs it may not write here.
COPY . .
RUN pip install --no-deps --no-build-isolation --no-index --editable . \
    && python -m compileall -q app ml migrations

USER layerscope
ENV HOST=0.0.0.0 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
CMD ["layerscope", "serve"]
