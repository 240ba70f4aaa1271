"""What the landing throws about: splash, pool, specks, drips and tendrils."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..creature import drips_from, ground_strokes, thrown_specks
from ..ink import (
    Brush,
    Floats,
    Samples,
    Stroke,
    blobs,
    flicks,
    floats,
    joined,
    stream,
    tendrils,
)
from .figure import Figure
from .pogo import plate_edge
from .rider import GROUND, HEIGHT, WIDTH, Rider

_FLOOR = GROUND + 5
_EDGE = 16
_LOW = 0.62
_WIDE = 1.35
"""How much lower and wider than a half circle the drops fly."""

_POOL = Brush(ink=1.1, dryness=(-0.3, 0.5), ragged=0.4, wobble=0.3, taper=(0.05, 0.4))


Drops = NDArray[np.float64]
"""Shape (5, drops): x, y, radius, stretch, angle."""


def ground(rider: Rider, seed: int, chaos: float) -> list[Stroke]:
    """Return the pool under the stick and the dry strokes that are the ground."""
    x = rider.tip[0]
    rows = (
        (x - 30, _FLOOR, 1.5),
        (x - 10, _FLOOR + 0.5, 5.5),
        (x + 12, _FLOOR + 1, 5),
        (x + 42, _FLOOR, 1.5),
    )
    reach = min(140.0, x - _EDGE, WIDTH - _EDGE - x)
    dust = ground_strokes(stream(seed, "ground"), x, _FLOOR, reach, chaos, count=3)
    return [Stroke(rows, _POOL), *dust]


def splash(rider: Rider, seed: int, complexity: int, chaos: float) -> Samples:
    """Return drops and crown where the stick struck the ground."""
    rng = stream(seed, "splash")
    power = 1.3 - 0.5 * min(1.0, rider.gesture.air / 100)
    heading, length = _crown(rng, complexity, chaos, power)
    x, y = rider.tip[0], GROUND + 2
    spikes = flicks(rng, x, y, heading, length, width=0.9, curve=0.0, ink=0.9)
    tipped = np.flatnonzero(rng.random(heading.size) < 0.34)
    ends = np.stack(
        [
            x + (length * np.cos(heading))[tipped],
            y + (length * np.sin(heading))[tipped],
            rng.uniform(0.9, 2.0, tipped.size),
            np.full(tipped.size, 1.3),
            heading[tipped],
        ]
    )
    drops = [_thrown(rng, rider, complexity, chaos, power), _falling(rng, rider), ends]
    x, y, radius, stretch, angle = floats(np.concatenate(drops, axis=1))
    return joined([spikes, blobs(rng, x, y, radius, stretch=stretch, angle=angle)])


def _crown(
    rng: np.random.Generator, complexity: int, chaos: float, power: float
) -> tuple[Floats, Floats]:
    """Return heading and length of the spikes of the splash, low and wide."""
    count = int((7 + 0.14 * complexity) * (0.7 + 0.35 * chaos))
    rise = rng.uniform(0.06, 1.0, count)
    heading = np.where(rng.random(count) < 0.5, -rise, rise - np.pi)
    length = rng.uniform(14, 40 + 16 * chaos, count) * power * (1.15 - 0.5 * rise)
    return floats(heading), floats(length)


def _thrown(
    rng: np.random.Generator, rider: Rider, complexity: int, chaos: float, power: float
) -> Drops:
    """Return the drops of the splash; most fly in a few jets."""
    count = int((8 + 0.55 * complexity) * (0.25 + chaos) * power)
    jets = rng.normal(0, 0.85, 7)
    angle = np.where(
        rng.random(count) < 0.6,
        jets[rng.integers(0, 7, count)] + rng.normal(0, 0.12, count),
        rng.normal(0, 0.95, count),
    )
    angle = np.clip(angle, -1.75, 1.75) - np.pi / 2
    distance = 8 + (70 + 32 * chaos) * power * rng.random(count) ** 1.7
    across, up = _WIDE * np.cos(angle), _LOW * np.sin(angle)
    x = rider.tip[0] + distance * across
    y = np.minimum(GROUND + 2 + distance * up, _FLOOR + rng.uniform(-3, 10, count))
    radius = 0.5 + (3.4 + 0.6 * chaos) * rng.random(count) ** 4
    stretch = 1 + 1.6 * rng.random(count) ** 2
    whole = (x > _EDGE) & (x < WIDTH - _EDGE)
    return np.stack([x, y, radius, stretch, np.arctan2(up, across)])[:, whole]


def _falling(rng: np.random.Generator, rider: Rider) -> Drops:
    """Return the drops that run off the stick in the air."""
    count = int(rider.gesture.air / 16)
    fallen = rng.random(count)
    return np.stack(
        [
            rider.tip[0] + rng.normal(0, 2.5, count),
            rider.tip[1] + 8 + (rider.gesture.air - 14) * fallen,
            rng.uniform(0.7, 2.2, count),
            1.2 + fallen,
            np.full(count, np.pi / 2),
        ]
    )


def specks(rider: Rider, figure: Figure, seed: int, complexity: int, chaos: float) -> Samples:
    """Return what flew far, out of the splash and off the tail."""
    x, y = figure.limbs.tail.rows[-1, :2].tolist()
    sources = ((rider.tip[0], GROUND - 20, -np.pi / 2, 4), (x, y, -2.2, 1))
    count = int((6 + 0.4 * complexity) * (0.15 + chaos))
    rng = stream(seed, "specks")
    reach = 280 + 130 * chaos
    flown = thrown_specks(rng, sources, count, reach, (WIDTH, HEIGHT), spread=0.7, largest=3.6)
    return flown.scaled(floats(flown.y < _FLOOR + 10))  # none flies through the ground


def runs(rider: Rider, figure: Figure, seed: int, complexity: int, chaos: float) -> Samples:
    """Return drips from the undersides of tail, heel and plate."""
    return drips_from(
        stream(seed, "drips"),
        [figure.limbs.tail.left[3:6], figure.limbs.foot.right[:2], plate_edge(rider)],
        int(0.08 * complexity * chaos),
        24 + 34 * chaos,
    )


def curls(rider: Rider, figure: Figure, seed: int, complexity: int, chaos: float) -> Samples:
    """Return tendrils that creep out of back, tail and pool."""
    rng = stream(seed, "tendrils")
    tail = figure.limbs.tail
    pool = np.tile(floats([rider.tip[0], _FLOOR]), (6, 1))
    roots = np.concatenate([figure.lines.body[1:5, :2], tail.right[2:6], tail.left[3:7], pool])
    headings = np.repeat([-2.5, 2.2, -0.6, -2.5], [8, 4, 3, 3])
    at = rng.integers(len(roots), size=int(0.16 * complexity * chaos))
    return tendrils(
        rng,
        roots[at, 0],
        roots[at, 1],
        floats(headings[at] + rng.normal(0, 0.4, at.size)),
        floats(rng.uniform(3, 6, at.size)),
        bend=0.13,
        drift=0.09,
    )
