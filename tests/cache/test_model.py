"""GenerationalCache behaves like a simple model of it, at every step of long random lives."""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cache import Built, GenerationalCache, Outcome, make_key

BUDGET = 40
STALE_SECONDS = 5.0
EXAMPLES, STEPS = 135, 80

TYPES = st.sampled_from(["enso", "sigil", "giraffe"])
PLACES = st.sampled_from(
    [
        (name, argument, make_key(name, argument))
        for name in ("enso", "sigil", "giraffe")
        for argument in "abcdef"
    ]
)
WEIGHTS = st.sampled_from([0, 1, 3, 8, 20, BUDGET, BUDGET + 1])
TTLS = st.sampled_from([1.0, 3.0, 10.0, math.inf])
SIZES = st.integers(0, 4)


class Value:
    """A value that weighs what it was told to."""

    def __init__(self, weight):
        self.weight = weight


def weigh(value):
    return value.weight


class NoInkError(Exception):
    pass


@dataclass
class Held:
    value: Value
    expires_at: float
    cost_seconds: float
    hits: int = 0


@dataclass
class TypeModel:
    """One type as a dictionary in order of use; the dead are removed before anything is done."""

    size: int
    ttl: float
    held: OrderedDict[str, Held] = field(default_factory=OrderedDict)
    dropped: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    saved_seconds: float = 0.0

    def drop(self, key, reason):
        del self.held[key]
        self.dropped[key] = reason


class Model:
    """What a GenerationalCache is meant to be, without heaps, ghosts, folds and flights."""

    def __init__(self):
        self.now = 1000.0
        self.size, self.ttl = 3, 10.0
        self.types: OrderedDict[str, TypeModel] = OrderedDict()
        self.uses: OrderedDict[tuple[str, str], None] = OrderedDict()

    def type(self, name):
        return self.types.setdefault(name, TypeModel(self.size, self.ttl))

    def bury(self):
        for each in self.types.values():
            for key, held in list(each.held.items()):
                if self.now >= held.expires_at + STALE_SECONDS:
                    each.drop(key, "expired")
                    each.counts["expirations"] += 1

    def use(self, name, key):
        self.types[name].held.move_to_end(key)
        self.uses.pop((name, key), None)
        self.uses[name, key] = None

    def fresh(self, name, key):
        held = self.type(name).held.get(key)
        return held if held and self.now < held.expires_at else None

    def hit(self, name, key):
        held = self.fresh(name, key)
        if held is not None:
            self.use(name, key)
            self.answer(name, held, "hits")
        return held

    def answer(self, name, held, outcome):
        each = self.types[name]
        each.counts[outcome] += 1
        each.counts["served_bytes"] += held.value.weight
        each.saved_seconds += held.cost_seconds

    def reason(self, name, key):
        each = self.type(name)
        return "expired" if key in each.held else each.dropped.get(key, "cold")

    def miss(self, name, key, reason=None):
        self.type(name).counts[reason or self.reason(name, key)] += 1

    def hold(self, name, key, value, ttl, cost_seconds):
        each = self.type(name)
        each.counts["sets"] += 1
        previous = each.held.pop(key, None)
        each.counts["expirations"] += bool(previous and self.now >= previous.expires_at)
        ttl = each.ttl if ttl is None else ttl
        each.held[key] = Held(value, self.now + ttl, cost_seconds)
        self.use(name, key)
        if ttl == 0:
            each.drop(key, "expired")
            each.counts["expirations"] += 1
        elif value.weight > BUDGET:
            self.evict(name, key, "memory")
        else:
            self.make_room(name)
            while self.memory > BUDGET:
                oldest = next(use for use in self.uses if use[1] in self.types[use[0]].held)
                self.evict(*oldest, "memory")
        return key in each.held

    def make_room(self, name):
        each = self.types[name]
        while len(each.held) > each.size:
            self.evict(name, next(iter(each.held)), "capacity")

    def evict(self, name, key, reason):
        each = self.types[name]
        if self.now >= each.held[key].expires_at:
            each.drop(key, "expired")
            each.counts["expirations"] += 1
        else:
            each.drop(key, "evicted")
            each.counts[reason] += 1

    def clear(self, name):
        each = self.type(name)
        each.counts["clears"] += 1
        held = list(each.held)
        for key in held:
            each.drop(key, "cleared")
        return len(held)

    @property
    def memory(self):
        return sum(held.value.weight for each in self.types.values() for held in each.held.values())


