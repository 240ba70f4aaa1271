"""Each diagnosis is given to the traffic that deserves it, and its advice comes true."""

from __future__ import annotations

import math

import pytest

from cache import MissReason
from cache.analytics import Action, Diagnosis

TOLERANCE = 0.03


def only(recommendations):
    (recommendation,) = recommendations
    return recommendation


def test_a_cache_that_holds_what_is_asked_for_is_healthy(service):
    running = service()
    running.cache.configure("enso", max_size=100, ttl=math.inf)
    running.ask("enso", running.zipf(80, 0.9, 3000))
    analysis = running.analysis("enso")
    assert (analysis.diagnosis, analysis.recommendations) == (Diagnosis.HEALTHY, ())
    assert analysis.recommended_capacity == 100


def test_too_few_lookups_say_nothing(service):
    running = service()
    running.ask("enso", range(40))
    assert running.analysis("enso").diagnosis is Diagnosis.LOW_VOLUME


def test_a_cache_that_is_too_small_is_advised_a_size_that_cures_it(service):
    running = service(window_seconds=4000.0)
    running.cache.configure("enso", max_size=10, ttl=3600.0)
    running.ask("enso", running.zipf(150, 0.6, 5000))
    sick = running.analysis("enso")
    advice = only(sick.recommendations)
    assert sick.diagnosis is Diagnosis.TOO_SMALL
    assert (advice.action, advice.setting) == (Action.RAISE_CAPACITY, "CACHE_SIZE_ENSO")
    assert advice.present == 10
    assert advice.proposed == sick.recommended_capacity

    running.cache.configure("enso", max_size=advice.proposed)
    running.ask("enso", running.zipf(150, 0.6, 2000))  # warms up
    after = running.ask("enso", running.zipf(150, 0.6, 4000))
    assert after == pytest.approx(advice.predicted_hit_ratio, abs=TOLERANCE)
    assert running.analysis("enso").diagnosis is Diagnosis.HEALTHY


def test_a_loop_far_larger_than_the_cache_is_found_on_the_far_side_of_the_cliff(service):
    running = service()
    running.cache.configure("enso", max_size=10, ttl=math.inf)
    running.ask("enso", [number % 300 for number in range(6000)])
    sick = running.analysis("enso")
    assert sick.predicted_by_capacity["8x"] == 0.0
    assert sick.diagnosis is Diagnosis.TOO_SMALL
    assert 300 <= only(sick.recommendations).proposed <= 340


def test_a_ttl_that_is_too_short_is_advised_one_that_cures_it(service):
    running = service(window_seconds=4000.0)
    running.cache.configure("enso", max_size=100, ttl=20.0)
    running.ask("enso", running.zipf(50, 0.5, 5000))
    sick = running.analysis("enso")
    advice = only(sick.recommendations)
    assert sick.diagnosis is Diagnosis.TTL_TOO_SHORT
    assert (advice.action, advice.setting) == (Action.RAISE_TTL, "CACHE_TTL_ENSO")
    assert advice.present == 20.0
    assert advice.proposed == sick.recommended_ttl_seconds

    running.cache.configure("enso", ttl=advice.proposed)
    after = running.ask("enso", running.zipf(50, 0.5, 5000))
    assert after == pytest.approx(advice.predicted_hit_ratio, abs=TOLERANCE)


def test_where_neither_size_nor_ttl_helps_alone_both_are_advised(service):
    running = service()
    running.cache.configure("enso", max_size=10, ttl=30.0)
    running.ask("enso", [number % 100 for number in range(5000)])
    sick = running.analysis("enso")
    size, ttl = sick.recommendations
    assert sick.diagnosis is Diagnosis.TOO_SMALL
    running.cache.configure("enso", max_size=size.proposed, ttl=ttl.proposed)
    after = running.ask("enso", [number % 100 for number in range(5000)])
    assert after == pytest.approx(size.predicted_hit_ratio, abs=TOLERANCE)


