"""Assets: where the cache and the generators meet; an image is found, or drawn once and kept.

What is cached is the encoded response body with what its headers need: a hit encodes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from multidict import CIMultiDict

from cache import Built, Entry, Fetched, GenerationalCache
from generators import (
    Drawing,
    Format,
    GenerationError,
    GeneratorFailed,
    Order,
    Parameters,
    QueueFull,
    WorkerPool,
)
from generators.director import DirectorRefused, Route

from .directions import FALLBACK_SECONDS, Directions
from .editions import Edition, Editions
from .targets import Target

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One encoded image with what its headers are made of.

    Attributes:
        picture, format, asked_width: what it is of, as its `Target` has them.
        drawing: the file, and how long each stage of making it took.
        bands: of the picture, a byte each for every pixel.
        seed: it was drawn from.
        etag: its weak validator.
        drawn_at: wall clock seconds.
        fresh_from, lifetime_seconds: when its freshness began, on the cache's clock, and how long
            it lasts; for an unseeded image those of its edition.
        fallback: a provider failed and the local director decided instead.
        edition: of an unseeded image; remembered as long as the image is held.
        headers: made from these, by the way of asking for it.
    """

    picture: str
    format: Format
    asked_width: int | None
    drawing: Drawing
    bands: int
    seed: int
    etag: str
    drawn_at: float
    fresh_from: float
    lifetime_seconds: float
    fallback: bool
    edition: Edition | None
    headers: dict[tuple[bool, str], CIMultiDict[str]] = field(default_factory=dict, compare=False)

    @property
    def nbytes(self) -> int:
        """What the cache counts as its memory."""
        return len(self.drawing.body)

    @property
    def raw_bytes(self) -> int:
        """What its pixels take where they are not encoded, in bytes."""
        return self.drawing.width * self.drawing.height * self.bands