class Life(RuleBasedStateMachine):
    steps = 0

    def __init__(self):
        super().__init__()
        type(self).steps -= 1  # the invariants are looked at once before the first step
        self.model = Model()
        self.cache: GenerationalCache[Value] = GenerationalCache(
            max_size=3,
            ttl=10.0,
            max_bytes=BUDGET,
            stale_seconds=STALE_SECONDS,
            clock=lambda: self.model.now,
            weigher=weigh,
        )

    # One GenerationalCache.get, .set, .clear, … a rule

    @rule(place=PLACES)
    def get(self, place):
        name, argument, key = place
        held = self.model.hit(name, key)
        if held is None:
            self.model.miss(name, key)
        value = self.cache.get(name, argument)
        assert value is (held.value if held else None)

    @rule(place=PLACES)
    def find(self, place):
        name, _, key = place
        held = self.model.hit(name, key) if name in self.model.types else None
        entry = self.cache.find(name, key)
        assert (entry and entry.value) is (held and held.value)

    @rule(place=PLACES, weight=WEIGHTS)
    def set(self, place, weight):
        name, argument, key = place
        value = Value(weight)
        self.model.hold(name, key, value, None, 0.0)
        self.cache.set(name, value, argument)

    @rule(
        place=PLACES,
        weight=WEIGHTS,
        ttl=st.sampled_from([None, None, 0.0, 1.0, 3.0, math.inf]),
        cost=st.sampled_from([0.0, 0.25, 2.0]),
        bypass=st.sampled_from([False, False, True]),
    )
    def fetch(self, place, weight, ttl, cost, bypass):
        (name, _, key), value = place, Value(weight)
        fetched = self.cache.fetch(name, key, lambda: Built(value, ttl, cost), bypass=bypass)
        held = None if bypass else self.model.hit(name, key)
        if held is not None:
            assert (fetched.value, fetched.outcome) == (held.value, Outcome.HIT)
            assert fetched.ttl_seconds > 0
            return
        reason = "bypassed" if bypass else self.model.reason(name, key)
        self.model.miss(name, key, reason)
        stored = self.model.hold(name, key, value, ttl, cost)
        assert fetched[:3] == (value, Outcome.MISS, reason)
        assert fetched.stored is stored

    @rule(place=PLACES, bypass=st.booleans())
    def fetch_what_cannot_be_built(self, place, bypass):
        def fail():
            raise NoInkError

        name, _, key = place
        try:
            fetched = self.cache.fetch(name, key, fail, bypass=bypass)
        except NoInkError:
            fetched = None
        held = None if bypass else self.model.hit(name, key)
        if held is not None:
            assert fetched[:2] == (held.value, Outcome.HIT)
        elif not bypass and key in self.model.type(name).held:
            held = self.model.types[name].held[key]
            self.model.use(name, key)
            self.model.answer(name, held, "stale")
            assert fetched[:3] == (held.value, Outcome.STALE, "expired")
        else:
            self.model.miss(name, key, "bypassed" if bypass else None)
            assert fetched is None

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 5.0, 20.0]))
    def let_time_pass(self, seconds):
        self.model.now += seconds
        self.model.bury()

    @rule(name=TYPES)
    def clear(self, name):
        assert self.cache.clear(name) == self.model.clear(name)

    @rule()
    def clear_all(self):
        assert self.cache.clear_all() == sum(map(self.model.clear, self.model.types))

    @rule(name=TYPES, size=SIZES, ttl=TTLS)
    def configure(self, name, size, ttl):
        each = self.model.type(name)
        each.size, each.ttl = size, ttl
        self.model.make_room(name)
        self.cache.configure(name, max_size=size, ttl=ttl)

    @rule(size=st.sampled_from([None, 0, 2, 4]), ttl=st.sampled_from([None, 1.0, 10.0]))
    def configure_all(self, size, ttl):
        for each in (self.model, *self.model.types.values()):
            each.size = each.size if size is None else size
            each.ttl = each.ttl if ttl is None else ttl
        for name in self.model.types:
            self.model.make_room(name)
        self.cache.configure_all(max_size=size, ttl=ttl)

    @rule()
    def sweep(self):
        self.cache.sweep()
        assert self.cache.memory_bytes == self.model.memory

    @rule()
    def report(self):
        """Report what the model says, to the last count."""
        reports = self.cache.report()
        assert list(reports) == list(self.model.types)
        for name, report in reports.items():
            model, counts = self.model.types[name], report.counts
            assert report.size == len(model.held)
            assert report.memory_bytes == sum(held.value.weight for held in model.held.values())
            assert (report.max_size, report.default_ttl or math.inf) == (model.size, model.ttl)
            assert {reason.value: count for reason, count in counts.misses.items()} == {
                reason: model.counts[reason]
                for reason in ("cold", "expired", "evicted", "cleared", "bypassed")
            }
            assert {reason.value: count for reason, count in counts.evictions.items()} == {
                reason: model.counts[reason] for reason in ("capacity", "memory")
            }
            for plain in ("hits", "stale", "sets", "expirations", "clears", "served_bytes"):
                assert getattr(counts, plain) == model.counts[plain], plain
            assert counts.saved_seconds == model.saved_seconds
            assert sum(counts.hit_ages.counts) == counts.hits
            assert sum(counts.eviction_ages.counts) == counts.total_evictions

    # What holds at every step

    @invariant()
    def bytes_are_the_sum_of_what_is_held_and_within_the_budget(self):
        type(self).steps += 1
        weights = [
            [entry.value.weight for entry in cache._entries.values()]
            for cache in self.cache._by_type.values()
        ]
        assert [cache.memory_bytes for cache in self.cache._by_type.values()] == list(
            map(sum, weights)
        )
        assert self.cache.memory_bytes == sum(map(sum, weights)) <= BUDGET

    @invariant()
    def no_type_holds_more_than_it_may(self):
        for name, cache in self.cache._by_type.items():
            assert len(cache._entries) <= self.model.types[name].size

    @invariant()
    def only_what_the_model_holds_is_held_alive(self):
        for name, model in self.model.types.items():
            alive = {
                key: entry.value
                for key, entry in self.cache._by_type[name]._entries.items()
                if self.model.now < entry.dead_at
            }
            assert alive == {key: held.value for key, held in model.held.items()}

    @invariant()
    def nobody_is_under_way(self):
        assert self.cache._lookups._board._flights == {}

    def teardown(self):
        self.report()


def test_a_long_life_goes_as_the_model_says():
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Life.steps >= 10_000
