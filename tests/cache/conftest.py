"""What the tests of the cache share: a clock that they move, a cache on it, and bounded waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cache import GenerationalCache, set_cache

DEADLINE_SECONDS = 20.0


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> GenerationalCache[Any]:
    """A cache on the test's clock: 60 s fresh, 30 s more for stale use."""
    return GenerationalCache(max_size=10, ttl=60.0, stale_seconds=30.0, clock=clock)


@pytest.fixture
def process_cache(cache: GenerationalCache[Any]) -> Iterator[GenerationalCache[Any]]:
    """The same, as the process-wide cache."""
    set_cache(cache)
    yield cache
    set_cache(None)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait for another thread to have brought a condition about; fail when it never does."""

    def wait(condition: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + DEADLINE_SECONDS
        tick = threading.Event()
        while not condition():
            assert time.monotonic() < give_up_at, "the condition never came about"
            tick.wait(0.001)

    return wait


@pytest.fixture
def in_threads() -> Callable[..., list[Any]]:
    """Run callables at once, a thread each; return their results, or the errors they raised."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        outcomes: list[Any] = [None] * len(calls)
        together = threading.Barrier(len(calls))

        def attempt(index: int, call: Callable[[], Any]) -> None:
            together.wait(DEADLINE_SECONDS)
            try:
                outcomes[index] = call()
            except BaseException as error:
                outcomes[index] = error

        threads = [
            threading.Thread(target=attempt, args=(index, call), daemon=True)
            for index, call in enumerate(calls)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_SECONDS)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"
        return outcomes

    return run