def test_keys_that_never_come_back_are_high_variation(service):
    running = service()
    hot = iter(running.zipf(30, 1.0, 4000))
    running.cache.configure("enso", max_size=50)
    running.ask("enso", [f"once {i}" if i % 10 else next(hot) for i in range(4000)])
    analysis = running.analysis("enso")
    assert analysis.diagnosis is Diagnosis.HIGH_VARIATION
    actions = [advice.action for advice in analysis.recommendations]
    assert actions == [Action.ASK_FOR_LESS, Action.ADMIT_BY_VALUE]


def test_a_capacity_of_nothing_is_not_caching_and_is_advised_a_size_that_cures_it(service):
    running = service()
    running.cache.configure("enso", max_size=0)
    running.ask("enso", running.zipf(60, 0.8, 4000))
    sick = running.analysis("enso")
    advice = only(sick.recommendations)
    assert sick.diagnosis is Diagnosis.NOT_CACHING
    assert (advice.setting, advice.present) == ("CACHE_SIZE_ENSO", 0)
    running.cache.configure("enso", max_size=advice.proposed)
    after = running.ask("enso", running.zipf(60, 0.8, 4000))
    assert after == pytest.approx(advice.predicted_hit_ratio, abs=TOLERANCE)
    assert running.analysis("enso").diagnosis is Diagnosis.HEALTHY


def test_values_heavier_than_the_memory_are_not_caching(service):
    running = service(max_mib=0.01)
    running.entry_bytes["enso"] = 20_000
    running.ask("enso", running.zipf(20, 1.0, 500))
    analysis = running.analysis("enso")
    assert analysis.diagnosis is Diagnosis.NOT_CACHING
    assert only(analysis.recommendations).setting == "CACHE_MAX_MEMORY_MB"


def test_a_cache_that_is_cleared_again_and_again_is_not_caching(service):
    running = service()
    for _ in range(20):
        running.ask("enso", range(50))
        running.cache.clear("enso")
    analysis = running.analysis("enso")
    assert analysis.misses[MissReason.CLEARED] > 900
    assert analysis.diagnosis is Diagnosis.NOT_CACHING
    assert only(analysis.recommendations).action is Action.KEEP_WHAT_IS_STORED


def test_values_that_nobody_keeps_are_not_caching(service):
    running = service()
    record = running.analytics.recorder("enso")
    for number in range(500):
        running.clock.now += 1.0
        record((str(number % 20), running.clock.now))
        running.cache.cache("enso").count_miss(str(number % 20))  # built, and never stored
    running.digest()
    assert running.analysis("enso").diagnosis is Diagnosis.NOT_CACHING


def test_memory_that_is_short_is_told_from_a_capacity_that_is(service):
    running = service(max_mib=0.1)
    running.entry_bytes["enso"] = 10_000
    running.cache.configure("enso", max_size=100, ttl=math.inf)
    running.ask("enso", running.zipf(80, 0.5, 4000))
    sick = running.analysis("enso")
    advice = only(sick.recommendations)
    assert sick.diagnosis is Diagnosis.TOO_SMALL
    assert (advice.action, advice.setting) == (Action.RAISE_MEMORY, "CACHE_MAX_MEMORY_MB")

    roomy = service(max_mib=advice.proposed)
    roomy.entry_bytes["enso"] = 10_000
    roomy.cache.configure("enso", max_size=100, ttl=math.inf)
    roomy.ask("enso", roomy.zipf(80, 0.5, 1000))
    after = roomy.ask("enso", roomy.zipf(80, 0.5, 4000))
    assert after == pytest.approx(advice.predicted_hit_ratio, abs=TOLERANCE)


def test_a_cure_is_not_mistaken_for_an_ailment_while_the_window_remembers_both(service):
    running = service(window_seconds=100_000.0)
    running.cache.configure("enso", max_size=5, ttl=math.inf)
    running.ask("enso", [number % 50 for number in range(3000)])
    running.cache.configure("enso", max_size=60)
    running.ask("enso", [number % 50 for number in range(400)])
    assert running.analysis("enso").diagnosis is Diagnosis.HEALTHY


