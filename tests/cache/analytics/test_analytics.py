"""Analytics is safe to use from any thread, speaks JSON, and shares the memory out."""

from __future__ import annotations

import json
import math

import pytest

from cache import GenerationalCache, make_key
from cache.analytics import Analytics, Diagnosis, Setting, digest_hash
from cache.analytics.hashing import HASH_SPAN


def test_every_type_is_analysed_before_it_was_asked():
    analytics = Analytics(2**20)
    cache = GenerationalCache()
    cache.cache("enso")
    analytics.digest(cache.report(), 0.0)
    analysis = analytics.analyses()["enso"]
    assert analysis.diagnosis is Diagnosis.LOW_VOLUME
    assert set(analysis.predicted_by_capacity) == {"0.25x", "0.5x", "1x", "2x", "4x", "8x"}
    assert set(analysis.predicted_by_capacity.values()) == {0.0}
    assert set(analysis.predicted_by_ttl) == {"0.5x", "1x", "2x", "4x"}


def test_an_analysis_is_json_even_where_entries_live_for_ever(service):
    running = service(window_seconds=math.inf)
    running.cache.configure("enso", max_size=5, ttl=math.inf)
    running.ask("enso", running.zipf(60, 0.5, 500))
    document = json.loads(json.dumps(running.analysis("enso").as_dict(), allow_nan=False))
    assert document["diagnosis"] == "too-small"
    assert set(document["recommendations"][0]) == {
        "action",
        "setting",
        "from",
        "to",
        "predicted_hit_ratio",
        "memory_bytes",
        "why",
    }
    assert document["predicted_hit_ratio"]["capacity"]["1x"] == document["hit_ratio"]
    assert document["ttl_seconds"] is None


def test_settings_are_named_as_the_program_says(service):
    def name(setting, asset_type):
        return "CACHE_TTL_CREATURE" if setting is Setting.TTL else f"SIZE OF {asset_type}"

    running = service(name=name)
    running.cache.configure("giraffe", ttl=5.0)
    running.ask("giraffe", [number % 10 for number in range(300)])
    assert running.analysis("giraffe").recommendations[0].setting == "CACHE_TTL_CREATURE"


def test_lookups_that_overflowed_are_counted():
    analytics, cache = Analytics(2**20), GenerationalCache()
    record = analytics.recorder("enso")
    for number in range(20_000):
        record((str(number % 10), float(number)))
        cache.cache("enso").count_miss("key")
    analytics.digest(cache.report(), 20_000.0)
    assert analytics.analyses()["enso"].lost_lookups == 20_000 - 16_384


def test_it_is_digested_while_others_record(in_threads):
    analytics, cache = Analytics(2**20), GenerationalCache()

    def record():
        take = analytics.recorder("enso")
        for number in range(5_000):
            take((str(number % 50), 0.0))
            cache.get("enso", number % 50)

    def digest():
        for _ in range(20):
            analytics.digest(cache.report(), 0.0)
            analytics.analyses()

    assert in_threads(record, record, digest, digest) == [None] * 4
    analytics.digest(cache.report(), 0.0)
    analysis = analytics.analyses()["enso"]
    assert (analysis.lookups, analysis.lost_lookups) == (10_000, 0)


def test_types_that_compete_for_memory_are_advised_the_split_that_saves_most(service):
    running = service(max_mib=1)
    for asset_type in ("cheap", "dear"):
        running.cache.configure(asset_type, max_size=100, ttl=math.inf)
        running.entry_bytes[asset_type] = 2**20 // 120
    running.cost_seconds = {"cheap": 0.01, "dear": 1.0}
    for _ in range(15):
        running.ask("cheap", running.zipf(100, 0.3, 200))
        running.ask("dear", running.zipf(100, 0.3, 200))
    cheap, dear = running.analysis("cheap"), running.analysis("dear")
    assert cheap.recommended_capacity <= 25
    assert dear.recommended_capacity == 100
    saved_before = dear.saved_seconds / dear.lookups

    running.cache.configure("cheap", max_size=cheap.recommended_capacity)
    for _ in range(20):
        running.ask("cheap", running.zipf(100, 0.3, 200))
        running.ask("dear", running.zipf(100, 0.3, 200))
    after = running.analysis("dear")
    assert after.saved_seconds / after.lookups > 1.2 * saved_before
    assert after.hit_ratio == pytest.approx(dear.predicted_by_capacity["1x"], abs=0.03)


def test_types_that_both_want_memory_are_advised_what_both_need(service):
    wanting, loop = ("enso", "dot"), [number % 60 for number in range(400)]

    def ask(max_mib, size):
        running = service(max_mib=max_mib)
        for asset_type in wanting:
            running.cache.configure(asset_type, max_size=size, ttl=math.inf)
            running.entry_bytes[asset_type] = 16_000
        ratios = [running.ask(asset_type, loop) for asset_type in wanting]
        return running, ratios

    sick, _ = ask(0.1, 3)
    advised = [
        {each.setting: each for each in sick.analysis(asset_type).recommendations}
        for asset_type in wanting
    ]
    megabytes = {each["CACHE_MAX_MEMORY_MB"].proposed for each in advised}
    assert len(megabytes) == 1
    _, ratios = ask(megabytes.pop(), advised[0]["CACHE_SIZE_ENSO"].proposed)
    predicted = [each["CACHE_MAX_MEMORY_MB"].predicted_hit_ratio for each in advised]
    assert ratios == pytest.approx(predicted, abs=0.03)
    assert min(ratios) > 0.5


def test_a_split_of_the_memory_advises_nothing_that_goes_beyond_it(service):
    running = service(max_mib=1)
    running.cache.configure("enso", max_size=100, ttl=math.inf)
    running.cache.configure("dot", max_size=100, ttl=20.0)
    for asset_type in ("enso", "dot"):
        running.entry_bytes[asset_type] = 2**20 // 120
    running.cost_seconds = {"enso": 0.01, "dot": 1.0}
    for _ in range(8):
        running.ask("enso", running.zipf(100, 0.3, 300))
        running.ask("dot", running.zipf(60, 0.3, 300))
    enso, dot = running.analysis("enso"), running.analysis("dot")
    advice = (*enso.recommendations, *dot.recommendations)
    assert {each.setting for each in advice} >= {"CACHE_SIZE_ENSO", "CACHE_TTL_DOT"}
    assert "CACHE_MAX_MEMORY_MB" not in {each.setting for each in advice}
    assert sum(max(e.memory_bytes for e in each.recommendations) for each in (enso, dot)) <= 2**20


def test_what_is_unchanged_is_not_concluded_anew(service):
    running = service()
    running.ask("enso", running.zipf(60, 0.5, 200))
    before = running.analysis("enso")
    running.clock.now += 1.0
    running.digest()
    assert running.analysis("enso") is before
    running.clock.now += 7200.0
    running.digest()
    assert running.analysis("enso").lookups == 0


def test_a_key_that_is_a_digest_already_is_a_number_as_it_stands():
    assert digest_hash("f" * 16 + "0" * 48) == HASH_SPAN - 1
    assert digest_hash(make_key("enso", 1)) != digest_hash(make_key("enso", 2))
