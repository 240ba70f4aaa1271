"""How several types best share one memory budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .shadow import Point

# The budget is dealt out in so many parts, and each share is rounded up to whole ones.
_PARTS = 1024


class Option(NamedTuple):
    """What one type might get: a setting, the bytes it takes, and the seconds it saves."""

    point: Point
    memory_bytes: int
    saved_seconds: float


class _Dealt(NamedTuple):
    saved_seconds: float
    options: tuple[Option, ...]


def best_split(options: Mapping[str, Sequence[Option]], max_bytes: int) -> dict[str, Option] | None:
    """Return one option of each type such that they save the most within `max_bytes`.

    It is the best there is, to a thousandth of the budget: the multiple-choice knapsack by dynamic
    programming (H. Kellerer et al., "Knapsack Problems", chapter 11). Dealing greedily by the
    saving per byte would need curves to be concave, which those of loops and scans are not.

    Returns:
        An option by type; None where even the cheapest of all exceed the budget.
    """
    best = {0: _Dealt(0.0, ())}
    for each in options.values():
        dealt: dict[int, _Dealt] = {}
        for used, so_far in best.items():
            for option in each:
                parts = used + _parts(option.memory_bytes, max_bytes)
                saved = so_far.saved_seconds + option.saved_seconds
                if parts <= _PARTS and (parts not in dealt or saved > dealt[parts].saved_seconds):
                    dealt[parts] = _Dealt(saved, (*so_far.options, option))
        best = _worthwhile(dealt)
    if not best:
        return None
    winner = max(best.values(), key=lambda dealt: dealt.saved_seconds)
    return dict(zip(options, winner.options, strict=True))


def _parts(memory_bytes: int, max_bytes: int) -> int:
    if not memory_bytes:
        return 0
    return math.ceil(memory_bytes * _PARTS / max_bytes) if max_bytes else _PARTS + 1


def _worthwhile(dealt: Mapping[int, _Dealt]) -> dict[int, _Dealt]:
    """Return what saves more than everything that takes less."""
    kept: dict[int, _Dealt] = {}
    most = -math.inf
    for parts in sorted(dealt):
        if dealt[parts].saved_seconds > most:
            most = dealt[parts].saved_seconds
            kept[parts] = dealt[parts]
    return kept
