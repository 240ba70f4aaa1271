"""A replay gives what a textbook LRU, and our own cache, would have given."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache import LRUCache
from cache.admission import Admission
from cache.analytics.replay import Replay
from cache.analytics.trials import Configuration, Tally, trial

EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 1.0, 2.5, 30.0]),
        st.sampled_from("abcdefghij"),
        st.sampled_from([0.0, 0.25, 2.0]),
        st.integers(0, 9),
    ),
    max_size=200,
)


def replayed(lookups, *configurations, predict=False):
    replay = Replay(lambda asset_type: configurations, predict=predict)
    replay.feed(lookups)
    return replay.results()


def zipf_lookups(count, asset_type="enso"):
    chance = random.Random(1)
    return [
        (float(n), asset_type, f"k{int(chance.paretovariate(0.7))}", 0.5, 10) for n in range(count)
    ]


def textbook_hits(keys, capacity):
    held, hits = [], 0
    for key in keys:
        if key in held:
            hits += 1
            held.remove(key)
        held.append(key)
        del held[:-capacity]
    return hits


@pytest.mark.parametrize("capacity", [1, 7, 100])
def test_lru_without_a_ttl_is_the_textbooks(capacity):
    lookups = zipf_lookups(10_000)
    (result,) = replayed(lookups, Configuration(capacity, math.inf, Admission.ALL))
    assert result.tally.hits == textbook_hits([key for _, _, key, _, _ in lookups], capacity)
    assert result.lookups == 10_000
    assert result.tally.expirations == 0


class CacheTrial:
    """The real cache, on a clock that reads the recorded times."""

    def __init__(self, configuration):
        capacity, ttl_seconds, admission = configuration
        self.now = 0.0
        self.cache = LRUCache(capacity, ttl_seconds, clock=lambda: self.now, admission=admission)
        self.peak_bytes = 0

    def feed(self, events):
        for self.now, key, cost_seconds, weight in events:
            if self.cache.get(key) is None:
                self.cache.sweep()
                self.cache.put(key, True, weight, cost_seconds=cost_seconds)
                self.peak_bytes = max(self.peak_bytes, self.cache.memory_bytes)

    def tally(self):
        counts = self.cache.report().counts
        return Tally(
            counts.hits,
            counts.total_evictions,
            counts.expirations,
            pytest.approx(counts.saved_seconds),
            self.peak_bytes,
        )


@pytest.mark.parametrize("admission", Admission)
@given(events=EVENTS, capacity=st.integers(0, 8), ttl=st.sampled_from([0.5, 2.5, 10.0, math.inf]))
def test_a_trial_is_what_the_real_cache_does(admission, events, capacity, ttl):
    now, timed = 0.0, []
    for seconds, *rest in events:
        now += seconds
        timed.append((now, *rest))
    quick = trial(Configuration(capacity, ttl, admission))
    real = CacheTrial(Configuration(capacity, ttl, admission))
    quick.feed(timed)
    real.feed(timed)
    assert quick.tally(now) == real.tally()


def test_value_hits_more_and_holds_no_more():
    (lru, value) = replayed(
        zipf_lookups(20_000),
        Configuration(50, math.inf, Admission.ALL),
        Configuration(50, math.inf, Admission.VALUE),
    )
    assert value.tally.hits > lru.tally.hits
    assert value.tally.evictions == 20_000 - value.tally.hits - 50
    assert value.tally.peak_bytes == 50 * 10
    assert value.tally.saved_seconds == pytest.approx(value.tally.hits * 0.5)


def test_types_do_not_share_a_cache_and_stand_in_order():
    sigil, enso = ((0.0, name, "k", 0.0, 0) for name in ("sigil", "enso"))
    results = replayed([sigil, enso, sigil], Configuration(5, math.inf, Admission.ALL))
    assert [(each.asset_type, each.lookups, each.tally.hits) for each in results] == [
        ("enso", 1, 0),
        ("sigil", 2, 1),
    ]


def test_what_has_expired_by_the_end_of_the_trace_has_expired():
    first, last = (0.0, "enso", "a", 0.0, 0), (100.0, "sigil", "b", 0.0, 0)
    enso, sigil = replayed([first, last], Configuration(5, 10.0, Admission.ALL))
    assert (enso.tally.expirations, sigil.tally.expirations) == (1, 0)


def test_time_that_goes_back_stands_still_and_is_counted():
    replay = Replay(lambda asset_type: [Configuration(5, 10.0, Admission.ALL)])
    for timestamp in (20.0, 11.0, 31.0):
        replay.feed([(timestamp, "enso", "k", 0.0, 0)])
    assert replay.reversals == 1
    assert replay.results()[0].tally.hits == 1


def test_a_prediction_is_within_two_points_and_only_of_lru():
    results = replayed(
        zipf_lookups(20_000),
        *(
            Configuration(capacity, ttl, admission)
            for capacity in (20, 200)
            for ttl in (500.0, math.inf)
            for admission in Admission
        ),
        predict=True,
    )
    for result in results:
        if result.configuration.admission is Admission.VALUE:
            assert result.predicted_hit_ratio is None
        else:
            assert result.predicted_hit_ratio == pytest.approx(result.hit_ratio, abs=0.02)
