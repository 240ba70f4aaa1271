"""The headers of an image: who may keep it for how long, and what our cache did for it."""

from __future__ import annotations

import math
from email.utils import formatdate

from multidict import CIMultiDict

from cache import Entry, MissReason, Outcome, Tier

from .assets import Asset
from .targets import Target

_IMMUTABLE = "public, max-age=31536000, immutable"
_FALLBACK = "; director=fallback"


def hit_headers(target: Target, entry: Entry[Asset]) -> CIMultiDict[str]:
    """Return all headers of a hit, up to those that every response has; not to be changed.

    They are made once for each way of asking for an asset, and renewed when its age in whole
    seconds is another: that spares a hit most of its work.
    """
    asset = entry.value
    asked = target.pinned, target.varies
    age = age_seconds(asset, entry.used_at)
    headers = asset.headers.get(asked)
    if headers is None:
        headers = asset.headers[asked] = kept_headers(target, asset)
        headers["Age"] = ""
        headers["Server-Timing"] = "cache;desc=hit"
    if headers["Age"] != age:
        headers["Age"] = age
        ttl_seconds = entry.expires_at - entry.used_at
        headers["Cache-Status"] = _hit_status(ttl_seconds, fallback=asset.fallback)
    return headers


def kept_headers(target: Target, asset: Asset) -> CIMultiDict[str]:
    """Return the headers of an image that do not change while it is kept."""
    headers = CIMultiDict(
        {
            "Content-Type": target.format.media_type,
            "ETag": asset.etag,
            "Last-Modified": formatdate(asset.drawn_at, usegmt=True),
            "Cache-Control": cache_control(
                asset.lifetime_seconds, pinned=target.pinned and not asset.fallback
            ),
        }
    )
    if target.seed is None:
        headers["Content-Location"] = target.seeded_url(asset.seed)
    if target.varies:
        headers["Vary"] = target.varies
    return headers


def age_seconds(asset: Asset, now: float) -> str:
    """Return the Age of an image (RFC 9111, section 5.1), never negative.

    What another machine drew may be from the future, as long as its clock is ahead of ours.

    Args:
        now: the reading of the cache's clock.
    """
    return str(max(0, int(now - asset.fresh_from)))


def cache_control(lifetime_seconds: float, *, pinned: bool) -> str:
    """Return the Cache-Control of an image: for ever, if its URL means these bytes for ever.

    Args:
        lifetime_seconds: of its freshness; rounded down, so that no copy outlives it.
    """
    if pinned:
        return _IMMUTABLE
    # As the difference of two clock readings, 3600 may have come to a little less.
    return f"public, max-age={math.floor(round(lifetime_seconds, 3))}"


def _hit_status(ttl_seconds: float, *, fallback: bool) -> str:
    return f"NanoBanana; hit; ttl={math.floor(ttl_seconds)}{_FALLBACK if fallback else ''}"


def cache_status(
    outcome: Outcome,
    reason: MissReason | None,
    ttl_seconds: float,
    *,
    tier: Tier | None,
    stored: bool,
    fallback: bool,
) -> str:
    """Return the Cache-Status (RFC 9211) of a lookup; `detail` speaks the miss reasons.

    Args:
        ttl_seconds: of freshness that is left; below 0 where the answer is stale.
    """
    match outcome:
        case Outcome.HIT | Outcome.COALESCED if tier is not None:
            parts = ["hit", f"ttl={math.floor(ttl_seconds)}"]
            if tier is not Tier.MEMORY:
                parts.append(f"detail={tier}")
        case Outcome.STALE:
            parts = ["hit", f"ttl={math.floor(ttl_seconds)}", f"detail={reason}"]
        case _:
            # A bypass forwards because of the request, everything else because of the cache.
            forward = "request" if reason is MissReason.BYPASSED else "miss"
            parts = [f"fwd={forward}", f"detail={reason}"]
            if outcome is Outcome.COALESCED:
                parts.append("collapsed")
            if stored:
                parts.append("stored")
    return "; ".join(["NanoBanana", *parts]) + (_FALLBACK if fallback else "")


def server_timing(outcome: Outcome, tier: Tier | None, asset: Asset) -> str:
    """Return the Server-Timing of a lookup, in milliseconds; stages only where they were run.

    Args:
        tier: that held the asset, also where the lookup joined another that found it there.
    """
    entry = f"cache;desc={outcome}"
    if tier is not None or outcome not in {Outcome.MISS, Outcome.COALESCED}:
        return entry
    drawing = asset.drawing
    stages = (
        ("queue", drawing.queue_seconds),
        ("render", drawing.render_seconds),
        ("encode", drawing.encode_seconds),
    )
    return ", ".join([entry, *(f"{name};dur={seconds * 1000:.1f}" for name, seconds in stages)])
