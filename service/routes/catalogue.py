"""What there is: `/`, `/generators`, `/models` and `/openapi.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cache import GenerationalCache
from generators import Spec
from generators.director import Directing, DirectorRefused

from ..assets import Asset
from ..callers import credentials_of, refused_by_director
from ..catalogue import description, path_of
from ..queries import NoParameters, checked_query
from ..responses import fresh_json, stable_json


class CatalogueRoutes:
    """The descriptions of the service.

    Args:
        version: of the build.
        specs: of all asset types.
        cache: knows sizes and TTLs in force.
        directing: knows the models.
        openapi: the OpenAPI document; names `/metrics` only where that is served here.
    """

    def __init__(
        self,
        version: str,
        specs: Sequence[Spec],
        cache: GenerationalCache[Asset],
        directing: Directing,
        openapi: Mapping[str, Any],
    ) -> None:
        self._version = version
        self._specs = specs
        self._cache = cache
        self._directing = directing
        self._openapi = openapi

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/", self.index)
        router.add_get("/generators", self.generators)
        router.add_get("/models", self.models)
        router.add_get("/openapi.json", self.openapi)

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Answer with where everything is."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return stable_json(
            {
                "name": "NanoBanana",
                "version": self._version,
                "images": {spec.name: path_of(spec) for spec in self._specs},
                "generators": "/generators",
                "models": "/models",
                "cache": {"stats": "/cache/stats", "clear": "/cache/clear"},
                **({"metrics": "/metrics"} if "/metrics" in self._openapi["paths"] else {}),
                "health": "/health",
                "ready": "/ready",
                "openapi": "/openapi.json",
            }
        )

    async def generators(self, request: web.Request) -> web.StreamResponse:
        """Answer with every asset type: sizes, versions, cache and parameters."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        reports = self._cache.report()
        return stable_json([description(spec, reports[spec.name]) for spec in self._specs])

    async def models(self, request: web.Request) -> web.StreamResponse:
        """Answer with the director models that this caller may name."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        try:
            models = await self._directing.models(credentials_of(request))
        except DirectorRefused as refused:
            raise refused_by_director(refused) from None
        return fresh_json({"data": [{"id": model} for model in models]})

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        """Answer with the OpenAPI document."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return stable_json(self._openapi)
