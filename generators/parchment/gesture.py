"""What a wild hand does in the end: one sweep of a loaded brush across everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..ink import Brush, Floats, Samples, Stroke, blobs, floats, joined, paint, stream
from .composition import SIZE

_CALM = 0.75
"""Chaos up to which nobody loses patience."""

_POINTS = 12

Doubles = NDArray[np.float64]
"""Points (n, 2) of a sweep, pixels."""


def gesture(seed: int, chaos: float) -> Samples:
    """Return the sweep and its spatter; nothing on most sheets, never on calm ones.

    It goes round, strikes the text out once or twice, or winds across it.
    """
    rng = stream(seed, "gesture")
    if rng.random() > 0.34 * (chaos - _CALM):
        return joined([])
    sweeps = (_round, _struck_out, _wound)[rng.choice(3, p=(0.4, 0.35, 0.25))](rng)
    dryness = rng.uniform(-0.05, 0.2)
    brush = Brush(
        ink=1.0,
        dryness=(dryness, 0.72),
        pool=0.5,
        ragged=0.35,
        wobble=0.4,
        split=0.5,
        edge=0.3,
        taper=(0.02, 0.2),
        pitch=1.0,
    )
    strokes = [Stroke(_pressed(rng, sweep), brush) for sweep in sweeps]
    return joined([paint(rng, strokes), _spatter(rng, sweeps[-1], chaos)])


def _round(rng: np.random.Generator) -> list[Doubles]:
    t = np.linspace(0, 1, _POINTS)
    radius = SIZE * rng.uniform(0.19, 0.33) * (1 + rng.uniform(-0.18, 0.3) * t)
    radius *= 1 + 0.07 * np.sin(rng.uniform(3, 6) * t + rng.uniform(0, 7))
    angle = rng.uniform(0, 2 * np.pi) + rng.choice((-1, 1)) * rng.uniform(2.4, 5.6) * t
    centre = SIZE * (0.5 + rng.normal(0, 0.07, 2))
    return [centre + radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])]


def _struck_out(rng: np.random.Generator) -> list[Doubles]:
    """Return one slash, or two that cross."""
    middle = SIZE * (0.5 + rng.normal(0, 0.06, 2))
    lean = rng.choice((-1, 1)) * rng.uniform(0.35, 0.9)
    slashes = []
    for turn in (1, -1)[: int(rng.integers(1, 3))]:
        angle = np.pi / 2 + turn * lean + rng.normal(0, 0.08)
        along = SIZE * rng.uniform(0.24, 0.36) * np.linspace(-1, 1, _POINTS)
        across = SIZE * rng.normal(0, 0.05) * np.cos(np.linspace(-1.6, 1.6, _POINTS))
        way, side = _direction(angle), _direction(angle + np.pi / 2)
        slashes.append(middle + along[:, np.newaxis] * way + across[:, np.newaxis] * side)
    return slashes


def _wound(rng: np.random.Generator) -> list[Doubles]:
    t = np.linspace(0, 1, _POINTS)
    angle = rng.normal(0, 0.35) + rng.choice((0, np.pi))
    along = SIZE * rng.uniform(0.27, 0.36) * (2 * t - 1)
    across = SIZE * rng.uniform(0.05, 0.1) * np.sin(rng.uniform(7, 11) * t + rng.uniform(0, 7))
    middle = SIZE * (0.5 + rng.normal(0, 0.07, 2))
    way, side = _direction(angle), _direction(angle + np.pi / 2)
    return [middle + along[:, np.newaxis] * way + across[:, np.newaxis] * side]


def _direction(angle: float) -> Doubles:
    return np.array([np.cos(angle), np.sin(angle)])


def _pressed(rng: np.random.Generator, path: Doubles) -> Floats:
    """Return rows (x, y, half_width): the brush goes down, is pressed, and is lifted."""
    t = np.linspace(0, 1, len(path))
    pressure = 0.4 + 0.6 * np.exp(-(((t - rng.uniform(0.08, 0.5)) / 0.3) ** 2))
    width = rng.uniform(16, 34) * pressure
    width[0] *= 0.7
    return floats(np.column_stack([path, width]))


def _spatter(rng: np.random.Generator, path: Doubles, chaos: float) -> Samples:
    """Return the drops that flew off where the brush left, onwards along its way."""
    count = int(16 + 26 * chaos)
    onwards = path[-1] - path[-2]
    angle = np.arctan2(onwards[1], onwards[0]) + rng.normal(0, 0.33, count)
    away = SIZE * (0.02 + 0.24 * rng.random(count) ** 1.8)
    return blobs(
        rng,
        floats(path[-1, 0] + away * np.cos(angle)),
        floats(path[-1, 1] + away * np.sin(angle)),
        floats(0.6 + 5.5 * rng.random(count) ** 4),
        ink=1.5,
        stretch=floats(1 + 1.6 * rng.random(count) ** 2),
        angle=floats(angle),
    )
