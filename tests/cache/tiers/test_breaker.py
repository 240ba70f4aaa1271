"""A breaker asks nothing of what failed, probes it ever more rarely, and trusts it slowly again."""

from __future__ import annotations

from typing import Any

import pytest

from cache.tiers.breaker import Breaker


@pytest.fixture
def opened() -> list[None]:
    return []


@pytest.fixture
def breaker(clock: Any, opened: list[None]) -> Breaker:
    """A closed one that opens at the third failure and probes after 1, 2, 4, 5, 5… s."""
    breaker = Breaker(
        failures_to_open=3,
        first_pause_seconds=1.0,
        longest_pause_seconds=5.0,
        on_open=lambda: opened.append(None),
        clock=clock,
    )
    assert breaker.try_probe()
    breaker.probe_succeeded()
    breaker.succeeded()
    return breaker


def test_it_starts_open_with_a_probe_due(clock: Any) -> None:
    breaker = Breaker(clock=clock)
    assert not breaker.closed
    assert breaker.seconds_to_probe() == 0
    assert breaker.try_probe()


def test_consecutive_failures_open_it_and_say_so_once(breaker: Breaker, opened: list[None]) -> None:
    for _ in range(2):
        breaker.failed()
    assert breaker.closed
    for _ in range(5):
        breaker.failed()
    assert not breaker.closed
    assert len(opened) == 1


def test_a_success_between_failures_starts_the_count_anew(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert breaker.closed


def test_only_one_probe_is_under_way(breaker: Breaker, clock: Any) -> None:
    breaker.open()
    assert not breaker.try_probe()
    clock.advance(1.0)
    assert breaker.try_probe()
    assert not breaker.try_probe()
    assert not breaker.closed


def test_pauses_between_probes_double_up_to_the_longest(breaker: Breaker, clock: Any) -> None:
    breaker.open()
    pauses = []
    for _ in range(6):
        pauses.append(breaker.seconds_to_probe())
        clock.advance(pauses[-1])
        assert breaker.try_probe()
        breaker.probe_failed()
    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0, 5.0]


def test_after_a_probe_one_failure_opens_it_again_for_longer(breaker: Breaker, clock: Any) -> None:
    breaker.open()
    clock.advance(1.0)
    breaker.try_probe()
    breaker.probe_succeeded()
    assert breaker.closed
    breaker.failed()
    assert not breaker.closed
    assert breaker.seconds_to_probe() == 2.0


def test_after_work_succeeded_it_is_as_patient_as_ever(breaker: Breaker, clock: Any) -> None:
    breaker.open()
    clock.advance(1.0)
    breaker.try_probe()
    breaker.probe_succeeded()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.closed
    breaker.failed()
    assert breaker.seconds_to_probe() == 1.0


def test_a_late_answer_of_a_call_does_not_close_it(breaker: Breaker) -> None:
    breaker.open()
    breaker.succeeded()
    assert not breaker.closed


@pytest.mark.parametrize(
    "numbers",
    [
        {"failures_to_open": 0},
        {"first_pause_seconds": 0.0},
        {"first_pause_seconds": 6.0, "longest_pause_seconds": 5.0},
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        Breaker(**numbers)
