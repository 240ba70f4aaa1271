"""GET and HEAD of images: parse, validate, find or draw, respond."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

from aiohttp import web
from multidict import CIMultiDict

from cache import BuildAbandoned, Outcome
from generators import GenerationError, GenerationTimeout, PoolClosed, QueueFull
from generators.director import (
    Directing,
    DirectorError,
    DirectorRefused,
    DirectorTimeout,
    Route,
)
from monitoring import NO_CACHE

from ..assets import Asset, Assets
from ..callers import credentials_of, refused_by_director
from ..catalogue import DIRECTED_ROUTE, IMAGE_ROUTE
from ..hits import Hits
from ..image_headers import (
    age_seconds,
    cache_control,
    cache_status,
    hit_headers,
    kept_headers,
    server_timing,
)
from ..negotiation import (
    accept_of,
    asks_no_cache,
    etag_matches,
    negotiated_format,
    unmodified_since,
)
from ..problems import Problem, internal_problem
from ..responses import ImageResponse
from ..security import Admins
from ..targets import Target, TargetParser


class ImageRoutes:
    """The image endpoints of every asset type.

    Args:
        assets: finds and draws.
        hits: answer what was asked before; told what requests ask for.
        directing: decides who directs a prompt.
        parsers: of the image URLs, by path.
        admins: may bypass the cache.
        revalidated: told the type of every 304 that needed no lookup.
    """

    def __init__(
        self,
        assets: Assets,
        hits: Hits,
        directing: Directing,
        parsers: Mapping[str, TargetParser],
        admins: Admins,
        revalidated: Callable[[str], None],
    ) -> None:
        self._assets = assets
        self._hits = hits
        self._directing = directing
        self._admins = admins
        self._revalidated = revalidated
        self._parsers = parsers

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the endpoints; GET takes HEAD along."""
        for path, parser in self._parsers.items():
            # A path of its own is found by one look into a dictionary, a pattern by matching.
            answer = self._directed if path == DIRECTED_ROUTE else self._image
            router.add_get(path, partial(answer, parser))
        router.add_get(IMAGE_ROUTE, self.unknown)

    async def _image(self, parser: TargetParser, request: web.Request) -> web.StreamResponse:
        target = _target(request, parser)
        self._hits.remember(request, target)
        return await self._answer(request, target, None)

    async def unknown(self, _request: web.Request) -> web.StreamResponse:
        """Refuse a type that there is not."""
        raise Problem(
            HTTPStatus.NOT_FOUND,
            f"There is no such image; there are: {', '.join(self._parsers)}.",
            kind="unknown-asset-type",
        )

    async def _directed(self, parser: TargetParser, request: web.Request) -> web.StreamResponse:
        """Answer with an enso directed by a prompt."""
        target = _target(request, parser)
        credentials = credentials_of(request)
        try:
            route = self._directing.route(target.model, credentials)
        except DirectorRefused as refused:
            raise refused_by_director(refused) from None
        if route.provider is not None and credentials.base_url is not None:
            target = target.directed_by(route.provider.base_url)
        return await self._answer(request, target, route)

    async def _answer(
        self, request: web.Request, target: Target, route: Route | None
    ) -> web.StreamResponse:
        headers = request.headers
        bypass = "Cache-Control" in headers and self._bypasses(request)
        validators = headers.getall("If-None-Match", None)
        if validators is not None and target.seed is not None and target.settled and not bypass:
            etag = target.etag(target.seed)
            if etag_matches(validators, etag):
                return self._revalidated_response(target, etag)
        entry = None if bypass else self._assets.find(target)
        if entry is not None:
            return _response(request, target, entry.value, Outcome.HIT, hit_headers(target, entry))
        try:
            fetched = await self._assets.fetch(target, route, bypass=bypass)
        except (GenerationError, DirectorError, BuildAbandoned) as error:
            raise _failure(error) from error
        asset, outcome = fetched.value, fetched.outcome
        kept = kept_headers(target, asset)
        kept["Age"] = age_seconds(asset, self._assets.now())
        kept["Cache-Status"] = cache_status(
            outcome,
            fetched.reason,
            fetched.ttl_seconds,
            tier=fetched.tier,
            stored=fetched.stored,
            fallback=asset.fallback,
        )
        kept["Server-Timing"] = server_timing(outcome, fetched.tier, asset)
        return _response(request, target, asset, outcome, kept)

    def _bypasses(self, request: web.Request) -> bool:
        asked = asks_no_cache(request.headers.getall("Cache-Control"))
        return asked and self._admins.recognise(request)

    def _revalidated_response(self, target: Target, etag: str) -> web.StreamResponse:
        self._revalidated(target.asset_type)
        headers = CIMultiDict(
            {
                "ETag": etag,
                "Cache-Control": cache_control(
                    self._assets.lifetime_seconds(target), pinned=target.pinned
                ),
                "Cache-Status": "NanoBanana; hit; detail=validator",
            }
        )
        if target.varies:
            headers["Vary"] = target.varies
        return ImageResponse(target.route, NO_CACHE, headers, status=HTTPStatus.NOT_MODIFIED)


def _target(request: web.Request, parser: TargetParser) -> Target:
    preferred = negotiated_format(accept_of(request.headers))
    return parser.parse(request.rel_url.raw_query_string, preferred)


def _response(
    request: web.Request,
    target: Target,
    asset: Asset,
    outcome: Outcome,
    headers: CIMultiDict[str],
) -> web.StreamResponse:
    if _is_current(request, asset):
        not_modified = HTTPStatus.NOT_MODIFIED
        response = ImageResponse(target.route, outcome, headers, status=not_modified)
        del response.headers["Content-Type"]
        return response
    return ImageResponse(target.route, outcome, headers, body=asset.drawing.body)


def _is_current(request: web.Request, asset: Asset) -> bool:
    """Return whether the caller's copy is this very asset (RFC 9110, section 13.2.2)."""
    headers = request.headers
    validators = headers.getall("If-None-Match", None)
    if validators is not None:
        return etag_matches(validators, asset.etag)
    since = headers.get("If-Modified-Since")
    return since is not None and unmodified_since(since, asset.drawn_at)


def _failure(error: GenerationError | DirectorError | BuildAbandoned) -> Problem:
    """Return what a caller may know of why there is no image."""
    match error:
        case QueueFull():
            return Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "More images are being drawn than this service takes at once.",
                kind="queue-full",
                headers={"Retry-After": str(error.retry_after_seconds)},
            )
        case GenerationTimeout():
            return Problem(
                HTTPStatus.GATEWAY_TIMEOUT,
                "The image was not drawn in time.",
                kind="generation-timeout",
            )
        case DirectorRefused():
            return refused_by_director(error)
        case DirectorTimeout():
            return Problem(
                HTTPStatus.GATEWAY_TIMEOUT,
                "The director did not answer in time.",
                kind="director-timeout",
            )
        case DirectorError():
            return Problem(
                HTTPStatus.BAD_GATEWAY,
                "The director could not be asked, or gave no usable answer.",
                kind="director-failed",
            )
        case PoolClosed() | BuildAbandoned():
            return Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The image was not drawn, because the work on it was interrupted.",
                kind="interrupted",
                headers={"Retry-After": "1"},
            )
        case _:
            return internal_problem()
