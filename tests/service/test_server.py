"""A stop waits for as long as one request may take, by the settings."""

from service.server import longest_request_seconds
from service.settings import Settings


def settings(**given):
    return Settings(_env_file=None, llm_timeout_seconds=7, generation_timeout_seconds=40, **given)


def test_a_stop_waits_for_a_direction_and_its_drawing():
    assert 47 < longest_request_seconds(settings(cache_tiers=("memory",))) < 50


def test_a_stop_waits_for_another_replicas_drawing_as_well():
    assert 87 < longest_request_seconds(settings(cache_tiers=("memory", "redis"))) < 90
