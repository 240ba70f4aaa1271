"""A process has one cache, made at the first call, unless a program installs its own."""

from __future__ import annotations

import pytest

from cache import GenerationalCache, get_cache, set_cache


@pytest.fixture(autouse=True)
def none_yet():
    set_cache(None)
    yield
    set_cache(None)


def test_every_call_returns_the_same_cache(in_threads):
    caches = in_threads(*[get_cache] * 16)
    assert isinstance(caches[0], GenerationalCache)
    assert all(each is caches[0] for each in caches)


def test_the_cache_of_the_contract_works_without_any_setup():
    cache = get_cache()
    assert cache.get("enso") is None
    cache.set("enso", b"image")
    cache.set("directed_enso", b"directed", "a prompt", "a model")
    assert cache.get("enso") == b"image"
    assert cache.get("directed_enso", "a prompt", "a model") == b"directed"
    assert cache.get("directed_enso", "another prompt", "a model") is None


def test_an_installed_cache_is_the_one():
    own = GenerationalCache()
    set_cache(own)
    assert get_cache() is own
