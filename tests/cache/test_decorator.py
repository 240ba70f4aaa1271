"""cache_asset runs a function once for equal arguments, plain or async, and shares what it gave."""

from __future__ import annotations

import asyncio
import functools
import inspect

import pytest

from cache import GenerationalCache, MissReason, UnkeyableArgument, cache_asset, set_cache


def test_equal_calls_run_the_function_once(process_cache):
    calls = []

    @cache_asset("parchment")
    def generate_parchment(*args, **kwargs):
        calls.append((args, kwargs))
        return object()

    first = generate_parchment(1, tone="dark")
    assert generate_parchment(1, tone="dark") is first
    assert generate_parchment(2, tone="dark") is not first
    assert generate_parchment() is not first
    assert calls == [((1,), {"tone": "dark"}), ((2,), {"tone": "dark"}), ((), {})]


async def test_equal_calls_run_an_async_function_once(process_cache):
    calls = []

    @cache_asset("parchment")
    async def generate_parchment(seed):
        calls.append(seed)
        await asyncio.sleep(0)
        return seed * 2

    assert inspect.iscoroutinefunction(generate_parchment)
    assert await asyncio.gather(*[generate_parchment(3) for _ in range(8)]) == [6] * 8
    assert await generate_parchment(3) == 6
    assert calls == [3]
    counts = process_cache.report()["parchment"].counts
    assert (counts.hits, counts.total_misses, counts.coalesced) == (1, 1, 7)


async def test_an_object_with_an_async_call_is_async(process_cache):
    class Generate:
        async def __call__(self, seed):
            return seed

    generate = cache_asset("enso")(Generate())
    assert (await generate(1), await generate(1)) == (1, 1)


async def test_a_partial_of_an_async_function_is_async(process_cache):
    async def generate(seed, scale):
        return seed * scale

    doubled = cache_asset("enso")(functools.partial(generate, scale=2))
    assert (await doubled(1), await doubled(1)) == (2, 2)


@pytest.mark.parametrize("value", [None, 0, b""])
def test_a_false_result_is_kept(process_cache, value):
    calls = []

    @cache_asset("enso")
    def generate():
        calls.append(1)
        return value

    assert (generate(), generate(), len(calls)) == (value, value, 1)


def test_threads_share_one_call(process_cache, in_threads, eventually):
    calls = []

    @cache_asset("enso")
    def generate():
        calls.append(1)
        eventually(lambda: process_cache.report()["enso"].counts.coalesced == 15)
        return "image"

    assert in_threads(*[generate] * 16) == ["image"] * 16
    assert len(calls) == 1


def test_an_error_is_not_kept(process_cache):
    @cache_asset("enso")
    def generate(seed):
        raise OSError(seed)

    for _ in range(2):
        with pytest.raises(OSError, match="7"):
            generate(7)
    assert process_cache.report()["enso"].counts.misses[MissReason.COLD] == 2


def test_the_cache_answers_for_the_arguments_of_a_call(process_cache):
    cache_asset("enso")(lambda seed, color: seed)(1, color="red")
    assert process_cache.get("enso", 1, color="red") == 1
    process_cache.clear("enso")
    assert process_cache.get("enso", 1, color="red") is None


def test_an_argument_without_a_key_is_refused_before_the_call(process_cache):
    generate = cache_asset("enso")(pytest.fail)
    with pytest.raises(UnkeyableArgument):
        generate(object())


def test_a_cache_of_its_own_is_used(process_cache):
    own = GenerationalCache()
    assert cache_asset("enso", cache=own)(lambda: 1)() == 1
    assert own.get("enso") == 1
    assert process_cache.get("enso") is None


def test_the_process_wide_cache_is_asked_for_at_each_call(process_cache):
    generate = cache_asset("enso")(lambda: 1)
    later = GenerationalCache()
    set_cache(later)
    generate()
    assert later.get("enso") == 1


def test_the_decorated_function_keeps_its_name_and_text():
    @cache_asset("enso")
    def generate():
        """Draw."""

    assert (generate.__name__, generate.__doc__) == ("generate", "Draw.")


def test_a_function_may_call_itself_with_other_arguments(process_cache):
    @cache_asset("enso")
    def fibonacci(number):
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    assert fibonacci(60) == 1548008755920
