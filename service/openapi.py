"""The OpenAPI 3.1 document, made of the same models that validate requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from generators import Format, Spec
from generators.director import BASE_URL_HEADER, KEY_HEADER

from .catalogue import is_directed, path_of
from .routes.analytics import ExplainParameters
from .routes.caches import ClearParameters
from .targets import ImageOptions

Json = dict[str, Any]

_PROBLEM = "#/components/schemas/Problem"
_NOT_MODIFIED = {"304": {"description": "The caller's copy is still good."}}


def openapi_document(
    version: str, specs: Iterable[Spec], alerts: Iterable[str], files: Iterable[str]
) -> Json:
    """Return the document of every endpoint, the images of every asset type included.

    Args:
        alerts: names of those that have a runbook.
        files: names of those that pages are made of.
    """
    schemas: Json = {"Problem": _problem_schema(), "CacheStats": _cache_stats_schema()}
    paths: Json = {path_of(spec): _image_path(spec) for spec in specs}
    paths.update(_cache_paths())
    paths.update(_plain_paths())
    paths.update(_people_paths(alerts, files))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NanoBanana",
            "version": version,
            "summary": "Procedural ink art over HTTP, from a cache that explains itself",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What was wrong (RFC 9457).",
                    "content": {"application/problem+json": {"schema": {"$ref": _PROBLEM}}},
                }
            },
            "securitySchemes": {
                "admin": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "ADMIN_TOKEN; without one, requests from the same machine.",
                }
            },
        },
    }


def _image_path(spec: Spec) -> Json:
    formats = [each for each in Format if each.holds(spec.mode)]
    options = _query_parameters(ImageOptions)
    for option in options:
        if option["name"] == "format":
            option["schema"]["enum"] = [each.value for each in formats]
    parameters = [*_query_parameters(spec.parameters), *options]
    if is_directed(spec):
        parameters += _provider_headers()
    image = {
        "description": f"The image, {spec.width}×{spec.height} {spec.mode} unless scaled.",
        "headers": {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in (
                ("ETag", "Weak validator."),
                ("Cache-Status", "What the cache did (RFC 9211)."),
                ("Server-Timing", "How long each stage took."),
                ("Content-Location", "The seeded URL that reproduces an unseeded image."),
            )
        },
        "content": {
            each.media_type: {"schema": {"type": "string", "format": "binary"}} for each in formats
        },
    }
    responses: Json = {
        "200": image,
        **_NOT_MODIFIED,
        **_problems("400", "404", "414", "500", "503", "504"),
        **(_problems("502") if is_directed(spec) else {}),
    }
    operation = {
        "tags": ["images"],
        "summary": spec.summary,
        "parameters": parameters,
        "responses": responses,
    }
    return {
        "get": {"operationId": f"get_{spec.name}", **operation},
        "head": {"operationId": f"head_{spec.name}", **operation},
    }


def _cache_paths() -> Json:
    clear = {
        "tags": ["cache"],
        "summary": "Start a new generation of one asset type, or of all",
        "parameters": _query_parameters(ClearParameters),
        "security": [{"admin": []}, {}],
        "responses": {"200": _json_response("Cleared."), **_problems("400", "401", "403", "414")},
    }
    stats = _json_response("Counts, sizes and rates of every asset type.")
    stats["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/CacheStats"}
    explained = _json_response("What is known of it, and what a request would come to.")
    analysed = _json_response("Predictions, diagnosis and advice for every asset type.")
    paths = {
        "/cache/analytics": _get("cache", "cache_analytics", "Why the cache misses", analysed),
        "/cache/explain": _get(
            "cache", "cache_explain", "What the cache knows of a URL", explained
        ),
        "/cache/stats": _get("cache", "cache_stats", "Statistics of the cache", stats),
        "/cache/clear": {
            "get": {"operationId": "clear_cache", **clear},
            "post": {"operationId": "post_clear_cache", **clear},
        },
    }
    explain = paths["/cache/explain"]["get"]
    explain["parameters"] = _query_parameters(ExplainParameters)
    explain["responses"].update(_problems("404"))  # of a version that is not rendered
    return paths


def _plain_paths() -> Json:
    metrics = {
        "description": "All series, as OpenMetrics or plain text by Accept.",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/openmetrics-text": {"schema": {"type": "string"}},
        },
    }
    not_ready = _problems("503")
    return {
        "/": _get("service", "index", "Where everything is", _index_response(), _NOT_MODIFIED),
        "/generators": _get(
            "service", "generators", "Every asset type", _json_response("The asset types.")
        ),
        "/models": _models_path(),
        "/metrics": _get("operations", "metrics", "Series for Prometheus", metrics),
        "/health": _get("operations", "health", "Liveness", _json_response("It lives.")),
        "/ready": _get("operations", "ready", "Readiness", _json_response("Ready."), not_ready),
        "/openapi.json": _get(
            "service", "openapi", "This document", _json_response("The document.")
        ),
    }


def _people_paths(alerts: Iterable[str], files: Iterable[str]) -> Json:
    """Return what is there to be looked at."""
    page = _page_response("A page.", "text/html")
    file = _page_response("The file.", "text/css", "text/javascript", "image/svg+xml")
    not_found = _problems("404")
    paths = {
        "/docs": _get("pages", "docs", "This document for people", page),
        "/runbooks": _get("pages", "runbooks", "What to do about alerts", page),
        "/runbooks/{alert}": _get("pages", "runbook", "What to do about one", page, not_found),
        "/pages/{file}": _get("pages", "page_file", "What pages are made of", file, not_found),
    }
    for path, name, values in (
        ("/runbooks/{alert}", "alert", sorted(alerts)),
        ("/pages/{file}", "file", sorted(files)),
    ):
        paths[path]["get"]["parameters"] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": values},
                "example": values[0],
            }
        ]
    return {
        path: {"get": {**item["get"], "responses": {**item["get"]["responses"], **_NOT_MODIFIED}}}
        for path, item in paths.items()
    }


def _index_response() -> Json:
    index = _json_response("The gallery for a browser, an index for others, by Accept.")
    index["content"]["text/html"] = {"schema": {"type": "string"}}
    return index


def _page_response(description: str, *types: str) -> Json:
    return {
        "description": description,
        "content": {each: {"schema": {"type": "string"}} for each in types},
    }


def _models_path() -> Json:
    path = _get("service", "models", "Director models", _json_response("The models."))
    path["get"]["parameters"] = _provider_headers()
    return path


def _provider_headers() -> list[Json]:
    return [
        {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
        for name, text in (
            (KEY_HEADER, "Your own key for the provider; it is neither kept nor logged."),
            (BASE_URL_HEADER, "The provider to ask, of those this service allows; with your key."),
        )
    ]


def _get(tag: str, name: str, summary: str, ok: Json, others: Json | None = None) -> Json:
    responses = {"200": ok, **_problems("400", "414"), **(others or {})}
    return {"get": {"operationId": name, "tags": [tag], "summary": summary, "responses": responses}}


def _problems(*statuses: str) -> Json:
    return {status: {"$ref": "#/components/responses/Problem"} for status in statuses}


def _json_response(description: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": {}}}}


def _query_parameters(model: type[BaseModel]) -> list[Json]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            **({"description": described} if (described := field.pop("description", "")) else {}),
            "schema": _query_schema(field, definitions),
        }
        for name, field in schema["properties"].items()
    ]


def _query_schema(schema: Json, definitions: Json) -> Json:
    """Return a schema as a query string can meet it, with what it refers to in its place.

    Enums of different asset types may have the same name; and a parameter is left out, never null.
    """
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        schema.update(choices[0])
    elif choices:
        schema["anyOf"] = [_query_schema(each, definitions) for each in choices]
    if reference := schema.pop("$ref", None):
        schema.update(definitions[reference.rpartition("/")[2]])
    if schema.get("default", ...) is None:
        del schema["default"]
    return {name: value for name, value in schema.items() if name not in ("title", "description")}


def _problem_schema() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "reason"],
                    "properties": {"name": text, "reason": text},
                },
            },
        },
    }


def _cache_stats_schema() -> Json:
    number = {"type": "number"}
    counts = ("hits", "misses", "evictions", "expired", "total_set", "size", "max_size")
    totals = (
        "total_hits",
        "total_misses",
        "total_evictions",
        "total_expired",
        "total_set",
        "total_size",
        "overall_hit_rate",
    )
    one = {
        "type": "object",
        "required": [*counts, "default_ttl", "hit_rate"],
        "properties": {
            **{name: {"type": "integer"} for name in counts},
            "default_ttl": number,
            "hit_rate": number,
        },
    }
    stats = {
        "type": "object",
        "required": [*totals, "caches"],
        "properties": {
            **dict.fromkeys(totals, number),
            "caches": {"type": "object", "additionalProperties": one},
        },
    }
    return {
        "type": "object",
        "required": ["status", "timestamp", "cache_stats"],
        "properties": {
            "status": {"const": "success"},
            "timestamp": {"type": "string", "format": "date-time"},
            "cache_stats": stats,
        },
    }
