"""Hits: an image that is held is answered before its request is routed and validated.

Both have been done for an earlier request that read alike, and would be two thirds of the work.
"""

from __future__ import annotations

from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from cache import Outcome

from .assets import Assets
from .image_headers import hit_headers
from .negotiation import accept_of
from .responses import ImageResponse
from .targets import Target

# Requests whose target is remembered, and the characters that may take of each.
_REMEMBERED = 8192
_MAX_CHARACTERS = 1024

_METHODS = frozenset({"GET", "HEAD"})

# What a request reads like: its path with the query, and what it accepts.
_Likeness = tuple[str, str]


class Hits:
    """Answers requests that read like one whose target is known, if that is held.

    Args:
        assets: finds what is held.
    """

    def __init__(self, assets: Assets) -> None:
        self._assets = assets
        self._targets: dict[_Likeness, Target] = {}

    def remember(self, request: web.BaseRequest, target: Target) -> None:
        """Note what `request` asks for; nothing but its path and Accept may decide on that."""
        likeness = request.raw_path, accept_of(request.headers)
        if sum(map(len, likeness)) > _MAX_CHARACTERS:
            return
        self._targets.pop(likeness, None)
        if len(self._targets) == _REMEMBERED:
            del self._targets[next(iter(self._targets))]
        self._targets[likeness] = target

    def answer(self, request: web.BaseRequest) -> ImageResponse | None:
        """Return the answer to a request that sets no conditions, if it is a hit.

        None, nothing counted, for any other.
        """
        target = self._targets.get((request.raw_path, accept_of(request.headers)))
        if target is None or request.method not in _METHODS or _is_conditional(request.headers):
            return None
        entry = self._assets.find(target)
        if entry is None:
            return None
        headers = hit_headers(target, entry)
        return ImageResponse(target.route, Outcome.HIT, headers, body=entry.value.drawing.body)


def _is_conditional(headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> bool:
    return (
        "If-None-Match" in headers or "If-Modified-Since" in headers or "Cache-Control" in headers
    )
