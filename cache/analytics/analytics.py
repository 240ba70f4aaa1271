"""Analytics: the face of prediction, diagnosis and advice for all types of a cache."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from ..stats import CacheReport
from .advice import Limits, SettingName, recommend, setting_name
from .analysis import Analysis
from .diagnosis import diagnose
from .evidence import Evidence, hit_ratio
from .hashing import KeyHash, key_hash
from .observer import Observer
from .sharing import Plan, shared

WINDOW_SECONDS = 3600.0
SLICES = 60

# Where nobody knows what building an entry takes: then every hit is worth the same.
_UNKNOWN_COST_SECONDS = 1.0


class Analytics:
    """Watches the lookups of every type and says what they call for; thread-safe.

    The request path leaves lookups with a `recorder`, at the cost of an append. A `digest`, on a
    thread of its own or before a scrape, works them off and draws the conclusions that `analyses`
    returns.

    Args:
        max_bytes: the memory budget of all types together.
        window_seconds: how far back everything looks; slices: its precision.
        name: tells the environment variable of a type's setting.
        admission: the admission policy in force, `all` or `value`.
        key_hash: makes a key a uniform number; `digest_hash` where keys are digests.
    """

    def __init__(
        self,
        max_bytes: int,
        *,
        window_seconds: float = WINDOW_SECONDS,
        slices: int = SLICES,
        name: SettingName = setting_name,
        admission: str = "all",
        key_hash: KeyHash = key_hash,
    ) -> None:
        self._max_bytes = max_bytes
        self._window_seconds = window_seconds
        self._slices = slices
        self._name = name
        self._admission = admission
        self._key_hash = key_hash

        # Guards everything below. The request path takes it once, for its recorder.
        self._lock = threading.Lock()
        self._observers: dict[str, Observer] = {}
        # What is known of each type since it last changed, and what follows from all of it.
        self._evidence: dict[str, Evidence] = {}
        self._analyses: dict[str, Analysis] = {}
        self._changed: set[str] = set()
        self._reports: Mapping[str, CacheReport] = {}

    def recorder(self, asset_type: str) -> Callable[[tuple[str, float]], None]:
        """Return what takes one lookup of `asset_type`: its key, and the cache's clock then.

        To be called for hits, misses that did not bypass the cache, and stale answers; from any
        thread, at any time.
        """
        with self._lock:
            return self._observer(asset_type).record

    def digest(self, reports: Mapping[str, CacheReport], now: float) -> None:
        """Work off what was recorded, and follow what the caches report of themselves.

        Args:
            reports: a snapshot of every type.
            now: the cache's clock when it was taken.
        """
        with self._lock:
            for asset_type, report in reports.items():
                if self._observer(asset_type).digest(report, now):
                    self._changed.add(asset_type)
            self._reports = reports

    def analyses(self) -> dict[str, Analysis]:
        """Return what there is to say of every type, as of the last digest."""
        with self._lock:
            if self._changed:
                self._conclude()
            return dict(self._analyses)

    # Under the lock

    def _observer(self, asset_type: str) -> Observer:
        observer = self._observers.get(asset_type)
        if observer is None:
            observer = Observer(self._window_seconds, self._slices, self._key_hash)
            self._observers[asset_type] = observer
        return observer

    def _conclude(self) -> None:
        for asset_type in self._changed:
            observer = self._observers[asset_type]
            self._evidence[asset_type] = observer.evidence(asset_type, self._reports[asset_type])
        self._changed = set()
        plans = {name: self._plan(self._evidence[name]) for name in self._reports}
        mean_cost = _mean_cost(self._evidence.values())
        fitting = shared(plans, self._max_bytes, mean_cost, self._name)
        self._analyses = {name: self._analysis(plan) for name, plan in fitting.items()}

    def _plan(self, evidence: Evidence) -> Plan:
        held = sum(report.memory_bytes for report in self._reports.values())
        limits = Limits(
            max_bytes=self._max_bytes,
            held_by_others=held - evidence.report.memory_bytes,
            admission=self._admission,
            name=self._name,
        )
        diagnosis = diagnose(evidence)
        return Plan(evidence, diagnosis, recommend(evidence, diagnosis, limits))

    def _analysis(self, plan: Plan) -> Analysis:
        evidence = plan.evidence
        counts, grid, reuse = evidence.counts, evidence.grid, evidence.reuse
        lookups = counts.hits + counts.total_misses + counts.coalesced + counts.stale
        predicted = evidence.predicted
        return Analysis(
            window_seconds=self._window_seconds,
            lookups=lookups,
            lost_lookups=evidence.lost_lookups,
            hit_ratio=hit_ratio(counts),
            misses=counts.misses,
            expirations=counts.expirations,
            working_set_entries=reuse.working_set,
            reuse=reuse.counts,
            reuse_seconds=reuse.times,
            hit_age_seconds=counts.hit_ages,
            eviction_age_seconds=counts.eviction_ages,
            capacity=grid.present.capacity,
            ttl_seconds=grid.present.ttl_seconds,
            predicted_by_capacity={label: predicted[at] for label, at in grid.capacities.items()},
            predicted_by_ttl={label: predicted[at] for label, at in grid.ttls.items()},
            saved_seconds=counts.saved_seconds,
            diagnosis=plan.diagnosis,
            recommendations=plan.recommendations,
            recommended_capacity=plan.capacity,
            recommended_ttl_seconds=plan.ttl_seconds,
        )


def _mean_cost(evidence: Iterable[Evidence]) -> float:
    costs = [each.cost_seconds for each in evidence if each.cost_seconds is not None]
    return sum(costs) / len(costs) if costs else _UNKNOWN_COST_SECONDS
