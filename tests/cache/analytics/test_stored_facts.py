"""What was stored last of a key is known, within a bound, and beyond it the mean of its type."""

from __future__ import annotations

from cache.analytics.stored_facts import Facts, StoredFacts


def test_the_latest_facts_of_a_key_count():
    stored = StoredFacts(2)
    assert stored.facts("enso", "a") is None
    stored.note("enso", "a", Facts(1.0, 10))
    stored.note("enso", "a", Facts(2.0, 20))
    assert stored.facts("enso", "a") == Facts(2.0, 20)


def test_what_is_not_known_any_more_has_the_mean_of_its_type():
    stored = StoredFacts(2)
    for number, key in enumerate("abc", start=1):
        stored.note("enso", key, Facts(float(number), 10 * number))
    assert stored.facts("enso", "b") == Facts(2.0, 20)
    assert stored.facts("enso", "a") == Facts(2.0, 20)  # the mean of all three
    assert stored.facts("dot", "a") is None
