"""The OpenAPI document: what each route says of itself, and what any of them may answer besides.

That is what the guard, the limits and a database that is away make of a request, whatever route it was meant for.
"""

from typing import Any

from fastapi import Request

Json = dict[str, Any]

REFUSED = {
    400: "The request can't be read",
    401: "Nobody is signed in",
    403: "From another site, at a name that is not served, or what is somebody else's",
    413: "The body is larger than 1 MB",
    414: "The address is too long",
    431: "The headers are too long, or too many",
    503: "The database is away; the header Retry-After says for how long to wait",
}
_OF_THE_GUARD = (403, 413, 414, 431)
_ABOUT = ("title", "description", "default", "examples")
_NULL = {"type": "null"}


def document(request: Request) -> Json:
    """FastAPI's document, made whole."""
    found: Json = request.app.openapi()
    paths = {
        path: {method: operation | {"responses": _responses(path, operation["responses"])}
               for method, operation in operations.items()}
        for path, operations in found["paths"].items()
    }  # fmt: skip
    schemas = found["components"]["schemas"]
    settings = {name: _or_null(schema) for name, schema in schemas["RunSpec"]["properties"].items()}
    spec = schemas["RunSpec"] | {"properties": settings}
    return found | {"paths": paths, "components": {"schemas": schemas | {"RunSpec": spec}}}


def _or_null(schema: Json) -> Json:
    """Of a setting of a run: null is the default, also where the setting itself is never null."""
    about = {name: schema[name] for name in _ABOUT if name in schema}
    shape = {name: value for name, value in schema.items() if name not in _ABOUT}
    if _NULL in shape.get("anyOf", []):
        return schema
    return {"anyOf": [*shape.get("anyOf", [shape]), _NULL]} | about


def _responses(path: str, own: Json) -> Json:
    mended = {status: _mended(status, response) for status, response in own.items()}
    if path.startswith("/api/"):
        return {str(status): _json(text, "Detail") for status, text in REFUSED.items()} | mended
    return _below_no_api(path, mended)


def _below_no_api(path: str, own: Json) -> Json:
    """What is refused at other addresses is told as text; below a link every error is the same page."""
    plain = {str(status): _content(REFUSED[status], "text/plain") for status in _OF_THE_GUARD}
    if path.startswith("/s/"):
        away = {"503": _json(REFUSED[503], "Detail")}
        return plain | away | own | {"404": _content("The link opens nothing", "text/html")}
    return plain | own


def _mended(status: str, response: Json) -> Json:
    """Errors are JSON on a route of another kind too, and a wrong field is told in our words."""
    if status == "422":
        return _json("Fields that are wrong", "Problems")
    content = response.get("content", {})
    if status >= "400" and "text/event-stream" in content:
        return response | {"content": {"application/json": content["text/event-stream"]}}
    return response


def _json(description: str, model: str) -> Json:
    return _content(description, "application/json", {"$ref": f"#/components/schemas/{model}"})


def _content(description: str, media_type: str, schema: Json | None = None) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema or {"type": "string"}}}}
