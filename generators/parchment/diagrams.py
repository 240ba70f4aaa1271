"""Drawings of the heavens and of nothing: a brushed ring, a chart, the moon's faces."""

from __future__ import annotations

import numpy as np

from ..ink import floats
from .strokes import Drawing, circles, lifted, lines, rays, segments

_POINTS_OF_STARS = (5, 6, 7, 8, 9, 12)
_STAR = 0.74
"""Radius of the chart's star."""


def enso(rng: np.random.Generator, detail: float) -> Drawing:
    """One round of a worn brush: hairs side by side, each running dry somewhere else."""
    hairs = int(18 + 10 * detail)
    place = np.linspace(-1, 1, hairs)[:, np.newaxis]
    begin = rng.uniform(0, 2 * np.pi)
    late = 0.12 * (1 - np.sqrt(1 - place**2)) + rng.uniform(0, 0.03, (hairs, 1))
    sweep = rng.uniform(4.9, 6.1, (hairs, 1)) - 1.2 * np.abs(place) ** 3
    t = late + (sweep - late) * np.linspace(0, 1, 26)
    width = 0.12 * (1 - 0.45 * t / 6.3) * (1 + 0.2 * np.sin(t))
    radius = 0.84 + 0.03 * np.sin(t + begin) + width * (place + rng.normal(0, 0.04, (hairs, 1)))
    ring = np.stack([radius * np.cos(begin + t), radius * np.sin(begin + t)], axis=-1)
    return [lifted(ring, rng.uniform(0.7, 1.6, (hairs, 1)))]


def chart(rng: np.random.Generator, detail: float) -> Drawing:
    """A wheel of heaven: rings, a star, degrees, wandering bodies."""
    points = int(rng.choice(_POINTS_OF_STARS))
    skip = int(rng.integers(2, max(3, (points + 1) // 2)))
    degrees = points * int(4 + 5 * detail)
    mark = 2 * np.pi * np.arange(degrees) / degrees
    long = np.arange(degrees) % (degrees // points) == 0
    corner = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(points) / points
    star = _STAR * np.column_stack([np.cos(corner), np.sin(corner)])
    heart = float(_STAR * np.cos(np.pi * skip / points))
    orbits = np.linspace(0.3, 0.85, int(2 + 2 * detail)) * heart
    place, size = rng.uniform(0, 2 * np.pi, orbits.size), rng.uniform(0.02, 0.05, orbits.size)
    body_x, body_y = orbits * np.cos(place), orbits * np.sin(place)
    return [
        circles(0, 0, np.array([1, 0.955, _STAR]), np.array([1.4, 0.7, 1.1]), rng.uniform(0, 6, 3)),
        rays(mark, 0.955, np.where(long, 0.82, 0.9), 0.8),
        segments(star, np.roll(star, -skip, axis=0), 1.0),
        *(circles(star[:, 0], star[:, 1], r, 1.2) for r in (0.055, 0.02)),
        circles(0, 0, orbits, 0.65, rng.uniform(0, 6, orbits.size)),
        *(circles(body_x, body_y, size * r, 1.2) for r in (1, 0.55)),
        rays(np.arange(12) * np.pi / 6, 0.09 * heart, 0.18 * heart),
        *(circles(0, 0, r * heart, 1.3) for r in (0.075, 0.03)),
    ]


def moons(rng: np.random.Generator, detail: float) -> Drawing:
    """The moon's faces on an arc, full in the middle."""
    bow = rng.choice((-0.4, 0.4))
    drawing: Drawing = []
    for lit, x in ((0.0, -0.84), (0.5, -0.45), (1.0, 0.0), (-0.5, 0.45), (0.0, 0.84)):
        radius = 0.2 if lit == 1.0 else 0.145
        y = bow * (np.cos(1.1 * x) - 0.75)
        drawing += _moon(x, y, radius, lit, int(11 + 11 * detail))
    stars = rng.uniform(-0.9, 0.9, (int(5 + 8 * detail), 2)) * np.array([1, 0.2])
    stars[:, 1] += 0.5 * np.sign(bow)
    turn = rng.uniform(0, np.pi, len(stars)) + np.arange(3)[:, np.newaxis] * np.pi / 3
    ray = 0.028 * np.stack([np.cos(turn), np.sin(turn)], axis=-1).reshape(-1, 2)
    at = np.tile(stars, (3, 1))
    return [*drawing, segments(at - ray, at + ray, 0.9)]


def _moon(x: float, y: float, radius: float, lit: float, strokes: int) -> Drawing:
    """Return a moon lit on the right (lit > 0) or on the left; 0 is new, ±1 full."""
    h = np.linspace(-0.95, 0.95, strokes)
    limb = np.sqrt(1 - h**2)
    side = -1 if lit < 0 else 1
    dark = (
        np.column_stack([-side * limb, h]),
        np.column_stack([side * limb * (1 - 2 * abs(lit)), h]),
    )
    middle = floats([x, y])
    rings = [circles(x, y, radius * r, ink) for r, ink in ((1, 1.2), (1.07, 0.5))]
    if abs(lit) == 1:
        seas = lines(middle + radius * 0.5 * np.column_stack([np.sin(2.2 * h), h * 0.8]), 0.5)
        return [*rings, seas]
    return [*rings, segments(middle + radius * dark[0], middle + radius * dark[1], 0.9)]
