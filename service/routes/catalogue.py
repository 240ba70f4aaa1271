"""What there is: `/`, `/generators`, `/models` and `/openapi.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cache import GenerationalCache, cache_asset
from generators import Spec
from generators.director import NO_CREDENTIALS, Directing, DirectorRefused

from ..assets import Asset
from ..callers import credentials_of, refused_by_director
from ..catalogue import description, path_of
from ..negotiation import accept_of, prefers_html
from ..pages import Page
from ..queries import NoParameters, checked_query
from ..responses import fresh_json, page_response, stable_json

_MODELS_SECONDS = 60.0


class CatalogueRoutes:
    """The descriptions of the service.

    Args:
        version: of the build.
        specs: of all asset types.
        cache: knows sizes and TTLs in force.
        directing: knows the models.
        openapi: the OpenAPI document; names `/metrics` only where that is served here.
        gallery: what a browser gets for an index.
    """

    def __init__(
        self,
        version: str,
        specs: Sequence[Spec],
        cache: GenerationalCache[Asset],
        directing: Directing,
        openapi: Mapping[str, Any],
        gallery: Page,
    ) -> None:
        self._version = version
        self._specs = specs
        self._cache = cache
        self._directing = directing
        # What everybody may see is asked for once a minute; a caller's own key is kept nowhere.
        keep = cache_asset("models", cache=GenerationalCache(ttl=_MODELS_SECONDS))
        self._own_models = keep(directing.models)
        self._openapi = openapi
        self._gallery = gallery

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/", self.index)
        router.add_get("/generators", self.generators)
        router.add_get("/models", self.models)
        router.add_get("/openapi.json", self.openapi)

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Answer with where everything is: to a browser by the gallery, to others in JSON."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        response = (
            page_response(request, self._gallery)
            if prefers_html(accept_of(request.headers))
            else stable_json(self._index())
        )
        response.headers["Vary"] = "Accept"
        return response

    def _index(self) -> dict[str, object]:
        return {
            "name": "NanoBanana",
            "version": self._version,
            "images": {spec.name: path_of(spec) for spec in self._specs},
            "generators": "/generators",
            "models": "/models",
            "cache": {name: f"/cache/{name}" for name in ("stats", "analytics", "clear")},
            **({"metrics": "/metrics"} if "/metrics" in self._openapi["paths"] else {}),
            "health": "/health",
            "ready": "/ready",
            "openapi": "/openapi.json",
            "docs": "/docs",
            "runbooks": "/runbooks",
        }

    async def generators(self, request: web.Request) -> web.StreamResponse:
        """Answer with every asset type: sizes, versions, cache and parameters."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        reports = self._cache.report()
        return stable_json([description(spec, reports[spec.name]) for spec in self._specs])

    async def models(self, request: web.Request) -> web.StreamResponse:
        """Answer with the director models that this caller may name."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        try:
            credentials = credentials_of(request)
            models = await (
                self._own_models()
                if credentials == NO_CREDENTIALS
                else self._directing.models(credentials)
            )
        except DirectorRefused as refused:
            raise refused_by_director(refused) from None
        return fresh_json({"data": [{"id": model} for model in models]})

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        """Answer with the OpenAPI document."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return stable_json(self._openapi)
