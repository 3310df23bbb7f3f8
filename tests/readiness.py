"""Routes that are ready for one application are ready for the next.

FastAPI makes them ready for each application anew, at its first request: a tenth of a second, which tests by the
thousand pay. What it makes depends on the route, on the prefix and on the dependencies, and not on the application.
"""

from typing import Any

from fastapi.routing import _EffectiveRouteContext

_make_ready = _EffectiveRouteContext.from_api_route


def _ready(*, original_route: Any, include_context: Any) -> _EffectiveRouteContext:
    """Kept by the route: what was made for an application alone goes with it."""
    made = vars(original_route).setdefault("made_ready", {})
    key = include_context.prefix, *(depends.dependency for depends in include_context.dependencies)
    if key not in made:
        made[key] = _make_ready(original_route=original_route, include_context=include_context)
    found: _EffectiveRouteContext = made[key]
    return found


def share_ready_routes() -> None:
    _EffectiveRouteContext.from_api_route = _ready  # type: ignore[method-assign,assignment]
