"""What directors decided: one direction for all images of a prompt.

A language model decides otherwise each time it is asked. All formats and widths of a picture are
to show the same, and so is the seeded URL that reproduces it, hence it is asked once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cache import Built, GenerationalCache, make_key
from generators.director import Directed, Directing, DirectorRefused, Route

from .targets import Target

# Prompts whose direction is remembered, by model and provider; under a kilobyte each.
_REMEMBERED = 10_000

# A provider that the local director had to stand in for is asked again soon.
FALLBACK_SECONDS = 60.0


class Decision(NamedTuple):
    """A direction, and since when it holds, on the cache's clock."""

    directed: Directed
    made_at: float


class Directions:
    """Asks each prompt of a model once, until its type is cleared.

    Args:
        directing: asks.
        clock: the cache's.
    """

    def __init__(self, directing: Directing, clock: Callable[[], float]) -> None:
        self._directing = directing
        self._clock = clock
        self._made: GenerationalCache[Directed] = GenerationalCache(
            max_size=_REMEMBERED, ttl=None, clock=clock
        )

    async def decide(self, target: Target, route: Route, generation: int) -> Decision:
        """Return the direction of the prompt of `target`.

        Args:
            generation: counts the clears of its type; what was decided before the last is over.

        Raises:
            DirectorError: there is none.
        """
        if route.provider is None:
            return Decision(await self._directing.direct(target.prompt, route), self._clock())
        asked = False

        async def ask() -> Built[Directed]:
            nonlocal asked
            asked = True
            directed = await self._directing.direct(target.prompt, route)
            return Built(directed, FALLBACK_SECONDS if directed.fallback else None)

        key = make_key(
            target.asset_type, target.prompt, route.model, route.provider.base_url, generation
        )
        while True:
            try:
                made = await self._made.fetch_async(target.asset_type, key, ask)
            except DirectorRefused:
                if asked:
                    raise
                # The key of another caller, whose answer this one awaited, was refused: ask with
                # this one's.
            else:
                return Decision(made.value, self._clock() - made.age_seconds)
