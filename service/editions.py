"""Which seed is current for each picture that is asked for without one.

All formats and widths of an unseeded picture are drawn from one seed and expire together: the
first of them begins an edition, the others join it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from cache import LRUCache
from generators import MAX_SEED

# Pictures (type and parameters) whose edition outlives its images; a few hundred bytes each.
_REMEMBERED = 10_000


@dataclass(eq=False)
class Edition:
    """One run of an unseeded picture; times are readings of the cache's clock.

    Attributes:
        generation: how often its type had been cleared when it began.
        keys: cache keys of the images that were drawn for it.
        builds: images under way for it.
    """

    picture: str
    seed: int
    begun_at: float
    lifetime_seconds: float
    generation: int
    keys: set[str] = field(default_factory=set)
    builds: int = 0

    @property
    def ends_at(self) -> float:
        return self.begun_at + self.lifetime_seconds


class Editions:
    """The current editions; used from the event loop alone, so no two requests begin one.

    An edition is remembered as long as anyone holds it, and the latest ones anyway.

    Args:
        clock: the cache's.
        draw_seed: gives a fresh random seed.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        draw_seed: Callable[[], int] = lambda: secrets.randbelow(MAX_SEED + 1),
    ) -> None:
        self._clock = clock
        self._draw_seed = draw_seed
        self._current: WeakValueDictionary[str, Edition] = WeakValueDictionary()
        self._latest: LRUCache[Edition] = LRUCache(_REMEMBERED, None, clock=clock)

    def begin(self, picture: str, lifetime_seconds: float, generation: int) -> Edition:
        """Return a new edition of `picture`; it is current from `publish` on."""
        return Edition(picture, self._draw_seed(), self._clock(), lifetime_seconds, generation)

    @contextmanager
    def joined(self, picture: str, lifetime_seconds: float, generation: int) -> Iterator[Edition]:
        """Give the current edition of `picture`, begun now if there is none, to draw an image for.

        An edition that everyone leaves without an image is over: its seed may be the reason.

        Args:
            lifetime_seconds: of an edition that begins.
            generation: counts the clears of its type; an edition from before the last is over.
        """
        edition = self._current.get(picture)
        if edition is None or not self._is_on(edition, generation):
            edition = self.begin(picture, lifetime_seconds, generation)
            self.publish(edition)
        edition.builds += 1
        try:
            yield edition
        finally:
            edition.builds -= 1
            if not (edition.builds or edition.keys) and self.is_current(edition):
                del self._current[picture]

    def rejoined(
        self,
        picture: str,
        seed: int,
        begun_at: float,
        lifetime_seconds: float,
        generation: int,
    ) -> Edition | None:
        """Return the edition of an image that was drawn for it before, here or elsewhere.

        It is the current one from now on, if there was none; None where there is another.
        """
        if self.has_other(picture, seed, generation):
            return None
        current = self._current.get(picture)
        if current is not None and self._is_on(current, generation):
            return current
        edition = Edition(picture, seed, begun_at, lifetime_seconds, generation)
        self._current[picture] = edition
        self._latest.set(picture, edition, max(0.0, edition.ends_at - self._clock()))
        return edition

    def has_current(self, picture: str, generation: int) -> bool:
        """Return whether an edition of `picture` is on."""
        current = self._current.get(picture)
        return current is not None and self._is_on(current, generation)

    def has_other(self, picture: str, seed: int, generation: int) -> bool:
        """Return whether the current edition of `picture` is of another seed; changes nothing."""
        current = self._current.get(picture)
        return current is not None and self._is_on(current, generation) and current.seed != seed

    def publish(self, edition: Edition) -> frozenset[str]:
        """Make `edition` the current one, unless a later one is.

        Returns:
            The keys of the images that it supersedes.
        """
        previous = self._current.get(edition.picture)
        if previous is not None and previous.begun_at > edition.begun_at:
            return frozenset()
        self._current[edition.picture] = edition
        self._latest.set(edition.picture, edition, edition.lifetime_seconds)
        return frozenset() if previous is None else frozenset(previous.keys)

    def is_current(self, edition: Edition) -> bool:
        """Return whether no other edition of its picture has been published since."""
        return self._current.get(edition.picture) is edition

    def _is_on(self, edition: Edition, generation: int) -> bool:
        return edition.generation == generation and self._clock() < edition.ends_at
