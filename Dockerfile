# One image for the web process and the worker; docker-compose.yml starts both.
FROM python:3.12-slim

# PyTorch without its GPU libraries is several GB smaller. `--build-arg PIP_FLAGS=` takes the usual build.
ARG PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"
ENV PYTHONUNBUFFERED=1

WORKDIR /layerscope
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check $PIP_FLAGS -r requirements.txt

# A new named volume takes the owner of the folder it is mounted over.
RUN useradd --create-home layerscope && install --directory --owner=layerscope /data
COPY . .
USER layerscope

ENV HOST=0.0.0.0 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "app", "serve"]
