"""Files that never change under an address that names their version, so that a browser asks for them once."""

import gzip
import hashlib
import re
from importlib.metadata import version
from importlib.resources import files
from os import PathLike, stat_result
from pathlib import Path
from tempfile import NamedTemporaryFile

from fastapi import HTTPException, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from app.settings import PROJECT, Settings

FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"  # kept, but only used after the server has said that it is still the same
PLOTLY = "plotly.min.js"
_FOLDER = PROJECT / "static"
_VERSION = re.compile("[0-9a-f]{10}")


def static(name: str) -> str:
    """The address of one of our files. Modules find the others beside them, at the same version."""
    if name == PLOTLY:
        return f"/static/{PLOTLY}?v={version('plotly')}"
    return f"/static/{_version()}/{name}"


def _version() -> str:
    """Of all our files together; another one as soon as one of them is written."""
    files = (entry for entry in _FOLDER.rglob("*") if entry.is_file())
    found = sorted((str(file), (seen := file.stat()).st_mtime_ns, seen.st_size) for file in files)
    return hashlib.sha256(repr(found).encode()).hexdigest()[:10]


class VersionedFiles(StaticFiles):
    """Our files, at addresses with a version and without one."""

    def __init__(self) -> None:
        super().__init__(directory=_FOLDER)

    def lookup_path(self, path: str) -> tuple[str, stat_result | None]:
        first, *rest = Path(path).parts
        return super().lookup_path(str(Path(*rest)) if _VERSION.fullmatch(first) else path)

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = f"/{_version()}/" in scope["path"]
        response.headers["Cache-Control"] = FOR_GOOD if named else ASK_AGAIN
        return response


def compressed_plotly(settings: Settings) -> Path:
    """plotly.min.js, gzipped once: doing that for each request would take 1.4 s."""
    file = settings.data_dir / f"plotly-{version('plotly')}.min.js.gz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        script = files("plotly").joinpath(f"package_data/{PLOTLY}").read_bytes()
        with NamedTemporaryFile(dir=file.parent, delete=False) as partial:
            partial.write(gzip.compress(script, 6))
        Path(partial.name).replace(file)
    return file


def plotly(request: Request, v: str = "") -> Response:
    """Compressed, for whatever browser; nothing else than a browser asks for it."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        raise HTTPException(406, "plotly.min.js is sent compressed; accept gzip.")
    etag, caching = f'"{version("plotly")}"', FOR_GOOD if v == version("plotly") else ASK_AGAIN
    headers = {"ETag": etag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    file = compressed_plotly(request.app.state.settings)
    return FileResponse(file, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})
