"""What goes wrong with the service reaches a webhook in time and in full, and is then taken back.

Real processes throughout: service, Prometheus with our rules, Alertmanager with our routes.
"""

import itertools
import re

import pytest

MAIN = {"job": "nanobanana", "instance": "localhost:8001"}
OTHER = {"job": "nanobanana", "instance": "localhost:8002"}


def enso(seed):
    return f"/generate/enso?width=16&seed={seed}"


def three_new_of_four(seeds):
    """Yield paths of which every fourth is one that was asked for before."""
    for seed in seeds:
        yield enso(seed)
        yield enso(next(seeds))
        yield enso(next(seeds))
        yield enso(0)


def figure(told):
    """Return the percentage that the description of an alert tells."""
    return float(re.search(r"([\d.]+)%", told.annotations["description"])[1])


def assert_told_whole(told, path, severity, **labels):
    name = told.labels["alertname"]
    assert told.path == path
    assert told.labels == {"alertname": name, "severity": severity, **labels}
    assert told.annotations["runbook_url"] == f"http://localhost:8001/runbooks/{name}"
    assert told.annotations["dashboard_url"].startswith("http://localhost:3000/d/nanobanana-")
    assert told.annotations["summary"]


def test_the_heartbeat_is_heard_again_and_again(stack):
    for _ in range(2):
        told = stack.webhook.listen()("Watchdog")
        assert_told_whole(told, "/watchdog", "none")


def test_a_low_hit_ratio_is_told_with_its_cause_until_it_recovers(stack, ask, new_seeds):
    hear = stack.webhook.listen()
    ask(stack.main.port, enso(0))
    with stack.load(three_new_of_four(new_seeds)):
        low = hear("CacheHitRatioLow", asset_type="enso")
        cause = hear("CacheHighVariation", asset_type="enso")
    assert_told_whole(low, "/warning", "warning", asset_type="enso", **MAIN)
    assert_told_whole(cause, "/info", "info", asset_type="enso", **MAIN)
    seen = stack.query(
        'instance_asset_type:nanobanana_cache_hit:ratio_rate5m{asset_type="enso"}[1m]'
    )
    for told in (low, cause):
        assert figure(told) < 50
        assert any(figure(told) == pytest.approx(100 * ratio, abs=0.01) for _, ratio in seen)
    with stack.load(map(enso, itertools.repeat(0))):
        hear("CacheHitRatioLow", "resolved", asset_type="enso")
        hear("CacheHighVariation", "resolved", asset_type="enso")


def test_drawing_that_fails_is_told_until_it_succeeds(stack, new_seeds):
    hear = stack.webhook.listen()
    flaw = stack.home / "flaw"
    flaw.touch()
    with stack.load(f"/generate/flawed?seed={seed}" for seed in new_seeds):
        told = hear("GenerationErrors", asset_type="flawed")
        flaw.unlink()
        hear("GenerationErrors", "resolved", asset_type="flawed")
    assert_told_whole(told, "/critical", "critical", asset_type="flawed", **MAIN)
    assert figure(told) > 5


def test_a_clear_is_told(stack, ask):
    hear = stack.webhook.listen()
    status, _, _ = ask(stack.main.port, "/cache/clear?asset_type=kangaroo", "POST")
    assert status == 200
    told = hear("CacheClearedUnexpectedly", **MAIN)
    assert_told_whole(told, "/warning", "warning", asset_type="kangaroo", **MAIN)
    assert "cleared 1 times" in told.annotations["description"]
    hear("CacheClearedUnexpectedly", "resolved", asset_type="kangaroo", **MAIN)


def test_a_service_that_is_gone_is_told_until_it_is_back(stack):
    hear = stack.webhook.listen()
    stack.other.end()
    told = hear("NanoBananaDown")
    assert_told_whole(told, "/critical", "critical", **OTHER)
    assert "(up is 0)" in told.annotations["description"]
    assert "Instances that answer: 1" in told.annotations["description"]
    stack.other.start()
    stack.other.wait_until_up()
    hear("NanoBananaDown", "resolved", **OTHER)


def test_a_tier_that_is_gone_is_told_until_it_is_back(stack, new_seeds):
    hear = stack.webhook.listen()
    with stack.load(f"/generate/sigil?width=16&seed={seed}" for seed in new_seeds):
        stack.redis.end()
        told = hear("CacheTierDown", **MAIN)
        stack.redis.start()
        stack.redis.wait_until_up()
        hear("CacheTierDown", "resolved", **MAIN)
    assert_told_whole(told, "/warning", "warning", tier="redis", **MAIN)
    assert "(up is 0)" in told.annotations["description"]
