"""The log takes lookups from any thread and loses none but the oldest when it overflows."""

from __future__ import annotations

from cache.analytics.lookup_log import LookupLog


def test_what_was_recorded_is_taken_away_once_and_in_order():
    log = LookupLog()
    log.record(("a", 1.0))
    log.record(("b", 2.0))
    assert log.drain() == [("a", 1.0), ("b", 2.0)]
    assert log.drain() == []


def test_the_oldest_gives_way_when_it_is_full():
    log = LookupLog(2)
    for number in range(5):
        log.record((str(number), float(number)))
    assert [key for key, _ in log.drain()] == ["3", "4"]


def test_nothing_is_lost_or_doubled_while_others_record(in_threads):
    log = LookupLog(100_000)
    drained: list[tuple[str, float]] = []

    def record(name):
        for number in range(5_000):
            log.record((name, float(number)))

    def drain():
        while len(drained) < 15_000:
            drained.extend(log.drain())

    outcomes = in_threads(*(lambda name=name: record(name) for name in "abc"), drain)
    assert outcomes == [None] * 4
    for name in "abc":
        assert [at for key, at in drained if key == name] == [float(n) for n in range(5_000)]
