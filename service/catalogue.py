"""What is served where: the path of every asset type, and what `/generators` says of it."""

from __future__ import annotations

from cache import CacheReport
from generators import PromptParameters, Spec

IMAGE_ROUTE = "/generate/{asset_type}"
DIRECTED_ROUTE = "/generate/directed/enso"

# What people look at is one route to the metrics: nobody is woken for one of them alone.
PAGES_ROUTE = "/pages"
FILE_ROUTE = "/pages/{file}"
RUNBOOK_ROUTE = "/runbooks/{alert}"
PAGE_ROUTES = frozenset({"/docs", "/runbooks", RUNBOOK_ROUTE, FILE_ROUTE})


def is_directed(spec: Spec) -> bool:
    """Return whether a director turns its parameters into what is drawn."""
    return issubclass(spec.parameters, PromptParameters)


def path_of(spec: Spec) -> str:
    """Return the path at which images of this type are served."""
    return DIRECTED_ROUTE if is_directed(spec) else f"/generate/{spec.name}"


def route_of(spec: Spec) -> str:
    """Return the pattern of that path, as metrics name it."""
    return DIRECTED_ROUTE if is_directed(spec) else IMAGE_ROUTE


def warmable(spec: Spec) -> bool:
    """Return whether it can be drawn without anything being asked of it."""
    return not any(field.is_required() for field in spec.parameters.model_fields.values())


def description(spec: Spec, report: CacheReport) -> dict[str, object]:
    """Return what `/generators` says of one type."""
    return {
        "name": spec.name,
        "summary": spec.summary,
        "path": path_of(spec),
        "width": spec.width,
        "height": spec.height,
        "mode": spec.mode,
        "version": spec.version,
        "cache": {"max_size": report.max_size, "default_ttl": report.default_ttl},
        "parameters": spec.parameters.model_json_schema(),
    }
