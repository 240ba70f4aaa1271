"""`/cache/stats` and `/cache/clear`."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from cache import GenerationalCache

from ..assets import Asset
from ..problems import ParameterError, bad_parameters
from ..queries import NoParameters, checked_query
from ..responses import fresh_json, timestamp
from ..security import Admins


class ClearParameters(BaseModel):
    """What may be cleared: one type, or all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset_type: str | None = None


class CacheRoutes:
    """The statistics and the clearing of the cache.

    Args:
        cache: of all types.
        admins: may clear.
    """

    def __init__(self, cache: GenerationalCache[Asset], admins: Admins) -> None:
        self._cache = cache
        self._admins = admins

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints; HEAD must not clear."""
        router.add_get("/cache/stats", self.stats)
        router.add_get("/cache/clear", self.clear, allow_head=False)
        router.add_post("/cache/clear", self.clear)

    async def stats(self, request: web.Request) -> web.StreamResponse:
        """Answer with the statistics of every type."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        return fresh_json(
            {"status": "success", "timestamp": timestamp(), "cache_stats": self._cache.get_stats()}
        )

    async def clear(self, request: web.Request) -> web.StreamResponse:
        """Start a new generation of one type, or of all."""
        self._admins.require(request)
        asset_type = checked_query(ClearParameters, request.rel_url.raw_query_string).asset_type
        if asset_type is None:
            dropped = self._cache.clear_all()
        elif asset_type in self._cache:
            dropped = self._cache.clear(asset_type)
        else:
            known = ", ".join(self._cache.report())
            raise bad_parameters([ParameterError("asset_type", f"must be one of: {known}")])
        await self._cache.cleared()
        return fresh_json(
            {
                "status": "success",
                "message": "Cache cleared",
                "timestamp": timestamp(),
                "asset_type": asset_type,
                "entries": dropped,
            }
        )
