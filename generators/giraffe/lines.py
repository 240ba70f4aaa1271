"""The brushed contour of the body, its mane and its tail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..ink import (
    Brush,
    Floats,
    Samples,
    Stroke,
    bone_line,
    even_spline,
    flicks,
    floats,
    joined,
    normals,
    quill_lines,
    stream,
)
from .anatomy import Body, outside
from .poses import BACK, BELLY, CHEST, RUMP

_LEG_LINES = ((0.9, 11, 12), (0.9, 12, 10), (0.5, 12, 12), (0.5, 12, 12))
"""Ink, and where of 40 points the front and the rear line begin; the thigh's reaches up."""


def body_strokes(body: Body, seed: int, chaos: float) -> list[Stroke]:
    """Return the contour lines of trunk, neck, legs and tail."""
    rng = stream(seed, "body lines")
    jitter = 0.08 + 0.4 * chaos
    back = outside(body.trunk[BACK], body.neck.outline)
    chest = outside(body.trunk[CHEST][::-1], body.neck.outline)
    lines = (
        (np.concatenate([body.crest[::-1], back]), 2.9, 0.95, 0.35),
        (body.trunk[RUMP], 2.4, 0.9, 0.5),
        (body.trunk[BELLY], 1.9, 0.8, 0.6),
        (np.concatenate([body.throat[::-1], chest]), 2.2, 0.88, 0.5),
    )
    strokes = [
        bone_line(rng, _thinned(points, 14), width, ink=ink, dry=dry, jitter=jitter)
        for points, width, ink, dry in lines
    ]
    for leg, (ink, front, rear) in zip(body.legs, _LEG_LINES, strict=True):
        for side, first in ((leg.left, front), (leg.right, rear)):
            points = _thinned(side[first:], 12)
            strokes.append(bone_line(rng, points, 1.8, ink=ink, dry=0.45, jitter=0.5 * jitter))
    return [*strokes, _tail(body), *_echoes(strokes, seed, chaos)]


def hair(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return the mane and the tuft of the tail."""
    return joined([_mane(body, seed, complexity, chaos), _tuft(body, seed, chaos)])


def hoof_clefts(body: Body, seed: int) -> Samples:
    """Return the pale line between the toes of the near hooves."""
    near = np.stack([body.near_hind.rows[-1], body.near_fore.rows[-1]])
    x, y = near[:, 0], near[:, 1]
    return quill_lines(stream(seed, "clefts"), x + 4, y + 4, x + 7, y + 16, ink=-0.8, wobble=0.3)


def _echoes(strokes: Sequence[Stroke], seed: int, chaos: float) -> list[Stroke]:
    """Return the dry second thoughts with which a wild hand follows parts of its lines."""
    rng = stream(seed, "echoes")
    brush = Brush(
        ink=0.75,
        dryness=(0.25, 0.95),
        pool=0.3,
        ragged=0.6,
        wobble=0.5,
        split=0.5,
        edge=0.2,
        taper=(0.04, 0.5),
        pitch=0.8,
    )
    echoes = []
    for _ in range(round(max(0.0, chaos - 0.7) * rng.uniform(3.0, 6.0))):
        path = floats(strokes[int(rng.integers(len(strokes)))].points)
        first = int(rng.integers(0, len(path) // 2))
        part = path[first : first + 4 + int(rng.integers(0, 5))].copy()
        away = rng.choice((-1, 1)) * rng.uniform(3, 5 + 4 * chaos)
        part[:, :2] += normals(part) * np.float32(away)
        part[:, :2] += floats(rng.normal(0, 2.5, (len(part), 2)))
        part[:, 2] = rng.uniform(1.2, 3.2)
        echoes.append(Stroke(part, brush))
    return echoes


def _thinned(points: Floats, count: int) -> Floats:
    """Return about `count` of the points, both ends included."""
    kept = np.linspace(0, len(points) - 1, min(count, len(points)))
    return points[kept.astype(np.intp)]


def _tail(body: Body) -> Stroke:
    brush = Brush(ink=0.85, dryness=(-0.1, 0.35), pool=0.4, ragged=0.2, taper=(0.01, 0.1))
    return Stroke(body.tail, brush)


def _mane(body: Body, seed: int, complexity: int, chaos: float) -> Samples:
    """Return the stiff hair along the upper edge of the neck."""
    rng = stream(seed, "mane")
    count = int(150 + 1.9 * complexity)
    edge = even_spline(_thinned(body.crest, 12), count)
    outward = -normals(edge)
    direction = np.arctan2(outward[:, 1], outward[:, 0])
    direction += floats(rng.normal(0.12, 0.16 + 0.17 * chaos, count))
    swell = 0.55 + 0.45 * np.sin(np.pi * np.linspace(0.06, 0.98, count))
    length = swell * rng.uniform(8, 14 + 8 * chaos, count)
    return flicks(
        rng,
        edge[:, 0],
        edge[:, 1],
        direction,
        floats(length),
        ink=0.95,
        curve=0.2 + 0.15 * chaos,
        width=0.6,
    )


def _tuft(body: Body, seed: int, chaos: float) -> Samples:
    """Return the long hair at the end of the tail."""
    rng = stream(seed, "tuft")
    count = 60
    end = body.tail[-1, :2]
    along = end - body.tail[-2, :2]
    along /= np.hypot(*along)
    roots = end - along * floats(rng.uniform(0, 10, (count, 1)))
    return flicks(
        rng,
        roots[:, 0] + floats(rng.normal(0, 1.2, count)),
        roots[:, 1],
        float(np.arctan2(along[1], along[0])) + floats(rng.normal(0, 0.17 + 0.06 * chaos, count)),
        floats(rng.uniform(20, 46 + 9 * chaos, count)),
        ink=0.95,
        curve=0.3,
        width=0.6,
    )
