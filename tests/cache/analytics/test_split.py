"""The split of one budget saves as much as the best of all possible ones."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cache.analytics.shadow import Point
from cache.analytics.split import Option, best_split

BUDGET = 1024
options = st.lists(
    st.builds(Option, st.just(Point(1, 1.0)), st.integers(0, 900), st.integers(0, 50)),
    min_size=1,
    max_size=5,
)


@given(st.lists(options, min_size=1, max_size=4))
def test_it_is_the_best_of_all(each_type):
    split = best_split({str(name): each for name, each in enumerate(each_type)}, BUDGET)
    fitting = [
        sum(option.saved_seconds for option in chosen)
        for chosen in itertools.product(*each_type)
        if sum(option.memory_bytes for option in chosen) <= BUDGET
    ]
    if split is None:
        assert fitting == []
    else:
        assert sum(option.memory_bytes for option in split.values()) <= BUDGET
        assert sum(option.saved_seconds for option in split.values()) == max(fitting)


def test_no_budget_has_room_for_nothing():
    assert best_split({"enso": [Option(Point(1, 1.0), 1, 1.0)]}, 0) is None
    free = Option(Point(1, 1.0), 0, 0.0)
    assert best_split({"enso": [free]}, 0) == {"enso": free}
