"""Generations: since when the entries of each asset type count, and which clears Redis must learn.

A generation is a number, the milliseconds since the epoch at its clear. It is part of the keys, so
that nothing written before a clear is found after it. Redis keeps the numbers, every replica knows
them, and wherever two differ the higher one counts: so a server that forgot is told again, and a
replica that was cut off catches up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

# A clear may have come from a replica whose clock differs by this much.
CLOCK_TOLERANCE_SECONDS = 60.0


class Generations:
    """What one replica knows of the generations; used from one event loop.

    Args:
        on_clear: called with a type that was cleared elsewhere; never for a clear of our own.
        on_past_clear: called with a type that was cleared before we were here to see it, and the
            moment of that, in seconds since the epoch and never in the future.
        wall_clock: seconds since the epoch.
    """

    def __init__(
        self,
        on_clear: Callable[[str], None],
        on_past_clear: Callable[[str, float], None],
        wall_clock: Callable[[], float],
    ) -> None:
        self._on_clear = on_clear
        self._on_past_clear = on_past_clear
        self._wall_clock = wall_clock
        self._opened_ms = self._now_ms()
        # Of types that never were cleared; None as long as Redis was never reached.
        self._base: int | None = None
        self._cleared: dict[str, int] = {}
        self._owed: dict[str, int] = {}
        # A clear up to then is past, of no concern to a memory that began empty.
        self._news_after: float = math.inf

    @property
    def owed(self) -> Mapping[str, int]:
        """The clears of our own that Redis does not know of yet: the generation each asks for."""
        return dict(self._owed)

    def readable(self, asset_type: str) -> str | None:
        """Return the generation to read; None: none may be, for Redis might still show an older."""
        return None if asset_type in self._owed else self.writable(asset_type)

    def writable(self, asset_type: str) -> str | None:
        """Return the generation to write; None: it is not known."""
        generation = self._cleared.get(asset_type, self._base)
        return None if generation is None else str(generation)

    def known(self) -> Iterable[str | int]:
        """Return what Redis may have forgotten: the arguments of the script `SYNC`."""
        yield self._opened_ms if self._base is None else self._base
        for asset_type, generation in self._cleared.items():
            if asset_type not in self._owed:
                yield from (asset_type, generation)

    def learn(self, stored: Mapping[str, int]) -> None:
        """Take over what Redis has, and tell of the clears that are news, or past."""
        self._base = stored.get("", self._base)
        news_after, self._news_after = self._news_after, 0.0
        for asset_type, generation in stored.items():
            known = self._cleared.get(asset_type)
            if not asset_type or generation <= (known or 0):
                continue
            self._cleared[asset_type] = generation
            if known is None and generation <= news_after:
                # Not later than now: what is written from here on is of after the clear, also
                # where the clock of who cleared was wrong.
                self._on_past_clear(asset_type, min(generation, self._now_ms()) / 1000)
            else:
                self._on_clear(asset_type)

    def miss_news(self) -> None:
        """Note that we go on without Redis: what is cleared from now on will be news."""
        if self._base is None:
            self._news_after = self._opened_ms - 1000 * CLOCK_TOLERANCE_SECONDS

    def begin_clear(self, asset_type: str) -> int:
        """Start a generation, which Redis has yet to learn; return its number."""
        latest = self._cleared.get(asset_type, self._base or 0)
        started = max(latest + 1, self._now_ms())
        self._cleared[asset_type] = self._owed[asset_type] = started
        return started

    def end_clear(self, asset_type: str, asked: int, started: int) -> None:
        """Note that Redis took the clear that asked for `asked`, and gave it `started`."""
        self._cleared[asset_type] = max(started, self._cleared.get(asset_type, 0))
        if self._owed.get(asset_type) == asked:
            del self._owed[asset_type]

    def _now_ms(self) -> int:
        return int(1000 * self._wall_clock())
