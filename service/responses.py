"""The kinds of response there are: images, and JSON for programs."""

from __future__ import annotations

import json
from http import HTTPStatus

from aiohttp import web
from multidict import CIMultiDict


class ImageResponse(web.Response):
    """A response that knows what the cache did for it.

    Attributes:
        route: of its endpoint.
        cache_label: the outcome of its lookup, "none" where there was none.
    """

    def __init__(
        self,
        route: str,
        cache_label: str,
        headers: CIMultiDict[str],
        *,
        status: HTTPStatus = HTTPStatus.OK,
        body: bytes | None = None,
    ) -> None:
        super().__init__(status=status, body=body, headers=headers)
        self.route = route
        self.cache_label = cache_label


def fresh_json(document: object, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return a response that is true now and kept by nobody."""
    return _json(document, status, "no-store")


def stable_json(document: object) -> web.Response:
    """Return a response that changes with the build or the settings alone."""
    return _json(document, HTTPStatus.OK, "no-cache")


def _json(document: object, status: HTTPStatus, cache_control: str) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(document, allow_nan=False).encode(),
        headers={"Content-Type": "application/json", "Cache-Control": cache_control},
    )
