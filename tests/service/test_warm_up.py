"""Warming draws what is current, counts as no lookup, and failing at it stops nothing."""

import pytest
from pydantic import model_validator

from generators import Format, Parameters, Registry, Spec
from service.catalogue import path_of
from service.targets import TargetParser
from service.warm_up import warm_up


class Undecided(Parameters):
    """Parameters whose defaults do not go together."""

    @model_validator(mode="after")
    def _refuse(self):
        raise ValueError("a side has to be chosen")


class Coin:
    """A type that looks as if it could be drawn without being asked anything."""

    spec = Spec("coin", "A coin", 8, 8, "RGB", "1", Undecided)

    def render(self, parameters, seed):
        raise AssertionError("nobody could ask for this")


@pytest.fixture
async def service(start, studio):
    registry = studio.load_registry()
    generators = [registry.get(name) for name in registry]
    return (await start(lambda: Registry((*generators, Coin())))).service


async def test_what_is_drawn_is_what_the_next_request_hits(service):
    dot = service.specs[0]
    await warm_up(service.assets, [dot])
    report = service.cache.report()["dot"]
    assert (report.size, report.counts.hits, report.counts.total_misses) == (1, 0, 0)
    target = TargetParser(dot, path_of(dot)).parse("", Format.PNG)
    assert service.assets.find(target) is not None


async def test_what_is_held_is_not_drawn_again(service, studio):
    await warm_up(service.assets, service.specs[:2])
    await warm_up(service.assets, service.specs[:2])
    assert sorted(name for name, _ in studio.drawn) == ["dot", "leaf"]


async def test_a_type_that_fails_is_told_and_left_cold(service, studio, caplog):
    studio.failure = ValueError("no ink")
    await warm_up(service.assets, service.specs[:2])
    assert "dot was not warmed: dot failed: ValueError: no ink" in caplog.text
    assert service.cache.report()["dot"].size == 0


async def test_a_type_that_refuses_its_defaults_is_told_and_the_others_are_warmed(service, caplog):
    dot, coin = service.specs[0], service.specs[-1]
    await warm_up(service.assets, [coin, dot])
    assert "coin was not warmed: " in caplog.text
    assert service.cache.report()["dot"].size == 1


async def test_warming_ends_at_its_time_limit(service, studio, caplog, monkeypatch):
    monkeypatch.setattr("service.warm_up._TIMEOUT_SECONDS", 0.05)
    studio.open.clear()
    await warm_up(service.assets, service.specs[:1])
    assert "warm-up was not finished within 0.05 s" in caplog.text
    studio.open.set()