class Assets:
    """Finds and draws images.

    Args:
        cache: holds the assets; of each type under the type's name.
        workers: draw.
        directions: what a prompt looks like.
        editions: know the seeds of unseeded images.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        cache: GenerationalCache[Asset],
        workers: WorkerPool,
        directions: Directions,
        editions: Editions,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._cache = cache
        self._workers = workers
        self._directions = directions
        self._editions = editions
        self._wall_clock = wall_clock

    def find(self, target: Target) -> Entry[Asset] | None:
        """Return the fresh entry of `target`, counted as a hit; None, nothing counted, without."""
        return self._cache.find(target.asset_type, target.key)

    async def fetch(
        self, target: Target, route: Route | None, *, bypass: bool = False
    ) -> Fetched[Asset]:
        """Return the asset of `target` from the cache, or draw it once for all who ask meanwhile.

        Args:
            route: who directs, of a directed type.
            bypass: draw anew whatever is held.

        Raises:
            GenerationError, DirectorError: it could not be drawn or directed.
        """
        asked = False

        async def build() -> Built[Asset]:
            nonlocal asked
            asked = True
            return await self._build(target, route, anew=bypass)

        while True:
            try:
                return await self._cache.fetch_async(
                    target.asset_type, target.key, build, bypass=bypass
                )
            except DirectorRefused:
                if asked:
                    raise
                # The key of another caller, whose image this one awaited, was refused.

    async def warm(self, target: Target) -> None:
        """Draw `target` unless it is held or being drawn; counted as no lookup.

        Raises:
            GenerationError: it could not be drawn.
        """

        async def build() -> Built[Asset]:
            return await self._build(target, None, anew=False)

        await self._cache.warm_async(target.asset_type, target.key, build)

    def lifetime_seconds(self, target: Target) -> float:
        """Return how long an asset of this target would be fresh if it were drawn now."""
        return self._cache.cache(target.asset_type).lifetime(None)

    def now(self) -> float:
        """Return the reading of the clock that entries and assets are stamped with."""
        return self._cache.now()

    async def _build(self, target: Target, route: Route | None, *, anew: bool) -> Built[Asset]:
        cache = self._cache.cache(target.asset_type)
        if target.seed is None and not anew:
            await self._rejoin(target)
        begins = target.picture, cache.lifetime(None), cache.generation
        if target.seed is not None:
            drawn = await self._draw(target, route, target.seed, cache.generation)
            now = self._cache.now()
            return self._built(target, target.seed, drawn, now, now + cache.lifetime(None))
        if anew:
            edition = self._editions.begin(*begins)
            drawn = await self._draw(target, route, edition.seed, edition.generation)
            for key in self._editions.publish(edition):
                self._cache.delete(target.asset_type, key)
            edition.keys.add(target.key)
        else:
            with self._editions.joined(*begins) as edition:
                drawn = await self._draw(target, route, edition.seed, edition.generation)
                edition.keys.add(target.key)
        # What was superseded while it was drawn is not kept.
        ends_at = edition.ends_at if self._editions.is_current(edition) else edition.begun_at
        return self._built(target, edition.seed, drawn, edition.begun_at, ends_at, edition)

    async def _rejoin(self, target: Target) -> None:
        """Make the edition current that other images of an unseeded picture are of, if any.

        They may be in a tier, from before a restart or from another replica; those are looked for
        in every format that are of the same width or the native one. Reading one joins its edition.
        """
        generation = self._cache.cache(target.asset_type).generation
        if not self._editions.has_current(target.picture, generation):
            siblings = target.siblings()
            await asyncio.gather(
                *(self._cache.find_below(target.asset_type, key) for key in siblings)
            )

    def _built(
        self,
        target: Target,
        seed: int,
        drawn: _Drawn,
        fresh_from: float,
        ends_at: float,
        edition: Edition | None = None,
    ) -> Built[Asset]:
        if drawn.fallback_since is not None:
            fresh_from = max(fresh_from, drawn.fallback_since)
            ends_at = min(ends_at, drawn.fallback_since + FALLBACK_SECONDS)
        fallback = drawn.fallback_since is not None
        asset = Asset(
            picture=target.picture,
            format=target.format,
            asked_width=target.width,
            drawing=drawn.drawing,
            bands=len(target.spec.mode),
            seed=seed,
            etag=target.etag(seed, drawn.direction, fallback=fallback),
            drawn_at=self._wall_clock(),
            fresh_from=fresh_from,
            lifetime_seconds=max(0.0, ends_at - fresh_from),
            fallback=fallback,
            edition=edition,
        )
        return Built(
            asset,
            ttl_seconds=max(0.0, ends_at - self._cache.now()),
            cost_seconds=drawn.drawing.render_seconds + drawn.drawing.encode_seconds,
        )

    async def _draw(
        self, target: Target, route: Route | None, seed: int, generation: int
    ) -> _Drawn:
        parameters, provided, fallback_since = target.parameters, None, None
        if route is not None:
            decision = await self._directions.decide(target, route, generation)
            parameters = decision.directed.direction
            if decision.directed.fallback:
                fallback_since = decision.made_at
            elif route.provider is not None:
                provided = parameters
        order = Order(target.asset_type, parameters, seed, target.format, target.width)
        # Logged here, once for a drawing, not once for each of those who wait for it.
        try:
            return _Drawn(await self._workers.draw(order), provided, fallback_since)
        except GeneratorFailed as error:
            _log.error("❌ %s\n%s", error, error.traceback_text)  # the traceback is the worker's
            raise
        except QueueFull:
            raise  # the access line says as much, and there may be thousands
        except GenerationError as error:
            _log.warning("❌ %s", error)
            raise


class _Drawn(NamedTuple):
    """A drawing.

    Attributes:
        direction: what a provider decided on it, if one did.
        fallback_since: when another director stood in for the provider, if one did.
    """

    drawing: Drawing
    direction: Parameters | None
    fallback_since: float | None
