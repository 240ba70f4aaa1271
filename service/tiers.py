"""Which tiers lie below the memory, as the settings have it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from cache import Tier
from cache.tiers import Codec, LowerTier, TierListener, TierReport, Tiers

from .asset_codec import MAX_COST_SECONDS, MAX_TTL_SECONDS
from .assets import Asset
from .settings import Settings

_log = logging.getLogger(__name__)


def lower_tiers(settings: Settings) -> tuple[Tier, ...]:
    """Return the tiers below the memory that are configured, the nearest first."""
    return tuple(Tier(name) for name in settings.cache_tiers if name != Tier.MEMORY)


def new_tiers(
    settings: Settings,
    codec: Codec[Asset],
    listener: TierListener,
    on_clear: Callable[[str], None],
    wall_clock: Callable[[], float] = time.time,
) -> Tiers[Asset]:
    """Return the tiers that are configured, not opened yet.

    Args:
        codec: of the assets.
        listener: hears how long each operation took.
        on_clear: told of a type that another replica cleared in Redis, in the event loop.
        wall_clock: seconds since the epoch.
    """
    lower: list[LowerTier] = []
    leasing = hot_store = None
    # Imported where they are used: SQLite and the Redis client take a while, and most need neither.
    if Tier.DISK in lower_tiers(settings):
        from cache.tiers.disk_tier import DiskTier

        disk = hot_store = DiskTier(
            Path(settings.cache_disk_path),
            settings.cache_disk_max_bytes,
            listener=listener,
            stale_seconds=settings.cache_stale_seconds,
            wall_clock=wall_clock,
        )
        lower.append(disk)
    if Tier.REDIS in lower_tiers(settings):
        from cache.tiers.redis_tier import RedisTier

        redis = leasing = RedisTier(
            settings.redis_url,
            stale_seconds=settings.cache_stale_seconds,
            listener=listener,
            on_clear=on_clear,
            on_past_clear=lambda asset_type, cleared_at: tiers.forget_before(
                asset_type, cleared_at, but=Tier.REDIS
            ),
            wall_clock=wall_clock,
            lease_wait_seconds=settings.generation_timeout_seconds,
        )
        lower.append(redis)
    tiers = Tiers(
        lower,
        codec,
        leasing=leasing,
        hot_store=hot_store,
        max_ttl_seconds=MAX_TTL_SECONDS,
        max_cost_seconds=MAX_COST_SECONDS,
        wall_clock=wall_clock,
    )
    return tiers


class TierWatch:
    """Logs when a tier goes down, and when it is back.

    Args:
        reports: how each tier is.
    """

    def __init__(self, reports: Callable[[], Iterable[TierReport]]) -> None:
        self._reports = reports
        self._down: frozenset[Tier] = frozenset()

    def look(self) -> None:
        """Log what has changed since the last look."""
        down = frozenset(report.tier for report in self._reports() if not report.up)
        for tier in sorted(down - self._down):
            _log.warning("the %s tier is down: requests go on without it", tier)
        for tier in sorted(self._down - down):
            _log.info("the %s tier is up again", tier)
        self._down = down
