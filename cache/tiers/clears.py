"""Clears: which are under way in the tiers, and what waits behind them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..stats import Tier
from .tier import LowerTier

# Of what waits to be written until clears are done; as much as the disk lets wait.
_MAX_WAITING_BYTES = 64 * 2**20

Work = Callable[[LowerTier], None]


class _Asked(NamedTuple):
    """A clear that was asked for.

    Attributes:
        number: how many were asked for of its type, with this one.
        but: a tier that has done so already.
    """

    number: int
    but: Tier | None


class _Waiting:
    """What waits behind the clears of one type, in order."""

    def __init__(self) -> None:
        self.works: list[Work] = []
        self.size_bytes = 0


class Clears:
    """The clears of some tiers, by type: one at a time, and one more for all asked for meanwhile.

    Nothing that was written before a clear was asked for is to be read from then on. `ask` and
    what tells of clears may be called from any thread, one at a time; the rest in the event loop.

    Args:
        tiers: all of them.
    """

    def __init__(self, tiers: Sequence[LowerTier]) -> None:
        self._tiers = tiers
        # Those that were asked for before the tiers were open have no task yet.
        self._asked: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._next: dict[str, _Asked] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, _Waiting] = {}

    def ask(self, asset_type: str) -> int:
        """Ask for a clear, to be begun soon; return its number."""
        self._asked[asset_type] += 1
        return self._asked[asset_type]

    def asked(self, asset_type: str) -> int:
        """Return how many were asked for."""
        return self._asked[asset_type]

    def is_under_way(self, asset_type: str) -> bool:
        """Return whether one that was asked for is not done."""
        return self._asked[asset_type] != self._done[asset_type]

    def under_way(self) -> Iterator[tuple[str, int]]:
        """Give each type of which that is so, and how many were asked for."""
        for asset_type, asked in list(self._asked.items()):
            if self.is_under_way(asset_type):
                yield asset_type, asked

    def begin(self, asset_type: str, number: int, but: Tier | None) -> None:
        """Clear the tiers, as soon as an earlier clear of the type is done.

        Args:
            number: of the clear; but: a tier that has done so already.
        """
        # What waits is older than this clear, and cleared with it.
        self._waiting[asset_type] = _Waiting()
        meanwhile = self._next.get(asset_type)
        if meanwhile is not None and meanwhile.but is not but:
            but = None  # one of both is to reach each tier
        self._next[asset_type] = _Asked(number, but)
        if asset_type not in self._tasks:
            clear_all = self._clear_all(asset_type)
            self._tasks[asset_type] = asyncio.get_running_loop().create_task(clear_all)

    def after(self, asset_type: str, work: Work, size_bytes: int) -> bool:
        """Do `work` with every tier, behind the clears that are under way.

        Args:
            size_bytes: that it holds meanwhile.

        Returns:
            Whether it is or will be done; False where too much waits.
        """
        waiting = self._waiting.get(asset_type)
        if waiting is None:
            self._on_all(work)
        elif waiting.size_bytes + size_bytes > _MAX_WAITING_BYTES:
            return False
        else:
            waiting.works.append(work)
            waiting.size_bytes += size_bytes
        return True

    async def finished(self) -> None:
        """Wait until every tier has done, or remembered to do, what has begun."""
        # A caller who leaves while he waits must not take the clears along, as `gather` would.
        if tasks := self._tasks.values():
            await asyncio.wait(tasks)

    async def _clear_all(self, asset_type: str) -> None:
        while (asked := self._next.pop(asset_type, None)) is not None:
            await asyncio.gather(
                *(tier.clear(asset_type) for tier in self._tiers if tier.name is not asked.but),
                return_exceptions=True,
            )
            self._done[asset_type] = max(asked.number, self._done[asset_type])
        del self._tasks[asset_type]
        for work in self._waiting.pop(asset_type).works:
            self._on_all(work)

    def _on_all(self, work: Work) -> None:
        for tier in self._tiers:
            work(tier)
