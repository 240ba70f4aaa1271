"""Tiers are asked in order, fill each other, and never give what was cleared or deleted before."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import pytest

from cache import Built, GenerationalCache, Outcome, Tier, cache_asset, make_key
from cache.tiers import Envelope, Failure, Foreign, Operation, Superseded, TierReport, Tiers

NOW = 1000.0


class Shelf:
    """A tier in a dict, whose reads and clears wait while they are held up."""

    def __init__(self, name: Tier) -> None:
        self.name = name
        self.held: dict[tuple[str, str], Envelope] = {}
        self.done: list[tuple[str, str]] = []
        self.reads = asyncio.Event()
        self.clears = asyncio.Event()
        self.reads.set()
        self.clears.set()
        self.reading = asyncio.Event()

    async def open(self) -> None:
        self.done.append(("open", ""))

    async def read(self, asset_type: str, key: str) -> Envelope | None:
        envelope = self.held.get((asset_type, key))
        self.reading.set()
        await self.reads.wait()
        return envelope

    def write(self, envelope: Envelope) -> None:
        self.done.append(("write", envelope.body.decode()))
        self.held[envelope.asset_type, envelope.key] = envelope

    def delete(self, asset_type: str, key: str) -> None:
        self.done.append(("delete", key))
        self.held.pop((asset_type, key), None)

    async def clear(self, asset_type: str) -> None:
        self.done.append(("clear", asset_type))
        self.held = {each: held for each, held in self.held.items() if each[0] != asset_type}
        await self.clears.wait()

    async def close(self) -> None:
        self.done.append(("close", ""))

    def report(self) -> TierReport:
        return TierReport(self.name, True, 0, {(Operation.READ, Failure.CORRUPT): 1}, {})


class LeasingShelf(Shelf):
    """One that gives out leases as well."""

    def __init__(self, name: Tier) -> None:
        super().__init__(name)
        self.released = 0

    async def await_turn(self, asset_type: str, key: str) -> Any:
        return await self.read(asset_type, key) or self

    def release(self) -> None:
        self.released += 1


class HotShelf(Shelf):
    """One that knows what is hot."""

    def __init__(self, name: Tier) -> None:
        super().__init__(name)
        self.uses: Counter[tuple[str, str]] = Counter()

    def note_uses(self, asset_type: str, uses: Iterable[tuple[str, int]]) -> None:
        self.uses.update({(asset_type, key): count for key, count in uses})

    async def hottest(
        self, limit_bytes: int, limit_entries: Mapping[str, int]
    ) -> AsyncIterator[Envelope]:
        for identity, _ in self.uses.most_common():
            yield self.held[identity]
            self.reading.set()
            await self.reads.wait()


class Words:
    """A codec of texts, some of which it does not like."""

    def encode(self, value: str) -> bytes:
        if value == "unwritable":
            raise ValueError(value)
        if value == "foreign":
            raise Foreign
        return value.encode()

    def decode(self, _asset_type: str, _key: str, body: bytes) -> str:
        if body == b"superseded":
            raise Superseded
        if body == b"odd":
            raise IndexError
        return body.decode(errors="strict")

    def is_current(self, _asset_type: str, _key: str, body: bytes) -> bool:
        if body == b"odd":
            raise IndexError
        return body != b"superseded"


def envelope(body: bytes, key: str = "k", lifetime: float = 60.0) -> Envelope:
    return Envelope("enso", key, NOW - 10, NOW + lifetime, 0.5, body)


@pytest.fixture
def disk() -> HotShelf:
    return HotShelf(Tier.DISK)


@pytest.fixture
def redis() -> LeasingShelf:
    return LeasingShelf(Tier.REDIS)


@pytest.fixture
async def tiers(disk: HotShelf, redis: LeasingShelf) -> AsyncIterator[Tiers[str]]:
    tiers = Tiers((disk, redis), Words(), leasing=redis, hot_store=disk, wall_clock=lambda: NOW)
    await tiers.open()
    yield tiers
    disk.clears.set()
    await tiers.close()
    assert disk.done[-1] == redis.done[-1] == ("close", "")


async def tick() -> None:
    """Let what was asked for soon be done."""
    for _ in range(3):
        await asyncio.sleep(0)


async def value_of(tiers: Tiers[str], key: str = "k") -> str | None:
    found = await tiers.find("enso", key)
    return None if found is None else found.value


# Looking up


async def test_the_nearest_answers_and_those_above_it_are_filled(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    redis.write(envelope(b"shared"))
    found = await tiers.find("enso", "k")
    assert found is not None
    assert (found.value, found.tier) == ("shared", Tier.REDIS)
    assert (found.age_seconds, found.ttl_seconds, found.cost_seconds) == (10, 60, 0.5)
    assert found.built == Built("shared", 60, 0.5, 10)
    again = await tiers.find("enso", "k")
    assert again is not None
    assert again.tier is Tier.DISK
    assert await tiers.find("enso", "other") is None


async def test_who_holds_a_key_is_told_without_a_change(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    redis.write(envelope(b"shared"))
    disk.write(envelope(b"stale", lifetime=-1))
    (holder,) = await tiers.holders("enso", "k")
    assert holder == (Tier.REDIS, 10, 60, 0.5, 6)
    assert disk.held["enso", "k"].body == b"stale"


@pytest.mark.parametrize("body", [b"odd", b"superseded"])
async def test_who_holds_what_a_lookup_would_refuse_holds_nothing(
    tiers: Tiers[str], disk: Shelf, redis: Shelf, body: bytes
) -> None:
    disk.held["enso", "k"] = envelope(body)
    assert await tiers.holders("enso", "k") == []
    assert await tiers.find("enso", "k") is None
    disk.held["enso", "k"] = envelope(body)
    redis.held["enso", "k"] = envelope(b"good")
    assert [holder.tier for holder in await tiers.holders("enso", "k")] == [Tier.REDIS]
    await tick()


async def test_what_claims_more_than_may_be_is_corrupt(disk: Shelf) -> None:
    tiers = Tiers((disk,), Words(), max_ttl_seconds=100, max_cost_seconds=5, wall_clock=lambda: NOW)
    await tiers.open()
    claims = [(100, 5), (101, 5), (math.inf, 5), (100, 5.1)]
    for refused, (ttl, cost) in enumerate(claims):
        disk.held["enso", "k"] = Envelope("enso", "k", NOW, NOW + ttl, cost, b"value")
        held = await tiers.holders("enso", "k")
        assert len(held) == (0 if refused else 1)
        assert await value_of(tiers) == (None if refused else "value")
        (report,) = tiers.reports()
        assert report.failures[Operation.READ, Failure.CORRUPT] == 1 + refused
        await tick()
        assert (("delete", "k") in disk.done) == bool(refused)
    await tiers.close()


async def test_an_answer_of_the_disk_is_a_use_of_it_and_a_question_who_holds_it_is_none(
    tiers: Tiers[str], disk: HotShelf, redis: Shelf
) -> None:
    redis.write(envelope(b"shared"))
    disk.write(envelope(b"own", "own"))
    await tiers.holders("enso", "own")
    await tiers.find("enso", "k")
    assert not disk.uses
    await tiers.find("enso", "own")
    async with tiers.turn("enso", "own") as found:
        assert found is not None
    assert disk.uses == {("enso", "own"): 2}


@pytest.mark.parametrize("body", [b"odd", b"\xff"])
async def test_what_the_codec_refuses_is_deleted_counted_and_looked_for_below(
    tiers: Tiers[str], disk: Shelf, redis: Shelf, body: bytes
) -> None:
    disk.held["enso", "k"] = envelope(body)
    redis.write(envelope(b"good"))
    redis.write(envelope(b"better", "other"))
    assert await value_of(tiers) == "good"
    await tick()
    assert ("delete", "k") in disk.done
    counts = {report.tier: report.failures for report in tiers.reports()}
    assert counts[Tier.DISK][Operation.READ, Failure.CORRUPT] == 2
    assert counts[Tier.REDIS][Operation.READ, Failure.CORRUPT] == 1


async def test_what_is_superseded_or_expired_is_no_answer_and_no_failure(
    tiers: Tiers[str], disk: Shelf
) -> None:
    for stored in (envelope(b"superseded"), envelope(b"old", lifetime=0)):
        disk.held["enso", "k"] = stored
        assert await value_of(tiers) is None
        await tick()
        assert ("delete", "k") not in disk.done


async def test_without_tiers_nothing_is_found_or_kept() -> None:
    tiers: Tiers[str] = Tiers.none()
    await tiers.open()
    tiers.store("enso", "k", "value", 60, 0)
    tiers.clear("enso")
    await tick()
    assert await tiers.find("enso", "k") is None
    assert tiers.find_blocking("enso", "k") is None
    assert [each async for each in tiers.hottest(1, {"enso": 1})] == []
    tiers.note_uses("enso", [("k", 1)])
    await tiers.close()
    with pytest.raises(ValueError, match="no tier"):
        tiers._codec.encode("value")
    with pytest.raises(ValueError, match="no tier"):
        tiers._codec.decode("enso", "k", b"value")
    with pytest.raises(ValueError, match="no tier"):
        tiers._codec.is_current("enso", "k", b"value")


async def test_without_tiers_nothing_is_done_behind_a_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tiers: Tiers[str] = Tiers((), Words())
    await tiers.open()
    monkeypatch.setattr(asyncio.get_running_loop(), "call_soon_threadsafe", None)
    tiers.store("enso", "k", "value", 60, 0)
    monkeypatch.undo()


# Turns


async def test_a_turn_gives_what_is_held_or_the_right_to_build(
    tiers: Tiers[str], disk: Shelf, redis: LeasingShelf
) -> None:
    async with tiers.turn("enso", "k") as found:
        assert found is None
        assert redis.released == 0
    await tick()
    assert redis.released == 1
    redis.write(envelope(b"shared"))
    async with tiers.turn("enso", "k") as found:
        assert found is not None
        assert found.value == "shared"
    await tick()
    assert redis.released == 1
    assert disk.held["enso", "k"].body == b"shared"


async def test_who_gives_leases_is_asked_only_once_so_that_it_is_waited_for_once(
    tiers: Tiers[str], redis: LeasingShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def read(asset_type: str, key: str) -> None:
        asked.append(key)

    monkeypatch.setattr(redis, "read", read)
    async with tiers.turn("enso", "k") as found:
        assert found is None
    assert asked == ["k"]


async def test_a_lease_is_released_when_building_fails(
    tiers: Tiers[str], redis: LeasingShelf
) -> None:
    with pytest.raises(LookupError):
        async with tiers.turn("enso", "k"):
            raise LookupError
    await tick()
    assert redis.released == 1


async def test_what_was_built_is_written_before_its_lease_is_given_back(
    tiers: Tiers[str], redis: LeasingShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "release", lambda: redis.done.append(("release", "")))
    async with tiers.turn("enso", "k"):
        tiers.store("enso", "k", "built", 60, 0)
    await tick()
    assert redis.done[-2:] == [("write", "built"), ("release", "")]


# Writing


async def test_a_value_is_written_to_every_tier_while_it_has_life_left(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    tiers.store("enso", "k", "value", 60, 0.5)
    tiers.store("enso", "dead", "dead", 0, 0.5)
    await tick()
    assert disk.held == redis.held
    assert disk.held["enso", "k"] == Envelope("enso", "k", NOW, NOW + 60, 0.5, b"value")
    tiers.delete("enso", "k")
    await tick()
    assert not disk.held
    assert not redis.held


async def test_what_cannot_be_written_is_counted(tiers: Tiers[str], disk: Shelf) -> None:
    tiers.store("enso", "k", "unwritable", 60, 0)
    await tick()
    assert not disk.held
    for report in tiers.reports():
        assert report.failures[Operation.WRITE, Failure.OTHER] == 1


async def test_before_opening_and_after_closing_nothing_is_written(disk: HotShelf) -> None:
    tiers = Tiers((disk,), Words(), hot_store=disk)
    tiers.store("enso", "early", "early", 60, 0)
    tiers.delete("enso", "early")
    tiers.note_uses("enso", [("k", 1)])
    assert tiers.find_blocking("enso", "k") is None
    await tiers.open()
    await tiers.close()
    tiers.store("enso", "late", "late", 60, 0)
    tiers.clear("enso")
    await tick()
    assert disk.done == [("open", ""), ("close", "")]
    assert not disk.uses
    await tiers.open()  # what was cleared meanwhile is cleared now
    await tiers.cleared()
    await tiers.close()
    await tiers.open()
    await tiers.close()
    assert disk.done.count(("clear", "enso")) == 1


async def test_what_is_cleared_before_opening_is_cleared_then(disk: HotShelf) -> None:
    disk.held["enso", "k"] = envelope(b"old")
    disk.held["sigil", "k"] = envelope(b"old")
    tiers = Tiers((disk,), Words(), wall_clock=lambda: NOW)
    tiers.clear("enso")
    tiers.clear("enso")
    assert await value_of(tiers) is None
    await tiers.open()
    await tiers.cleared()
    assert await value_of(tiers) is None
    assert disk.done.count(("clear", "enso")) == 1
    assert ("sigil", "k") in disk.held
    tiers.store("enso", "k", "new", 60, 0)
    await tick()
    assert await value_of(tiers) == "new"
    await tiers.close()


def test_a_loop_that_has_ended_loses_writes_not_requests(disk: Any) -> None:
    tiers = Tiers((disk,), Words())
    asyncio.run(tiers.open())
    tiers.store("enso", "k", "value", 60, 0)
    tiers.delete("enso", "k")
    assert tiers.find_blocking("enso", "k") is None
    assert disk.done == [("open", "")]


async def test_what_is_not_for_tiers_is_kept_out_of_them_in_silence(
    tiers: Tiers[str], disk: Shelf
) -> None:
    tiers.store("enso", "k", "foreign", 60, 0)
    await tick()
    assert disk.done == [("open", "")]
    assert not any(report.failures[Operation.WRITE, Failure.OTHER] for report in tiers.reports())


# Clears and deletions


async def test_while_a_clear_is_under_way_nothing_is_read_and_writes_wait_in_order(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    disk.held["enso", "k"] = envelope(b"old")
    disk.clears.clear()
    tiers.clear("enso")
    assert await value_of(tiers) is None
    assert await tiers.holders("enso", "k") == []
    disk.held["enso", "k"] = envelope(b"late")
    for value in ("one", "two"):
        tiers.store("enso", "k", value, 60, 0)
    tiers.store("sigil", "k", "other type", 60, 0)
    await tick()
    assert [each for each in disk.done if each[0] == "write"] == [("write", "other type")]
    disk.clears.set()
    await tiers.cleared()
    tiers.store("enso", "k", "three", 60, 0)
    await tick()
    written = [body for what, body in disk.done if what == "write"]
    assert written == ["other type", "one", "two", "three"]
    assert await value_of(tiers) == "three"


async def test_a_caller_who_leaves_does_not_take_the_clear_along(
    tiers: Tiers[str], disk: Shelf
) -> None:
    disk.clears.clear()
    tiers.clear("enso")
    waiting = asyncio.create_task(tiers.cleared())
    await tick()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    tiers.clear("enso")
    tiers.store("enso", "k", "new", 60, 0)
    disk.clears.set()
    await asyncio.wait_for(tiers.cleared(), 5)
    assert await value_of(tiers) == "new"


async def test_a_tier_that_fails_to_clear_does_not_stay_closed(
    tiers: Tiers[str], disk: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_asset_type: str) -> None:
        raise OSError

    monkeypatch.setattr(disk, "clear", broken)
    tiers.clear("enso")
    tiers.store("enso", "k", "new", 60, 0)
    await asyncio.wait_for(tiers.cleared(), 5)
    assert await value_of(tiers) == "new"


async def test_what_waits_behind_one_clear_is_cleared_by_the_next(
    tiers: Tiers[str], disk: Shelf
) -> None:
    disk.clears.clear()
    tiers.clear("enso")
    await tick()
    tiers.store("enso", "k", "between", 60, 0)
    await tick()
    tiers.clear("enso")
    tiers.store("enso", "k", "after", 60, 0)
    await tick()
    disk.clears.set()
    await tiers.cleared()
    await tick()
    assert [body for what, body in disk.done if what == "write"] == ["after"]


async def test_of_the_clears_asked_for_meanwhile_one_reaches_each_tier(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    disk.clears.clear()
    tiers.clear("enso")
    await tick()
    for but in (Tier.REDIS, None, Tier.REDIS, Tier.REDIS):
        tiers.clear("enso", but=but)
    await tick()
    assert await value_of(tiers) is None
    disk.clears.set()
    await tiers.cleared()
    assert disk.done.count(("clear", "enso")) == redis.done.count(("clear", "enso")) == 2
    tiers.store("enso", "k", "new", 60, 0)
    await tick()
    assert await value_of(tiers) == "new"


async def test_what_waits_behind_a_clear_is_bounded(
    tiers: Tiers[str], disk: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache.tiers.clears._MAX_WAITING_BYTES", 10)
    disk.clears.clear()
    tiers.clear("enso")
    for value in ("1234567", "too much", "890"):
        tiers.store("enso", value, value, 60, 0)
    await tick()
    disk.clears.set()
    await tiers.cleared()
    assert [body for what, body in disk.done if what == "write"] == ["1234567", "890"]
    failures = {report.tier: report.failures for report in tiers.reports()}
    assert failures[Tier.DISK][Operation.WRITE, Failure.FULL] == 1


async def test_a_turn_gives_nothing_that_was_there_before_a_clear(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    redis.held["enso", "k"] = envelope(b"old")
    redis.reads.clear()
    async with asyncio.TaskGroup() as group:

        async def turn() -> str | None:
            async with tiers.turn("enso", "k") as found:
                return None if found is None else found.value

        given = group.create_task(turn())
        await redis.reading.wait()
        tiers.clear("enso")
        await tick()
        redis.reads.set()
    assert given.result() is None
    assert ("write", "old") not in disk.done


async def test_a_clear_that_is_asked_for_while_the_tiers_open_is_the_last_word(
    disk: HotShelf,
) -> None:
    disk.held["enso", "k"] = envelope(b"old")
    tiers = Tiers((disk,), Words(), wall_clock=lambda: NOW)
    tiers.clear("enso")
    opening = asyncio.create_task(tiers.open())
    disk.clears.clear()
    await asyncio.sleep(0)
    tiers.clear("enso")
    tiers.store("enso", "k", "new", 60, 0)
    await opening
    disk.clears.set()
    await tiers.cleared()
    await tick()
    assert await value_of(tiers) == "new"
    await tiers.close()


async def test_clears_from_threads_and_writes_between_them_end_in_order(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    def clear_and_store() -> None:
        for number in range(50):
            tiers.clear("enso", but=Tier.REDIS if number % 3 == 1 else None)
            tiers.store("enso", "k", f"{number}", 60, 0)

    await asyncio.to_thread(clear_and_store)
    await tick()
    await tiers.cleared()
    await tick()
    assert await value_of(tiers) == "49"
    assert redis.held["enso", "k"].body == b"49"


async def test_a_clear_leaves_out_the_tier_that_it_came_from(
    tiers: Tiers[str], disk: Shelf, redis: Shelf
) -> None:
    tiers.clear("enso", but=Tier.REDIS)
    assert [each async for each in tiers.hottest(9, {"enso": 9})] == []
    await tiers.cleared()
    assert ("clear", "enso") in disk.done
    assert ("clear", "enso") not in redis.done


@pytest.mark.parametrize("forget", [Tiers.clear, lambda tiers, name: tiers.delete(name, "k")])
async def test_what_is_forgotten_while_it_is_read_is_not_found(
    tiers: Tiers[str], disk: Shelf, forget: Callable[[Tiers[str], str], None]
) -> None:
    disk.held["enso", "k"] = envelope(b"old")
    disk.reads.clear()
    reading = asyncio.create_task(tiers.find("enso", "k"))
    await disk.reading.wait()
    forget(tiers, "enso")
    disk.reads.set()
    assert await reading is None


async def test_what_is_deleted_while_its_lease_is_awaited_is_not_found(
    tiers: Tiers[str], redis: LeasingShelf
) -> None:
    redis.held["enso", "k"] = envelope(b"old")
    redis.reads.clear()

    async def turn() -> object:
        async with tiers.turn("enso", "k") as found:
            return found

    awaiting = asyncio.create_task(turn())
    await redis.reading.wait()
    tiers.delete("enso", "k")
    redis.reads.set()
    assert await awaiting is None


# The cache above


@pytest.fixture
def cache(tiers: Tiers[str]) -> GenerationalCache[str]:
    return GenerationalCache(tiers=tiers)


async def built() -> Built[str]:
    return Built("built")


@pytest.mark.parametrize("forget", ["clear", "delete"])
async def test_a_clear_during_a_tier_read_keeps_what_was_read_out_of_memory(
    cache: GenerationalCache[str], disk: Shelf, forget: str
) -> None:
    disk.held["enso", "k"] = envelope(b"old")
    disk.reads.clear()
    fetching = asyncio.create_task(cache.fetch_async("enso", "k", built))
    await disk.reading.wait()
    if forget == "clear":
        cache.clear("enso")
    else:
        cache.delete("enso", "k")
    disk.reads.set()
    assert (await fetching).value == "built"
    assert (await cache.fetch_async("enso", "k", built)).value == "built"
    await cache.cleared()


async def test_a_leader_that_leaves_while_a_tier_is_asked_lets_the_others_have_it(
    cache: GenerationalCache[str], disk: Shelf
) -> None:
    disk.held["enso", "k"] = envelope(b"held")
    disk.reads.clear()
    leader = asyncio.create_task(cache.fetch_async("enso", "k", built))
    await disk.reading.wait()
    follower = asyncio.create_task(cache.fetch_async("enso", "k", built))
    await tick()
    leader.cancel()
    await asyncio.gather(leader, return_exceptions=True)
    disk.reads.set()
    fetched = await follower
    assert (fetched.value, fetched.outcome, fetched.tier) == ("held", Outcome.COALESCED, Tier.DISK)
    counts = cache.report()["enso"].counts
    assert (counts.hits, counts.total_misses, counts.coalesced) == (0, 1, 1)


async def test_when_all_leave_while_a_tier_is_asked_the_next_begins_anew(
    cache: GenerationalCache[str], disk: Shelf, redis: LeasingShelf
) -> None:
    redis.reads.clear()
    only = asyncio.create_task(cache.fetch_async("enso", "k", built))
    await redis.reading.wait()
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    redis.reads.set()
    assert (await cache.fetch_async("enso", "k", built)).outcome is Outcome.MISS
    await tick()
    assert redis.released == 1


async def test_a_tier_is_told_once_of_each_use_of_memory(
    cache: GenerationalCache[str], disk: HotShelf
) -> None:
    for key in ("a", "b"):
        await cache.fetch_async("enso", key, built)
    for key in ("a", "b", "b"):
        assert cache.find("enso", key) is not None
    cache.tell_uses()
    cache.tell_uses()
    assert disk.uses == {("enso", "a"): 1, ("enso", "b"): 2}
    assert cache.find("enso", "a") is not None
    cache.tell_uses()
    assert disk.uses["enso", "a"] == 2


async def test_what_is_cleared_or_set_while_it_is_read_back_is_not_replaced(
    cache: GenerationalCache[str], disk: HotShelf
) -> None:
    names = ("enso", "sigil", "kangaroo")
    for uses, name in enumerate(names, 1):
        cache.cache(name)
        disk.held[name, make_key(name)] = Envelope(name, make_key(name), NOW, NOW + 60, 0, b"hot")
        disk.uses[name, make_key(name)] = uses
    disk.reads.clear()
    reading = asyncio.create_task(cache.read_back())
    await disk.reading.wait()  # after the kangaroo
    cache.clear("kangaroo")
    cache.set("sigil", "new")
    disk.reads.set()
    assert await reading == 1
    assert [cache.get(name) for name in names] == ["hot", "new", None]


async def test_the_hottest_is_used_last_of_what_is_read_back(
    cache: GenerationalCache[str], disk: HotShelf
) -> None:
    cache.configure("enso", max_size=2)
    for uses, key in enumerate("abc"):
        disk.held["enso", key] = envelope(key.encode(), key)
        disk.uses["enso", key] = uses
    assert await cache.read_back() == 3
    assert list(cache.cache("enso")._entries) == ["b", "c"]
    assert cache.report()["enso"].counts.hits == 0


# Plain functions


def test_a_plain_function_finds_what_a_tier_holds(in_loop: Any) -> None:
    cache, disk, run = in_loop
    calls = []

    @cache_asset("enso", cache=cache)
    def drawn(name: str) -> str:
        calls.append(name)
        return f"drawn {name}"

    assert drawn("a") == "drawn a"
    run(tick())
    cache.cache("enso").clear()
    assert disk.held
    assert drawn("a") == "drawn a"
    assert calls == ["a"]
    assert cache.report()["enso"].counts.tier_hits[Tier.DISK] == 1


def test_a_plain_function_waits_no_longer_than_its_bound(in_loop: Any) -> None:
    cache, disk, run = in_loop
    run(_call(disk.reads.clear))
    assert cache._tiers.find_blocking("enso", "k", 0.01) is None
    run(_call(disk.reads.set))


def test_on_the_loop_of_the_tiers_a_plain_function_does_not_wait(in_loop: Any) -> None:
    cache, disk, run = in_loop
    disk.held["enso", "k"] = envelope(b"held")
    assert run(_call(lambda: cache._tiers.find_blocking("enso", "k"))) is None
    assert cache._tiers.find_blocking("enso", "k").value == "held"


def test_a_loop_that_ends_at_that_moment_finds_nothing(
    disk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiers = Tiers((disk,), Words())
    asyncio.run(tiers.open())
    assert tiers._loop is not None
    monkeypatch.setattr(tiers._loop, "is_running", lambda: True)
    assert tiers.find_blocking("enso", "k") is None


async def _call(work: Callable[[], Any]) -> Any:
    return work()


@pytest.fixture
def in_loop() -> Any:
    """A cache whose tier lives in an event loop of another thread; the third runs coroutines."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)

    disk = Shelf(Tier.DISK)
    cache = GenerationalCache(tiers=Tiers((disk,), Words(), wall_clock=lambda: NOW))
    run(cache.open_tiers())
    yield cache, disk, run
    run(cache.close_tiers())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()
