"""Replay: what caches of other sizes, TTLs and policies would have made of recorded lookups."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from ..admission import Admission
from .estimator import MAX_ENTRIES, Estimator
from .grid import GRID_POINTS
from .shadow import Point
from .trace import Lookup
from .trials import Configuration, Event, Tally, Trial, trial

# Lookups of one type that go through its trials at once, which is faster than one by one.
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one configuration made of the lookups of one type.

    Attributes:
        predicted_hit_ratio: what the online estimator says, having seen each lookup once; None
            where it was not asked, or does not know the policy.
    """

    asset_type: str
    configuration: Configuration
    lookups: int
    tally: Tally
    predicted_hit_ratio: float | None

    @property
    def hit_ratio(self) -> float:
        return self.tally.hits / self.lookups


class Replay:
    """Trials of all configurations of all types, which are fed one trace together.

    Args:
        configurations: those to try for an asset type, by its name.
        predict: whether the online estimator watches, too.
    """

    def __init__(
        self, configurations: Callable[[str], Iterable[Configuration]], *, predict: bool = False
    ) -> None:
        self._configurations = configurations
        self._predict = predict
        self._types: dict[str, _Type] = {}
        self._now = -math.inf
        self._reversals = 0

    @property
    def reversals(self) -> int:
        """How many timestamps were earlier than one before; they counted as that one."""
        return self._reversals

    def feed(self, lookups: Iterable[Lookup]) -> None:
        """Look up each key in every trial of its type, and hold it where that was a miss."""
        types = self._types
        now = self._now
        for timestamp, asset_type, key, cost_seconds, weight in lookups:
            if timestamp < now:
                self._reversals += 1
            else:
                now = self._now = timestamp
            tried = types.get(asset_type)
            if tried is None:
                configurations = tuple(self._configurations(asset_type))
                tried = types[asset_type] = _Type(configurations, self._predict)
            pending = tried.pending
            pending.append((now, key, cost_seconds, weight))
            if len(pending) >= _BATCH:
                tried.flush()

    def results(self) -> list[Replayed]:
        """Return how each configuration did by now, by type, in the order they were given in."""
        return [
            result
            for name, tried in sorted(self._types.items())
            for result in tried.results(name, self._now)
        ]


class _Type:
    """All that is tried for one asset type.

    Attributes:
        pending: lookups that the trials have not seen.
    """

    def __init__(self, configurations: tuple[Configuration, ...], predict: bool) -> None:
        self._trials: list[tuple[Configuration, Trial]] = [
            (each, trial(each)) for each in configurations
        ]
        self._estimator = _estimator({_point(each) for each in configurations}) if predict else None
        self.pending: list[Event] = []
        self._lookups = 0

    def results(self, asset_type: str, now: float) -> list[Replayed]:
        self.flush()
        return [
            Replayed(asset_type, each, self._lookups, tried.tally(now), self._predicted(each))
            for each, tried in self._trials
        ]

    def flush(self) -> None:
        events, self.pending = self.pending, []
        self._lookups += len(events)
        for _, tried in self._trials:
            tried.feed(events)
        if self._estimator is not None:
            self._estimator.observe_all([(key, now) for now, key, _, _ in events])

    def _predicted(self, configuration: Configuration) -> float | None:
        if self._estimator is None or configuration.admission is not Admission.ALL:
            return None
        return self._estimator.hit_ratio(_point(configuration))


def _estimator(points: Collection[Point]) -> Estimator:
    """Return one with as much room for each point as the online estimator has for its own."""
    share = math.ceil(len(points) / GRID_POINTS)
    return Estimator(points, max_entries=MAX_ENTRIES * share)


def _point(configuration: Configuration) -> Point:
    return Point(configuration.capacity, configuration.ttl_seconds)