def test_what_a_cure_takes_is_known_while_the_cache_is_empty_for_a_moment(service):
    running = service(max_mib=1)
    running.entry_bytes["enso"] = 10_000
    running.cache.configure("enso", max_size=100, ttl=1.0)
    running.every_seconds = 0.1
    running.ask("enso", [number % 30 for number in range(600)])
    before = only(running.analysis("enso").recommendations)
    running.clock.now += 3.0
    running.cache.cache("enso").sweep()
    running.digest()
    assert running.cache.report()["enso"].size == 0
    assert only(running.analysis("enso").recommendations) == before
    assert before.memory_bytes > 200_000


def test_a_cure_must_fit_into_the_memory_while_the_cache_is_empty_for_a_moment(service):
    running = service(max_mib=0.1)
    running.entry_bytes["enso"] = 10_000
    running.cache.configure("enso", max_size=100, ttl=0.5)
    running.every_seconds = 0.1
    running.ask("enso", [number % 30 for number in range(600)])
    running.clock.now += 3.0
    running.cache.cache("enso").sweep()
    running.digest()
    memory, ttl = running.analysis("enso").recommendations
    assert (memory.action, ttl.action) == (Action.RAISE_MEMORY, Action.RAISE_TTL)


@pytest.mark.parametrize(
    ("size", "ttl", "advised"),
    [
        (5, 3600.0, {"CACHE_SIZE_ENSO"}),
        (100, 20.0, {"CACHE_TTL_ENSO"}),
        (5, 20.0, {"CACHE_SIZE_ENSO", "CACHE_TTL_ENSO"}),
        (0, 3600.0, {"CACHE_SIZE_ENSO"}),
    ],
)
def test_where_memory_is_short_as_well_all_that_the_cure_takes_is_advised(
    service, size, ttl, advised
):
    loop = [number % 60 for number in range(600)]
    running = service(max_mib=0.05)
    running.entry_bytes["enso"] = 2_000
    running.cache.configure("enso", max_size=size, ttl=ttl)
    sick_ratio = running.ask("enso", loop)
    advice = running.analysis("enso").recommendations
    settings = {each.setting: each.proposed for each in advice}
    assert sick_ratio == 0
    assert set(settings) == {"CACHE_MAX_MEMORY_MB", *advised}

    cured = service(max_mib=settings["CACHE_MAX_MEMORY_MB"])
    cured.entry_bytes["enso"] = 2_000
    cured.cache.configure(
        "enso",
        max_size=settings.get("CACHE_SIZE_ENSO", size),
        ttl=settings.get("CACHE_TTL_ENSO", ttl),
    )
    well_ratio = cured.ask("enso", loop)
    assert well_ratio > 0.5
    assert [each.predicted_hit_ratio for each in advice] == pytest.approx(
        [well_ratio] * len(advice), abs=TOLERANCE
    )
    assert advice[0].memory_bytes == pytest.approx(cured.cache.memory_bytes, rel=0.1)


def test_what_a_cache_of_nothing_would_hold_must_fit_into_the_memory(service):
    running = service(max_mib=0.1)
    running.entry_bytes["enso"] = 2_000
    running.cache.configure("enso", max_size=0)
    running.ask("enso", running.zipf(300, 0.9, 2000))
    advice = only(running.analysis("enso").recommendations)
    assert advice.action is Action.RAISE_CAPACITY
    assert 40_000 < advice.memory_bytes <= 0.1 * 2**20


def test_memory_for_values_too_heavy_for_it_is_known_from_what_was_offered(service):
    running = service(max_mib=0.01)
    running.entry_bytes["enso"] = 200_000
    running.ask("enso", running.zipf(20, 1.0, 500))
    advice = only(running.analysis("enso").recommendations)

    cured = service(max_mib=advice.proposed)
    cured.entry_bytes["enso"] = 200_000
    after = cured.ask("enso", cured.zipf(20, 1.0, 500))
    assert after == pytest.approx(advice.predicted_hit_ratio, abs=TOLERANCE)
