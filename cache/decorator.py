"""cache_asset: keep what a function returns, by its arguments, in the cache of an asset type."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeGuard, TypeVar, cast

from .fetched import Built
from .generational import GenerationalCache
from .keys import make_key
from .process_wide import get_cache

P = ParamSpec("P")
R = TypeVar("R")


def cache_asset(
    asset_type: str, *, cache: GenerationalCache[Any] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a plain or an async function so that equal calls are answered from the cache.

    Concurrent calls with the same arguments run the function once and share its result or its
    exception; an exception is not kept. The key is the asset type with the arguments as they are
    passed, so `get_cache().get(asset_type, *arguments)` finds what a call left, and two functions
    under one type share their entries: give each its own.

    Args:
        asset_type: the cache to use.
        cache: where; default: the process-wide cache, asked for at each call.

    Raises:
        UnkeyableArgument: at a call, for an argument that has no canonical encoding.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if _is_async(function):
            # Told by `function` being async, which a type checker cannot conclude for R.
            return cast("Callable[P, R]", _async(asset_type, cache, function))
        return _plain(asset_type, cache, function)

    return decorate


def _is_async(function: Callable[..., object]) -> TypeGuard[Callable[..., Awaitable[Any]]]:
    # An object whose class defines `async def __call__` is one too.
    return any(map(inspect.iscoroutinefunction, (function, type(function).__call__)))


def _plain(
    asset_type: str, cache: GenerationalCache[Any] | None, function: Callable[P, R]
) -> Callable[P, R]:
    @functools.wraps(function)
    def cached(*args: P.args, **kwargs: P.kwargs) -> R:
        key = make_key(asset_type, *args, **kwargs)
        holder: GenerationalCache[R] = get_cache() if cache is None else cache
        return holder.fetch(asset_type, key, lambda: Built(function(*args, **kwargs))).value

    return cached


def _async(
    asset_type: str, cache: GenerationalCache[Any] | None, function: Callable[P, Awaitable[R]]
) -> Callable[P, Awaitable[R]]:
    @functools.wraps(function)
    async def cached(*args: P.args, **kwargs: P.kwargs) -> R:
        async def build() -> Built[R]:
            return Built(await function(*args, **kwargs))

        key = make_key(asset_type, *args, **kwargs)
        holder: GenerationalCache[R] = get_cache() if cache is None else cache
        return (await holder.fetch_async(asset_type, key, build)).value

    return cached
