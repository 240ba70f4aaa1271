"""Advice to one type: what to set, to what, and what will come of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from .analysis import Action, Diagnosis, Recommendation
from .diagnosis import why_not_caching
from .evidence import Evidence
from .shadow import Point

MEMORY_SETTING = "CACHE_MAX_MEMORY_MB"
ADMISSION_SETTING = "CACHE_ADMISSION"

# What comes this close to the best is as good, and cheaper.
_AS_GOOD = 0.01
# Room for a working set to breathe.
HEADROOM = 1.1
_MIB = 2**20


class Setting(StrEnum):
    """What can be set per type."""

    SIZE = "SIZE"
    TTL = "TTL"


SettingName = Callable[[Setting, str], str]


def setting_name(setting: Setting, asset_type: str) -> str:
    """Return the environment variable of a type's setting, such as `CACHE_SIZE_ENSO`."""
    return f"CACHE_{setting.value}_{asset_type.upper()}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What advice must respect.

    Attributes:
        max_bytes: the memory budget of all types; held_by_others: what other types hold of it.
        admission: the admission policy in force.
        name: tells the environment variable of a type's setting.
    """

    max_bytes: int
    held_by_others: int
    admission: str
    name: SettingName

    @property
    def room_bytes(self) -> int:
        return self.max_bytes - self.held_by_others


def recommend(
    evidence: Evidence, diagnosis: Diagnosis, limits: Limits
) -> tuple[Recommendation, ...]:
    """Return what cures `diagnosis`, the most effective first; nothing where nothing ails.

    A proposed capacity or TTL is the smallest simulated one that comes within a point of the best
    of those that fit into the memory left; a capacity is not above the working set with a tenth to
    spare. Only where memory itself is what is short, more of it is proposed, together with all else
    that the predicted hit ratio takes.
    """
    match diagnosis:
        case Diagnosis.TOO_SMALL | Diagnosis.TTL_TOO_SHORT:
            return _more(evidence, diagnosis, limits)
        case Diagnosis.NOT_CACHING:
            return _caching(evidence, limits)
        case Diagnosis.HIGH_VARIATION:
            return _less_varied(evidence, limits)
        case Diagnosis.HEALTHY | Diagnosis.LOW_VOLUME:
            return ()


def proposed_capacity(evidence: Evidence, point: Point) -> int:
    """Return the capacity to set for what is predicted at `point`: no more than is made use of."""
    needed = max(evidence.held[point], evidence.reuse.working_set)
    capacity = min(point.capacity, _rounded_up(needed * HEADROOM))
    # What makes use of no more than there is, and still gains, gains by not being full.
    raises = point.capacity > evidence.grid.present.capacity >= capacity
    return point.capacity if raises else capacity


def _capacity_advice(
    evidence: Evidence, point: Point, name: SettingName, why: str
) -> Recommendation:
    present, capacity = evidence.grid.present.capacity, proposed_capacity(evidence, point)
    return Recommendation(
        action=Action.RAISE_CAPACITY if capacity > present else Action.LOWER_CAPACITY,
        setting=name(Setting.SIZE, evidence.asset_type),
        present=present,
        proposed=capacity,
        predicted_hit_ratio=evidence.predicted[point],
        memory_bytes=evidence.memory_bytes(point),
        why=why,
    )


def memory_advice(evidence: Evidence, point: Point, limits: Limits) -> Recommendation:
    """Return the recommendation of as much memory as a cache at `point` needs beside the others."""
    needed = evidence.memory_bytes(point)
    megabytes = math.ceil((needed * HEADROOM + limits.held_by_others) / _MIB)
    return Recommendation(
        action=Action.RAISE_MEMORY,
        setting=MEMORY_SETTING,
        present=_megabytes(limits.max_bytes),
        proposed=max(megabytes, math.floor(limits.max_bytes / _MIB) + 1),
        predicted_hit_ratio=evidence.predicted[point],
        memory_bytes=needed,
        why=(
            f"{evidence.held[point]} entries of {evidence.mean_entry_bytes:.0f} bytes would be "
            f"held beside {_megabytes(limits.held_by_others)} MB of other types, and hit "
            f"{evidence.predicted[point]:.1%}; the budget has no room for them."
        ),
    )


def _more(evidence: Evidence, diagnosis: Diagnosis, limits: Limits) -> tuple[Recommendation, ...]:
    grid = evidence.grid
    if evidence.memory_bound:
        return (memory_advice(evidence, grid.present, limits),)
    single = grid.larger if diagnosis is Diagnosis.TOO_SMALL else grid.longer
    wanted = single if evidence.gain(single) else grid.both
    return _within_memory(evidence, wanted, limits, _why)


def _within_memory(
    evidence: Evidence,
    wanted: Sequence[Point],
    limits: Limits,
    why: Callable[[Evidence, Point], str],
) -> tuple[Recommendation, ...]:
    """Return what to set for the least of the best of `wanted` that the memory has room for.

    Where none of those gains what the others would, more memory comes first.
    """
    affordable = [each for each in wanted if evidence.memory_bytes(each) <= limits.room_bytes]
    if affordable and (evidence.gain(affordable) or not evidence.gain(wanted)):
        point = _least_of_the_best(evidence, affordable)
        return setting_advice(evidence, point, limits.name, why(evidence, point))
    point = _least_of_the_best(evidence, wanted)
    return (
        memory_advice(evidence, point, limits),
        *setting_advice(evidence, point, limits.name, why(evidence, point)),
    )


def setting_advice(
    evidence: Evidence, point: Point, name: SettingName, why: str
) -> tuple[Recommendation, ...]:
    """Return the recommendations to set the capacity and the TTL as at `point`, where they differ.

    All of them together bring what is predicted at `point`.
    """
    present = evidence.grid.present
    advice = []
    if point.capacity != present.capacity:
        advice.append(_capacity_advice(evidence, point, name, why))
    if point.ttl_seconds != present.ttl_seconds:
        advice.append(_ttl_advice(evidence, point, name, why))
    return tuple(advice)


def _least_of_the_best(evidence: Evidence, points: Sequence[Point]) -> Point:
    best = max(evidence.predicted[point] for point in points)
    return next(point for point in points if evidence.predicted[point] >= best - _AS_GOOD)


def _ttl_advice(evidence: Evidence, point: Point, name: SettingName, why: str) -> Recommendation:
    return Recommendation(
        action=Action.RAISE_TTL,
        setting=name(Setting.TTL, evidence.asset_type),
        present=evidence.grid.present.ttl_seconds,
        proposed=point.ttl_seconds,
        predicted_hit_ratio=evidence.predicted[point],
        memory_bytes=evidence.memory_bytes(point),
        why=why,
    )


def _why(evidence: Evidence, point: Point) -> str:
    present = evidence.grid.present
    if point.ttl_seconds == present.ttl_seconds:
        return _why_capacity(evidence, point)
    return (_why_ttl if point.capacity == present.capacity else _why_both)(evidence, point)


def _why_capacity(evidence: Evidence, point: Point) -> str:
    return (
        f"{evidence.reuse.working_set} keys are in use and {evidence.grid.present.capacity} have "
        f"room; with room for {proposed_capacity(evidence, point)} the hit ratio rises from "
        f"{evidence.present_ratio:.1%} to {evidence.predicted[point]:.1%}."
    )


def _why_ttl(evidence: Evidence, point: Point) -> str:
    return (
        f"Keys are asked for again after {evidence.grid.present.ttl_seconds:g} s, when they have "
        f"expired; held for {point.ttl_seconds:g} s they raise the hit ratio from "
        f"{evidence.present_ratio:.1%} to {evidence.predicted[point]:.1%}."
    )


def _why_both(evidence: Evidence, point: Point) -> str:
    return (
        f"Neither more room nor a longer TTL helps alone; {proposed_capacity(evidence, point)} "
        f"entries for {point.ttl_seconds:g} s raise the hit ratio from "
        f"{evidence.present_ratio:.1%} to {evidence.predicted[point]:.1%}."
    )


def _caching(evidence: Evidence, limits: Limits) -> tuple[Recommendation, ...]:
    why, grid = why_not_caching(evidence) or "", evidence.grid
    if not grid.present.capacity:
        return _within_memory(evidence, grid.larger, limits, lambda *_: why)
    if evidence.heavier_than_memory:
        advice = memory_advice(evidence, grid.present, limits)
        return (replace(advice, why=f"{why} {advice.why}"),)
    kept = Recommendation(
        action=Action.KEEP_WHAT_IS_STORED,
        setting=None,
        present=None,
        proposed=None,
        predicted_hit_ratio=evidence.present_ratio,
        memory_bytes=evidence.memory_bytes(grid.present),
        why=why,
    )
    return (kept,)


def _less_varied(evidence: Evidence, limits: Limits) -> tuple[Recommendation, ...]:
    reuse, memory_bytes = evidence.reuse, evidence.memory_bytes(evidence.grid.present)
    why = (
        f"{reuse.counts.keys_seen_once} of {reuse.working_set} keys were asked for once, so that "
        f"no size or TTL lifts the hit ratio above {evidence.best_ratio(evidence.grid.both):.1%}"
    )
    fewer = Recommendation(
        Action.ASK_FOR_LESS,
        setting=None,
        present=None,
        proposed=None,
        predicted_hit_ratio=None,
        memory_bytes=memory_bytes,
        why=f"{why}: let callers ask for fewer different seeds and parameters.",
    )
    if limits.admission == "value" or not reuse.working_set > reuse.counts.keys_seen_once:
        return (fewer,)
    by_value = Recommendation(
        Action.ADMIT_BY_VALUE,
        setting=ADMISSION_SETTING,
        present=limits.admission,
        proposed="value",
        predicted_hit_ratio=None,
        memory_bytes=memory_bytes,
        why=f"{why}: admitting by value keeps them from displacing the keys that come back.",
    )
    return (fewer, by_value)


def _rounded_up(number: float) -> int:
    """Return a number of at most two significant digits, at least `number`."""
    if number <= 10:
        return max(1, math.ceil(number))
    digit = int(10 ** (math.floor(math.log10(number)) - 1))
    return math.ceil(number / digit) * digit


def _megabytes(size_bytes: int) -> float:
    return round(size_bytes / _MIB, 3)
