"""Around the giraffe: ground, grass, water, acacia."""

from __future__ import annotations

import numpy as np

from ..creature import grass, ground_strokes
from ..ink import (
    Brush,
    Floats,
    Samples,
    Stroke,
    even_spline,
    flicks,
    floats,
    hairlines,
    joined,
    spline,
    stream,
)
from .anatomy import Body
from .head import muzzle
from .poses import GROUND

_LEAFLET_PAIRS = 9
_EDGE = 588.0
"""Where the branch leaves the paper, short of its edge."""


def ground_lines(body: Body, seed: int, chaos: float) -> list[Stroke]:
    """Return the dry strokes below the feet."""
    rng = stream(seed, "ground")
    return ground_strokes(rng, _stand(body), GROUND + 1, 165, chaos, count=2 + round(1.4 * chaos))


def grass_tufts(body: Body, seed: int, complexity: int) -> Samples:
    """Return a few tufts of grass around the feet."""
    rng = stream(seed, "grass")
    count = 3 + complexity // 30
    return grass(rng, floats(_stand(body) + rng.uniform(-170, 165, count)), GROUND + 3)


def ripples(body: Body, seed: int) -> Samples:
    """Return the rings on the water around the muzzle, each drawn as far as its ink went."""
    rng = stream(seed, "water")
    x, y = muzzle(body.head)
    radius = floats([11, 20, 32, 45])[:, np.newaxis] * floats(rng.uniform(0.9, 1.1, (4, 1)))
    begin, sweep = rng.uniform(0, 2 * np.pi, (4, 1)), rng.uniform(2.6, 5.6, (4, 1))
    t = np.linspace(0, 1, 21)
    angle = floats(begin + sweep * t)
    radius = radius * (1 + floats(rng.normal(0, 0.012, angle.shape)))
    held = floats(rng.uniform(0.35, 1.1, angle.shape) * np.sin(np.pi * (0.06 + 0.9 * t)))
    rings = np.stack([x + radius * np.cos(angle), y + 4 + 0.18 * radius * np.sin(angle), held], 2)
    line = hairlines(rings)
    return joined([line, line.moved(0, 0.7).scaled(0.7)])


def acacia_branch(body: Body, seed: int) -> Stroke:
    """Return the branch that hangs down to the muzzle; the brush leaves the paper drying."""
    rng = stream(seed, "acacia")
    x, y = muzzle(body.head)
    top = float(np.clip(y - rng.uniform(32, 62), 24, 120))
    t = np.linspace(0, 1, 6)
    arch = rng.uniform(4, 16) * np.sin(np.pi * t)
    points = np.column_stack(
        [
            x + 9 + (_EDGE - x - 9) * t,
            y + 5 + (top - y - 5) * t**0.75 - arch + rng.normal(0, 1.5, 6) * (t > 0),
            1.0 + 3.4 * t,
        ]
    )
    brush = Brush(ink=0.95, dryness=(-0.1, 0.6), pool=0.3, ragged=0.3, taper=(0.01, 0.25))
    return Stroke(floats(points), brush)


def acacia_leaves(branch: Stroke, seed: int, complexity: int) -> Samples:
    """Return the feathered leaves and the thorns along a branch."""
    rng = stream(seed, "leaves")
    path = even_spline(branch.points, 40)
    count = 6 + complexity // 12
    nodes = np.linspace(1, 31, count).astype(np.intp)
    along = np.arctan2(*(path[nodes + 2, :2] - path[nodes, :2]).T[::-1])
    side = np.where(np.arange(count) % 2, 1.0, -1.0)
    heading = along + np.pi + side * rng.uniform(0.6, 1.5, count)
    heading[0] = np.pi - rng.uniform(0.5, 0.9)
    length = rng.uniform(20, 36, count) * np.linspace(0.7, 1.0, count)
    t = floats(np.linspace(0, 1, 6))
    sag = (np.cos(heading) * rng.uniform(-0.9, -0.1, count))[:, np.newaxis] * t
    direction = floats(heading[:, np.newaxis] - sag)
    reach = floats(length)[:, np.newaxis] * t
    stems = np.stack(
        [
            path[nodes, :1] + reach * np.cos(direction),
            path[nodes, 1:2] + reach * np.sin(direction),
            np.broadcast_to(np.float32(0.95) - np.float32(0.5) * t, reach.shape),
        ],
        axis=2,
    )
    return joined([hairlines(stems), _leaflets(rng, stems), _thorns(rng, path)])


def _stand(body: Body) -> float:
    """Return the middle between the feet."""
    return float(np.mean([leg.rows[-1, 0] for leg in body.legs]))


def _leaflets(rng: np.random.Generator, stems: Floats) -> Samples:
    """Return the pairs of small leaves along each stem, the longest in its middle."""
    rachis = spline(stems, _LEAFLET_PAIRS + 2)[:, 2:, :2]
    step = np.gradient(rachis, axis=1)
    along = np.arctan2(step[..., 1], step[..., 0])[..., np.newaxis]
    share = np.linspace(0.2, 1, _LEAFLET_PAIRS)
    length = (2.5 + 5.5 * np.sin(np.pi * share**1.2 * 0.9))[:, np.newaxis]
    direction = along + floats([-1, 1]) * floats(rng.uniform(0.75, 1.15, (*along.shape[:2], 2)))
    roots = np.repeat(rachis.reshape(-1, 2), 2, axis=0)
    return flicks(
        rng,
        roots[:, 0],
        roots[:, 1],
        direction.ravel(),
        floats(
            np.broadcast_to(length, direction.shape) * rng.uniform(0.8, 1.1, direction.shape)
        ).ravel(),
        ink=floats(rng.uniform(0.5, 1.0, direction.size)),
        curve=0.15,
        width=0.7,
        fade=(3.0, 1.0),
    )


def _thorns(rng: np.random.Generator, path: Floats) -> Samples:
    """Return pairs of thorns, now above and now below the branch."""
    at = path[5:31:6]
    roots = np.repeat(at, 2, axis=0)
    count = len(roots)
    spread = np.tile([-0.35, 0.35], count // 2) + np.repeat(rng.choice((-1.6, 1.6), count // 2), 2)
    return flicks(
        rng,
        roots[:, 0],
        roots[:, 1],
        floats(spread + rng.normal(0, 0.1, count)),
        floats(rng.uniform(5, 10, count)),
        ink=1.0,
        curve=0.05,
    )
