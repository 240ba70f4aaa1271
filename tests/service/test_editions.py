"""An edition is current from its beginning to its end, its clear, or a later one."""

import itertools

import pytest

from service.editions import Editions

TTL = 60.0


@pytest.fixture
def editions(clock):
    """Editions whose seeds count up from 0."""
    return Editions(clock, itertools.count().__next__)


def join(editions, generation=0):
    """Return the current edition after an image of it was drawn."""
    with editions.joined("picture", TTL, generation) as edition:
        edition.keys.add(f"key of {edition.seed}")
    return edition


def test_all_join_one_edition_until_its_end(editions, clock):
    first = join(editions)
    clock.advance(TTL - 1)
    assert join(editions) is first
    clock.advance(1)
    assert join(editions).seed == 1


def test_a_clear_ends_an_edition(editions):
    first = join(editions, generation=0)
    assert join(editions, generation=1) is not first


def test_an_edition_without_an_image_ends_with_its_last_build(editions):
    with editions.joined("picture", TTL, 0) as first:
        with editions.joined("picture", TTL, 0) as second:
            assert second is first
        assert editions.is_current(first)
    assert not editions.is_current(first)
    assert join(editions).seed == 1


def test_a_build_that_fails_ends_only_what_has_no_image(editions):
    first = join(editions)
    with pytest.raises(ValueError, match="ink"), editions.joined("picture", TTL, 0):
        raise ValueError("ink")
    assert join(editions) is first


def test_what_is_published_supersedes_and_names_what_it_supersedes(editions, clock):
    first = join(editions)
    clock.advance(1)
    second = editions.begin("picture", TTL, 0)
    assert editions.is_current(first)
    assert editions.publish(second) == {"key of 0"}
    assert editions.is_current(second)
    assert join(editions) is second


def test_an_earlier_edition_does_not_supersede_a_later_one(editions, clock):
    earlier = editions.begin("picture", TTL, 0)
    clock.advance(1)
    later = editions.begin("picture", TTL, 0)
    editions.publish(later)
    assert editions.publish(earlier) == frozenset()
    assert editions.is_current(later)


def test_pictures_do_not_share_editions(editions):
    first = join(editions)
    with editions.joined("other", TTL, 0) as other:
        assert other.seed != first.seed


def test_an_edition_is_remembered_without_its_images_too(editions):
    seed = join(editions).seed
    assert join(editions).seed == seed
