"""`/cache/analytics` and `/cache/explain`: why the cache missed, and what to change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from cache import Explanation, GenerationalCache
from generators import Format

from ..assets import Asset
from ..problems import ParameterError, bad_parameters
from ..queries import NoParameters, checked_query
from ..responses import fresh_json, timestamp
from ..study import Study
from ..targets import TargetParser


class ExplainParameters(BaseModel):
    """What is to be explained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[
        str,
        Field(
            pattern="^/generate/",
            description="An image's path with its query, percent-encoded.",
            examples=["/generate/enso"],
        ),
    ]


class AnalyticsRoutes:
    """What the cache says of its own traffic, and of one URL.

    Args:
        study: of the traffic.
        cache: of all types.
        parsers: of the image URLs, by path.
    """

    def __init__(
        self,
        study: Study,
        cache: GenerationalCache[Asset],
        parsers: Mapping[str, TargetParser],
    ) -> None:
        self._study = study
        self._cache = cache
        self._parsers = parsers

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints."""
        router.add_get("/cache/analytics", self.analytics)
        router.add_get("/cache/explain", self.explain)

    async def analytics(self, request: web.Request) -> web.StreamResponse:
        """Answer with predictions, diagnosis and advice for every type."""
        checked_query(NoParameters, request.rel_url.raw_query_string)
        analyses = await asyncio.to_thread(self._study.analyses)
        return fresh_json(
            {
                "status": "success",
                "timestamp": timestamp(),
                "analytics": {name: each.as_dict() for name, each in analyses.items()},
            }
        )

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """Answer with what is known of one URL, and what a request for it would come to."""
        path = checked_query(ExplainParameters, request.rel_url.raw_query_string).path
        target = self._parser(path).parse(path.partition("?")[2], Format.PNG)
        explanation = await self._cache.explain(target.asset_type, target.key)
        return fresh_json(
            {
                "status": "success",
                "timestamp": timestamp(),
                "path": path,
                **_document(explanation),
            }
        )

    def _parser(self, path: str) -> TargetParser:
        parser = self._parsers.get(unquote(path.partition("?")[0]))
        if parser is None:
            known = ", ".join(self._parsers)
            raise bad_parameters([ParameterError("path", f"must begin with one of: {known}")])
        return parser


def _document(explanation: Explanation) -> dict[str, object]:
    return {
        "asset_type": explanation.asset_type,
        "key": explanation.key,
        "tiers": list(explanation.held_in),
        "age_seconds": _rounded(explanation.age_seconds),
        "ttl_seconds": _rounded(explanation.ttl_seconds),
        "hits": explanation.hits,
        "size_bytes": explanation.size_bytes,
        "cost_seconds": _rounded(explanation.cost_seconds),
        "last_miss_reason": explanation.last_miss_reason,
        "would": {
            "outcome": explanation.prospect,
            "tier": explanation.tier,
            "reason": explanation.miss_reason,
        },
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
