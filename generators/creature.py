"""What creatures share: the ground they stand on and the ink that leaves them.

Every accident hangs on a part of the body: callers hand over points of a contour that already
stands where the pose put it, so that nothing floats.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .ink import (
    Brush,
    Floats,
    Rows,
    Samples,
    Stroke,
    blobs,
    drips,
    flicks,
    flights_on_sheet,
    floats,
    tendrils,
)

_BLADES = (5, 12)
"""Fewest and most blades of a tuft of grass."""


def ground_strokes(
    rng: np.random.Generator, x: float, y: float, reach: float, chaos: float, count: int = 3
) -> list[Stroke]:
    """Return the dry, level strokes that are the ground.

    Args:
        rng: the stream of their places and their lengths.
        x, y: the middle of the ground.
        reach: half of the length of the longest in pixels; none goes further from the middle.
        chaos: 0.1 … 2: how far they tilt and how rough they are.
        count: number of strokes.
    """
    half_width = rng.uniform(2.6, 4.6) + 0.8 * chaos
    strokes = []
    for row in range(count):
        length, turn = reach * rng.uniform(1.3, 1.55), rng.choice((-1, 1), p=(0.4, 0.6))
        middle = x + (reach - length / 2) * rng.uniform(-1, 1)
        points = np.column_stack(
            [
                middle + turn * length * np.linspace(-0.5, 0.5, 5),
                y + 5.5 * row + rng.uniform(-2, 2) + rng.normal(0, 1.0 + 1.4 * chaos, 5),
                half_width * np.array([0.5, 1.0, 0.9, 0.8, 0.5]),
            ]
        )
        brush = Brush(
            ink=rng.uniform(0.3, 0.5),
            dryness=(0.4, 0.86),
            pool=0.3,
            ragged=0.4 + 0.2 * chaos,
            wobble=0.3,
            edge=0.1,
            taper=(0.06, 0.4),
            pitch=1.0,
        )
        strokes.append(Stroke(floats(points), brush))
    return strokes


def grass(rng: np.random.Generator, x: Rows, y: float, height: float = 20.0) -> Samples:
    """Return a tuft of grass at every `x` on the ground `y`, its tallest blade `height` pixels."""
    places = floats(x)
    blades = rng.integers(_BLADES[0], _BLADES[1], places.size)
    root = np.repeat(places, blades)
    count = root.size
    spread = rng.normal(0, 1, count)
    tall = np.repeat(rng.uniform(0.6, 1.0, places.size), blades)
    return flicks(
        rng,
        root + floats(5.0 * spread),
        y + floats(rng.uniform(-1.5, 3.0, count)),
        floats(-np.pi / 2 + 0.28 * spread + rng.normal(0, 0.12, count)),
        floats(height * tall * rng.uniform(0.35, 1.0, count)),
        ink=0.85,
        curve=0.4,
        width=0.45,
    )


def drips_from(
    rng: np.random.Generator,
    edges: Sequence[Rows],
    count: int,
    longest: float,
    ink: float = 0.9,
) -> Samples:
    """Return runs of ink that fall from places along contours.

    Args:
        rng: the stream of the places.
        edges: each rows (x, y) along the lower contour of a part, as the pose put it.
        count: how many runs; the longer contour gets more.
        longest: pixels that none exceeds.
        ink: density where they leave the contour.
    """
    places = _along(rng, edges, count)
    return drips(rng, places[:, 0], places[:, 1] - 1.5, longest, ink=ink)


def tendrils_from(
    rng: np.random.Generator,
    edges: Sequence[Rows],
    heading: float | Floats,
    count: int,
    length: float,
    spread: float = 0.5,
) -> Samples:
    """Return curls of ink that creep out of places along contours.

    Args:
        rng: the stream of places and curls.
        edges: each rows (x, y) along the contour of a part, as the pose put it.
        heading: the way they set out, radians; one for all or one of `count` values each.
        count: how many; the longer contour gets more.
        length: of the longest, pixels.
        spread: deviation of the heading, radians.
    """
    places = _along(rng, edges, count)
    return tendrils(
        rng,
        places[:, 0],
        places[:, 1],
        floats(heading + rng.normal(0, spread, count)),
        floats(length / 12 * rng.uniform(0.45, 1.0, count)),
        bend=0.13,
        drift=0.09,
    )


def thrown_specks(
    rng: np.random.Generator,
    sources: Rows,
    count: int,
    reach: float,
    sheet: tuple[int, int],
    spread: float = 0.6,
    largest: float = 4.0,
) -> Samples:
    """Return drops that were flung: most in a few jets, few large, many tiny.

    Args:
        rng: the stream of their flight.
        sources: rows (x, y, heading, share): where drops come from, the way they fly in radians,
            and how many of them relative to the other rows.
        count: how many in all.
        reach: the furthest flight in pixels.
        sheet: width and height in pixels; none flies past its border.
        spread: deviation of the heading, radians.
        largest: radius of the largest in pixels.
    """
    table = floats(sources)
    share = table[:, 3].astype(np.float64)
    origin = rng.choice(len(table), count, p=share / share.sum())
    jet = rng.normal(0, spread, (len(table), 2))[origin, rng.integers(0, 2, count)]
    together = rng.random(count) < 0.6
    stray = np.where(together, jet + rng.normal(0, 0.1, count), rng.normal(0, 1.3 * spread, count))
    angle = table[origin, 2] + floats(stray)
    x, y = table[origin, 0], table[origin, 1]
    distance = floats(reach * (0.06 + 0.94 * rng.random(count) ** 1.7))
    distance = flights_on_sheet(x, y, angle, distance, sheet)
    return blobs(
        rng,
        x + distance * np.cos(angle),
        y + distance * np.sin(angle),
        floats(0.45 + (largest - 0.45) * rng.random(count) ** 7),
        ink=1.6,
        stretch=floats(1 + 1.3 * rng.random(count) ** 2),
        angle=angle,
    )


def _along(rng: np.random.Generator, edges: Sequence[Rows], count: int) -> Floats:
    """Return `count` places on polylines, spread evenly over their length, shape (count, 2)."""
    lines = [floats(edge)[:, :2] for edge in edges]
    begin = np.concatenate([line[:-1] for line in lines])
    step = np.concatenate([np.diff(line, axis=0) for line in lines])
    length = np.hypot(step[:, 0], step[:, 1]).astype(np.float64)
    segment = rng.choice(len(step), count, p=length / length.sum())
    return begin[segment] + step[segment] * rng.random((count, 1), dtype=np.float32)
