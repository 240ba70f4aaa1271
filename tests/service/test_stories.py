"""A live service tells what ails it, and what it advises cures that as it predicted."""

import itertools
import random

import pytest

TOLERANCE = 0.03


def zipf(keys, skew, requests, seed=1):
    """Return seeds of which the n-th most popular is asked for in proportion to n^-skew."""
    weights = list(itertools.accumulate(rank**-skew for rank in range(1, keys + 1)))
    return random.Random(seed).choices(range(keys), cum_weights=weights, k=requests)


@pytest.fixture
def serve(start, monkeypatch):
    """A function that starts a service whose operator has set these environment variables."""

    async def served(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        return await start()

    return served


@pytest.fixture
def analysed(clock):
    """A function that asks for `paths` one after the other, then for what ails their type."""

    async def analysis(running, paths, seconds_between=0.1):
        for path in paths:
            await running.image(path)
            clock.advance(seconds_between)
        reply = await running.get("/cache/analytics")
        return reply.json()["analytics"]["dot"]

    return analysis


def dots(seeds):
    return [f"/generate/dot?seed={seed}" for seed in seeds]


def advised(analysis):
    """Return the settings of the recommendations, and the hit ratio that they are to bring."""
    recommendations = analysis["recommendations"]
    settings = {each["setting"]: each["to"] for each in recommendations if each["setting"]}
    return settings, recommendations[0]["predicted_hit_ratio"]


async def test_healthy(serve, analysed):
    analysis = await analysed(await serve(), dots(zipf(60, 0.9, 600)))
    assert (analysis["diagnosis"], analysis["recommendations"]) == ("healthy", [])
    assert analysis["hit_ratio"] > 0.85
    assert analysis["predicted_hit_ratio"]["capacity"]["1x"] == analysis["hit_ratio"]


async def test_too_small(serve, analysed):
    traffic = dots(zipf(150, 0.6, 1_200))
    sick = await analysed(await serve(CACHE_SIZE_DOT=15), traffic)
    assert sick["diagnosis"] == "too-small"
    settings, predicted = advised(sick)
    assert list(settings) == ["CACHE_SIZE_DOT"]
    well = await analysed(await serve(**settings), traffic)
    assert well["diagnosis"] == "healthy"
    assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    assert well["hit_ratio"] > sick["hit_ratio"] + 0.4


async def test_ttl_too_short(serve, analysed):
    traffic = dots(zipf(40, 0.5, 1_000))
    sick = await analysed(await serve(CACHE_TTL_DOT=15), traffic, seconds_between=1.0)
    assert sick["diagnosis"] == "ttl-too-short"
    settings, predicted = advised(sick)
    assert list(settings) == ["CACHE_TTL_DOT"]
    well = await analysed(await serve(**settings), traffic, seconds_between=1.0)
    assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    # The farthest TTL that is tried is 16 times the present one: what is left to gain comes next.
    while well["diagnosis"] != "healthy":
        assert well["diagnosis"] == "ttl-too-short"
        settings, predicted = advised(well)
        well = await analysed(await serve(**settings), traffic, seconds_between=1.0)
        assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    assert well["hit_ratio"] > sick["hit_ratio"] + 0.3


async def test_too_small_and_too_short_at_once(serve, analysed):
    traffic = dots([*range(60)] * 12)
    sick = await analysed(await serve(CACHE_SIZE_DOT=10, CACHE_TTL_DOT=20), traffic, 1.0)
    assert sick["hit_ratio"] == 0
    settings, predicted = advised(sick)
    assert set(settings) == {"CACHE_SIZE_DOT", "CACHE_TTL_DOT"}
    well = await analysed(await serve(**settings), traffic, 1.0)
    assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    assert well["hit_ratio"] > 0.6


@pytest.mark.parametrize(
    ("ailment", "cure"),
    [
        ({"CACHE_SIZE_DOT": 5}, "CACHE_SIZE_DOT"),
        ({"CACHE_SIZE_DOT": 0}, "CACHE_SIZE_DOT"),
        ({"CACHE_TTL_DOT": 2}, "CACHE_TTL_DOT"),
    ],
)
async def test_memory_too_short_for_the_cure(serve, analysed, ailment, cure):
    traffic = dots([*range(60)] * 8)
    sick = await analysed(await serve(CACHE_MAX_MEMORY_MB=0.004, **ailment), traffic)
    assert sick["hit_ratio"] == 0
    settings, predicted = advised(sick)
    assert set(settings) == {"CACHE_MAX_MEMORY_MB", cure}
    well = await analysed(await serve(**settings), traffic)
    assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    assert well["hit_ratio"] > 0.6


async def test_high_variation(serve, analysed):
    popular = iter(zipf(20, 0.9, 600))
    seeds = [1_000 + n if n % 5 else next(popular) for n in range(600)]
    sick = await analysed(await serve(CACHE_SIZE_DOT=50), dots(seeds))
    assert sick["diagnosis"] == "high-variation"
    fewer, by_value = sick["recommendations"]
    assert fewer["action"] == "ask-for-less"
    assert (by_value["setting"], by_value["to"]) == ("CACHE_ADMISSION", "value")

    # No setting makes up for keys that never come back, and it says so.
    running = await serve(CACHE_ADMISSION=by_value["to"])
    still = await analysed(running, dots(seeds))
    assert [each["action"] for each in still["recommendations"]] == ["ask-for-less"]
    assert still["hit_ratio"] >= sick["hit_ratio"]

    # Callers who do as advised, and leave the seed to the service, do.
    well = await analysed(await serve(), dots(seed % 40 for seed in seeds))
    assert well["diagnosis"] == "healthy"
    assert well["hit_ratio"] > 0.9


async def test_low_volume(serve, analysed):
    running, seeds = await serve(), zipf(20, 0.9, 400)
    few = await analysed(running, dots(seeds[:30]))
    assert (few["diagnosis"], few["recommendations"]) == ("low-volume", [])
    assert (await analysed(running, dots(seeds[30:])))["diagnosis"] == "healthy"


@pytest.mark.parametrize("ailment", [{"CACHE_SIZE_DOT": 0}, {"CACHE_MAX_MEMORY_MB": 0.0002}])
async def test_not_caching(serve, analysed, ailment):
    traffic = dots(zipf(30, 0.8, 500))
    well = sick = await analysed(await serve(**ailment), traffic)
    assert (sick["diagnosis"], sick["hit_ratio"]) == ("not-caching", 0)
    while well["diagnosis"] != "healthy":
        settings, predicted = advised(well)
        well = await analysed(await serve(**settings), traffic)
        if predicted is not None:
            assert well["hit_ratio"] == pytest.approx(predicted, abs=TOLERANCE)
    assert well["hit_ratio"] > 0.9


async def test_a_capacity_that_is_changed_live_leaves_predictions_true(serve, analysed):
    running = await serve(CACHE_SIZE_DOT=15)
    traffic = dots(zipf(150, 0.6, 1_000))
    before = (await analysed(running, traffic))["predicted_hit_ratio"]["capacity"]
    running.service.cache.configure("dot", max_size=60)
    at_once = (await analysed(running, []))["predicted_hit_ratio"]["capacity"]
    # What was 4x is 1x, as good as it was known before the change.
    assert at_once["0.25x"] == pytest.approx(before["1x"], abs=TOLERANCE)
    assert at_once["0.5x"] == pytest.approx(before["2x"], abs=TOLERANCE)
    assert at_once["1x"] == pytest.approx(before["4x"], abs=TOLERANCE)
    stats = (await running.stats())["caches"]["dot"]
    after = await analysed(running, dots(zipf(150, 0.6, 1_000, seed=2)))
    later = (await running.stats())["caches"]["dot"]
    asked = later["hits"] + later["misses"] - stats["hits"] - stats["misses"]
    truth = (later["hits"] - stats["hits"]) / asked
    assert after["predicted_hit_ratio"]["capacity"]["1x"] == pytest.approx(truth, abs=TOLERANCE)
    assert after["predicted_hit_ratio"]["capacity"]["4x"] > 0.8
