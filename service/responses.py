"""The kinds of response there are: images, pages for people, and JSON for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web
from multidict import CIMultiDict

from .negotiation import etag_matches
from .pages import Page

# What a page may load: its own files, nothing from elsewhere, no script inside the page itself.
_CONTENT_SECURITY_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


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


def timestamp() -> str:
    """Return the present moment as JSON documents write it: 2026-01-31T12:00:00.000Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fresh_json(document: object, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return a response that is true now and kept by nobody."""
    return _json(document, status, "no-store")


def stable_json(document: object) -> web.Response:
    """Return a response that changes with the build or the settings alone."""
    return _json(document, HTTPStatus.OK, "no-cache")


def page_response(request: web.Request, page: Page) -> web.Response:
    """Return a page or one of its files; 304 where the caller's copy is still good.

    Copies are kept and asked about each time, for their addresses outlive a build.
    """
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        "ETag": page.etag,
        "Referrer-Policy": "same-origin",
    }
    if etag_matches(request.headers.getall("If-None-Match", ()), page.etag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=page.body, headers={"Content-Type": page.content_type, **headers})


def _json(document: object, status: HTTPStatus, cache_control: str) -> web.Response:
    return web.Response(
        status=status,
        body=json.dumps(document, allow_nan=False).encode(),
        headers={"Content-Type": "application/json", "Cache-Control": cache_control},
    )
