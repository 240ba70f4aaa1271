"""What a sigil guards: an eye, a moon, a knot, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..ink import (
    Floats,
    Samples,
    arcs,
    blobs,
    flicks,
    floats,
    hairlines,
    joined,
    normals,
    quill_lines,
)


@dataclass(frozen=True, slots=True)
class Field:
    """The round field in the middle.

    Attributes:
        middle: its centre in pixels, the same for x and y.
        radius: pixels.
        complexity: 20 … 100.
        chaos: 0.1 … 2.0.
    """

    middle: float
    radius: float
    complexity: int
    chaos: float


_KNOTS = ((2, 5), (2, 7), (3, 5), (3, 7), (3, 8))
"""Turns around the middle and petals of the knots."""

_SLIT = 0.20
"""Half-width of what the pupil keeps free, relative to the iris."""

Centre = Callable[[np.random.Generator, Field], Samples]


def eye(rng: np.random.Generator, field: Field) -> Samples:
    """Return an open eye with a slit pupil, iris fibres and lashes all around."""
    half = min(0.82 * field.radius, 92.0)
    height = half * rng.uniform(0.46, 0.60)
    theta = np.linspace(0, 2 * np.pi, 25)
    lid = np.column_stack(
        [half * np.cos(theta), height * np.sign(np.sin(theta)) * np.abs(np.sin(theta)) ** 1.25]
    )
    lids = np.stack(
        [
            np.column_stack([lid * grown, np.full(25, ink)])
            for grown, ink in ((1.0, 1.0), (1.012, 0.8), (0.988, 0.8), (1.13, 0.5))
        ]
    )
    iris = 0.80 * height
    count = int(26 + 0.5 * field.complexity)
    angle = rng.uniform(0, 2 * np.pi, count)
    inner, outer = iris * rng.uniform(0.38, 0.55, count), iris * rng.uniform(0.80, 0.98, count)
    fibres = _spokes(rng, angle, inner, outer, ink=0.75)
    fibres = fibres.scaled(floats(np.abs(fibres.x) > _SLIT * (iris**2 - fibres.y**2) / iris + 2))
    rims = arcs(
        rng,
        0.0,
        0.0,
        floats([iris, 0.94 * iris, 0.36 * iris]),
        sweep=6.5,
        ink=floats([1.0, 0.5, 0.4]),
        dry=floats([0.0, 0.3, 0.2]),
        wobble=0.3,
    )
    y = np.linspace(-1, 1, 9)
    slit = [
        np.column_stack([iris * 0.15 * share * (1 - y**2), 0.82 * iris * y, np.full(9, 1.2)])
        for share in np.linspace(-1, 1, 9)
    ]
    count = int(10 + 0.3 * field.complexity)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.05, count)
    roots = np.column_stack([1.2 * half * np.cos(angle), 1.55 * height * np.sin(angle)])
    root = np.hypot(roots[:, 0], roots[:, 1])
    tip = np.minimum(root + rng.uniform(4, 20, count), 0.9 * field.radius)
    around = np.arctan2(roots[:, 1], roots[:, 0])
    free = tip > root + 2
    lashes = _spokes(rng, around[free], root[free], tip[free], ink=0.7)
    seen = joined(
        [hairlines(floats(lids)), fibres, rims, hairlines(floats(np.stack(slit))), lashes]
    )
    return _placed(seen, rng, field)


def moon(rng: np.random.Generator, field: Field) -> Samples:
    """Return an engraved crescent amid the phases it has been through."""
    size, ring = 0.50 * field.radius, 0.78 * field.radius
    small = max(3.5, 0.085 * field.radius)
    count = int(5 + 0.12 * field.complexity)
    angle = rng.uniform(-0.9, 0.9, count)
    reach = size * rng.uniform(0.1, 0.8, count)
    stars = blobs(
        rng,
        floats(reach * np.cos(angle)),
        floats(reach * np.sin(angle)),
        floats(0.5 + 1.4 * rng.random(count) ** 3),
        ink=1.2,
    )
    halo = arcs(
        rng,
        0.0,
        0.0,
        floats([1.14 * size, 0.93 * field.radius]),
        sweep=6.4,
        ink=floats([0.5, 0.4]),
        dry=floats([0.3, 0.2]),
        wobble=0.5 * field.chaos,
    )
    lines = int(14 + 0.35 * field.complexity)
    parts = [_crescent(rng, size, lines), _phases(rng, ring, small), stars, halo]
    return _placed(joined(parts), rng, field)


def knot(rng: np.random.Generator, field: Field) -> Samples:
    """Return a torus knot, a ribbon that passes over and under itself in turn."""
    turns, petals = _KNOTS[int(rng.integers(len(_KNOTS)))]
    t = np.linspace(0, 2 * np.pi, 120 + 90 * turns)
    reach = field.radius * (0.52 + rng.uniform(0.26, 0.31) * np.cos(petals * t))
    angle = turns * t + rng.uniform(0, 2 * np.pi)
    path = floats(np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]))
    half = 0.042 * field.radius
    seen = _over(path, np.sin(petals * t), 2.0 * half)
    side = normals(path)
    lines = [
        np.column_stack([path + side * np.float32(offset * half), seen * ink])
        for offset, ink in ((-1.0, 1.0), (-0.86, 0.7), (0.86, 0.7), (1.0, 1.0), (0.0, 0.35))
    ]
    radii = floats([0.14 * field.radius, 0.90 * field.radius])
    rings = arcs(
        rng,
        0.0,
        0.0,
        radii,
        sweep=6.5,
        ink=floats([0.9, 0.4]),
        dry=floats([0.0, 0.3]),
        wobble=0.4 * field.chaos,
    )
    seed = blobs(rng, 0.0, 0.0, 0.05 * field.radius + 1, ink=1.3)
    return _placed(joined([hairlines(floats(np.stack(lines)), pitch=0.5), rings, seed]), rng, field)


def nothing(rng: np.random.Generator, field: Field) -> Samples:
    """Return the light that falls towards a middle that stays empty."""
    count = int(70 + 1.6 * field.complexity)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.02, count)
    depth = field.radius * (0.10 + 0.42 * rng.random(count) ** 2.2)
    start = 0.97 * field.radius
    rays = flicks(
        rng,
        floats(start * np.cos(angle)),
        floats(start * np.sin(angle)),
        floats(angle + np.pi),
        floats(depth),
        ink=0.7,
        curve=0.10 * field.chaos,
        fade=(1.0, 0.6),
    )
    edge = 0.40 * field.radius
    rings = arcs(
        rng,
        0.0,
        0.0,
        floats([edge, 1.05 * edge]),
        start=rng.uniform(0, 6.28),
        sweep=floats([6.5, 5.2]),
        ink=floats([1.0, 0.4]),
        dry=floats([0.05, 0.35]),
        thick=0.5,
        wobble=0.9 * field.chaos,
    )
    return _placed(joined([rays, rings]), rng, field)


CENTRES: tuple[Centre, ...] = (eye, moon, knot, nothing)
CENTRE_ODDS = (0.34, 0.22, 0.24, 0.20)


def _placed(drawn: Samples, rng: np.random.Generator, field: Field) -> Samples:
    """Return what was drawn around (0, 0) moved to the middle, tilted the more the wilder."""
    tilt = rng.normal(0, 0.15) * field.chaos
    cosine, sine = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    return Samples(
        drawn.x * cosine - drawn.y * sine, drawn.x * sine + drawn.y * cosine, drawn.weight
    ).moved(field.middle, field.middle)


def _spokes(
    rng: np.random.Generator,
    angle: NDArray[np.float64],
    inner: NDArray[np.float64],
    outer: NDArray[np.float64],
    ink: float,
) -> Samples:
    cosine, sine = np.cos(angle), np.sin(angle)
    return quill_lines(
        rng,
        floats(inner * cosine),
        floats(inner * sine),
        floats(outer * cosine),
        floats(outer * sine),
        ink=ink,
        wobble=0.8,
    )


def _crescent(rng: np.random.Generator, radius: float, lines: int) -> Samples:
    """Return a crescent around (0, 0), open to the right, hatched by `lines` strokes."""
    bite = rng.uniform(0.15, 0.60)
    height = np.linspace(-0.96, 0.96, lines)
    limb = np.sqrt(1 - height**2)
    shaded = rng.uniform(0.55, 1.0, lines)
    hatch = quill_lines(
        rng,
        floats(-radius * limb),
        floats(radius * height),
        floats(-radius * limb * (1 - (1 - bite) * shaded)),
        floats(radius * height),
        ink=0.62,
        wobble=0.8,
    )
    angle = np.linspace(np.pi / 2, 3 * np.pi / 2, 17)
    cosine, sine = radius * np.cos(angle), radius * np.sin(angle)
    outlines = [
        np.column_stack([share * cosine + shift, sine, np.full(17, ink)])
        for share, shift, ink in ((1.0, 0.0, 1.2), (1.0, 0.6, 1.0), (bite, 0.0, 1.0))
    ]
    return joined([hatch, hairlines(floats(np.stack(outlines)))])


def _phases(rng: np.random.Generator, ring: float, radius: float) -> Samples:
    """Return eight small moons on a ring, new at the top, full at the bottom."""
    phase = np.arange(8)
    x = ring * np.sin(np.pi * phase / 4)
    y = -ring * np.cos(np.pi * phase / 4)
    discs = arcs(rng, floats(x), floats(y), radius, sweep=6.5, ink=0.8, wobble=0.3)
    height = np.linspace(-0.9, 0.9, max(6, int(1.8 * radius)))
    limb = radius * np.sqrt(1 - height**2)
    waxing = np.where(phase <= 4, 1, -1)[1:, np.newaxis]
    terminator = np.cos(np.pi * phase / 4)[1:, np.newaxis]
    level = y[1:, np.newaxis] + radius * height
    light = quill_lines(
        rng,
        floats(x[1:, np.newaxis] + waxing * terminator * limb).ravel(),
        floats(level).ravel(),
        floats(x[1:, np.newaxis] + waxing * limb).ravel(),
        floats(level).ravel(),
        ink=0.9,
        wobble=0.2,
    )
    return joined([discs, light])


def _over(path: Floats, height: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Return 1 where the closed path is seen and 0 where it dives under itself.

    Args:
        path: (n, 2).
        height: (n,), the strand that is higher hides the other.
        gap: distance in pixels within which it does.
    """
    x, y = path.T
    apart = np.square(x[:, np.newaxis] - x)
    apart += np.square(y[:, np.newaxis] - y)
    hidden = apart < gap**2
    hidden &= height[:, np.newaxis] < height
    hidden &= _elsewhere(len(path))
    return np.where(hidden.any(axis=1), 0.0, 1.0)


@cache
def _elsewhere(count: int) -> NDArray[np.bool_]:
    """Return which pairs of samples of a closed path are not neighbours on the same strand."""
    place = np.arange(count)
    steps = np.abs(place[:, np.newaxis] - place)
    elsewhere: NDArray[np.bool_] = np.minimum(steps, count - 1 - steps) > count // 24
    return elsewhere
