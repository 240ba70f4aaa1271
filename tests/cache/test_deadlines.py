"""Deadlines come back in order of time, whatever the keys are."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache.deadlines import Deadlines

# A busy machine is no failure.
AT_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@AT_ANY_SPEED
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([1, "a", None, (2,)]))))
def test_what_is_due_is_popped_in_order_of_time(pairs):
    deadlines = Deadlines()
    for dead_at, key in pairs:
        deadlines.add(dead_at, key)
    popped = []
    for now in range(6):
        while deadlines.is_due(now):
            popped.append((now, deadlines.pop()))
    assert [dead_at for dead_at, _ in popped] == sorted(dead_at for dead_at, _ in pairs)
    assert sorted(map(repr, popped)) == sorted(map(repr, pairs))
    assert len(deadlines) == 0


def test_nothing_is_due_before_its_time():
    deadlines = Deadlines()
    assert not deadlines.is_due(1.0)
    deadlines.add(2.0, "a")
    assert not deadlines.is_due(1.9)
    assert deadlines.is_due(2.0)


def test_replacing_forgets_the_rest():
    deadlines = Deadlines()
    deadlines.add(1.0, "gone")
    deadlines.replace([(3.0, "b"), (2.0, "a")])
    assert (deadlines.pop(), deadlines.pop(), len(deadlines)) == ("a", "b", 0)
