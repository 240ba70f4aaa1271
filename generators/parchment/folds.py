"""Folds: a dark valley, a light ridge and their wear, in narrow bands of the sheet."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..ink import Floats, floats, noise_line, stream
from .composition import SIZE, Composition

_REACH = 26
"""Half-width of the band that a fold changes, pixels."""

_STEPS = 16


def add_folds(tone: Floats, seed: int, plan: Composition, chaos: float, age: float) -> None:
    """Fold the sheet, in place."""
    rng = stream(seed, "folds")
    for field, places in ((tone, plan.horizontal), (tone.T, plan.vertical)):
        for place in places:
            _fold(rng, field, place * SIZE, chaos, age)
    for x in plan.vertical:
        for y in plan.horizontal:
            _worn_crossing(rng, tone, x * SIZE, y * SIZE, age)


def _fold(rng: np.random.Generator, tone: Floats, y: float, chaos: float, age: float) -> None:
    """Lay one horizontal fold about row `y`; every other one is a ridge, not a valley."""
    wander = np.float32(2.2 * chaos) * noise_line(rng, SIZE, 9)
    wander += np.float32(0.5) * noise_line(rng, SIZE, 160)
    top = int(y) - _REACH
    rows = floats(np.arange(top, top + 2 * _REACH) - y)[:, np.newaxis]
    side = np.float32(rng.choice((-1, 1)) * _STEPS)
    place = (rows - wander) * side
    place += np.float32(2 * _REACH * _STEPS)
    np.clip(place, 0, 4 * _REACH * _STEPS - 1, out=place)
    profile = _profile().take(place.astype(np.intp))
    wear = np.clip(np.float32(0.8) + np.float32(0.4) * noise_line(rng, SIZE, 40), 0.25, 1.5)
    profile *= wear * np.float32(0.7 + 0.6 * age)
    tone[top : top + 2 * _REACH] += profile


@cache
def _profile() -> Floats:
    """Return what a fold does to the tone, by its distance in steps of 1/16 pixel.

    A dark line, a light ridge beside it and, wider, the shade on its other side.
    """
    d = np.arange(-2 * _REACH * _STEPS, 2 * _REACH * _STEPS) / _STEPS
    profile = -0.16 * np.exp(-((d / 1.5) ** 2))
    profile += 0.07 * np.exp(-(((d - 4) / 4) ** 2)) - 0.05 * np.exp(-(((d + 6) / 8) ** 2))
    table = floats(profile)
    table.setflags(write=False)
    return table


def _worn_crossing(rng: np.random.Generator, tone: Floats, x: float, y: float, age: float) -> None:
    """Rub the sheet pale where two folds cross, through to the dark if it is old."""
    reach = 20
    top, left = int(y) - reach, int(x) - reach
    place = floats(np.arange(2 * reach) - reach)
    away = np.hypot(place[:, np.newaxis] * rng.uniform(0.7, 1.4), place[np.newaxis, :])
    away += np.float32(2) * rng.standard_normal() * np.sin(place * np.float32(0.5))
    rubbed = np.float32(0.10) * np.exp(-np.square(away / 9))
    hole = np.clip(np.float32(4 * age - 1.2 + rng.normal(0, 1)) - away, 0, 1)
    tone[top : top + 2 * reach, left : left + 2 * reach] += floats(rubbed - 0.8 * hole)
